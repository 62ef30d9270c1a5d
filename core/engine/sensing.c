#include "engine/engine.h"

/* Between the sensors, which belong to the engine's thread, and the turns, which may be anybody's:
 * what works need goes one way, what the sensors say the other, both under the engine's mutex. */

static void on_news(void *context);

ms_status ms_sensing_open(ms_engine *engine, const char *database, ms_err *err) {
  const char *file = ms_store_in_file(engine->store) ? database : NULL;
  if (engine->options.sensors.manual) return MS_OK;
  engine->options.sensors.storage_is_far = ms_store_on_server(engine->store);
  engine->sensing.sensors = ms_sensors_new(&engine->options.sensors, file);
  engine->sensing.exists = engine->sensing.sensors != NULL;
  return engine->sensing.exists ? MS_OK : ms_no_memory(err);
}

ms_status ms_sensing_start(ms_engine *engine, ms_err *err) {
  if (!engine->sensing.sensors) return MS_OK;
  return ms_sensors_open(engine->sensing.sensors, &engine->loop, on_news, engine, err);
}

static void on_news(void *context) {
  ms_engine *engine = context;
  pthread_mutex_lock(&engine->mutex);
  engine->looping = true;
  pthread_mutex_unlock(&engine->mutex);
  ms_engine_attend(engine);
}

/* ---- In a turn, with the mutex held ---- */

void ms_sensing_take(ms_engine *engine) {
  ms_sensing *sensing = &engine->sensing;
  if (!sensing->posted) return;
  sensing->posted = false;
  engine->unsettled = sensing->unsettled;
  engine->turn.edged = true;
  ms_conditions_take(engine, sensing->readings);
}

void ms_sensing_publish(ms_engine *engine) {
  engine->sensing.needed = engine->turn.needs;
  if (engine->turn.needs & ~engine->sensing.served) ms_engine_wake_thread(engine);
}

/* ---- On the engine's thread ---- */

/* A sensor goes to sleep while nobody turns: a turn that is under way may have relied on it, and
 * has not said so yet. */
static unsigned let_sleep(ms_engine *engine) {
  ms_sensing *sensing = &engine->sensing;
  if (engine->turning) return 0;
  unsigned tired = ms_sensors_tired(sensing->sensors, sensing->needed);
  for (int i = 0; i < MS_SENSED_COUNT; i++) {
    if (tired & MS_SENSED_BIT(i)) sensing->readings[i] = (ms_reading){0};
  }
  if (tired) sensing->posted = true;
  return tired;
}

/* One cause may trouble several sensors. */
static bool is_known(const ms_sensing *sensing, const ms_reading *readings, int at) {
  bool known = false;
  for (int i = 0; i < MS_SENSED_COUNT; i++) {
    bool told = (sensing->told & MS_SENSED_BIT(i)) != 0;
    known = known || (told && strcmp(readings[i].trouble, readings[at].trouble) == 0);
  }
  return known;
}

/* Trouble is told once, when work needs the condition. */
static void report(ms_engine *engine, unsigned needed) {
  ms_sensing *sensing = &engine->sensing;
  const ms_reading *readings = ms_sensors_readings(sensing->sensors);
  for (int i = 0; i < MS_SENSED_COUNT; i++) {
    unsigned bit = MS_SENSED_BIT(i);
    bool troubled = readings[i].trouble[0] != '\0';
    bool tells = troubled && (needed & bit) && !(sensing->told & bit);
    if (tells && !is_known(sensing, readings, i))
      ms_engine_trouble(engine, "sensor", readings[i].trouble, 0, NULL);
    if (tells) sensing->told |= bit;
    if (readings[i].source && !troubled) sensing->told &= ~bit;
  }
}

bool ms_sensing_tend(ms_engine *engine) {
  ms_sensing *sensing = &engine->sensing;
  if (!sensing->exists) return false;
  pthread_mutex_lock(&engine->mutex);
  unsigned needed = sensing->needed, asked = sensing->asked, tired = let_sleep(engine);
  int64_t asks = sensing->asks;
  sensing->asked = 0;
  sensing->served = needed;
  pthread_mutex_unlock(&engine->mutex);
  if (!needed && !asked && ms_sensors_asleep(sensing->sensors)) return false;
  ms_sensors_sleep(sensing->sensors, tired);
  bool changed = ms_sensors_serve(sensing->sensors, needed, asked);
  unsigned unsettled = ms_sensors_unsettled(sensing->sensors);
  report(engine, needed);
  pthread_mutex_lock(&engine->mutex);
  changed = changed || unsettled != sensing->unsettled;
  sensing->unsettled = unsettled;
  if (changed) {
    memcpy(sensing->readings, ms_sensors_readings(sensing->sensors), sizeof sensing->readings);
    sensing->posted = engine->nudged = true;
  }
  if (!unsettled && sensing->answers != asks) {
    sensing->answers = asks;
    pthread_cond_broadcast(&engine->turned);
  }
  pthread_mutex_unlock(&engine->mutex);
  return changed;
}

/* ---- Questions ---- */

ms_status ms_sensing_ask(ms_engine *engine, unsigned set, ms_err *err) {
  ms_sensing *sensing = &engine->sensing;
  MS_TRY(ms_usable(engine, err));
  if (!sensing->exists) return MS_OK;
  pthread_mutex_lock(&engine->mutex);
  sensing->asked |= set;
  int64_t ask = ++sensing->asks;
  ms_engine_wake_thread(engine);
  while (sensing->answers < ask && !engine->closed)
    pthread_cond_wait(&engine->turned, &engine->mutex);
  pthread_mutex_unlock(&engine->mutex);
  return MS_OK;
}
