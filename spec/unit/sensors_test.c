/* The set of sensors on a loop of its own: who is awake, and what wakes whom. */
#include "sense/sensors.h"

#include "base/mem.h"
#include "unit.h"

#include <limits.h>

#define NETWORK MS_SENSED_BIT(MS_SENSED_NETWORK)
#define CHARGING MS_SENSED_BIT(MS_SENSED_CHARGING)
#define STORAGE MS_SENSED_BIT(MS_SENSED_STORAGE_NOT_LOW)
#define IDLE MS_SENSED_BIT(MS_SENSED_IDLE)

static uv_loop_t loop;
static ms_sensors *sensors;
static int calls;

static void hear(void *context) {
  UNIT_CHECK(context == &loop);
  calls++;
  uv_stop(&loop);
}

static void begin(int64_t poll_ms) {
  ms_sensor_options options;
  ms_sensor_options_init(&options);
  options.no_bus = true;
  options.poll_ms = poll_ms;
  options.procfs = "/nowhere";
  calls = 0;
  uv_loop_init(&loop);
  sensors = ms_sensors_new(&options, "/");
  UNIT_CHECK(sensors != NULL);
  UNIT_INT(MS_OK, ms_sensors_open(sensors, &loop, hear, &loop, NULL));
}

static void end(void) {
  ms_sensors_close(sensors);
  uv_run(&loop, UV_RUN_DEFAULT);
  UNIT_INT(0, uv_loop_close(&loop));
  ms_sensors_free(sensors);
}

/* Time wakes nobody: the loop has nothing left to wait for, or only for news. */
static bool rests(void) {
  uv_run(&loop, UV_RUN_NOWAIT);
  return !uv_loop_alive(&loop) || uv_backend_timeout(&loop) == -1;
}

/* The conditions that somebody has looked at. */
static unsigned read_ones(void) {
  unsigned set = 0;
  const ms_reading *readings = ms_sensors_readings(sensors);
  for (int i = 0; i < MS_SENSED_COUNT; i++) {
    if (readings[i].source) set |= MS_SENSED_BIT(i);
  }
  return set;
}

static void sensors_sleep_until_they_are_needed(void) {
  begin(60000);
  UNIT_CHECK(ms_sensors_asleep(sensors));
  UNIT_CHECK(!ms_sensors_serve(sensors, 0, 0));
  UNIT_INT(0, read_ones());
  UNIT_CHECK(rests());
  UNIT_CHECK(ms_sensors_serve(sensors, STORAGE, 0));
  UNIT_INT(STORAGE, read_ones());
  UNIT_STRING("statfs", ms_sensors_readings(sensors)[MS_SENSED_STORAGE_NOT_LOW].source);
  end();
}

static void power_is_one_look_for_two_conditions(void) {
  begin(60000);
  ms_sensors_serve(sensors, CHARGING, 0);
  UNIT_INT(MS_SENSED_POWER, read_ones());
  UNIT_INT(0, ms_sensors_tired(sensors, CHARGING));
  end();
}

static void what_does_not_change_is_no_news(void) {
  begin(60000);
  UNIT_CHECK(ms_sensors_serve(sensors, 0, STORAGE | IDLE));
  UNIT_CHECK(!ms_sensors_serve(sensors, 0, STORAGE | IDLE));
  UNIT_CHECK(ms_sensors_readings(sensors)[MS_SENSED_IDLE].trouble[0]);
  end();
}

static void only_what_the_system_does_not_tell_is_polled(void) {
  begin(10);
  ms_sensors_serve(sensors, NETWORK, 0);
  UNIT_CHECK(rests());
  ms_sensors_serve(sensors, NETWORK | STORAGE, 0);
  for (int i = 1; i <= 3; i++) {
    uv_run(&loop, UV_RUN_DEFAULT);
    UNIT_INT(i, calls);
    ms_sensors_serve(sensors, NETWORK | STORAGE, 0);
  }
  end();
}

static void whoever_is_not_needed_any_more_gets_tired_and_sleeps(void) {
  begin(10);
  ms_sensors_serve(sensors, NETWORK | STORAGE, 0);
  UNIT_INT(0, ms_sensors_tired(sensors, NETWORK | STORAGE));
  while (!ms_sensors_tired(sensors, STORAGE)) {
    ms_sensors_serve(sensors, STORAGE, 0);
    uv_run(&loop, UV_RUN_ONCE);
  }
  UNIT_INT(NETWORK, ms_sensors_tired(sensors, STORAGE));
  ms_sensors_sleep(sensors, NETWORK);
  UNIT_INT(STORAGE, read_ones());
  while (ms_sensors_tired(sensors, 0) != STORAGE)
    uv_run(&loop, UV_RUN_ONCE);
  ms_sensors_sleep(sensors, STORAGE);
  ms_sensors_serve(sensors, 0, 0);
  UNIT_CHECK(ms_sensors_asleep(sensors));
  UNIT_CHECK(rests());
  end();
}

static void a_set_that_cannot_be_made_leaves_nothing_behind(void) {
  ms_sensor_options options;
  ms_sensor_options_init(&options);
  ms_mem_fail_at(LONG_MAX);
  ms_sensors_free(ms_sensors_new(&options, "/"));
  long count = ms_mem_fail_at(0);
  UNIT_CHECK(count > 0);
  for (long n = 1; n <= count; n++) {
    ms_mem_fail_at(n);
    UNIT_CHECK(ms_sensors_new(&options, "/") == NULL);
  }
  ms_mem_fail_at(0);
}

int main(void) {
  UNIT_RUN(sensors_sleep_until_they_are_needed);
  UNIT_RUN(power_is_one_look_for_two_conditions);
  UNIT_RUN(what_does_not_change_is_no_news);
  UNIT_RUN(only_what_the_system_does_not_tell_is_polled);
  UNIT_RUN(whoever_is_not_needed_any_more_gets_tired_and_sleeps);
  UNIT_RUN(a_set_that_cannot_be_made_leaves_nothing_behind);
  return unit_end();
}
