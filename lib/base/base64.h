#ifndef R3_BASE_BASE64_H
#define R3_BASE_BASE64_H

#include <stddef.h>

#include "lib/base/buffer.h"
#include "lib/base/error.h"

/* Base64 (RFC 4648, section 4): bytes as letters, with padding and without line ends. */

void r3_base64_append(struct r3_buffer *out, const void *data, size_t length);

/* Append the bytes of text[0..length). Only what r3_base64_append writes is taken, so that no two texts say the same bytes: R3_DATA. */
int r3_base64_parse(struct r3_buffer *out, const char *text, size_t length, struct r3_error *error);

#endif
