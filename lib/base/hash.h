#ifndef R3_BASE_HASH_H
#define R3_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* XXH64 (Y. Collet, "xxHash fast digest algorithm", version 0.1.1): 64 bits that tell apart data which differ by accident. It is no
 * protection against somebody who wants two data to agree. Several runs of bytes are joined by giving the hash of the first
 * as the seed of the next. */
uint64_t r3_hash(const void *data, size_t length, uint64_t seed);

#endif
