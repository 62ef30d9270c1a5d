#include "base/mem.h"
#include "engine/engine.h"
#include "model/instant.h"

#include <stdio.h>

/* What is known of the world, by whoever turns: what the application says, else what the sensor
 * said last, else the default. */

static const char *const names[MS_SENSED_COUNT] = {
    [MS_SENSED_NETWORK] = "network",
    [MS_SENSED_CHARGING] = "charging",
    [MS_SENSED_BATTERY_NOT_LOW] = "battery_not_low",
    [MS_SENSED_STORAGE_NOT_LOW] = "storage_not_low",
    [MS_SENSED_IDLE] = "idle",
};

/* MS_SENSED_COUNT for a name that only the application knows. */
static ms_sensed sensed_of(ms_text name) {
  int sensed = 0;
  while (sensed < MS_SENSED_COUNT && !ms_text_equal(name, ms_text_of(names[sensed])))
    sensed++;
  return (ms_sensed)sensed;
}

static int value_of(const ms_conditions *conditions, ms_sensed sensed) {
  switch (sensed) {
  case MS_SENSED_NETWORK:
    return (int)conditions->network;
  case MS_SENSED_CHARGING:
    return (int)conditions->charging;
  case MS_SENSED_BATTERY_NOT_LOW:
    return (int)conditions->battery_not_low;
  case MS_SENSED_STORAGE_NOT_LOW:
    return (int)conditions->storage_not_low;
  case MS_SENSED_IDLE:
    return (int)conditions->idle;
  case MS_SENSED_COUNT:
    break;
  }
  return 0;
}

static void set_value(ms_conditions *conditions, ms_sensed sensed, int value) {
  switch (sensed) {
  case MS_SENSED_NETWORK:
    conditions->network = (ms_network)value;
    break;
  case MS_SENSED_CHARGING:
    conditions->charging = (ms_truth)value;
    break;
  case MS_SENSED_BATTERY_NOT_LOW:
    conditions->battery_not_low = (ms_truth)value;
    break;
  case MS_SENSED_STORAGE_NOT_LOW:
    conditions->storage_not_low = (ms_truth)value;
    break;
  case MS_SENSED_IDLE:
    conditions->idle = (ms_truth)value;
    break;
  case MS_SENSED_COUNT:
    break;
  }
}

static const char *word_of(const ms_engine *engine, ms_sensed sensed) {
  int value = value_of(&engine->conditions, sensed);
  return sensed == MS_SENSED_NETWORK ? ms_network_word((ms_network)value)
                                     : ms_truth_word((ms_truth)value);
}

static ms_truth truth_of(const char *value) {
  if (!value) return MS_UNKNOWN;
  return strcmp(value, "true") == 0 ? MS_TRUE : MS_FALSE;
}

/* In tests nothing is met that nobody has set; else nothing is known. */
static int default_of(const ms_engine *engine, ms_sensed sensed) {
  if (!engine->options.stepped) return 0;
  return sensed == MS_SENSED_NETWORK ? (int)MS_NETWORK_NONE : (int)MS_FALSE;
}

/* Puts the value into force that now stands highest. */
static void enforce(ms_engine *engine, ms_sensed sensed, int64_t now_ms) {
  ms_belief *belief = &engine->beliefs[sensed];
  bool said = belief->set || belief->reading.source;
  int value = belief->set              ? belief->set
              : belief->reading.source ? belief->reading.value
                                       : default_of(engine, sensed);
  bool same = value == value_of(&engine->conditions, sensed);
  set_value(&engine->conditions, sensed, value);
  if (!said)
    belief->since_ms = MS_NEVER;
  else if (!same || belief->since_ms == MS_NEVER)
    belief->since_ms = now_ms;
}

void ms_conditions_take(ms_engine *engine, const ms_reading readings[MS_SENSED_COUNT]) {
  for (int i = 0; i < MS_SENSED_COUNT; i++) {
    engine->beliefs[i].reading = readings[i];
    enforce(engine, (ms_sensed)i, ms_engine_now(engine));
  }
}

/* ---- Judging ---- */

static unsigned list_needed(const ms_constraints *constraints) {
  unsigned set = 0;
  if (constraints->network != MS_NEED_NOTHING) set |= MS_SENSED_BIT(MS_SENSED_NETWORK);
  if (constraints->charging) set |= MS_SENSED_BIT(MS_SENSED_CHARGING);
  if (constraints->battery_not_low) set |= MS_SENSED_BIT(MS_SENSED_BATTERY_NOT_LOW);
  if (constraints->storage_not_low) set |= MS_SENSED_BIT(MS_SENSED_STORAGE_NOT_LOW);
  if (constraints->idle) set |= MS_SENSED_BIT(MS_SENSED_IDLE);
  return set;
}

bool ms_conditions_unmet(ms_engine *engine, const ms_constraints *constraints, size_t *position,
                         ms_unmet *unmet) {
  engine->turn.needs |= list_needed(constraints);
  return ms_constraints_unmet(constraints, &engine->conditions, position, unmet);
}

