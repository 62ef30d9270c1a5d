/* The bus against a private one, on which spec/support/services.py plays the services. */
#include "sense/bus.h"

#include "base/clock.h"
#include "base/mem.h"
#include "unit.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define NETWORK "/org/freedesktop/NetworkManager org.freedesktop.NetworkManager "
#define MODEM "/org/freedesktop/ModemManager1/Modem/0 org.freedesktop.ModemManager1.Modem"
#define POWER "/org/freedesktop/UPower org.freedesktop.UPower "
#define BATTERY "/org/freedesktop/UPower/devices/DisplayDevice org.freedesktop.UPower.Device "
#define LOGIN "/org/freedesktop/login1 org.freedesktop.login1.Manager "
#define SESSION(id) "/org/freedesktop/login1/session/_3" id
#define SESSION_OF(id) SESSION(id) " org.freedesktop.login1.Session "

/* What has not come by then does not come. */
#define PATIENCE_MS 20000

static char folder[] = "/tmp/moonshift-bus-XXXXXX";
static char socket_path[sizeof((struct sockaddr_un *)0)->sun_path];
static char address[160];
static pid_t daemon_pid;
static pid_t services_pid;
static FILE *to_services;
static FILE *from_services;

static uv_loop_t loop;
static ms_bus *bus;
static int changes;
static bool closes; /* the next change closes the bus */
static bool waited; /* after some change more was to be known soon */
static ms_err err;

/* ---- Processes ---- */

static pid_t start(char *const command[], int in, int out) {
  pid_t pid = fork();
  if (pid != 0) return pid;
  dup2(in, 0);
  dup2(out, 1);
  execv(command[0], command);
  _exit(127);
}

static void stop(pid_t *pid) {
  if (*pid > 0) {
    kill(*pid, SIGKILL);
    waitpid(*pid, NULL, 0);
  }
  *pid = 0;
}

static void beside(char *path, size_t size, const char *name) {
  const char *file = __FILE__;
  snprintf(path, size, "%.*s/../support/%s", (int)(strrchr(file, '/') - file), file, name);
}

static void start_daemon(void) {
  int out[2];
  char config[512], line[256], name[] = "/usr/bin/dbus-daemon", print[] = "--print-address";
  char address_option[200];
  snprintf(config, sizeof config, "--config-file=");
  beside(config + strlen(config), sizeof config - strlen(config), "bus.conf");
  snprintf(address_option, sizeof address_option, "--address=%s", address);
  unlink(socket_path);
  UNIT_CHECK(pipe2(out, O_CLOEXEC) == 0);
  char *const command[] = {name, config, address_option, print, NULL};
  daemon_pid = start(command, 0, out[1]);
  close(out[1]);
  FILE *said = fdopen(out[0], "r");
  UNIT_CHECK(fgets(line, sizeof line, said) != NULL);
  fclose(said);
}

static void start_services(void) {
  int in[2], out[2];
  char script[512], interpreter[] = "/usr/bin/python3";
  beside(script, sizeof script, "services.py");
  UNIT_CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
  char *const command[] = {interpreter, script, address, NULL};
  services_pid = start(command, in[0], out[1]);
  close(in[0]);
  close(out[1]);
  to_services = fdopen(in[1], "w");
  from_services = fdopen(out[0], "r");
}

static void stop_services(void) {
  stop(&services_pid);
  fclose(to_services);
  fclose(from_services);
}

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...) {
  char line[64] = "";
  va_list arguments;
  va_start(arguments, format);
  vfprintf(to_services, format, arguments);
  va_end(arguments);
  fputc('\n', to_services);
  fflush(to_services);
  UNIT_CHECK(fgets(line, sizeof line, from_services) != NULL);
  UNIT_STRING("ok\n", line);
}

static void begin(void) {
  uv_loop_init(&loop);
  start_daemon();
  start_services();
  changes = 0;
}

static void drain(void) {
  uv_run(&loop, UV_RUN_DEFAULT);
  UNIT_INT(0, uv_loop_close(&loop));
}

static void end(void) {
  ms_bus_close(bus);
  bus = NULL;
  drain();
  stop_services();
  stop(&daemon_pid);
}

/* ---- The loop ---- */

