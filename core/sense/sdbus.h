/* The part of libsystemd's sd-bus that the sensors use, found when the program runs.
 *
 * The library stays loaded until the process ends. What its functions return belongs to whoever
 * called, as the library's manual says.
 *
 * Any thread may load; a connection and its messages belong to one thread at a time.
 *
 * A library that is missing, or too old for one of the functions, is NOTFOUND.
 *
 * The functions are declared here and not by libsystemd's header: a build without that header would
 * lack sensors that the machine it runs on could have, and these few are part of a stable ABI. */
#ifndef MS_SENSE_SDBUS_H
#define MS_SENSE_SDBUS_H

#include "base/status.h"

#include <stdint.h>

struct sd_bus;
struct sd_bus_message;
struct sd_bus_slot;

struct sd_bus_error {
  const char *name;
  const char *message;
  int need_free;
};

typedef int ms_sdbus_handler(struct sd_bus_message *message, void *context,
                             struct sd_bus_error *error);

/* What it returns (an int is negative on failure), its name without sd_, its arguments. */
#define MS_SDBUS_LIST(X)                                                                           \
  X(int, bus_open_system, (struct sd_bus * *bus))                                                  \
  X(void, bus_close, (struct sd_bus * bus))                                                        \
  X(struct sd_bus *, bus_unref, (struct sd_bus * bus))                                             \
  X(int, bus_is_open, (struct sd_bus * bus))                                                       \
  X(int, bus_get_fd, (struct sd_bus * bus))                                                        \
  X(int, bus_get_events, (struct sd_bus * bus))                                                    \
  X(int, bus_get_timeout, (struct sd_bus * bus, uint64_t * monotonic_us))                          \
  X(int, bus_process, (struct sd_bus * bus, struct sd_bus_message * *message))                     \
  X(int, bus_add_match_async,                                                                      \
    (struct sd_bus * bus, struct sd_bus_slot * *slot, const char *match,                           \
     ms_sdbus_handler *matched, ms_sdbus_handler *installed, void *context))                       \
  X(int, bus_call_async,                                                                           \
    (struct sd_bus * bus, struct sd_bus_slot * *slot, struct sd_bus_message * message,             \
     ms_sdbus_handler * answered, void *context, uint64_t timeout_us))                             \
  X(struct sd_bus_slot *, bus_slot_unref, (struct sd_bus_slot * slot))                             \
  X(int, bus_message_new_method_call,                                                              \
    (struct sd_bus * bus, struct sd_bus_message * *message, const char *destination,               \
     const char *path, const char *interface, const char *member))                                 \
  X(int, bus_message_set_auto_start, (struct sd_bus_message * message, int starts))                \
  X(int, bus_message_append_basic,                                                                 \
    (struct sd_bus_message * message, char type, const void *value))                               \
  X(struct sd_bus_message *, bus_message_unref, (struct sd_bus_message * message))                 \
  X(const struct sd_bus_error *, bus_message_get_error, (struct sd_bus_message * message))         \
  X(int, bus_message_enter_container,                                                              \
    (struct sd_bus_message * message, char type, const char *contents))                            \
  X(int, bus_message_exit_container, (struct sd_bus_message * message))                            \
  X(int, bus_message_read_basic, (struct sd_bus_message * message, char type, void *value))        \
  X(int, bus_message_skip, (struct sd_bus_message * message, const char *types))

typedef struct ms_sdbus {
#define X(returns, name, arguments) returns(*name) arguments;
  MS_SDBUS_LIST(X)
#undef X
} ms_sdbus;

ms_status ms_sdbus_load(const ms_sdbus **sd, ms_err *err);

#endif
