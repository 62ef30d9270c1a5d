#include "store/listener.h"

#include "base/mem.h"
#include "store/dial.h"

struct ms_listener {
  const ms_libpq *pq;
  PGconn *link;
};

ms_status ms_listener_open(const char *url, ms_listener **listener, ms_err *err) {
  ms_listener *fresh = ms_mem_zalloc(sizeof *fresh);
  if (!fresh) return ms_no_memory(err);
  ms_status status = ms_libpq_load(&fresh->pq, err);
  if (status == MS_OK) status = ms_dial(fresh->pq, url, &fresh->link, err);
  if (status == MS_OK) status = ms_dial_execute(fresh->pq, fresh->link, "LISTEN moonshift", err);
  if (status != MS_OK) {
    ms_listener_close(fresh);
    return status;
  }
  *listener = fresh;
  return MS_OK;
}

void ms_listener_close(ms_listener *listener) {
  if (!listener) return;
  if (listener->link) ms_dial_hang_up(listener->pq, listener->link);
  ms_mem_free(listener);
}

int ms_listener_fd(const ms_listener *listener) {
  return listener->pq->PQsocket(listener->link);
}

bool ms_listener_drain(ms_listener *listener, int own, bool *heard) {
  const ms_libpq *pq = listener->pq;
  bool stands = pq->PQconsumeInput(listener->link) != 0;
  *heard = false;
  for (ms_libpq_notify *notify; (notify = pq->PQnotifies(listener->link));) {
    *heard = *heard || notify->sender != own;
    pq->PQfreemem(notify);
  }
  return stands && pq->PQstatus(listener->link) == MS_CONNECTION_OK;
}