static void on_change(void *context) {
  UNIT_CHECK(context == &loop);
  uv_stop(&loop);
  changes++;
  waited = waited || ms_bus_values_of(bus)->waits;
  if (!closes) return;
  ms_bus_close(bus);
  bus = NULL;
}

static void open_bus(void) {
  UNIT_INT(MS_OK, ms_bus_open(&loop, on_change, &loop, &bus, &err));
}

static const ms_bus_values *now(void) {
  return ms_bus_values_of(bus);
}

static void give_up(uv_timer_t *timer) {
  *(bool *)timer->data = true;
}

/* Runs the loop until holds does; false if that does not come. */
static bool comes(bool (*holds)(void)) {
  bool late = false;
  uv_timer_t timer;
  uv_timer_init(&loop, &timer);
  timer.data = &late;
  uv_timer_start(&timer, give_up, PATIENCE_MS, 0);
  while (!late && !holds())
    uv_run(&loop, UV_RUN_ONCE);
  uv_close((uv_handle_t *)&timer, NULL);
  uv_run(&loop, UV_RUN_NOWAIT);
  return !late;
}

/* Comes to rest: nothing is left to do, and the next wake-up is at least so far away. */
static bool rests(int ms) {
  struct pollfd ready = {.fd = uv_backend_fd(&loop), .events = POLLIN};
  for (int i = 0; i < PATIENCE_MS / 10; i++) {
    uv_run(&loop, UV_RUN_NOWAIT);
    int timeout = uv_backend_timeout(&loop);
    bool far = timeout < 0 || timeout > ms;
    if (poll(&ready, 1, far ? 0 : 10) == 0 && far) return true;
  }
  return false;
}

/* ---- What is waited for ---- */

static bool is_metered(void) {
  return now()->metered == MS_TRUE;
}
static bool is_unmetered(void) {
  return now()->metered == MS_FALSE;
}
static bool metered_unknown(void) {
  return now()->metered == MS_UNKNOWN;
}
static bool roams(void) {
  return now()->roaming == MS_TRUE;
}
static bool stays(void) {
  return now()->roaming == MS_FALSE;
}
static bool roaming_unknown(void) {
  return now()->roaming == MS_UNKNOWN;
}
static bool on_battery(void) {
  return now()->on_battery == MS_TRUE;
}
static bool on_line(void) {
  return now()->on_battery == MS_FALSE;
}
static bool power_gone(void) {
  return !now()->has_power && now()->battery_present == MS_UNKNOWN;
}
static bool at_ten_percent(void) {
  return now()->battery_percent == 10;
}
static bool has_no_battery(void) {
  return now()->battery_present == MS_FALSE;
}
static bool is_idle(void) {
  return now()->session_idle == MS_TRUE;
}
static bool is_busy(void) {
  return now()->session_idle == MS_FALSE;
}
static bool idle_unknown(void) {
  return now()->session_idle == MS_UNKNOWN && !now()->has_idle;
}
static bool in_trouble(void) {
  return now()->trouble[0];
}
static bool out_of_trouble(void) {
  return !now()->trouble[0];
}
static bool has_settled(void) {
  return !now()->waits;
}
static bool has_closed(void) {
  return !bus;
}

/* ---- Tests ---- */

static void reads_the_network(void) {
  begin();
  tell("set " NETWORK "Metered u 4");
  tell("set " NETWORK "PrimaryConnectionType s \"802-11-wireless\"");
  tell("own org.freedesktop.NetworkManager");
  open_bus();
  UNIT_CHECK(metered_unknown());
  UNIT_CHECK(!has_settled());
  UNIT_CHECK(comes(is_unmetered));
  UNIT_CHECK(stays());
  UNIT_CHECK(comes(has_settled));
  changes = 0;
  tell("set " NETWORK "Metered u 1");
  UNIT_CHECK(comes(is_metered));
  tell("set " NETWORK "Metered u 2");
  UNIT_CHECK(comes(is_unmetered));
  tell("set " NETWORK "Metered u 3");
  UNIT_CHECK(comes(is_metered));
  tell("set " NETWORK "Metered u 0");
  UNIT_CHECK(comes(metered_unknown));
  UNIT_INT(4, changes);
  UNIT_CHECK(rests(MS_BUS_RETRY_MS));
  UNIT_STRING("", now()->trouble);
  end();
}

