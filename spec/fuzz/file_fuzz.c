/* A database file with bytes changed, or cut short: how many changes, each of them three bytes of
 * where and one of what, and the steps of a visit. */
#include "fuzz.h"
#include "image.h"
#include "visit.h"

#include <string.h>

#define CHANGES_MOST 16

static fuzz_place place_of(const uint8_t *data, size_t size) {
  if (fuzz_draws(data, size, 64)) return FUZZ_REAL;
  return fuzz_draws(data, size, 8) ? FUZZ_FRESH : FUZZ_KEPT;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_bytes bytes = {data, size};
  const fuzz_image *valid = fuzz_valid_image();
  uint8_t *image = malloc(valid->size);
  fuzz_store store = {
      .bytes = image,
      .size = valid->size,
      .place = place_of(data, size),
  };
  FUZZ_CHECK(image);
  memcpy(image, valid->bytes, valid->size);
  if (fuzz_take(&bytes, 1) % 8 == 0) store.size = fuzz_take(&bytes, 3) % valid->size;
  for (uint64_t i = fuzz_take(&bytes, 1) % (CHANGES_MOST + 1); i > 0; i--) {
    size_t at = fuzz_take(&bytes, 3) % valid->size;
    image[at] = (uint8_t)fuzz_take(&bytes, 1);
  }
  fuzz_visit_store(&store, &bytes);
  free(image);
  return 0;
}
