#include "store/pipeline.h"

#include "base/mem.h"
#include "store/driver.h"
#include "store/sql.h"

#include <ctype.h>
#include <endian.h>

enum { TYPE_INT8 = 20, TYPE_TEXT = 25, TYPE_FLOAT8 = 701 };
enum { FORMAT_TEXT = 0, FORMAT_BINARY = 1 };

/* ---- Failures ---- */

ms_status ms_pipeline_status(const char *state) {
  static const struct {
    const char *prefix;
    ms_status status;
  } known[] = {
      {"22012", MS_CORRUPT}, /* a counting statement: a row that must be there is missing */
      {"23", MS_CORRUPT},       {"25006", MS_PERMISSION}, {"28", MS_PERMISSION},
      {"3D", MS_NOTFOUND},      {"3F", MS_CORRUPT},       {"40", MS_BUSY},
      {"42501", MS_PERMISSION}, {"42P", MS_CORRUPT},      {"42", MS_CORRUPT},
      {"53100", MS_FULL},       {"53200", MS_NOMEM},      {"53", MS_BUSY},
      {"54", MS_LIMIT},         {"55P03", MS_BUSY},       {"57014", MS_BUSY},
      {"57P03", MS_IO},         {"XX001", MS_CORRUPT},    {"XX002", MS_CORRUPT},
  };
  for (size_t i = 0; state && i < sizeof known / sizeof *known; i++) {
    if (strncmp(state, known[i].prefix, strlen(known[i].prefix)) == 0) return known[i].status;
  }
  return MS_IO;
}

ms_status ms_pipeline_fail(const ms_libpq *pq, const PGresult *result, const char *operation,
                           ms_err *err) {
  const char *state = result ? pq->PQresultErrorField(result, 'C') : NULL;
  const char *message = result ? pq->PQresultErrorField(result, 'M') : NULL;
  ms_status status = ms_pipeline_status(state);
  if (!state) return ms_fail(err, status, "%s: the connection to the server is lost", operation);
  return ms_fail(err, status, "%s: %s (%s, PostgreSQL %s)", operation,
                 status == MS_IO ? "the server failed" : ms_status_sentence(status),
                 message ? message : "", state);
}

static ms_status lost(ms_pipeline *pipeline, ms_err *err) {
  return ms_pipeline_fail(pipeline->pq, NULL, "store", err);
}

/* ---- Statements ---- */

void ms_pipeline_reset(ms_pipeline *pipeline, PGconn *link) {
  pipeline->link = link;
  pipeline->count = 0;
  pipeline->session++;
}

void ms_pipeline_deinit(ms_pipeline *pipeline) {
  ms_arena_deinit(&pipeline->arena);
}

/* A ? is the parameter after the highest so far, ?7 the seventh. */
static void add_parameters(ms_remote *remote, ms_text sql) {
  for (const char *at = sql.data, *end = sql.data + sql.size; at < end;) {
    if (*at != '?') {
      ms_buf_add_char(&remote->sql, *at++);
      continue;
    }
    int number = 0;
    for (at++; at < end && isdigit((unsigned char)*at); at++)
      number = number * 10 + (*at - '0');
    if (!number) number = remote->parameters + 1;
    if (number > remote->parameters) remote->parameters = number;
    ms_buf_addf(&remote->sql, "$%d", number);
  }
}

/* The server itself compares the count, so that what travels behind, the commit above all, is not
 * done if it is wrong. */
static void add_counting(ms_remote *remote) {
  ms_buf_addf(&remote->counting_sql,
              "WITH changed AS (%s RETURNING 1) SELECT 1 / (count(*) = $%d)::int FROM changed",
              remote->sql.data, remote->parameters + 1);
  ms_buf_add_char(&remote->counting_sql, '\0');
}

bool ms_remote_init(ms_pipeline *pipeline, ms_remote *remote, ms_text sql) {
  *remote = (ms_remote){.pq = pipeline->pq, .number = ++pipeline->last_number};
  add_parameters(remote, sql);
  ms_buf_add_char(&remote->sql, '\0');
  if (remote->sql.failed) return false;
  remote->writes = strncmp(remote->sql.data, "INSERT", 6) == 0 ||
                   strncmp(remote->sql.data, "UPDATE", 6) == 0 ||
                   strncmp(remote->sql.data, "DELETE", 6) == 0;
  if (remote->writes) add_counting(remote);
  return !remote->counting_sql.failed;
}

void ms_remote_clear(ms_remote *remote) {
  if (remote->result) remote->pq->PQclear(remote->result);
  remote->result = NULL;
  remote->texts = NULL;
  ms_arena_clear(&remote->arena);
}

bool ms_remote_is_null(const ms_remote *remote, int column) {
  return remote->pq->PQgetisnull(remote->result, remote->row, column) != 0;
}

