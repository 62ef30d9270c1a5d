/* A valid store's file in memory, and files made from it, which SQLite finds on a disk in memory or
 * on the real one.
 *
 * The image is made once and kept until the program ends. A file that is put belongs to whoever
 * opens it, one after the other, until the next one is put.
 *
 * One thread at a time.
 *
 * What cannot be read or written ends the program. */
#ifndef SPEC_FUZZ_IMAGE_H
#define SPEC_FUZZ_IMAGE_H

#include <stddef.h>
#include <stdint.h>

typedef struct fuzz_image {
  uint8_t *bytes;
  size_t size;
} fuzz_image;

const fuzz_image *fuzz_valid_image(void);
/* Where a file is put. */
typedef enum fuzz_place {
  FUZZ_KEPT,  /* on a disk in memory, in the place of the one before, which may be open */
  FUZZ_FRESH, /* on a new disk in memory */
  FUZZ_REAL   /* on the real disk, where several connections may open it */
} fuzz_place;

/* A file with these bytes, and nothing beside it; returns its path. */
const char *fuzz_put_image(const uint8_t *bytes, size_t size, fuzz_place place);

#endif
