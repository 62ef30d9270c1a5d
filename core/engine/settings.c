#include "base/mem.h"
#include "engine/engine.h"
#include "store/queue.h"

/* ---- Queues ---- */

typedef struct queue_call {
  ms_call call;
  const ms_queue_settings *settings;
} queue_call;

static ms_status write_queue(ms_engine *engine, const ms_queue_settings *settings) {
  const ms_queue *known = ms_queue_find(engine->store, settings->name);
  ms_queue queue = known ? *known : (ms_queue){0};
  queue.name = settings->name;
  if (!settings->keeps_limit) {
    queue.limit = settings->limit;
    queue.rate = settings->rate;
    queue.rate_window_ms = settings->rate_window_ms;
  }
  if (settings->paused >= 0) queue.paused = settings->paused != 0;
  return ms_queue_write(engine->store, &queue);
}

static ms_status apply_queue(ms_engine *engine, ms_call *call) {
  return write_queue(engine, ((queue_call *)(void *)call)->settings);
}

ms_status ms_set_queue(ms_manager *engine, const ms_queue_settings *settings, ms_err *err) {
  queue_call args = {.call = {.apply = apply_queue}, .settings = settings};
  return ms_engine_call(engine, &args.call, err);
}

/* ---- Conditions ---- */

typedef struct condition_call {
  ms_call call;
  ms_text name;
  const char *value;
} condition_call;

typedef struct sensed {
  const char *name;
  ms_truth *truth; /* NULL for the network */
} sensed;

static void list_sensed(ms_engine *engine, sensed list[5]) {
  ms_conditions *conditions = &engine->conditions;
  list[0] = (sensed){"network", NULL};
  list[1] = (sensed){"charging", &conditions->charging};
  list[2] = (sensed){"battery_not_low", &conditions->battery_not_low};
  list[3] = (sensed){"storage_not_low", &conditions->storage_not_low};
  list[4] = (sensed){"idle", &conditions->idle};
}

static ms_truth truth_of(const char *value) {
  if (!value) return MS_UNKNOWN;
  return strcmp(value, "true") == 0 ? MS_TRUE : MS_FALSE;
}

static const char *truth_word(ms_truth truth) {
  static const char *const words[] = {
      [MS_UNKNOWN] = "unknown", [MS_FALSE] = "false", [MS_TRUE] = "true"};
  return words[truth];
}

static bool set_sensed(ms_engine *engine, const condition_call *args) {
  sensed list[5];
  list_sensed(engine, list);
  for (size_t i = 0; i < 5; i++) {
    if (!ms_text_equal(args->name, ms_text_of(list[i].name))) continue;
    engine->condition_since_ms[i] = engine->turn.now_ms;
    engine->condition_set[i] = args->value != NULL;
    if (list[i].truth) {
      *list[i].truth = args->value ? truth_of(args->value) : engine->condition_default;
    } else {
      engine->conditions.network = args->value ? ms_network_of(ms_text_of(args->value))
                                   : engine->options.stepped ? MS_NETWORK_NONE
                                                             : MS_NETWORK_UNKNOWN;
    }
    return true;
  }
  return false;
}

static ms_custom *find_custom(ms_engine *engine, ms_text name) {
  MS_LIST_EACH (link, &engine->customs) {
    ms_custom *custom = MS_LIST_ENTRY(link, ms_custom, link);
    if (ms_text_equal(custom->name, name)) return custom;
  }
  return NULL;
}

static ms_status set_custom(ms_engine *engine, const condition_call *args) {
  ms_custom *custom = find_custom(engine, args->name);
  if (!custom) {
    custom = ms_mem_zalloc(sizeof *custom);
    char *name = ms_mem_copy(args->name.data, args->name.size);
    if (!custom || !name) {
      ms_mem_free(custom);
      ms_mem_free(name);
      return ms_engine_no_memory(engine);
    }
    custom->name = (ms_text){name, args->name.size};
    ms_list_push(&engine->customs, &custom->link);
  }
  custom->value = args->value ? truth_of(args->value) : engine->condition_default;
  custom->since_ms = engine->turn.now_ms;
  return MS_OK;
}

ms_truth ms_custom_value(void *context, ms_text name) {
  ms_engine *engine = context;
  ms_custom *custom = find_custom(engine, name);
  return custom ? custom->value : engine->condition_default;
}

void ms_customs_free(ms_engine *engine) {
  for (ms_link *link; (link = ms_list_shift(&engine->customs));) {
    ms_custom *custom = MS_LIST_ENTRY(link, ms_custom, link);
    ms_mem_free((void *)custom->name.data);
    ms_mem_free(custom);
  }
}

/* Runs that lose a condition are looked at in the same turn. */
static ms_status apply_condition(ms_engine *engine, ms_call *call) {
  const condition_call *args = (condition_call *)(void *)call;
  return set_sensed(engine, args) ? MS_OK : set_custom(engine, args);
}

ms_status ms_set_condition(ms_manager *engine, ms_text name, const char *value, ms_err *err) {
  condition_call args = {.call = {.apply = apply_condition}, .name = name, .value = value};
  return ms_engine_call(engine, &args.call, err);
}

typedef struct conditions_call {
  ms_call call;
  ms_arena *arena;
  ms_condition *list;
  size_t count;
} conditions_call;

static void add_condition(conditions_call *args, ms_text name, const char *value, bool set,
                          int64_t since_ms) {
  args->list[args->count++] = (ms_condition){
      .name = name,
      .value = ms_text_of(value),
      .source = set ? "set" : "default",
      .since_ms = since_ms,
  };
}

static ms_status apply_conditions(ms_engine *engine, ms_call *call) {
  conditions_call *args = (conditions_call *)(void *)call;
  sensed list[5];
  size_t count = 5;
  MS_LIST_EACH (link, &engine->customs)
    count++;
  args->list = ms_arena_take(args->arena, count * sizeof *args->list);
  if (!args->list) return ms_engine_no_memory(engine);
  list_sensed(engine, list);
  for (size_t i = 0; i < 5; i++) {
    add_condition(args, ms_text_of(list[i].name),
                  list[i].truth ? truth_word(*list[i].truth)
                                : ms_network_word(engine->conditions.network),
                  engine->condition_set[i], engine->condition_since_ms[i]);
  }
  MS_LIST_EACH (link, &engine->customs) {
    ms_custom *custom = MS_LIST_ENTRY(link, ms_custom, link);
    ms_text name = ms_arena_copy(args->arena, custom->name);
    if (!name.data) return ms_engine_no_memory(engine);
    add_condition(args, name, truth_word(custom->value), true, custom->since_ms);
  }
  return MS_OK;
}

ms_status ms_get_conditions(ms_manager *engine, ms_arena *arena, ms_condition **conditions,
                            size_t *count, ms_err *err) {
  conditions_call args = {.call = {.apply = apply_conditions, .reads = true}, .arena = arena};
  MS_TRY(ms_engine_call(engine, &args.call, err));
  *conditions = args.list;
  *count = args.count;
  return MS_OK;
}
