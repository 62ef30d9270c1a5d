#include "store/source.h"

#include "store/private.h"

static const char select_source[] = "SELECT id FROM ms_source WHERE text = ?";
static const char insert_source[] =
    "INSERT INTO ms_source (text) SELECT ?1"
    " WHERE (SELECT coalesce(max(id), 0) FROM ms_source) < ?2 RETURNING id";

void ms_sources_forget(ms_sources *sources) {
  for (size_t i = 0; i < MS_SOURCES_RECENT; i++) {
    ms_source *source = &sources->recent[i];
    ms_buf_clear(&source->text);
    source->id = 0;
    source->refused = false;
  }
}

void ms_sources_deinit(ms_sources *sources) {
  for (size_t i = 0; i < MS_SOURCES_RECENT; i++)
    ms_buf_deinit(&sources->recent[i].text);
}

static ms_source *recall(ms_sources *sources, ms_text text) {
  for (size_t i = 0; i < MS_SOURCES_RECENT; i++) {
    if (ms_text_equal(ms_buf_text(&sources->recent[i].text), text)) return &sources->recent[i];
  }
  return NULL;
}

static ms_status remember(ms_store *store, ms_text text) {
  ms_sources *sources = &store->sources;
  ms_source *source = &sources->recent[sources->next++ % MS_SOURCES_RECENT];
  source->id = 0;
  source->refused = false;
  ms_buf_clear(&source->text);
  if (ms_buf_add_text(&source->text, text)) return MS_OK;
  return ms_no_memory(&store->err);
}

static ms_status intern(ms_store *store, ms_source *source) {
  ms_text text = ms_buf_text(&source->text);
  MS_TRY(ms_sql_int(store, select_source, 0, &source->id, "t", text));
  if (source->id) return MS_OK;
  MS_TRY(ms_sql_int(store, insert_source, 0, &source->id, "ti", text, (int64_t)MS_SOURCES_MOST));
  source->refused = source->id == 0;
  return MS_OK;
}

ms_status ms_source_find(ms_store *store, ms_text text, int64_t *id) {
  *id = 0;
  if (text.size == 0) return MS_OK;
  ms_source *source = recall(&store->sources, text);
  if (!source) return remember(store, text);
  if (!source->id && !source->refused) MS_TRY(intern(store, source));
  *id = source->id;
  return MS_OK;
}
