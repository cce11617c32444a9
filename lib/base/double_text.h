#ifndef R3_BASE_DOUBLE_TEXT_H
#define R3_BASE_DOUBLE_TEXT_H

#include <stddef.h>

enum { R3_DOUBLE_TEXT_SIZE = 32 };

/* The shortest of 15, 16 and 17 significant digits that reads back as the same double (17 always do): a JSON number for any
 * finite value, "0" for both zeros. Returns the length; NUL-terminated. */
size_t r3_double_format(char out[R3_DOUBLE_TEXT_SIZE], double value);

#endif
