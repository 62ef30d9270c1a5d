#include "model/work.h"

static const char *const state_words[MS_STATE_COUNT] = {
    [MS_ENQUEUED] = "enqueued", [MS_RUNNING] = "running", [MS_SUCCEEDED] = "succeeded",
    [MS_FAILED] = "failed",     [MS_BLOCKED] = "blocked", [MS_CANCELLED] = "cancelled",
};

const char *ms_state_word(ms_state state) {
  return state_words[state];
}

bool ms_state_is_finished(ms_state state) {
  return state == MS_SUCCEEDED || state == MS_FAILED || state == MS_CANCELLED;
}

const char *ms_outcome_word(ms_outcome outcome) {
  if (outcome == MS_OUTCOME_SUCCESS) return "success";
  if (outcome == MS_OUTCOME_FAILURE) return "failure";
  return NULL;
}

const char *ms_event_word(ms_event_type type) {
  static const char *const words[MS_EVENT_COUNT] = {
#define X(name, word) word,
      MS_EVENT_LIST(X)
#undef X
  };
  return words[type];
}