static void a_modem_roams(void) {
  begin();
  tell("set " NETWORK "PrimaryConnectionType s \"gsm\"");
  tell("set " NETWORK "Metered u 3");
  tell("own org.freedesktop.NetworkManager");
  tell("own org.freedesktop.ModemManager1");
  open_bus();
  UNIT_CHECK(comes(is_metered));
  UNIT_CHECK(roaming_unknown());
  tell("set " MODEM ".Modem3gpp RegistrationState u 1");
  tell("set " MODEM " State i 11");
  UNIT_CHECK(comes(stays));
  tell("set " MODEM ".Modem3gpp RegistrationState u 5");
  UNIT_CHECK(comes(roams));
  tell("set " MODEM " State i 8");
  UNIT_CHECK(comes(roaming_unknown));
  tell("set " MODEM " State i 11");
  UNIT_CHECK(comes(roams));
  tell("set " NETWORK "PrimaryConnectionType s \"802-3-ethernet\"");
  UNIT_CHECK(comes(stays));
  tell("set " NETWORK "PrimaryConnectionType s \"gsm\"");
  UNIT_CHECK(comes(roams));
  tell("remove /org/freedesktop/ModemManager1/Modem/0");
  UNIT_CHECK(comes(roaming_unknown));
  tell("set " NETWORK "PrimaryConnectionType s \"bluetooth\"");
  tell("set " NETWORK "Metered u 2");
  UNIT_CHECK(comes(is_unmetered));
  UNIT_CHECK(roaming_unknown());
  end();
}

static void reads_the_battery(void) {
  begin();
  tell("set " POWER "OnBattery b true");
  tell("set " BATTERY "Type u 2");
  tell("set " BATTERY "IsPresent b true");
  tell("set " BATTERY "Percentage d 57.5");
  tell("own org.freedesktop.UPower");
  open_bus();
  UNIT_CHECK(comes(on_battery));
  tell("set " BATTERY "Percentage d 10");
  UNIT_CHECK(comes(at_ten_percent));
  UNIT_INT(MS_TRUE, now()->battery_present);
  tell("set " POWER "OnBattery b false");
  UNIT_CHECK(comes(on_line));
  tell("set " BATTERY "IsPresent b false");
  UNIT_CHECK(comes(has_no_battery));
  UNIT_CHECK(now()->battery_percent < 0);
  end();
}

static void a_service_comes_and_goes(void) {
  begin();
  open_bus();
  tell("set " POWER "OnBattery b false");
  tell("set " NETWORK "Metered u 1");
  tell("own org.freedesktop.NetworkManager");
  UNIT_CHECK(comes(is_metered));
  UNIT_CHECK(power_gone());
  tell("own org.freedesktop.UPower");
  UNIT_CHECK(comes(on_line));
  tell("leave org.freedesktop.UPower");
  UNIT_CHECK(comes(power_gone));
  UNIT_CHECK(is_metered());
  UNIT_STRING("", now()->trouble);
  stop_services();
  UNIT_CHECK(comes(metered_unknown));
  start_services();
  tell("set " NETWORK "Metered u 2");
  tell("own org.freedesktop.NetworkManager");
  UNIT_CHECK(comes(is_unmetered));
  end();
}

static int64_t idle_minutes(void) {
  return (ms_clock_steady_ms(&(ms_clock){0}) - now()->idle_since_ms + 500) / 60000;
}

