#ifndef R3_KUCOIN_CREDENTIALS_H
#define R3_KUCOIN_CREDENTIALS_H

#include <stdbool.h>

#include "lib/base/error.h"

/* Key, secret and passphrase, read from a file that nobody else can read, in memory that is locked, kept out of core dumps and wiped at the
 * end. They appear in no message, argument, environment or record. */

struct r3_kucoin_credentials;

/* From `path`; NULL: $CREDENTIALS_DIRECTORY/kucoin, else $XDG_CONFIG_HOME/r3/kucoin, else ~/.config/r3/kucoin. The file has three lines, in any
 * order: "key: …", "secret: …", "passphrase: …" (blank lines and lines that begin with # aside), and "version: 2" for an older key. New in
 * *out. R3_CONFIG: not there, others can read it, not a regular file of this user, or a line is missing; the text names file and line, never
 * what is in it. */
int r3_kucoin_credentials_read(struct r3_kucoin_credentials **out, const char *path, struct r3_error *error);
/* Whether there is a file at the places that are looked at without a path, whatever is wrong with it. */
bool r3_kucoin_credentials_exist(void);
void r3_kucoin_credentials_free(struct r3_kucoin_credentials *credentials); /* accepts NULL */

#endif
