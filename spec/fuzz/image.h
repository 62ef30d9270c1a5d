/* A valid store's file in memory, and files made from it.
 *
 * The image is made once and kept until the program ends.
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

/* The path of a database file in memory that ends with the program. */
const char *fuzz_path(void);
const fuzz_image *fuzz_valid_image(void);
/* Writes the file at fuzz_path, without anything beside it that an earlier one left. */
void fuzz_write_image(const uint8_t *bytes, size_t size);

#endif