bool ms_conditions_hold(ms_engine *engine, const ms_constraints *constraints) {
  size_t position = 0;
  ms_unmet unmet;
  return !ms_conditions_unmet(engine, constraints, &position, &unmet);
}

unsigned ms_conditions_unread(const ms_engine *engine) {
  unsigned set = 0;
  for (int i = 0; i < MS_SENSED_COUNT && engine->sensing.exists; i++) {
    const ms_belief *belief = &engine->beliefs[i];
    bool unread = !belief->reading.source || (engine->unsettled & MS_SENSED_BIT(i));
    if (!belief->set && unread) set |= MS_SENSED_BIT(i);
  }
  return set & engine->turn.needs;
}

/* ---- What the application says ---- */

typedef struct condition_call {
  ms_call call;
  ms_text name;
  ms_sensed sensed;
  const char *value;
  int before; /* what it was set to, as it stands there */
  int64_t before_since_ms;
  bool is_new; /* nobody has named it before */
} condition_call;

static ms_custom *find_custom(ms_engine *engine, ms_text name) {
  MS_LIST_EACH (link, &engine->customs) {
    ms_custom *custom = MS_LIST_ENTRY(link, ms_custom, link);
    if (ms_text_equal(custom->name, name)) return custom;
  }
  return NULL;
}

static ms_custom *add_custom(ms_engine *engine, ms_text name) {
  ms_custom *custom = ms_mem_zalloc(sizeof *custom);
  char *copy = ms_mem_copy(name.data, name.size);
  if (!custom || !copy) {
    ms_mem_free(custom);
    ms_mem_free(copy);
    return NULL;
  }
  custom->name = (ms_text){copy, name.size};
  custom->since_ms = MS_NEVER;
  ms_list_push(&engine->customs, &custom->link);
  return custom;
}

static ms_truth custom_default(const ms_engine *engine) {
  return engine->options.stepped ? MS_FALSE : MS_UNKNOWN;
}

static void free_custom(ms_custom *custom) {
  ms_list_remove(&custom->link);
  ms_mem_free((void *)custom->name.data);
  ms_mem_free(custom);
}

static ms_status set_custom(ms_engine *engine, condition_call *args) {
  ms_truth value = args->value ? truth_of(args->value) : custom_default(engine);
  ms_custom *custom = find_custom(engine, args->name);
  args->is_new = !custom;
  if (!custom) custom = add_custom(engine, args->name);
  if (!custom) return ms_engine_no_memory(engine);
  args->before = (int)custom->value;
  args->before_since_ms = custom->since_ms;
  bool same = custom->value == value && custom->since_ms != MS_NEVER;
  if (!same) custom->since_ms = engine->turn.now_ms;
  custom->value = value;
  return MS_OK;
}

static ms_truth custom_value(void *context, ms_text name) {
  ms_engine *engine = context;
  ms_custom *custom = find_custom(engine, name);
  return custom ? custom->value : custom_default(engine);
}

void ms_conditions_init(ms_engine *engine) {
  engine->conditions = (ms_conditions){.custom = custom_value, .context = engine};
  for (int i = 0; i < MS_SENSED_COUNT; i++) {
    engine->beliefs[i].since_ms = MS_NEVER;
    set_value(&engine->conditions, (ms_sensed)i, default_of(engine, (ms_sensed)i));
  }
}

void ms_customs_free(ms_engine *engine) {
  MS_LIST_EACH (link, &engine->customs)
    free_custom(MS_LIST_ENTRY(link, ms_custom, link));
}

/* Runs that lose a condition are looked at in the same turn. */
static ms_status apply_condition(ms_engine *engine, ms_call *call) {
  condition_call *args = (condition_call *)(void *)call;
  if (args->sensed == MS_SENSED_COUNT) return set_custom(engine, args);
  bool network = args->sensed == MS_SENSED_NETWORK;
  ms_belief *belief = &engine->beliefs[args->sensed];
  args->before = belief->set;
  args->before_since_ms = belief->since_ms;
  belief->set = !args->value ? 0
                : network    ? (int)ms_network_of(ms_text_of(args->value))
                             : (int)truth_of(args->value);
  enforce(engine, args->sensed, engine->turn.now_ms);
  return MS_OK;
}

static void undo_custom(ms_engine *engine, const condition_call *args) {
  ms_custom *custom = find_custom(engine, args->name);
  if (!custom) return;
  custom->value = (ms_truth)args->before;
  custom->since_ms = args->before_since_ms;
  if (args->is_new) free_custom(custom);
}

static void undo_condition(ms_engine *engine, ms_call *call) {
  const condition_call *args = (condition_call *)(void *)call;
  if (args->sensed == MS_SENSED_COUNT) return undo_custom(engine, args);
  engine->beliefs[args->sensed].set = args->before;
  enforce(engine, args->sensed, engine->turn.now_ms);
  engine->beliefs[args->sensed].since_ms = args->before_since_ms;
}

