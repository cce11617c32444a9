#include "lib/base/random.h"

uint64_t r3_random_split(uint64_t *state) {
    uint64_t value = *state += 0x9e3779b97f4a7c15;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

void r3_random_seed(struct r3_random *random, uint64_t seed) {
    for (int i = 0; i < 4; i++)
        random->state[i] = r3_random_split(&seed);
}

/* The stream's number is added to a mixed seed and mixed again: seeds and streams that are neighbours begin far
 * apart. */
void r3_random_seed_stream(struct r3_random *random, uint64_t seed, uint64_t stream) {
    uint64_t mixed = r3_random_split(&seed) + stream;
    r3_random_seed(random, r3_random_split(&mixed));
}
