#include "sense/bus.h"

#include "base/mem.h"
#include "sense/bus_services.h"

#include <stdio.h>
#include <string.h>

struct ms_bus {
  const ms_sdbus *sd;
  uv_loop_t *loop;
  void (*changed)(void *context);
  void *context;
  ms_bus_link *link; /* NULL while there is no connection */
  ms_bus_services *services;
  uv_timer_t retry;
  int64_t retry_ms;
  ms_bus_values values;
};

static void forget(ms_bus_values *values) {
  memset(values, 0, sizeof *values);
  values->battery_percent = -1;
}

static void on_retry(uv_timer_t *timer) {
  ms_bus_ask(timer->data);
}

static void retry_later(ms_bus *bus) {
  uv_timer_start(&bus->retry, on_retry, (uint64_t)bus->retry_ms, 0);
}

/* Whoever listens may close the bus, so this is the last thing that is done. */
static void publish(ms_bus *bus, const ms_bus_values *values) {
  bool troubled = values->trouble[0];
  if (!troubled) {
    uv_timer_stop(&bus->retry);
  } else if (!uv_is_active((uv_handle_t *)&bus->retry)) {
    retry_later(bus);
  }
  if (memcmp(values, &bus->values, sizeof *values) == 0) return;
  memcpy(&bus->values, values, sizeof *values);
  bus->changed(bus->context);
}

static void disconnect(ms_bus *bus) {
  ms_bus_services_end(bus->services);
  ms_bus_link_close(bus->link);
  bus->services = NULL;
  bus->link = NULL;
}

static void on_served(void *context) {
  ms_bus *bus = context;
  ms_bus_values values;
  forget(&values);
  ms_bus_services_judge(bus->services, &values);
  /* Only the first connection is waited for: what was assumed while the bus was lost stands until
   * somebody says otherwise, or work would stop for a moment when the bus is found again. */
  values.waits = values.waits && bus->values.waits;
  publish(bus, &values);
}

static void lose(ms_bus *bus, const char *why) {
  ms_bus_values values;
  forget(&values);
  snprintf(values.trouble, sizeof values.trouble, "%.*s", (int)sizeof values.trouble - 1, why);
  publish(bus, &values);
}

static void on_broken(void *context, const char *why) {
  ms_bus *bus = context;
  char trouble[sizeof bus->values.trouble];
  snprintf(trouble, sizeof trouble, "the system bus is lost: %s", why);
  disconnect(bus);
  lose(bus, trouble);
}

static ms_status connect_bus(ms_bus *bus, ms_err *err) {
  MS_TRY(ms_bus_link_open(bus->loop, bus->sd, (ms_bus_watcher){on_served, on_broken, bus},
                          &bus->link, err));
  ms_status status = ms_bus_services_begin(bus->sd, bus->link, &bus->services, err);
  if (status != MS_OK) disconnect(bus);
  return status;
}

void ms_bus_ask(ms_bus *bus) {
  ms_err err;
  if (bus->link) {
    ms_bus_services_ask(bus->services);
  } else if (connect_bus(bus, &err) != MS_OK) {
    lose(bus, err.message);
  }
}

ms_status ms_bus_open(uv_loop_t *loop, void (*changed)(void *context), void *context, ms_bus **bus,
                      ms_err *err) {
  const ms_sdbus *sd;
  MS_TRY(ms_sdbus_load(&sd, err));
  ms_bus *made = ms_mem_zalloc(sizeof *made);
  if (!made) return ms_no_memory(err);
  made->sd = sd;
  made->loop = loop;
  made->changed = changed;
  made->context = context;
  made->retry_ms = MS_BUS_RETRY_MS;
  forget(&made->values);
  made->values.waits = true;
  ms_status status = connect_bus(made, err);
  if (status != MS_OK) {
    ms_mem_free(made);
    return status;
  }
  uv_timer_init(loop, &made->retry);
  made->retry.data = made;
  *bus = made;
  return MS_OK;
}

const ms_bus_values *ms_bus_values_of(const ms_bus *bus) {
  return &bus->values;
}

static void on_closed(uv_handle_t *handle) {
  ms_mem_free(handle->data);
}

void ms_bus_close(ms_bus *bus) {
  if (!bus) return;
  disconnect(bus);
  uv_close((uv_handle_t *)&bus->retry, on_closed);
}

void ms_bus_retry_after(ms_bus *bus, int64_t ms) {
  bus->retry_ms = ms;
  if (uv_is_active((uv_handle_t *)&bus->retry)) retry_later(bus);
}