/* A sensor that gets its condition back is asked before, so that what it says counts at once. */
ms_status ms_set_condition(ms_manager *engine, ms_text name, const char *value, ms_err *err) {
  condition_call args = {
      .call = {.apply = apply_condition, .undo = undo_condition},
      .name = name,
      .value = value,
  };
  args.sensed = sensed_of(name);
  bool returned = !value && args.sensed != MS_SENSED_COUNT;
  if (returned) MS_TRY(ms_sensing_ask(engine, MS_SENSED_BIT(args.sensed), err));
  return ms_engine_call(engine, &args.call, err);
}

/* ---- Questions ---- */

static const char *source_of(const ms_belief *belief) {
  if (belief->set) return "set";
  return belief->reading.source ? belief->reading.source : "default";
}

/* Since when the condition has its value, and who says so. */
static int64_t history_of(ms_engine *engine, ms_text name, const char **source,
                          const char **trouble) {
  const ms_custom *custom = find_custom(engine, name);
  ms_sensed sensed = sensed_of(name);
  *source = "set";
  *trouble = "";
  if (sensed == MS_SENSED_COUNT) return custom ? custom->since_ms : MS_NEVER;
  const ms_belief *belief = &engine->beliefs[sensed];
  *source = source_of(belief);
  if (!belief->set) *trouble = belief->reading.trouble;
  bool unpriced = sensed == MS_SENSED_NETWORK && !belief->set &&
                  engine->conditions.network == MS_NETWORK_CONNECTED;
  if (unpriced) *trouble = "nothing tells whether it is metered";
  return belief->since_ms;
}

const char *ms_conditions_describe(ms_engine *engine, const ms_unmet *unmet, char *text,
                                   size_t size) {
  const char *source, *trouble;
  char since[MS_INSTANT_SIZE];
  int width = (int)unmet->name.size;
  int64_t since_ms = history_of(engine, unmet->name, &source, &trouble);
  if (since_ms == MS_NEVER) {
    snprintf(text, size, "%.*s is %s (nobody has said)", width, unmet->name.data, unmet->value);
    return text;
  }
  ms_instant_format(since_ms, since);
  snprintf(text, size, "%.*s is %s (%s, since %s)%s%s", width, unmet->name.data, unmet->value,
           source, since, trouble[0] ? ": " : "", trouble);
  return text;
}

typedef struct conditions_call {
  ms_call call;
  ms_arena *arena;
  ms_condition *list;
  size_t count;
} conditions_call;

static ms_status add_sensed(ms_engine *engine, conditions_call *args, ms_sensed sensed) {
  const ms_belief *belief = &engine->beliefs[sensed];
  ms_text trouble = ms_text_of(belief->reading.trouble);
  if (trouble.size) trouble = ms_arena_copy(args->arena, trouble);
  if (!trouble.data) return ms_engine_no_memory(engine);
  args->list[args->count++] = (ms_condition){
      .name = ms_text_of(names[sensed]),
      .value = ms_text_of(word_of(engine, sensed)),
      .source = source_of(belief),
      .since_ms = belief->since_ms,
      .trouble = trouble.size ? trouble : MS_TEXT_NONE,
  };
  return MS_OK;
}

static ms_status add_custom_value(ms_engine *engine, conditions_call *args, ms_custom *custom) {
  ms_text name = ms_arena_copy(args->arena, custom->name);
  if (!name.data) return ms_engine_no_memory(engine);
  args->list[args->count++] = (ms_condition){
      .name = name,
      .value = ms_text_of(ms_truth_word(custom->value)),
      .source = "set",
      .since_ms = custom->since_ms,
  };
  return MS_OK;
}

static ms_status apply_conditions(ms_engine *engine, ms_call *call) {
  conditions_call *args = (conditions_call *)(void *)call;
  size_t count = MS_SENSED_COUNT;
  MS_LIST_EACH (link, &engine->customs)
    count++;
  args->list = ms_arena_take(args->arena, count * sizeof *args->list);
  if (!args->list) return ms_engine_no_memory(engine);
  for (int i = 0; i < MS_SENSED_COUNT; i++)
    MS_TRY(add_sensed(engine, args, (ms_sensed)i));
  MS_LIST_EACH (link, &engine->customs)
    MS_TRY(add_custom_value(engine, args, MS_LIST_ENTRY(link, ms_custom, link)));
  return MS_OK;
}

ms_status ms_get_conditions(ms_manager *engine, ms_arena *arena, ms_condition **conditions,
                            size_t *count, ms_err *err) {
  conditions_call args = {.call = {.apply = apply_conditions, .reads = true}, .arena = arena};
  MS_TRY(ms_sensing_ask(engine, MS_SENSED_ALL, err));
  MS_TRY(ms_engine_call(engine, &args.call, err));
  *conditions = args.list;
  *count = args.count;
  return MS_OK;
}
