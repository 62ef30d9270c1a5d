#include "model/request.h"

void ms_request_init(ms_request *request) {
  *request = (ms_request){
      .at_ms = MS_NEVER,
      .deadline_ms = MS_NEVER,
      .backoff = ms_backoff_default,
      .keep_results_for_ms = -1,
  };
}

bool ms_request_is_periodic(const ms_request *request) {
  return request->every_ms > 0 || request->cron.data || request->rearms;
}
