/* An intrusive, doubly linked list.
 *
 * Whoever embeds an ms_link owns the element; the list only points. An initialised head is a link
 * that points to itself, and so is an element that stands in no list.
 *
 * One thread at a time.
 *
 * Nothing here fails. */
#ifndef MS_BASE_LIST_H
#define MS_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct ms_link {
  struct ms_link *next;
  struct ms_link *previous;
} ms_link;

#define MS_LIST_ENTRY(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))
#define MS_LIST_EACH(link, head)                                                                   \
  for (ms_link *link = (head)->next, *link##_next = link->next; link != (head);                    \
       link = link##_next, link##_next = link->next)

static inline void ms_list_init(ms_link *head) {
  head->next = head->previous = head;
}

static inline bool ms_list_empty(const ms_link *head) {
  return head->next == head;
}

static inline void ms_list_push(ms_link *head, ms_link *link) {
  link->previous = head->previous;
  link->next = head;
  head->previous->next = link;
  head->previous = link;
}

static inline void ms_list_remove(ms_link *link) {
  link->previous->next = link->next;
  link->next->previous = link->previous;
  ms_list_init(link);
}

/* Moves all elements of from to the end of head; from is empty afterwards. */
static inline void ms_list_move(ms_link *head, ms_link *from) {
  if (ms_list_empty(from)) return;
  from->next->previous = head->previous;
  head->previous->next = from->next;
  from->previous->next = head;
  head->previous = from->previous;
  ms_list_init(from);
}

/* The first element, removed, or NULL. */
static inline ms_link *ms_list_shift(ms_link *head) {
  if (ms_list_empty(head)) return NULL;
  ms_link *first = head->next;
  ms_list_remove(first);
  return first;
}

#endif
