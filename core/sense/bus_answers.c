#include "sense/bus_answers.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

/* NetworkManager's NMMetered, of which two values are its guess. */
enum { NM_YES = 1, NM_NO = 2, NM_GUESS_YES = 3, NM_GUESS_NO = 4 };

/* ModemManager's MMModemState, and the kinds of roaming in MMModem3gppRegistrationState. */
enum { MM_CONNECTED = 11 };
enum { MM_ROAMING = 5, MM_ROAMING_SMS_ONLY = 7, MM_ROAMING_CSFB_NOT_PREFERRED = 10 };

/* UPower's kinds of devices that can be empty. */
enum { UPOWER_BATTERY = 2, UPOWER_UPS = 3 };

typedef struct ms_property {
  const char *name;
  const char *type; /* one basic type */
  void *value;      /* as the library reads that type; texts stay the message's */
} ms_property;

static int read_value(const ms_sdbus *sd, struct sd_bus_message *message,
                      const ms_property *wanted) {
  int result = sd->bus_message_enter_container(message, 'v', wanted->type);
  if (result > 0) result = sd->bus_message_read_basic(message, wanted->type[0], wanted->value);
  if (result >= 0) result = sd->bus_message_exit_container(message);
  return result;
}

static int read_property(const ms_sdbus *sd, struct sd_bus_message *message,
                         const ms_property *wanted, size_t count) {
  const char *name;
  int result = sd->bus_message_read_basic(message, 's', &name);
  if (result < 0) return result;
  for (size_t i = 0; i < count; i++) {
    if (strcmp(name, wanted[i].name) == 0) return read_value(sd, message, &wanted[i]);
  }
  return sd->bus_message_skip(message, "v");
}

/* The wanted ones of an a{sv}; those that are not in it keep their values. */
static int read_properties(const ms_sdbus *sd, struct sd_bus_message *message,
                           const ms_property *wanted, size_t count) {
  int result = sd->bus_message_enter_container(message, 'a', "{sv}");
  while (result >= 0 && (result = sd->bus_message_enter_container(message, 'e', "sv")) > 0) {
    result = read_property(sd, message, wanted, count);
    if (result >= 0) result = sd->bus_message_exit_container(message);
  }
  return result < 0 ? result : sd->bus_message_exit_container(message);
}

#define READ(sd, message, wanted)                                                                  \
  read_properties((sd), (message), (wanted), sizeof(wanted) / sizeof(wanted)[0])

int ms_bus_read_network(const ms_sdbus *sd, struct sd_bus_message *message,
                        ms_bus_answers *answers) {
  const char *kind = "";
  ms_property wanted[] = {{"Metered", "u", &answers->network.metered},
                          {"PrimaryConnectionType", "s", &kind}};
  int result = READ(sd, message, wanted);
  snprintf(answers->network.kind, sizeof answers->network.kind, "%s", kind);
  answers->network.known = result >= 0;
  return result;
}

typedef struct ms_modem {
  int32_t state;
  uint32_t registration;
} ms_modem;

static bool is_roaming(const ms_modem *modem) {
  return modem->registration == MM_ROAMING || modem->registration == MM_ROAMING_SMS_ONLY ||
         modem->registration == MM_ROAMING_CSFB_NOT_PREFERRED;
}

static int read_interface(const ms_sdbus *sd, struct sd_bus_message *message, ms_modem *modem) {
  const char *name;
  ms_property state[] = {{"State", "i", &modem->state}};
  ms_property registration[] = {{"RegistrationState", "u", &modem->registration}};
  int result = sd->bus_message_read_basic(message, 's', &name);
  if (result < 0) return result;
  if (strcmp(name, "org.freedesktop.ModemManager1.Modem") == 0) return READ(sd, message, state);
  if (strcmp(name, "org.freedesktop.ModemManager1.Modem.Modem3gpp") == 0) {
    return READ(sd, message, registration);
  }
  return sd->bus_message_skip(message, "a{sv}");
}

static int read_modem(const ms_sdbus *sd, struct sd_bus_message *message, ms_bus_answers *answers) {
  ms_modem modem = {0};
  int result = sd->bus_message_skip(message, "o");
  if (result >= 0) result = sd->bus_message_enter_container(message, 'a', "{sa{sv}}");
  while (result >= 0 && (result = sd->bus_message_enter_container(message, 'e', "sa{sv}")) > 0) {
    result = read_interface(sd, message, &modem);
    if (result >= 0) result = sd->bus_message_exit_container(message);
  }
  if (result >= 0 && modem.state == MM_CONNECTED) {
    answers->modems.known = true;
    answers->modems.roam = answers->modems.roam || is_roaming(&modem);
  }
  return result < 0 ? result : sd->bus_message_exit_container(message);
}

int ms_bus_read_modems(const ms_sdbus *sd, struct sd_bus_message *message,
                       ms_bus_answers *answers) {
  int result = sd->bus_message_enter_container(message, 'a', "{oa{sa{sv}}}");
  while (result >= 0 &&
         (result = sd->bus_message_enter_container(message, 'e', "oa{sa{sv}}")) > 0) {
    result = read_modem(sd, message, answers);
    if (result >= 0) result = sd->bus_message_exit_container(message);
  }
  return result;
}

