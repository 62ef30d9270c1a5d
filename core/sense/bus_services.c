#include "sense/bus_services.h"

#include "base/mem.h"
#include "sense/bus_sessions.h"

#include <stdio.h>
#include <string.h>

#define PROPERTIES "org.freedesktop.DBus.Properties"
#define NETWORK "org.freedesktop.NetworkManager"
#define MODEMS "org.freedesktop.ModemManager1"
#define POWER "org.freedesktop.UPower"
#define LOGIN "org.freedesktop.login1"

/* A signal is only a reason to ask again: what it carries may be old, and need not be whole. */
#define SIGNAL(service, rest) "type='signal',sender='" service "'," rest
#define CHANGED(service, where, interface)                                                         \
  SIGNAL(service,                                                                                  \
         "interface='" PROPERTIES "',member='PropertiesChanged'," where ",arg0='" interface "'")

#define RULES 3

typedef struct ms_question {
  const char *name; /* of the service, for people */
  ms_bus_method method;
  ms_bus_reader *read; /* NULL: the answer is a list of sessions */
  size_t offset;       /* of its answer */
  size_t size;
  const char *rules[RULES]; /* after these signals it is asked again */
} ms_question;

#define ANSWER(field) offsetof(ms_bus_answers, field), sizeof((ms_bus_answers *)0)->field

static const ms_question questions[] = {
    {"NetworkManager",
     {NETWORK, "/org/freedesktop/NetworkManager", PROPERTIES, "GetAll", NETWORK},
     ms_bus_read_network,
     ANSWER(network),
     {CHANGED(NETWORK, "path='/org/freedesktop/NetworkManager'", NETWORK)}},
    {"ModemManager",
     {MODEMS, "/org/freedesktop/ModemManager1", "org.freedesktop.DBus.ObjectManager",
      "GetManagedObjects", NULL},
     ms_bus_read_modems,
     ANSWER(modems),
     {CHANGED(MODEMS, "path_namespace='/org/freedesktop/ModemManager1'", MODEMS ".Modem.Modem3gpp"),
      SIGNAL(MODEMS, "interface='" MODEMS ".Modem',member='StateChanged'"),
      SIGNAL(MODEMS, "interface='org.freedesktop.DBus.ObjectManager'")}},
    {"UPower",
     {POWER, "/org/freedesktop/UPower", PROPERTIES, "GetAll", POWER},
     ms_bus_read_power,
     ANSWER(power),
     {CHANGED(POWER, "path='/org/freedesktop/UPower'", POWER)}},
    {"UPower",
     {POWER, "/org/freedesktop/UPower/devices/DisplayDevice", PROPERTIES, "GetAll",
      POWER ".Device"},
     ms_bus_read_battery,
     ANSWER(battery),
     {CHANGED(POWER, "path='/org/freedesktop/UPower/devices/DisplayDevice'", POWER ".Device")}},
    {"logind",
     {LOGIN, "/org/freedesktop/login1", PROPERTIES, "GetAll", LOGIN ".Manager"},
     ms_bus_read_login,
     ANSWER(login),
     {CHANGED(LOGIN, "path='/org/freedesktop/login1'", LOGIN ".Manager")}},
    {"logind",
     {LOGIN, "/org/freedesktop/login1", LOGIN ".Manager", "ListSessions", NULL},
     NULL,
     ANSWER(sessions),
     {CHANGED(LOGIN, "path_namespace='/org/freedesktop/login1/session'", LOGIN ".Session"),
      SIGNAL(LOGIN, "interface='" LOGIN ".Manager',member='SessionNew'"),
      SIGNAL(LOGIN, "interface='" LOGIN ".Manager',member='SessionRemoved'")}},
};

#define QUESTIONS (sizeof questions / sizeof questions[0])

typedef struct ms_asking {
  ms_bus_services *services;
  const ms_question *question;
  struct sd_bus_slot *slot;
  bool under_way;
  bool answered; /* once, or it cannot be asked */
  bool again;    /* something has changed since it was asked */
  char trouble[sizeof(((ms_bus_values *)0)->trouble)];
} ms_asking;

struct ms_bus_services {
  const ms_sdbus *sd;
  ms_bus_link *link;
  ms_bus_answers answers;
  ms_asking askings[QUESTIONS];
  ms_bus_sessions sessions;
};

static void forget(ms_asking *asking) {
  memset((char *)&asking->services->answers + asking->question->offset, 0, asking->question->size);
  asking->trouble[0] = 0;
}

static void note_trouble(ms_asking *asking, const char *what) {
  snprintf(asking->trouble, sizeof asking->trouble, "%s: %s", asking->question->name, what);
}