static void sessions_are_idle(void) {
  begin();
  tell("own org.freedesktop.login1");
  tell("set " SESSION_OF("1") "Type s \"wayland\"");
  tell("set " SESSION_OF("1") "IdleHint b false");
  open_bus();
  tell("set " NETWORK "Metered u 1");
  tell("own org.freedesktop.NetworkManager");
  UNIT_CHECK(comes(is_metered));
  UNIT_CHECK(idle_unknown());
  tell("still " SESSION("1") " 9");
  UNIT_CHECK(comes(is_busy));
  tell("set " SESSION_OF("1") "IdleHint b true");
  UNIT_CHECK(comes(is_idle));
  UNIT_INT(9, idle_minutes());
  tell("set " SESSION_OF("2") "Type s \"tty\"");
  tell("set " SESSION_OF("2") "IdleHint b false");
  tell("still " SESSION("2") " 3");
  tell("set " SESSION_OF("1") "IdleHint b false");
  UNIT_CHECK(comes(is_busy));
  tell("set " SESSION_OF("1") "State s \"closing\"");
  UNIT_CHECK(comes(is_idle));
  UNIT_INT(3, idle_minutes());
  tell("set " LOGIN "BlockInhibited s \"sleep:idle:shutdown\"");
  UNIT_CHECK(comes(is_busy));
  tell("set " LOGIN "BlockInhibited s \"sleep:idleness\"");
  UNIT_CHECK(comes(is_idle));
  tell("remove " SESSION("2"));
  UNIT_CHECK(comes(idle_unknown));
  end();
}

static void input_at_a_terminal_is_asked_for(void) {
  begin();
  tell("own org.freedesktop.login1");
  tell("set " SESSION_OF("1") "Type s \"tty\"");
  tell("still " SESSION("1") " 7");
  open_bus();
  UNIT_CHECK(comes(is_idle));
  UNIT_CHECK(comes(has_settled));
  UNIT_INT(7, idle_minutes());
  int before = changes;
  ms_bus_ask(bus);
  uv_run(&loop, UV_RUN_NOWAIT);
  tell("own org.freedesktop.UPower");
  tell("set " POWER "OnBattery b true");
  UNIT_CHECK(comes(on_battery));
  UNIT_INT(before + 1, changes);
  end();
}

static void no_bus_is_not_found(void) {
  uv_loop_init(&loop);
  UNIT_INT(MS_NOTFOUND, ms_bus_open(&loop, on_change, &loop, &bus, &err));
  UNIT_CHECK(strstr(err.message, "bus") != NULL);
  UNIT_CHECK(!bus);
  drain();
}

/* It listens and accepts, and says nothing. */
static void a_silent_bus_holds_nobody_up(void) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  int silent = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  uv_loop_init(&loop);
  snprintf(name.sun_path, sizeof name.sun_path, "%s", socket_path);
  unlink(socket_path);
  UNIT_INT(0, bind(silent, (struct sockaddr *)&name, sizeof name));
  UNIT_INT(0, listen(silent, 1));
  open_bus();
  UNIT_CHECK(rests(1000));
  UNIT_CHECK(metered_unknown());
  UNIT_CHECK(!has_settled());
  close(silent);
  UNIT_CHECK(comes(in_trouble));
  UNIT_CHECK(has_settled());
  UNIT_CHECK(rests(MS_BUS_RETRY_MS / 2));
  ms_bus_close(bus);
  bus = NULL;
  drain();
}

static void a_lost_bus_is_found_again(void) {
  begin();
  tell("set " NETWORK "Metered u 1");
  tell("own org.freedesktop.NetworkManager");
  open_bus();
  UNIT_CHECK(comes(is_metered));
  stop(&daemon_pid);
  UNIT_CHECK(comes(in_trouble));
  UNIT_CHECK(strstr(now()->trouble, "lost") != NULL);
  UNIT_CHECK(metered_unknown());
  UNIT_CHECK(now()->battery_percent < 0);
  UNIT_CHECK(rests(MS_BUS_RETRY_MS / 2));
  waited = false;
  ms_bus_retry_after(bus, 1);
  ms_bus_ask(bus);
  UNIT_CHECK(in_trouble());
  stop_services();
  start_daemon();
  start_services();
  tell("set " NETWORK "Metered u 2");
  tell("own org.freedesktop.NetworkManager");
  UNIT_CHECK(comes(is_unmetered));
  UNIT_STRING("", now()->trouble);
  UNIT_CHECK(rests(MS_BUS_RETRY_MS));
  UNIT_CHECK(!waited);
  end();
}

