#include "sense/steady.h"

#include "base/clock.h"
#include "unit.h"

/* Values are their own ranks here. */
static int feed(ms_steady *steady, int value, int64_t now_ms) {
  ms_steady_feed(steady, value, value, now_ms);
  return steady->value;
}

static void the_first_value_counts_at_once(void) {
  ms_steady it;
  ms_steady_init(&it);
  UNIT_INT(0, it.value);
  UNIT_INT(2, feed(&it, 2, 0));
  UNIT_INT(3, feed(&it, 3, 1));
  UNIT_CHECK(it.ripe_at_ms == MS_NEVER);
}

static void a_fall_counts_at_once_and_a_rise_soon_after_it_must_stand(void) {
  ms_steady it;
  ms_steady_init(&it);
  feed(&it, 2, 0);
  UNIT_INT(1, feed(&it, 1, 5000));
  UNIT_INT(1, feed(&it, 2, 5100));
  UNIT_INT(6100, it.ripe_at_ms);
  UNIT_INT(1, feed(&it, 2, 6099));
  UNIT_INT(2, feed(&it, 2, 6100));
  UNIT_CHECK(it.ripe_at_ms == MS_NEVER);
}

static void a_rise_long_after_the_fall_counts_at_once(void) {
  ms_steady it;
  ms_steady_init(&it);
  feed(&it, 2, 0);
  feed(&it, 1, 5000);
  UNIT_INT(2, feed(&it, 2, 5000 + MS_STEADY_DOUBT_MS));
}

static void whoever_flaps_stays_down(void) {
  ms_steady it;
  ms_steady_init(&it);
  feed(&it, 1, 0);
  int rises = 0;
  for (int64_t now_ms = 100; now_ms < 60000; now_ms += 200) {
    UNIT_INT(0, feed(&it, 0, now_ms));
    rises += feed(&it, 1, now_ms + 100);
  }
  UNIT_INT(0, rises);
  int64_t end_ms = it.ripe_at_ms;
  UNIT_CHECK(end_ms > 60000);
  UNIT_INT(1, feed(&it, 1, end_ms));
}

static void a_step_up_while_another_is_waited_for_is_waited_for_itself(void) {
  ms_steady it;
  ms_steady_init(&it);
  feed(&it, 3, 0);
  feed(&it, 0, 100);
  feed(&it, 1, 200);
  UNIT_INT(0, feed(&it, 3, 1100));
  UNIT_INT(2100, it.ripe_at_ms);
  UNIT_INT(3, feed(&it, 3, 2100));
}

static void forgetting_is_no_fall(void) {
  ms_steady it;
  ms_steady_init(&it);
  feed(&it, 1, 0);
  ms_steady_forget(&it);
  UNIT_INT(0, it.value);
  UNIT_INT(1, feed(&it, 1, 10));
}

int main(void) {
  UNIT_RUN(the_first_value_counts_at_once);
  UNIT_RUN(a_fall_counts_at_once_and_a_rise_soon_after_it_must_stand);
  UNIT_RUN(a_rise_long_after_the_fall_counts_at_once);
  UNIT_RUN(whoever_flaps_stays_down);
  UNIT_RUN(a_step_up_while_another_is_waited_for_is_waited_for_itself);
  UNIT_RUN(forgetting_is_no_fall);
  return unit_end();
}
