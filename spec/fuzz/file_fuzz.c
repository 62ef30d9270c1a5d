/* A database file with bytes changed, or cut short. Each change is three bytes of where and one of
 * what. */
#include "fuzz.h"
#include "image.h"
#include "visit.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_bytes bytes = {data, size};
  const fuzz_image *valid = fuzz_valid_image();
  uint8_t *image = malloc(valid->size);
  size_t length = valid->size;
  FUZZ_CHECK(image);
  memcpy(image, valid->bytes, valid->size);
  if (fuzz_take(&bytes, 1) % 8 == 0) length = fuzz_take(&bytes, 3) % valid->size;
  while (bytes.left) {
    size_t at = fuzz_take(&bytes, 3) % valid->size;
    image[at] = (uint8_t)fuzz_take(&bytes, 1);
  }
  fuzz_write_image(image, length);
  free(image);
  fuzz_visit_store(fuzz_path());
  return 0;
}