static void a_service_that_refuses_is_named(void) {
  begin();
  tell("set " NETWORK "Metered u 1");
  tell("own org.freedesktop.NetworkManager");
  open_bus();
  UNIT_CHECK(comes(is_metered));
  tell("refuse");
  ms_bus_ask(bus);
  UNIT_CHECK(comes(in_trouble));
  UNIT_STRING("NetworkManager: go away", now()->trouble);
  UNIT_CHECK(metered_unknown());
  tell("unmute");
  ms_bus_ask(bus);
  UNIT_CHECK(comes(is_metered));
  UNIT_CHECK(out_of_trouble());
  tell("set " NETWORK "Metered s \"yes\"");
  UNIT_CHECK(comes(in_trouble));
  UNIT_CHECK(metered_unknown());
  ms_bus_retry_after(bus, 1);
  tell("set " NETWORK "Metered u 2");
  UNIT_CHECK(comes(is_unmetered));
  end();
}

/* Signals that come while an answer is awaited are not lost. */
static void a_slow_service_is_asked_again(void) {
  begin();
  tell("set " NETWORK "Metered u 1");
  tell("own org.freedesktop.NetworkManager");
  tell("own org.freedesktop.login1");
  tell("set " SESSION_OF("1") "Type s \"tty\"");
  tell("still " SESSION("1") " 1");
  open_bus();
  UNIT_CHECK(comes(is_metered));
  UNIT_CHECK(comes(is_idle));
  tell("mute");
  tell("set " NETWORK "Metered u 2");
  tell("set " SESSION_OF("1") "Type s \"x11\"");
  ms_bus_ask(bus);
  for (int i = 0; i < 20; i++)
    uv_run(&loop, UV_RUN_NOWAIT);
  UNIT_CHECK(is_metered());
  UNIT_CHECK(is_idle());
  tell("unmute");
  UNIT_CHECK(comes(is_unmetered));
  UNIT_CHECK(comes(is_busy));
  end();
}

static void closes_in_the_middle(void) {
  begin();
  tell("own org.freedesktop.NetworkManager");
  tell("own org.freedesktop.login1");
  tell("set " SESSION_OF("1") "Type s \"tty\"");
  tell("mute");
  open_bus();
  ms_bus_close(bus);
  open_bus();
  for (int i = 0; i < 20; i++)
    uv_run(&loop, UV_RUN_NOWAIT);
  ms_bus_close(bus);
  tell("unmute");
  tell("set " NETWORK "Metered u 2");
  open_bus();
  closes = true;
  UNIT_CHECK(comes(has_closed));
  closes = false;
  end();
}

static void runs_out_of_memory(void) {
  begin();
  tell("own org.freedesktop.login1");
  tell("set " SESSION_OF("1") "Type s \"tty\"");
  tell("still " SESSION("1") " 1");
  ms_mem_fail_at(LONG_MAX);
  open_bus();
  UNIT_CHECK(comes(is_idle));
  ms_bus_close(bus);
  long allocations = ms_mem_fail_at(0);
  UNIT_CHECK(allocations >= 4);
  for (long n = 1; n < allocations; n++) {
    ms_mem_fail_at(n);
    UNIT_INT(MS_NOMEM, ms_bus_open(&loop, on_change, &loop, &bus, &err));
  }
  ms_mem_fail_at(allocations);
  open_bus();
  UNIT_CHECK(comes(in_trouble));
  UNIT_CHECK(idle_unknown());
  ms_bus_ask(bus);
  UNIT_CHECK(comes(is_idle));
  ms_mem_fail_at(0);
  end();
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  UNIT_CHECK(mkdtemp(folder) != NULL);
  snprintf(socket_path, sizeof socket_path, "%s/bus", folder);
  snprintf(address, sizeof address, "unix:path=%s", socket_path);
  setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
  UNIT_RUN(no_bus_is_not_found);
  UNIT_RUN(a_silent_bus_holds_nobody_up);
  UNIT_RUN(reads_the_network);
  UNIT_RUN(a_modem_roams);
  UNIT_RUN(reads_the_battery);
  UNIT_RUN(sessions_are_idle);
  UNIT_RUN(input_at_a_terminal_is_asked_for);
  UNIT_RUN(a_service_comes_and_goes);
  UNIT_RUN(a_lost_bus_is_found_again);
  UNIT_RUN(a_service_that_refuses_is_named);
  UNIT_RUN(a_slow_service_is_asked_again);
  UNIT_RUN(closes_in_the_middle);
  UNIT_RUN(runs_out_of_memory);
  unlink(socket_path);
  rmdir(folder);
  return unit_end();
}
