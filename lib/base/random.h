#ifndef R3_BASE_RANDOM_H
#define R3_BASE_RANDOM_H

#include <stdint.h>

#include "lib/base/decimal.h"

/* Random numbers that are the same on every machine: xoshiro256** 1.0 (Blackman and Vigna, "Scrambled linear
 * pseudorandom number generators", ACM Transactions on Mathematical Software 47, 2021), its state filled by
 * splitmix64, as its authors advise (https://prng.di.unimi.it). Only integer arithmetic; nothing is drawn from the
 * machine. For sampling and simulation, not for secrets. */

struct r3_random {
    uint64_t state[4];
};

/* The next output of splitmix64, which moves *state on. */
uint64_t r3_random_split(uint64_t *state);

/* Begin the sequence of `seed`. */
void r3_random_seed(struct r3_random *random, uint64_t seed);
/* Begin sequence number `stream` of `seed`: one for each unit of work, so that a result does not depend on who does
 * which. */
void r3_random_seed_stream(struct r3_random *random, uint64_t seed, uint64_t stream);

static inline uint64_t r3_random_rotate(uint64_t value, int bits) {
    return (value << bits) | (value >> (64 - bits));
}

static inline uint64_t r3_random_next(struct r3_random *random) {
    uint64_t *state = random->state, result = r3_random_rotate(state[1] * 5, 7) * 9, shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = r3_random_rotate(state[3], 45);
    return result;
}

/* An integer of 0 to bound - 1, each as likely as the others: the multiplication with rejection of Lemire ("Fast
 * random integer generation in an interval", ACM Transactions on Modeling and Computer Simulation 29, 2019,
 * algorithm 5). bound: above 0. */
static inline uint64_t r3_random_below(struct r3_random *random, uint64_t bound) {
    r3_uint128 product = (r3_uint128)r3_random_next(random) * bound;
    if ((uint64_t)product < bound) {
        uint64_t threshold = -bound % bound; /* 2^64 mod bound */
        while ((uint64_t)product < threshold)
            product = (r3_uint128)r3_random_next(random) * bound;
    }
    return (uint64_t)(product >> 64);
}

/* A multiple of 2^-53 in [0, 1). */
static inline double r3_random_unit(struct r3_random *random) {
    return (double)(r3_random_next(random) >> 11) * 0x1p-53;
}

#endif
