#include "sense/sensors.h"

#include "base/clock.h"
#include "base/mem.h"
#include "sense/bus.h"
#include "sense/join.h"
#include "sense/load.h"
#include "sense/network.h"
#include "sense/steady.h"
#include "sense/storage.h"
#include "sense/supplies.h"
#include "sense/watch.h"

#include <stdlib.h>
#include <string.h>

#define POLL_MS 30000
/* Time never asks for more than one service in this. */
#define PAUSE_MS 10
/* Services answer within a few milliseconds; a question waits no longer for those that do not. */
#define BUS_WAIT_MS 500
/* What the bus knows something of. */
#define ON_BUS (MS_SENSED_BIT(MS_SENSED_NETWORK) | MS_SENSED_POWER | MS_SENSED_BIT(MS_SENSED_IDLE))

struct ms_sensors {
  ms_sensor_options options;
  char *sysfs, *procfs, *database;
  uv_loop_t *loop;
  uv_timer_t timer;
  void (*hear)(void *context);
  void *context;

  unsigned awake;
  unsigned heard; /* what the system has told of since the last look */
  int64_t needed_at_ms[MS_SENSED_COUNT];
  int64_t polled_at_ms;
  ms_watch *network_watch; /* NULL while asleep, or when the system does not tell */
  ms_watch *power_watch;
  int64_t bus_by_ms; /* until then a question waits for the bus's first answers */
  ms_bus *bus;       /* NULL while all that it knows of sleeps, or when there is none */
  bool serving;      /* the bus may speak while it is asked */

  ms_reading readings[MS_SENSED_COUNT];
  ms_steady steady[MS_SENSED_COUNT];
  bool power_tells; /* no supply changes without a word */
  bool battery_low;
  bool storage_low;
  ms_load load;
};

void ms_sensor_options_init(ms_sensor_options *options) {
  *options = (ms_sensor_options){
      .sysfs = "/sys",
      .procfs = "/proc",
      .poll_ms = POLL_MS,
      .storage_percent = 5,
      .storage_bytes = 500e6,
      .idle_load = 0.3,
  };
}

static bool is_in(unsigned set, int sensed) {
  return (set & MS_SENSED_BIT(sensed)) != 0;
}

/* Both conditions of power come from one look. */
static unsigned add_other(unsigned set) {
  return set & MS_SENSED_POWER ? set | MS_SENSED_POWER : set;
}

/* ---- News ---- */

static void hear_network(void *context) {
  ms_sensors *sensors = context;
  sensors->heard |= MS_SENSED_BIT(MS_SENSED_NETWORK);
  sensors->hear(sensors->context);
}

static void hear_power(void *context) {
  ms_sensors *sensors = context;
  sensors->heard |= MS_SENSED_POWER;
  sensors->hear(sensors->context);
}

static void hear_bus(void *context) {
  ms_sensors *sensors = context;
  sensors->heard |= ON_BUS;
  if (!sensors->serving) sensors->hear(sensors->context);
}

static void on_timer(uv_timer_t *timer) {
  ms_sensors *sensors = timer->data;
  sensors->hear(sensors->context);
}

static ms_watch *listen_to(ms_sensors *sensors, int fd, ms_news (*drain)(int fd),
                           void (*hear)(void *context)) {
  return fd < 0 ? NULL : ms_watch_open(sensors->loop, fd, drain, hear, sensors);
}

/* A watch that has ended is no watch: from then on the sensor is polled. */
static void drop_ended(ms_watch **watch) {
  if (!*watch || !ms_watch_ended(*watch)) return;
  ms_watch_close(*watch);
  *watch = NULL;
}

/* ---- Waking and sleeping ---- */

static void wake(ms_sensors *sensors, unsigned set) {
  if (is_in(set, MS_SENSED_NETWORK)) {
    sensors->network_watch = listen_to(sensors, ms_network_news(), ms_network_drain, hear_network);
  }
  if (set & MS_SENSED_POWER) {
    sensors->power_watch = listen_to(sensors, ms_supplies_news(), ms_supplies_drain, hear_power);
  }
  sensors->awake |= set;
}

