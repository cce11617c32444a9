#ifndef R3_JSON_JSON_H
#define R3_JSON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buffer.h"
#include "lib/base/error.h"

/* Strict JSON (RFC 8259) ⇄ a tree. The whole text is one value, or an error: duplicate names, NUL, invalid UTF-8, NaN,
 * numbers that overflow a double, integers beyond 64 bits, nesting deeper than R3_JSON_DEPTH_MAX and texts longer than the
 * caller's limit are refused. Numbers keep the spelling that they had in the text, so that a price given as a plain number
 * need not pass through a double. */

enum { R3_JSON_DEPTH_MAX = 16 };

enum r3_json_kind {
    R3_JSON_NULL,
    R3_JSON_BOOLEAN,
    R3_JSON_INTEGER, /* a number without point and exponent */
    R3_JSON_REAL,
    R3_JSON_TEXT,
    R3_JSON_ARRAY,
    R3_JSON_OBJECT
};

struct r3_json_document;
struct r3_json; /* a value inside a document: borrowed, it lives as long as the document */

/* New in *out, freed with r3_json_free. The text stays the caller's and must live as long as the document. At most `limit`
 * bytes are accepted. Error: R3_DATA, `not JSON: …`. */
int r3_json_parse(struct r3_json_document **out, const char *text, size_t length, size_t limit, struct r3_error *error);
void r3_json_free(struct r3_json_document *document); /* accepts NULL */
const struct r3_json *r3_json_root(const struct r3_json_document *document);

enum r3_json_kind r3_json_kind(const struct r3_json *value);

/* A member of an object by name; NULL when there is none or `object` is no object. */
const struct r3_json *r3_json_member(const struct r3_json *object, const char *name);
/* The name of the first member, in the order of the text; NULL for an empty object or another kind. */
const char *r3_json_first_name(const struct r3_json *object);
/* Call `visit` for each member in the order of the text, until it returns non-zero; returns that, or 0. */
int r3_json_each(const struct r3_json *object,
                 int (*visit)(void *context, const char *name, const struct r3_json *value), void *context);
/* Elements of an array: 0 and NULL for another kind. */
size_t r3_json_count(const struct r3_json *array);
const struct r3_json *r3_json_at(const struct r3_json *array, size_t index);

/* NUL-terminated UTF-8 and its length; NULL when `value` is not a text. */
const char *r3_json_text(const struct r3_json *value, size_t *length);
bool r3_json_is_true(const struct r3_json *value);
int64_t r3_json_integer(const struct r3_json *value); /* 0 when `value` is not R3_JSON_INTEGER */
double r3_json_real(const struct r3_json *value);     /* of either kind of number; 0 for others */
/* The number as the text spelled it (not NUL-terminated); NULL when `value` is not a number of this document. */
const char *r3_json_number_text(const struct r3_json_document *document, const struct r3_json *value, size_t *length);

/* Append the value as compact JSON: members in their order, numbers in their own spelling. */
void r3_json_write(struct r3_buffer *out, const struct r3_json_document *document, const struct r3_json *value);

/* Append text[0..length) as a JSON string with its quotes: \" \\ \n and \u00XX for the other control characters, all else as
 * it is. The text must be valid UTF-8. */
void r3_json_write_text(struct r3_buffer *out, const char *text, size_t length);
/* The same into memory, which must have room for 6 * length + 2 bytes; returns the end of what was written. */
char *r3_json_put_text(char *out, const char *text, size_t length);

/* Write a finite double as the shortest JSON number of 15 to 17 significant digits that reads back as the same double; -0 is
 * "0". Returns the length; NUL-terminated. */
enum { R3_JSON_REAL_SIZE = 40 };
size_t r3_json_format_real(char out[R3_JSON_REAL_SIZE], double value);

/* Whether text[0..length) is valid UTF-8 (RFC 3629: shortest forms, no surrogates, up to U+10FFFF). */
bool r3_json_is_utf8(const char *text, size_t length);

#endif
