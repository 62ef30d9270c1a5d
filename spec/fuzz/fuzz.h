/* What fuzz targets share: bytes to take decisions from, and a check that ends the program.
 *
 * A target takes what it needs from the front of its input and treats the end as zeros, so that
 * every input means something.
 *
 * One thread at a time.
 *
 * A check that fails prints itself and aborts, which the fuzzer reports with the input. */
#ifndef SPEC_FUZZ_FUZZ_H
#define SPEC_FUZZ_FUZZ_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct fuzz_bytes {
  const uint8_t *at;
  size_t left;
} fuzz_bytes;

static inline uint64_t fuzz_take(fuzz_bytes *bytes, size_t size) {
  uint64_t value = 0;
  for (size_t i = 0; i < size && bytes->left; i++, bytes->left--)
    value = value << 8 | *bytes->at++;
  return value;
}

/* The rest, as a text. */
static inline ms_text fuzz_rest(const fuzz_bytes *bytes) {
  return (ms_text){.data = (const char *)bytes->at, .size = bytes->left};
}

/* Whether these bytes are one of so many that a target treats in a way that takes longer. */
static inline bool fuzz_draws(const uint8_t *data, size_t size, uint64_t of) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (size_t i = 0; i < size; i++)
    hash = (hash ^ data[i]) * UINT64_C(0x100000001b3);
  return (hash >> 32) % of == 0;
}

static inline void fuzz_check(bool holds, const char *file, int line, const char *what) {
  if (holds) return;
  fprintf(stderr, "%s:%d: %s\n", file, line, what);
  abort();
}

#define FUZZ_CHECK(condition) fuzz_check((condition), __FILE__, __LINE__, #condition)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