ms_text ms_remote_bytes(const ms_remote *remote, int column) {
  return (ms_text){remote->pq->PQgetvalue(remote->result, remote->row, column),
                   (size_t)remote->pq->PQgetlength(remote->result, remote->row, column)};
}

/* Hardly ever is there anything to decode. */
static bool decode_row(ms_remote *remote) {
  int count = remote->pq->PQnfields(remote->result);
  remote->texts = NULL;
  ms_arena_clear(&remote->arena);
  for (int i = 0; i < count; i++) {
    ms_text bytes = ms_remote_bytes(remote, i), decoded = ms_foreign_decode(bytes, &remote->arena);
    if (!decoded.data) return false;
    if (decoded.data == bytes.data) continue;
    if (!remote->texts) {
      remote->texts = ms_arena_take(&remote->arena, (size_t)count * sizeof *remote->texts);
    }
    if (!remote->texts) return false;
    remote->texts[i] = decoded;
  }
  return true;
}

ms_status ms_remote_step(ms_remote *remote, bool *row, ms_err *err) {
  *row = remote->result && ++remote->row < remote->pq->PQntuples(remote->result);
  if (*row && decode_row(remote)) return MS_OK;
  ms_remote_clear(remote);
  return *row ? ms_no_memory(err) : MS_OK;
}

void ms_remote_deinit(ms_remote *remote) {
  ms_remote_clear(remote);
  ms_arena_deinit(&remote->arena);
  ms_buf_deinit(&remote->sql);
  ms_buf_deinit(&remote->counting_sql);
}

/* ---- Sending ---- */

typedef struct parameters {
  int count;
  unsigned types[MS_PARAMETERS_MAX];
  const char *values[MS_PARAMETERS_MAX];
  int lengths[MS_PARAMETERS_MAX];
  int formats[MS_PARAMETERS_MAX];
  uint64_t numbers[MS_PARAMETERS_MAX];
} parameters;

static void add_number(parameters *list, unsigned type, uint64_t bits, bool null) {
  int at = list->count++;
  list->numbers[at] = htobe64(bits);
  list->types[at] = type;
  list->values[at] = null ? NULL : (const char *)&list->numbers[at];
  list->lengths[at] = sizeof bits;
  list->formats[at] = FORMAT_BINARY;
}

static bool add_text(parameters *list, ms_text text, ms_arena *arena) {
  int at = list->count++;
  ms_text encoded = ms_foreign_encode(text, arena);
  list->types[at] = TYPE_TEXT;
  list->values[at] = encoded.data;
  list->lengths[at] = (int)encoded.size;
  list->formats[at] = FORMAT_BINARY;
  return encoded.data || !text.data;
}

static bool add_value(parameters *list, const ms_value *value, ms_arena *arena) {
  uint64_t bits;
  if (value->type == 't') return add_text(list, value->text, arena);
  if (value->type == 'r') {
    memcpy(&bits, &value->real, sizeof bits);
    add_number(list, TYPE_FLOAT8, bits, false);
    return true;
  }
  bool absent = ms_sql_is_absent(value->type, value->integer);
  add_number(list, TYPE_INT8, (uint64_t)value->integer, absent);
  return true;
}

static ms_value next_value(char type, va_list *values) {
  ms_value value = {.type = type};
  if (type == 't')
    value.text = va_arg(*values, ms_text);
  else if (type == 'r')
    value.real = va_arg(*values, double);
  else
    value.integer = va_arg(*values, int64_t);
  return value;
}

static void note(ms_pipeline *pipeline, ms_pending pending) {
  pipeline->pending[pipeline->count++] = pending;
}

/* Room for a statement, its preparation and a synchronization. */
static ms_status make_room(ms_pipeline *pipeline, ms_err *err) {
  if (!ms_pipeline_stands(pipeline)) return lost(pipeline, err);
  ms_arena_clear(&pipeline->arena);
  return pipeline->count + 3 > MS_PENDING_MOST ? ms_pipeline_wait(pipeline, err) : MS_OK;
}

static void name_of(const ms_remote *remote, bool counts, char name[16]) {
  snprintf(name, 16, "%c%u", counts ? 'c' : 'p', remote->number);
}

static ms_status prepare(ms_pipeline *pipeline, ms_remote *remote, bool counts,
                         const parameters *list, ms_err *err) {
  char name[16];
  if (remote->prepared[counts] == pipeline->session) return MS_OK;
  const char *sql = counts ? remote->counting_sql.data : remote->sql.data;
  name_of(remote, counts, name);
  if (!pipeline->pq->PQsendPrepare(pipeline->link, name, sql, list->count, list->types)) {
    return lost(pipeline, err);
  }
  remote->prepared[counts] = pipeline->session;
  note(pipeline, (ms_pending){.prepares = &remote->prepared[counts]});
  return MS_OK;
}

