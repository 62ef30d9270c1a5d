#include "store/front.h"

#include "store/private.h"

/* Works with texts of more than so many bytes are read again rather than kept. */
#define KEEP_BYTES ((size_t)65536)
/* What a front that was used up keeps for the works to come. There are thousands of lanes. */
#define SPARE_BYTES ((size_t)4096)

static const ms_spot nowhere = {.due_at_ms = MS_NEVER};

static bool stands_before(ms_spot a, ms_spot b) {
  return a.due_at_ms < b.due_at_ms || (a.due_at_ms == b.due_at_ms && a.id < b.id);
}

static ms_spot spot_of(const ms_work *work) {
  return (ms_spot){work->due_at_ms, work->id};
}

static ms_spot head_of(const ms_lane *lane) {
  return (ms_spot){lane->head_due_ms, lane->head_id};
}

static void set_head(ms_lane *lane, ms_spot spot) {
  lane->head_due_ms = spot.due_at_ms;
  lane->head_id = spot.id;
}

static ms_status look_up(ms_store *store, ms_lane *lane, ms_spot after) {
  ms_spot head;
  MS_TRY(ms_waiting_head(store, lane->id, after, &head));
  set_head(lane, stands_before(after, head) ? head : nowhere);
  return MS_OK;
}

ms_status ms_front_find(ms_store *store, ms_lane *lane) {
  return lane->head_due_ms == MS_HEAD_UNKNOWN ? look_up(store, lane, MS_SPOT_FIRST) : MS_OK;
}

/* A front has room for twice as many works as were there the time before. */
static size_t room_behind(size_t count) {
  if (count < MS_FRONT_FIRST / 2) return MS_FRONT_FIRST;
  return count < MS_FRONT_MOST / 2 ? count * 2 : MS_FRONT_MOST;
}

static ms_status read_on(ms_store *store, ms_lane *lane, ms_spot after, size_t most) {
  ms_front *front = &lane->front;
  size_t limit = front->limit ? front->limit : MS_FRONT_FIRST;
  if (limit > most) limit = most;
  ms_stretch stretch = {.lane = lane->id, .after = after, .limit = limit};
  ms_front_drop(lane);
  ms_arena_clear(&front->arena);
  front->works = ms_arena_take(&front->arena, limit * sizeof *front->works);
  if (!front->works) return ms_fail(&store->err, MS_NOMEM, "not enough memory");
  MS_TRY(ms_waiting_read(store, &stretch, &front->arena, front->works, &front->count));
  front->whole = front->count < limit;
  front->limit = room_behind(front->count);
  return MS_OK;
}

static ms_status fill(ms_store *store, ms_lane *lane, ms_spot after, size_t most) {
  ms_status status = read_on(store, lane, after, most);
  if (status != MS_OK) ms_front_drop(lane);
  return status;
}

static ms_status fill_from_head(ms_store *store, ms_lane *lane, size_t most) {
  return fill(store, lane, (ms_spot){lane->head_due_ms, lane->head_id - 1}, most);
}

ms_status ms_front_read(ms_store *store, ms_lane *lane, size_t most, const ms_work **work) {
  ms_front *front = &lane->front;
  if (front->at == front->count) MS_TRY(fill_from_head(store, lane, most));
  bool any = front->at < front->count;
  ms_spot head = head_of(lane), spot = any ? spot_of(&front->works[front->at]) : nowhere;
  bool stands = any && !stands_before(spot, head) && !stands_before(head, spot);
  set_head(lane, spot);
  *work = stands ? &front->works[front->at] : NULL;
  return MS_OK;
}

/* What is read again for that is a small part of what is read. */
ms_status ms_front_top_up(ms_store *store, ms_lane *lane, size_t wanted, size_t most) {
  ms_front *front = &lane->front;
  if (wanted > most / 4) wanted = most / 4;
  if (front->count - front->at >= wanted || front->whole) return MS_OK;
  if (front->limit < 2 * wanted) front->limit = 2 * wanted;
  MS_TRY(fill_from_head(store, lane, most));
  set_head(lane, front->count ? spot_of(front->works) : nowhere);
  return MS_OK;
}

ms_status ms_front_pass(ms_store *store, ms_lane *lane, size_t most) {
  ms_front *front = &lane->front;
  if (front->at < front->count) front->at++;
  if (front->at == front->count && !front->whole) {
    if (!most) return look_up(store, lane, head_of(lane));
    MS_TRY(fill(store, lane, head_of(lane), most));
  }
  bool more = front->at < front->count;
  /* In a damaged file rows may seem to stand further ahead: with the first of these the lane ends.
   */
  ms_spot next = more ? spot_of(&front->works[front->at]) : nowhere;
  set_head(lane, stands_before(head_of(lane), next) ? next : nowhere);
  return MS_OK;
}

void ms_front_rest(ms_lane *lane) {
  ms_front *front = &lane->front;
  bool used = front->at == front->count;
  if (ms_arena_bytes(&front->arena) <= (used ? SPARE_BYTES : KEEP_BYTES)) return;
  if (used)
    front->at = front->count = 0;
  else
    ms_front_drop(lane);
  ms_arena_deinit(&front->arena);
}

void ms_front_drop(ms_lane *lane) {
  ms_front *front = &lane->front;
  front->at = front->count = front->limit = 0;
  front->whole = false;
}

/* What stands behind the works that were read does not concern them. */
void ms_front_join(ms_lane *lane, ms_spot spot) {
  ms_front *front = &lane->front;
  bool read = front->at < front->count;
  if (read && stands_before(spot, spot_of(&front->works[front->count - 1]))) ms_front_drop(lane);
  front->whole = false;
  if (lane->head_due_ms != MS_HEAD_UNKNOWN && stands_before(spot, head_of(lane))) {
    set_head(lane, spot);
  }
}

void ms_front_leave(ms_lane *lane, int64_t id) {
  if (lane->head_id == id) lane->head_due_ms = MS_HEAD_UNKNOWN;
  ms_front_drop(lane);
}

void ms_front_forget(ms_lane *lane) {
  lane->head_due_ms = MS_HEAD_UNKNOWN;
  ms_front_drop(lane);
}

void ms_front_deinit(ms_lane *lane) {
  ms_arena_deinit(&lane->front.arena);
}