/* The service is not there, or knows nothing of what it is asked. */
static bool is_absence(const struct sd_bus_error *error) {
  static const char *const names[] = {
      "NameHasNoOwner", "ServiceUnknown",   "UnknownObject",
      "UnknownMethod",  "UnknownInterface", "Spawn.ServiceNotFound",
  };
  static const char prefix[] = "org.freedesktop.DBus.Error.";
  if (strncmp(error->name, prefix, sizeof prefix - 1) != 0) return false;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strcmp(error->name + sizeof prefix - 1, names[i]) == 0) return true;
  }
  return false;
}

static void ask(ms_asking *asking);

static void finish(ms_asking *asking) {
  bool again = asking->again;
  asking->under_way = asking->again = false;
  asking->answered = true;
  if (again) ask(asking);
}

static void take_sessions(void *context, const ms_bus_answers *answers) {
  ms_asking *asking = context;
  asking->trouble[0] = 0;
  asking->services->answers.sessions = answers->sessions;
  finish(asking);
}

/* What the sessions answered before stands until all of them have answered again. */
static int read_answer(ms_asking *asking, struct sd_bus_message *message) {
  ms_bus_services *services = asking->services;
  if (!asking->question->read) return ms_bus_sessions_ask(&services->sessions, message);
  forget(asking);
  int result = asking->question->read(services->sd, message, &services->answers);
  if (result >= 0) finish(asking);
  return result;
}

static int on_answer(struct sd_bus_message *message, void *context, struct sd_bus_error *unused) {
  ms_asking *asking = context;
  const ms_sdbus *sd = asking->services->sd;
  const struct sd_bus_error *error = sd->bus_message_get_error(message);
  int result = 0;
  (void)unused;
  asking->slot = sd->bus_slot_unref(asking->slot);
  if (!error) result = read_answer(asking, message);
  if (!error && result >= 0) return 0;
  forget(asking);
  if (!error) {
    note_trouble(asking, strerror(-result));
  } else if (!is_absence(error)) {
    note_trouble(asking, error->message ? error->message : error->name);
  }
  finish(asking);
  return 0;
}

static void ask(ms_asking *asking) {
  if (asking->under_way) {
    asking->again = true;
    return;
  }
  int result = ms_bus_link_call(asking->services->link, &asking->question->method, on_answer,
                                asking, &asking->slot);
  asking->under_way = result >= 0;
  if (result >= 0) return;
  asking->answered = true;
  forget(asking);
  note_trouble(asking, strerror(-result));
}

static int on_signal(struct sd_bus_message *message, void *context, struct sd_bus_error *error) {
  (void)message;
  (void)error;
  ask(context);
  return 0;
}

/* A service that comes or goes is a change too. */
static int subscribe(ms_asking *asking) {
  const ms_question *question = asking->question;
  char owner[256];
  snprintf(owner, sizeof owner,
           SIGNAL("org.freedesktop.DBus", "member='NameOwnerChanged',arg0='%s'"),
           question->method.service);
  int result = ms_bus_link_match(asking->services->link, owner, on_signal, asking);
  for (int i = 0; result >= 0 && i < RULES && question->rules[i]; i++) {
    result = ms_bus_link_match(asking->services->link, question->rules[i], on_signal, asking);
  }
  return result;
}

ms_status ms_bus_services_begin(const ms_sdbus *sd, ms_bus_link *link, ms_bus_services **services,
                                ms_err *err) {
  ms_bus_services *made = ms_mem_zalloc(sizeof *made);
  if (!made) return ms_no_memory(err);
  made->sd = sd;
  made->link = link;
  for (size_t i = 0; i < QUESTIONS; i++) {
    ms_asking *asking = &made->askings[i];
    asking->services = made;
    asking->question = &questions[i];
    if (!questions[i].read) {
      ms_bus_sessions_init(&made->sessions, sd, link, take_sessions, asking);
    }
    int result = subscribe(asking);
    if (result < 0) {
      ms_bus_services_end(made);
      return ms_fail(err, MS_IO, "the system bus: %s", strerror(-result));
    }
    ask(asking);
  }
  *services = made;
  return MS_OK;
}

void ms_bus_services_ask(ms_bus_services *services) {
  for (size_t i = 0; i < QUESTIONS; i++)
    ask(&services->askings[i]);
}

void ms_bus_services_judge(const ms_bus_services *services, ms_bus_values *values) {
  ms_bus_answers_judge(&services->answers, values);
  values->waits = false;
  values->trouble[0] = 0;
  for (size_t i = 0; i < QUESTIONS; i++) {
    const ms_asking *asking = &services->askings[i];
    values->waits = values->waits || !asking->answered;
    if (values->trouble[0]) continue;
    snprintf(values->trouble, sizeof values->trouble, "%s", asking->trouble);
  }
}

void ms_bus_services_end(ms_bus_services *services) {
  if (!services) return;
  ms_bus_sessions_deinit(&services->sessions);
  for (size_t i = 0; i < QUESTIONS; i++) {
    services->sd->bus_slot_unref(services->askings[i].slot);
  }
  ms_mem_free(services);
}
