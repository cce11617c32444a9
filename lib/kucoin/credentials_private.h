#ifndef R3_KUCOIN_CREDENTIALS_PRIVATE_H
#define R3_KUCOIN_CREDENTIALS_PRIVATE_H

#include "lib/kucoin/credentials.h"
#include "lib/kucoin/sign.h"

/* What is kept of the file, for lib/kucoin and its tests: the passphrase is signed at once, and only that is ever sent (key versions 2
 * and 3), so neither it nor the secret stays as it was written. */

enum {
    R3_KUCOIN_CREDENTIALS_FILE_MAX = 4096,
    R3_KUCOIN_KEY_SIZE = 129,
    R3_KUCOIN_PASSPHRASE_SIZE = 45 /* of the signed one: base64 */
};

struct r3_kucoin_credentials {
    char key[R3_KUCOIN_KEY_SIZE];
    char passphrase[R3_KUCOIN_PASSPHRASE_SIZE];
    struct r3_kucoin_secret secret;
    int version;                                   /* of the key: 2 or 3 */
    char file[R3_KUCOIN_CREDENTIALS_FILE_MAX + 1]; /* wiped once it is understood */
};

#endif
