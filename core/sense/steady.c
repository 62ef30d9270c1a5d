#include "sense/steady.h"

#include "base/clock.h"

void ms_steady_init(ms_steady *steady) {
  *steady = (ms_steady){.fell_at_ms = MS_NEVER, .ripe_at_ms = MS_NEVER};
}

static bool is_doubted(const ms_steady *steady, int64_t now_ms) {
  return steady->fell_at_ms != MS_NEVER && now_ms - steady->fell_at_ms < MS_STEADY_DOUBT_MS;
}

/* Whether the better value has stood for long enough; if not, it is waited for. */
static bool has_stood(ms_steady *steady, int value, int64_t now_ms) {
  if (steady->ripe_at_ms == MS_NEVER || steady->next != value) {
    steady->next = value;
    steady->ripe_at_ms = now_ms + MS_STEADY_STAND_MS;
  }
  return now_ms >= steady->ripe_at_ms;
}

void ms_steady_feed(ms_steady *steady, int value, int rank, int64_t now_ms) {
  bool falters = steady->ripe_at_ms != MS_NEVER && value != steady->next;
  bool falls = rank < steady->rank;
  bool same = value == steady->value;
  if (falls || falters) steady->fell_at_ms = now_ms;
  if (!same && !falls && is_doubted(steady, now_ms) && !has_stood(steady, value, now_ms)) return;
  steady->value = value;
  steady->rank = rank;
  steady->ripe_at_ms = MS_NEVER;
}

void ms_steady_forget(ms_steady *steady) {
  steady->value = 0;
  steady->rank = 0;
  steady->ripe_at_ms = MS_NEVER;
}