/* The bus is there while any of what it knows is awake. Without one the kernel knows enough, and
 * whoever wakes next looks for it again. */
static void tend_bus(ms_sensors *sensors, unsigned woken, int64_t now_ms) {
  bool needed = (sensors->awake & ON_BUS) && !sensors->options.no_bus;
  if (needed && !sensors->bus && (woken & ON_BUS)) {
    ms_bus_open(sensors->loop, hear_bus, sensors, &sensors->bus, NULL);
    sensors->bus_by_ms = now_ms + BUS_WAIT_MS;
  }
  if (needed) return;
  ms_bus_close(sensors->bus);
  sensors->bus = NULL;
}

/* Need that comes and goes must not wake and put to sleep each time. */
static int64_t sleeps_at_ms(const ms_sensors *sensors, int sensed) {
  return sensors->needed_at_ms[sensed] + sensors->options.poll_ms;
}

/* What the system does not tell by itself. */
static unsigned list_polled(const ms_sensors *sensors) {
  unsigned set = MS_SENSED_BIT(MS_SENSED_IDLE);
  if (sensors->database) set |= MS_SENSED_BIT(MS_SENSED_STORAGE_NOT_LOW);
  if (!sensors->network_watch) set |= MS_SENSED_BIT(MS_SENSED_NETWORK);
  if (!sensors->power_tells) set |= MS_SENSED_POWER;
  return set & sensors->awake;
}

/* ---- Looking ---- */

static int rank_of(int sensed, int value) {
  static const int network_ranks[MS_NETWORK_COUNT] = {
      [MS_NETWORK_ROAMING] = 1,     [MS_NETWORK_METERED] = 2,   [MS_NETWORK_CONNECTED] = 3,
      [MS_NETWORK_NOT_ROAMING] = 4, [MS_NETWORK_UNMETERED] = 5,
  };
  return sensed == MS_SENSED_NETWORK ? network_ranks[value] : value == (int)MS_TRUE;
}

/* Takes in what was read; what counts may lag behind. */
static bool take(ms_sensors *sensors, int sensed, const ms_reading *read, int64_t now_ms) {
  ms_reading *reading = &sensors->readings[sensed];
  ms_steady *steady = &sensors->steady[sensed];
  if (!is_in(sensors->awake, sensed)) return false;
  ms_steady_feed(steady, read->value, rank_of(sensed, read->value), now_ms);
  bool same = reading->source && strcmp(reading->source, read->source) == 0 &&
              strcmp(reading->trouble, read->trouble) == 0 && reading->value == steady->value;
  *reading = *read;
  reading->value = steady->value;
  return !same;
}

static const ms_bus_values *bus_values(const ms_sensors *sensors) {
  return sensors->bus ? ms_bus_values_of(sensors->bus) : NULL;
}

static bool look_at_network(ms_sensors *sensors, int64_t now_ms) {
  ms_reading read;
  ms_network_look(&read);
  ms_join_network(bus_values(sensors), sensors->options.metered, &read);
  return take(sensors, MS_SENSED_NETWORK, &read, now_ms);
}

static bool look_at_power(ms_sensors *sensors, int64_t now_ms) {
  ms_power power;
  const ms_bus_values *bus = bus_values(sensors);
  ms_reading read = {.source = "UPower"};
  sensors->power_tells = ms_join_power(bus, &power);
  if (!sensors->power_tells) {
    read.source = "power_supply";
    ms_supplies_look(sensors->sysfs, &power);
    /* A battery loses its charge without a word. */
    sensors->power_tells = sensors->power_watch && power.battery == MS_FALSE;
  }
  memcpy(read.trouble, power.trouble, sizeof read.trouble);
  ms_join_trouble(bus, &read);
  read.value = (int)ms_power_charging(&power);
  bool changed = take(sensors, MS_SENSED_CHARGING, &read, now_ms);
  read.value = (int)ms_power_not_low(&power, &sensors->battery_low);
  return take(sensors, MS_SENSED_BATTERY_NOT_LOW, &read, now_ms) || changed;
}

static bool look_at_storage(ms_sensors *sensors, int64_t now_ms) {
  ms_reading read;
  ms_storage_look(sensors->database, &sensors->options, &sensors->storage_low, &read);
  return take(sensors, MS_SENSED_STORAGE_NOT_LOW, &read, now_ms);
}

