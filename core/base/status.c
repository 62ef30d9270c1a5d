#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
  const char *word;
  const char *sentence;
} statuses[] = {
#define X(name, word, sentence) {word, sentence},
    MS_STATUS_LIST(X)
#undef X
};

const char *ms_status_word(ms_status status) {
  return statuses[status].word;
}

const char *ms_status_sentence(ms_status status) {
  return statuses[status].sentence;
}

ms_status ms_fail(ms_err *err, ms_status status, const char *format, ...) {
  if (err) {
    va_list arguments;
    va_start(arguments, format);
    err->status = status;
    vsnprintf(err->message, sizeof err->message, format, arguments);
    va_end(arguments);
  }
  return status;
}

ms_status ms_no_memory(ms_err *err) {
  return ms_fail(err, MS_NOMEM, "%s", ms_status_sentence(MS_NOMEM));
}
