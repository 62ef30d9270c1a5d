#include "store/dial.h"

#include "base/clock.h"
#include "base/fork.h"
#include "store/pipeline.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Long for a server that is there, short for somebody who waits. */
#define DIAL_MS 10000

bool ms_dial_is_url(const char *database) {
  return strncmp(database, "postgres://", 11) == 0 || strncmp(database, "postgresql://", 13) == 0;
}

/* What libpq says of a bad URL shows the URL, and with it the password. */
static ms_status check_url(const ms_libpq *pq, const char *url, ms_err *err) {
  char *message = NULL;
  void *parsed = pq->PQconninfoParse(url, &message);
  if (message) pq->PQfreemem(message);
  if (parsed) {
    pq->PQconninfoFree(parsed);
    return MS_OK;
  }
  return ms_fail(err, MS_MISUSE,
                 "options.database: expected postgres://user:password@host:port/database?option=…, "
                 "got a URL that does not parse");
}

/* The code of five letters in a message such as "FATAL:  3D000: database "x" does not exist". */
static const char *find_state(const char *message) {
  for (const char *at = message; (at = strstr(at, ":  ")); at++) {
    size_t length = strspn(at + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    if (length == 5 && at[8] == ':') return at + 3;
  }
  return NULL;
}

/* Without the places in the server's source, in one line. */
static ms_status explain(const ms_libpq *pq, PGconn *link, ms_err *err) {
  char text[512] = "";
  const char *message = pq->PQerrorMessage(link), *state = find_state(message);
  const char *end = strstr(message, "\nLOCATION:");
  size_t size = end ? (size_t)(end - message) : strlen(message);
  while (size && isspace((unsigned char)message[size - 1]))
    size--;
  snprintf(text, sizeof text, "%.*s", (int)(size < 500 ? size : 500), message);
  for (char *at = text; *at; at++)
    *at = isspace((unsigned char)*at) ? ' ' : *at;
  return ms_fail(err, state ? ms_pipeline_status(state) : MS_IO, "open: %s", text);
}

static void ignore_notice(void *context, const char *message) {
  (void)context;
  (void)message;
}

/* What stands before dbname can be said otherwise in the URL, what stands behind it cannot. */
static PGconn *start(const ms_libpq *pq, const char *url) {
  const char *const keywords[] = {
      "fallback_application_name", "keepalives_idle", "keepalives_interval", "keepalives_count",
      "tcp_user_timeout",          "dbname",          "client_encoding",     NULL};
  const char *const values[] = {"moonshift", "5", "2", "3", "11000", url, "UTF8", NULL};
  PGconn *link = pq->PQconnectStartParams(keywords, values, 1);
  if (!link) return NULL;
  pq->PQsetErrorVerbosity(link, MS_ERRORS_VERBOSE);
  pq->PQsetNoticeProcessor(link, ignore_notice, NULL);
  return link;
}

static int64_t steady_ms(void) {
  return ms_clock_steady_ms(&(ms_clock){0});
}

static ms_status wait_for(const ms_libpq *pq, PGconn *link, ms_err *err) {
  int64_t until_ms = steady_ms() + DIAL_MS;
  int polled = MS_POLLING_WRITING;
  while (polled == MS_POLLING_READING || polled == MS_POLLING_WRITING) {
    int64_t left_ms = until_ms - steady_ms();
    struct pollfd socket = {.fd = pq->PQsocket(link),
                            .events = polled == MS_POLLING_READING ? POLLIN : POLLOUT};
    int ready = left_ms > 0 && socket.fd >= 0 ? poll(&socket, 1, (int)left_ms) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0 && pq->PQstatus(link) == 1) return explain(pq, link, err);
    if (ready <= 0) return ms_fail(err, MS_IO, "open: the server does not answer");
    polled = pq->PQconnectPoll(link);
  }
  return polled == MS_POLLING_OK ? MS_OK : explain(pq, link, err);
}

ms_status ms_dial(const ms_libpq *pq, const char *url, PGconn **link, ms_err *err) {
  MS_TRY(check_url(pq, url, err));
  PGconn *fresh = start(pq, url);
  if (!fresh) return ms_no_memory(err);
  ms_status status = wait_for(pq, fresh, err);
  if (status == MS_OK && !ms_fork_guard(pq->PQsocket(fresh))) {
    status = ms_no_memory(err);
  }
  if (status == MS_OK)
    *link = fresh;
  else
    pq->PQfinish(fresh);
  return status;
}

void ms_dial_hang_up(const ms_libpq *pq, PGconn *link) {
  if (!link) return;
  ms_fork_release(pq->PQsocket(link));
  pq->PQfinish(link);
}

static ms_status judge(const ms_libpq *pq, PGresult *result, ms_err *err) {
  int said = result ? pq->PQresultStatus(result) : MS_RESULT_SKIPPED;
  if (said == MS_RESULT_COMMAND || said == MS_RESULT_ROWS) return MS_OK;
  return ms_pipeline_fail(pq, result, "open", err);
}

ms_status ms_dial_execute(const ms_libpq *pq, PGconn *link, const char *sql, ms_err *err) {
  PGresult *result = pq->PQexec(link, sql);
  ms_status status = judge(pq, result, err);
  if (result) pq->PQclear(result);
  return status;
}

ms_status ms_dial_ask(const ms_libpq *pq, PGconn *link, const char *sql, long long *number,
                      ms_err *err) {
  PGresult *result = pq->PQexec(link, sql);
  ms_status status = judge(pq, result, err);
  bool row = status == MS_OK && pq->PQntuples(result) > 0 && !pq->PQgetisnull(result, 0, 0);
  *number = row ? strtoll(pq->PQgetvalue(result, 0, 0), NULL, 10) : 0;
  if (result) pq->PQclear(result);
  return status;
}