static bool look_at_idle(ms_sensors *sensors, int64_t now_ms) {
  ms_reading read;
  ms_load_look(&sensors->load, sensors->procfs, sensors->options.idle_load, now_ms, &read);
  ms_join_idle(bus_values(sensors), now_ms, &read);
  return take(sensors, MS_SENSED_IDLE, &read, now_ms);
}

static bool look(ms_sensors *sensors, unsigned set, int64_t now_ms) {
  bool changed = false;
  if (is_in(set, MS_SENSED_NETWORK)) changed = look_at_network(sensors, now_ms) || changed;
  if (set & MS_SENSED_POWER) changed = look_at_power(sensors, now_ms) || changed;
  if (is_in(set, MS_SENSED_STORAGE_NOT_LOW)) changed = look_at_storage(sensors, now_ms) || changed;
  if (is_in(set, MS_SENSED_IDLE)) changed = look_at_idle(sensors, now_ms) || changed;
  return changed;
}

/* ---- Time ---- */

static bool is_settling(const ms_sensors *sensors, int64_t now_ms) {
  return sensors->bus && bus_values(sensors)->waits && now_ms < sensors->bus_by_ms;
}

static unsigned list_ripe(const ms_sensors *sensors, int64_t now_ms) {
  unsigned set = 0;
  for (int i = 0; i < MS_SENSED_COUNT; i++) {
    if (sensors->steady[i].ripe_at_ms <= now_ms) set |= MS_SENSED_BIT(i);
  }
  return set;
}

static int64_t sooner(int64_t a_ms, int64_t b_ms) {
  return a_ms < b_ms ? a_ms : b_ms;
}

/* Nobody is woken for what sleeps, or tells by itself. */
static void arm(ms_sensors *sensors, unsigned needed, int64_t now_ms) {
  int64_t next_ms = sensors->heard ? now_ms : MS_NEVER;
  if (list_polled(sensors))
    next_ms = sooner(next_ms, sensors->polled_at_ms + sensors->options.poll_ms);
  if (is_settling(sensors, now_ms)) next_ms = sooner(next_ms, sensors->bus_by_ms);
  for (int i = 0; i < MS_SENSED_COUNT; i++) {
    bool lingers = is_in(sensors->awake & ~needed, i);
    next_ms = sooner(next_ms, sensors->steady[i].ripe_at_ms);
    if (lingers) next_ms = sooner(next_ms, sleeps_at_ms(sensors, i));
  }
  uv_timer_stop(&sensors->timer);
  if (next_ms == MS_NEVER) return;
  uv_update_time(sensors->loop);
  int64_t wait_ms = next_ms - now_ms;
  uv_timer_start(&sensors->timer, on_timer, (uint64_t)(wait_ms > PAUSE_MS ? wait_ms : PAUSE_MS), 0);
}

/* ---- The set ---- */

unsigned ms_sensors_unsettled(const ms_sensors *sensors) {
  bool settling = is_settling(sensors, ms_clock_steady_ms(&(ms_clock){0}));
  return settling ? sensors->awake & ON_BUS : 0;
}

bool ms_sensors_asleep(const ms_sensors *sensors) {
  return !sensors->awake;
}

unsigned ms_sensors_tired(const ms_sensors *sensors, unsigned needed) {
  int64_t now_ms = ms_clock_steady_ms(&(ms_clock){0});
  unsigned set = 0;
  needed = add_other(needed);
  for (int i = 0; i < MS_SENSED_COUNT; i++) {
    bool lingers = is_in(sensors->awake & ~needed, i);
    if (lingers && sleeps_at_ms(sensors, i) <= now_ms) set |= MS_SENSED_BIT(i);
  }
  return set;
}

