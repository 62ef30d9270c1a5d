#include "sense/bus_sessions.h"

#include "base/mem.h"

#include <errno.h>

struct ms_bus_session {
  ms_bus_session *next;
  ms_bus_sessions *all;
  struct sd_bus_slot *slot;
};

void ms_bus_sessions_init(ms_bus_sessions *sessions, const ms_sdbus *sd, ms_bus_link *link,
                          void (*answered)(void *context, const ms_bus_answers *answers),
                          void *context) {
  *sessions = (ms_bus_sessions){.sd = sd, .link = link, .answered = answered, .context = context};
}

void ms_bus_sessions_deinit(ms_bus_sessions *sessions) {
  while (sessions->first) {
    ms_bus_session *session = sessions->first;
    sessions->first = session->next;
    sessions->sd->bus_slot_unref(session->slot);
    ms_mem_free(session);
  }
}

static void count_down(ms_bus_sessions *sessions) {
  if (--sessions->open > 0) return;
  ms_bus_sessions_deinit(sessions);
  sessions->answered(sessions->context, &sessions->answers);
}

static int on_session(struct sd_bus_message *message, void *context, struct sd_bus_error *unused) {
  ms_bus_session *session = context;
  ms_bus_sessions *all = session->all;
  (void)unused;
  if (!all->sd->bus_message_get_error(message)) {
    ms_bus_read_session(all->sd, message, &all->answers);
  }
  count_down(all);
  return 0;
}

static int ask_session(ms_bus_sessions *sessions, const char *path) {
  const ms_bus_method method = {"org.freedesktop.login1", path, "org.freedesktop.DBus.Properties",
                                "GetAll", "org.freedesktop.login1.Session"};
  ms_bus_session *session = ms_mem_zalloc(sizeof *session);
  if (!session) return -ENOMEM;
  session->all = sessions;
  session->next = sessions->first;
  sessions->first = session;
  int result = ms_bus_link_call(sessions->link, &method, on_session, session, &session->slot);
  if (result >= 0) sessions->open++;
  return result;
}

static int ask_all(ms_bus_sessions *sessions, struct sd_bus_message *list) {
  const ms_sdbus *sd = sessions->sd;
  const char *path;
  int result = sd->bus_message_enter_container(list, 'a', "(susso)");
  while (result >= 0 && (result = sd->bus_message_enter_container(list, 'r', "susso")) > 0) {
    result = sd->bus_message_skip(list, "suss");
    if (result >= 0) result = sd->bus_message_read_basic(list, 'o', &path);
    if (result >= 0) result = ask_session(sessions, path);
    if (result >= 0) result = sd->bus_message_exit_container(list);
  }
  return result;
}

/* The list itself counts as open while it is read, so that the round ends once and at its end. */
int ms_bus_sessions_ask(ms_bus_sessions *sessions, struct sd_bus_message *message) {
  sessions->answers = (ms_bus_answers){0};
  sessions->open = 1;
  int result = ask_all(sessions, message);
  if (result < 0) {
    ms_bus_sessions_deinit(sessions);
    return result;
  }
  count_down(sessions);
  return 0;
}
