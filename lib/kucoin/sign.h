#ifndef R3_KUCOIN_SIGN_H
#define R3_KUCOIN_SIGN_H

#include <stddef.h>

#include "lib/base/error.h"

/* The one place that signs: HMAC-SHA256 (RFC 2104, RFC 6234). The secret is kept as the two blocks that HMAC begins with, in the
 * caller's memory, and no library gets a copy of it. */

enum { R3_KUCOIN_DIGEST_SIZE = 32, R3_KUCOIN_BLOCK_SIZE = 64 };

struct r3_kucoin_secret {
    unsigned char inner[R3_KUCOIN_BLOCK_SIZE], outer[R3_KUCOIN_BLOCK_SIZE];
};

/* R3_SYSTEM: OpenSSL does not work. */
int r3_kucoin_secret_set(struct r3_kucoin_secret *secret, const void *text, size_t length, struct r3_error *error);

/* The HMAC of the texts joined, NULL at the end of the list. */
int r3_kucoin_sign(unsigned char digest[R3_KUCOIN_DIGEST_SIZE], const struct r3_kucoin_secret *secret,
                   const char *const *texts, struct r3_error *error);

/* The plain SHA-256 of data[0..length). */
int r3_kucoin_digest(unsigned char digest[R3_KUCOIN_DIGEST_SIZE], const void *data, size_t length,
                     struct r3_error *error);

#endif