void ms_sensors_sleep(ms_sensors *sensors, unsigned set) {
  if (is_in(set, MS_SENSED_NETWORK)) {
    ms_watch_close(sensors->network_watch);
    sensors->network_watch = NULL;
  }
  if (set & MS_SENSED_POWER) {
    ms_watch_close(sensors->power_watch);
    sensors->power_watch = NULL;
  }
  for (int i = 0; i < MS_SENSED_COUNT; i++) {
    if (!is_in(set, i)) continue;
    sensors->readings[i] = (ms_reading){0};
    ms_steady_forget(&sensors->steady[i]);
  }
  sensors->awake &= ~set;
}

/* What is to be looked at now, with what is polled among it when that is due. */
static unsigned list_due(ms_sensors *sensors, int64_t now_ms) {
  unsigned set = list_ripe(sensors, now_ms);
  unsigned polled = list_polled(sensors);
  bool due = now_ms - sensors->polled_at_ms >= sensors->options.poll_ms;
  if (!due || !polled) return set;
  sensors->polled_at_ms = now_ms;
  /* How long nobody has touched the machine is told only on request. */
  if (is_in(polled, MS_SENSED_IDLE) && sensors->bus) ms_bus_ask(sensors->bus);
  return set | polled;
}

bool ms_sensors_serve(ms_sensors *sensors, unsigned needed, unsigned asked) {
  int64_t now_ms = ms_clock_steady_ms(&(ms_clock){0});
  needed = add_other(needed);
  unsigned wanted = needed | add_other(asked);
  unsigned woken = wanted & ~sensors->awake;
  for (int i = 0; i < MS_SENSED_COUNT; i++) {
    if (is_in(wanted, i)) sensors->needed_at_ms[i] = now_ms;
  }
  drop_ended(&sensors->network_watch);
  drop_ended(&sensors->power_watch);
  wake(sensors, woken);
  sensors->serving = true;
  unsigned set = woken | asked | sensors->heard;
  sensors->heard = 0;
  set |= list_due(sensors, now_ms);
  tend_bus(sensors, woken, now_ms);
  bool changed = look(sensors, set & sensors->awake, now_ms);
  sensors->serving = false;
  arm(sensors, needed, now_ms);
  return changed;
}

const ms_reading *ms_sensors_readings(const ms_sensors *sensors) {
  return sensors->readings;
}

static char *copy(const char *text) {
  return ms_mem_copy(text, strlen(text));
}

/* The folder that the program is in may change; the store stays where it is. */
static char *find_file(const char *path) {
  char *found = realpath(path, NULL);
  char *own = copy(found ? found : path);
  free(found);
  return own;
}

ms_sensors *ms_sensors_new(const ms_sensor_options *options, const char *database) {
  ms_sensors *sensors = ms_mem_zalloc(sizeof *sensors);
  if (!sensors) return NULL;
  sensors->options = *options;
  sensors->sysfs = copy(options->sysfs);
  sensors->procfs = copy(options->procfs);
  if (database) sensors->database = find_file(database);
  for (int i = 0; i < MS_SENSED_COUNT; i++)
    ms_steady_init(&sensors->steady[i]);
  if (sensors->sysfs && sensors->procfs && (sensors->database || !database)) return sensors;
  ms_sensors_free(sensors);
  return NULL;
}

ms_status ms_sensors_open(ms_sensors *sensors, uv_loop_t *loop, void (*hear)(void *context),
                          void *context, ms_err *err) {
  int error = uv_timer_init(loop, &sensors->timer);
  if (error) return ms_fail(err, MS_LIMIT, "open: %s", uv_strerror(error));
  sensors->timer.data = sensors;
  sensors->loop = loop;
  sensors->hear = hear;
  sensors->context = context;
  return MS_OK;
}

void ms_sensors_close(ms_sensors *sensors) {
  if (!sensors || !sensors->loop) return;
  uv_close((uv_handle_t *)&sensors->timer, NULL);
  ms_watch_close(sensors->network_watch);
  ms_watch_close(sensors->power_watch);
  ms_bus_close(sensors->bus);
  sensors->network_watch = sensors->power_watch = NULL;
  sensors->bus = NULL;
  sensors->loop = NULL;
}

void ms_sensors_free(ms_sensors *sensors) {
  if (!sensors) return;
  ms_mem_free(sensors->sysfs);
  ms_mem_free(sensors->procfs);
  ms_mem_free(sensors->database);
  ms_mem_free(sensors);
}