int ms_bus_read_power(const ms_sdbus *sd, struct sd_bus_message *message, ms_bus_answers *answers) {
  int on_battery = 0;
  ms_property wanted[] = {{"OnBattery", "b", &on_battery}};
  int result = READ(sd, message, wanted);
  answers->power.on_battery = on_battery;
  answers->power.known = result >= 0;
  return result;
}

int ms_bus_read_battery(const ms_sdbus *sd, struct sd_bus_message *message,
                        ms_bus_answers *answers) {
  int present = 0;
  uint32_t kind = 0;
  ms_property wanted[] = {{"IsPresent", "b", &present},
                          {"Type", "u", &kind},
                          {"Percentage", "d", &answers->battery.percent}};
  int result = READ(sd, message, wanted);
  answers->battery.present = present && (kind == UPOWER_BATTERY || kind == UPOWER_UPS);
  answers->battery.known = result >= 0;
  return result;
}

/* The inhibitors stand in one text with colons between them. */
static bool names_idle(const char *inhibited) {
  for (const char *at = inhibited; *at; at += strcspn(at, ":"), at += *at == ':') {
    if (strcspn(at, ":") == strlen("idle") && strncmp(at, "idle", strlen("idle")) == 0) return true;
  }
  return false;
}

int ms_bus_read_login(const ms_sdbus *sd, struct sd_bus_message *message, ms_bus_answers *answers) {
  const char *inhibited = "";
  ms_property wanted[] = {{"BlockInhibited", "s", &inhibited}};
  int result = READ(sd, message, wanted);
  answers->login.inhibited = names_idle(inhibited);
  answers->login.known = result >= 0;
  return result;
}

static int64_t steady_ms(uint64_t monotonic_us) {
  int64_t ago_ms = (int64_t)(uv_hrtime() / 1000000) - (int64_t)(monotonic_us / 1000);
  return ms_clock_steady_ms(&(ms_clock){0}) - ago_ms;
}

/* A desktop says itself whether it is idle. Elsewhere the moment is that of the terminal's last
 * input, and the hint follows only after an administrator's limit, if at all. */
static bool has_desktop(const char *type) {
  return strcmp(type, "x11") == 0 || strcmp(type, "wayland") == 0 || strcmp(type, "mir") == 0;
}

/* A session that was never idle and knows of no input does not report: one without a terminal, or a
 * desktop that does not tell. One that is closing has lost its user. */
int ms_bus_read_session(const ms_sdbus *sd, struct sd_bus_message *message,
                        ms_bus_answers *answers) {
  int hint = 0;
  uint64_t since_us = 0;
  const char *type = "", *state = "";
  ms_property wanted[] = {{"IdleHint", "b", &hint},
                          {"IdleSinceHintMonotonic", "t", &since_us},
                          {"Type", "s", &type},
                          {"State", "s", &state}};
  int result = READ(sd, message, wanted);
  if (result < 0 || strcmp(state, "closing") == 0 || (!hint && since_us == 0)) return result;
  bool idle = hint || !has_desktop(type);
  int64_t since_ms = steady_ms(since_us);
  bool first = !answers->sessions.known;
  answers->sessions.known = true;
  answers->sessions.idle = idle && (first || answers->sessions.idle);
  if (first || answers->sessions.since_ms < since_ms) answers->sessions.since_ms = since_ms;
  return result;
}

static ms_truth truth_of(bool known, bool value) {
  return !known ? MS_UNKNOWN : value ? MS_TRUE : MS_FALSE;
}

static ms_truth judge_metered(const ms_bus_answers *answers) {
  uint32_t metered = answers->network.metered;
  bool yes = metered == NM_YES || metered == NM_GUESS_YES;
  bool no = metered == NM_NO || metered == NM_GUESS_NO;
  return truth_of(answers->network.known && (yes || no), yes);
}

/* A telephone that shares its connection by Bluetooth may roam, but does not say so. */
static ms_truth judge_roaming(const ms_bus_answers *answers) {
  const char *kind = answers->network.kind;
  if (!answers->network.known || !kind[0] || strcmp(kind, "bluetooth") == 0) return MS_UNKNOWN;
  if (strcmp(kind, "gsm") != 0 && strcmp(kind, "cdma") != 0) return MS_FALSE;
  return truth_of(answers->modems.known, answers->modems.roam);
}

void ms_bus_answers_judge(const ms_bus_answers *answers, ms_bus_values *values) {
  bool inhibited = answers->login.known && answers->login.inhibited;
  values->metered = judge_metered(answers);
  values->roaming = judge_roaming(answers);
  values->has_power = answers->power.known;
  values->on_battery = truth_of(answers->power.known, answers->power.on_battery);
  values->battery_present = truth_of(answers->battery.known, answers->battery.present);
  values->battery_percent = answers->battery.present ? answers->battery.percent : -1;
  values->has_idle = inhibited || answers->sessions.known;
  values->session_idle = truth_of(values->has_idle, answers->sessions.idle && !inhibited);
  values->idle_since_ms = answers->sessions.since_ms;
}