static ms_status send(ms_pipeline *pipeline, const ms_sending *sending, const parameters *list,
                      ms_err *err) {
  bool counts = sending->rows != MS_ANY_ROWS;
  char name[16];
  MS_TRY(prepare(pipeline, sending->remote, counts, list, err));
  name_of(sending->remote, counts, name);
  int sent = pipeline->pq->PQsendQueryPrepared(pipeline->link, name, list->count, list->values,
                                               list->lengths, list->formats, FORMAT_BINARY);
  if (!sent) return lost(pipeline, err);
  note(pipeline, (ms_pending){.reader = sending->reads ? sending->remote : NULL});
  return MS_OK;
}

ms_status ms_pipeline_send(ms_pipeline *pipeline, const ms_sending *sending, const char *types,
                           va_list *values, ms_err *err) {
  parameters list;
  list.count = 0;
  MS_TRY(make_room(pipeline, err));
  for (; *types; types++) {
    ms_value value = next_value(*types, values);
    if (!add_value(&list, &value, &pipeline->arena)) return ms_no_memory(err);
  }
  if (sending->rows != MS_ANY_ROWS) {
    add_number(&list, TYPE_INT8, (uint64_t)sending->rows, false);
  }
  return send(pipeline, sending, &list, err);
}

ms_status ms_pipeline_send_values(ms_pipeline *pipeline, ms_remote *remote, const ms_value *values,
                                  size_t count, ms_err *err) {
  ms_sending sending = {.remote = remote, .rows = MS_ANY_ROWS};
  parameters list;
  list.count = 0;
  MS_TRY(make_room(pipeline, err));
  for (size_t i = 0; i < count; i++) {
    if (!add_value(&list, &values[i], &pipeline->arena)) return ms_no_memory(err);
  }
  return send(pipeline, &sending, &list, err);
}

ms_status ms_pipeline_send_once(ms_pipeline *pipeline, ms_remote *remote, const ms_text *values,
                                ms_err *err) {
  parameters list;
  list.count = 0;
  MS_TRY(make_room(pipeline, err));
  for (int i = 0; i < remote->parameters; i++) {
    if (!add_text(&list, values[i], &pipeline->arena)) return ms_no_memory(err);
  }
  int sent =
      pipeline->pq->PQsendQueryParams(pipeline->link, remote->sql.data, list.count, list.types,
                                      list.values, list.lengths, list.formats, FORMAT_BINARY);
  if (!sent) return lost(pipeline, err);
  note(pipeline, (ms_pending){.reader = remote});
  return MS_OK;
}

void ms_pipeline_flush(ms_pipeline *pipeline) {
  if (pipeline->pq->PQpipelineSync(pipeline->link)) note(pipeline, (ms_pending){.sync = true});
}

/* ---- Coming back ---- */

bool ms_pipeline_stands(const ms_pipeline *pipeline) {
  return pipeline->link && pipeline->pq->PQstatus(pipeline->link) == MS_CONNECTION_OK;
}

static bool is_good(int status) {
  return status == MS_RESULT_COMMAND || status == MS_RESULT_ROWS;
}

/* The last result of one statement; a NULL stands behind it. */
static PGresult *take_result(ms_pipeline *pipeline) {
  const ms_libpq *pq = pipeline->pq;
  PGresult *last = NULL;
  for (PGresult *result; (result = pq->PQgetResult(pipeline->link)); last = result) {
    if (last) pq->PQclear(last);
  }
  return last;
}

static void take_sync(ms_pipeline *pipeline) {
  PGresult *result = pipeline->pq->PQgetResult(pipeline->link);
  if (!result) result = pipeline->pq->PQgetResult(pipeline->link);
  if (result) pipeline->pq->PQclear(result);
}

/* The first failure is the one that tells; what was skipped because of it is not. */
static void take(ms_pipeline *pipeline, const ms_pending *pending, ms_status *status, ms_err *err) {
  PGresult *result = take_result(pipeline);
  int said = result ? pipeline->pq->PQresultStatus(result) : MS_RESULT_SKIPPED;
  if (is_good(said) && pending->reader) {
    pending->reader->result = result;
    pending->reader->row = -1;
    return;
  }
  if (!is_good(said)) {
    if (pending->prepares) *pending->prepares = 0;
    if (*status == MS_OK && said != MS_RESULT_SKIPPED) {
      *status = ms_pipeline_fail(pipeline->pq, result, "store", err);
    }
  }
  if (result) pipeline->pq->PQclear(result);
}

ms_status ms_pipeline_wait(ms_pipeline *pipeline, ms_err *err) {
  ms_status status = MS_OK;
  if (!ms_pipeline_stands(pipeline)) return lost(pipeline, err);
  ms_pipeline_flush(pipeline);
  for (size_t i = 0; i < pipeline->count; i++) {
    if (pipeline->pending[i].sync)
      take_sync(pipeline);
    else
      take(pipeline, &pipeline->pending[i], &status, err);
  }
  pipeline->count = 0;
  if (!ms_pipeline_stands(pipeline)) return lost(pipeline, err);
  return status;
}
