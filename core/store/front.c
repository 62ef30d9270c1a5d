#include "store/front.h"

#include "base/mem.h"
#include "store/private.h"

static const ms_spot nowhere = {.due_at_ms = MS_NEVER};

static bool stands_before(ms_spot a, ms_spot b) {
  return a.due_at_ms < b.due_at_ms || (a.due_at_ms == b.due_at_ms && a.id < b.id);
}

static bool is_used_up(const ms_front *front) {
  return front->at == front->count;
}

ms_spot ms_front_head(const ms_lane *lane) {
  const ms_front *front = &lane->front;
  return is_used_up(front) ? nowhere : front->works[front->at].spot;
}

bool ms_front_is_empty(const ms_lane *lane) {
  return is_used_up(&lane->front) && lane->front.whole;
}

/* ---- Room ---- */

static void close_up(ms_front *front) {
  front->count -= front->at;
  if (front->count && front->at)
    memmove(front->works, front->works + front->at, front->count * sizeof *front->works);
  front->at = 0;
}

/* For so many more, at the end. */
static bool reserve(ms_front *front, size_t more) {
  if (front->count + more <= front->capacity) return true;
  close_up(front);
  size_t capacity = front->capacity ? front->capacity : MS_FRONT_FIRST;
  while (capacity < front->count + more)
    capacity *= 2;
  if (capacity == front->capacity) return true;
  ms_waiting *works = ms_mem_resize(front->works, capacity * sizeof *works);
  if (!works) return false;
  front->works = works;
  front->capacity = capacity;
  return true;
}

/* ---- Reading ---- */

/* In a damaged file rows may seem to stand further ahead: with the first of these the lane ends. */
static void add(ms_front *front, size_t found) {
  for (size_t end = front->count + found; front->count < end; front->count++) {
    ms_spot last = is_used_up(front) ? front->passed : front->works[front->count - 1].spot;
    if (stands_before(last, front->works[front->count].spot)) continue;
    front->whole = true;
    return;
  }
}

static ms_status read_on(ms_store *store, ms_lane *lane, size_t limit) {
  ms_front *front = &lane->front;
  size_t found;
  if (!reserve(front, limit)) return ms_no_memory(&store->err);
  ms_spot last = is_used_up(front) ? front->passed : front->works[front->count - 1].spot;
  ms_stretch stretch = {.lane = lane->id, .after = last, .limit = limit};
  MS_TRY(ms_waiting_list(store, &stretch, front->works + front->count, &found));
  front->whole = found < limit;
  add(front, found);
  if (found >= front->limit && front->limit < MS_FRONT_MOST) front->limit *= 2;
  return MS_OK;
}

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

ms_status ms_front_find(ms_store *store, ms_lane *lane, size_t most) {
  const ms_front *front = &lane->front;
  if (!is_used_up(front) || front->whole) return MS_OK;
  return read_on(store, lane, least(front->limit, most));
}

ms_status ms_front_top_up(ms_store *store, ms_lane *lane, size_t wanted, size_t most) {
  ms_front *front = &lane->front;
  size_t known = front->count - front->at;
  if (known >= wanted || known >= most || front->whole) return MS_OK;
  if (front->limit < wanted) front->limit = least(wanted, MS_FRONT_MOST);
  return read_on(store, lane, least(front->limit, most));
}

ms_waiting ms_front_pass(ms_lane *lane) {
  ms_front *front = &lane->front;
  ms_waiting waiting = front->works[front->at++];
  front->passed = waiting.spot;
  return waiting;
}

/* ---- Changes ---- */

/* Where there is no room for one more, what stands from there on is read again. */
static void insert(ms_front *front, size_t at, ms_waiting waiting) {
  size_t known = at - front->at;
  if (front->count - front->at >= MS_FRONT_MOST || !reserve(front, 1)) {
    front->count = at;
    front->whole = false;
    return;
  }
  ms_waiting *place = &front->works[front->at + known];
  memmove(place + 1, place, (front->count - front->at - known) * sizeof *place);
  *place = waiting;
  front->count++;
}

/* What stands behind the works that are known does not concern them. */
void ms_front_join(ms_lane *lane, ms_waiting waiting) {
  ms_front *front = &lane->front;
  if (!stands_before(front->passed, waiting.spot)) {
    ms_front_forget(lane);
    return;
  }
  size_t at = front->count;
  while (at > front->at && stands_before(waiting.spot, front->works[at - 1].spot))
    at--;
  if (at < front->count || front->whole) insert(front, at, waiting);
}

void ms_front_leave(ms_lane *lane, int64_t id) {
  ms_front *front = &lane->front;
  for (size_t i = front->at; i < front->count; i++) {
    if (front->works[i].spot.id != id) continue;
    front->count--;
    memmove(&front->works[i], &front->works[i + 1], (front->count - i) * sizeof *front->works);
    return;
  }
}

void ms_front_forget(ms_lane *lane) {
  ms_front *front = &lane->front;
  front->at = front->count = 0;
  front->limit = MS_FRONT_FIRST;
  front->passed = MS_SPOT_FIRST;
  front->whole = false;
}

void ms_front_begin(ms_lane *lane) {
  ms_front_forget(lane);
  lane->front.whole = true;
}

void ms_front_deinit(ms_lane *lane) {
  ms_mem_free(lane->front.works);
}
