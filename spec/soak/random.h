/* Numbers that look random and are the same for the same seed.
 *
 * The caller owns the state: any number, the seed itself to begin with.
 *
 * One thread at a time.
 *
 * Nothing here fails. */
#ifndef SPEC_SOAK_RANDOM_H
#define SPEC_SOAK_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

/* SplitMix64, by Steele, Lea and Flood. */
static inline uint64_t random_next(uint64_t *state) {
  uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
  z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
  return z ^ z >> 31;
}

/* 0 … below − 1. */
static inline uint64_t random_below(uint64_t *state, uint64_t below) {
  return random_next(state) % below;
}

static inline bool random_coin(uint64_t *state) {
  return random_next(state) >> 63;
}

#endif
