#ifndef R3_RECORD_STATE_MEMBERS_H
#define R3_RECORD_STATE_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buffer.h"
#include "lib/json/json.h"
#include "lib/record/record.h"

/* A state's structs as JSON objects, by tables of their members: what is written and what is read come from the same rows, so a
 * member is in both or in neither. Decimals are texts, exact; a member that is optional is left out where it says nothing.
 *
 * Reading is strict: a member that is missing, unknown, or has no such value, is R3_DATA, `equity: not a decimal: "x"`; the
 * caller puts the place ahead of that. */

enum r3_state_kind {
    R3_STATE_WORD,    /* char[size] of A-Za-z0-9_- */
    R3_STATE_DECIMAL, /* struct r3_decimal */
    R3_STATE_TIME,    /* int64_t, ms */
    R3_STATE_INTEGER, /* int64_t, 0 to 2^53 - 1, as those that follow unless `most` is less */
    R3_STATE_COUNT,   /* uint64_t */
    R3_STATE_SMALL,   /* int */
    R3_STATE_NATURAL, /* unsigned */
    R3_STATE_FLAG,    /* bool */
    R3_STATE_NAME     /* an enumeration, by its names */
};

/* Names of an enumeration by value; "" stands for NONE, which is left out. */
struct r3_state_names {
    const char *const *name;
    size_t count;
};
extern const struct r3_state_names r3_state_timeframes, r3_state_directions, r3_state_roles, r3_state_sides,
    r3_state_kinds, r3_state_fills;

enum r3_state_rule { R3_STATE_ANY, R3_STATE_NOT_NEGATIVE, R3_STATE_POSITIVE };

struct r3_state_member {
    const char *name;
    enum r3_state_kind kind;
    size_t offset, size;
    bool optional;
    enum r3_state_rule rule; /* of a decimal */
    int64_t most;            /* of a number; 0: 2^53 - 1 */
    const struct r3_state_names *names;
};

/* Rows of a table. T: the struct, M: the member, NAME where it goes by another. */
#define R3_STATE_ROW_AS(T, M, NAME, KIND)                                                                              \
    .name = (NAME), .kind = (KIND), .offset = offsetof(T, M), .size = sizeof(((T *)0)->M)
#define R3_STATE_ROW(T, M, KIND) R3_STATE_ROW_AS(T, M, #M, KIND)

struct r3_state_table {
    const struct r3_state_member *members;
    size_t count;
};
#define R3_STATE_TABLE(array)                                                                                          \
    { array, sizeof(array) / sizeof(array)[0] }

/* Writing. `name`: NULL in an array, and for the outermost. A comma goes ahead where one is wanted. */
void r3_state_open(struct r3_buffer *out, const char *name, char bracket); /* '{' or '[' */
void r3_state_close(struct r3_buffer *out, char bracket);
void r3_state_put_members(struct r3_buffer *out, const struct r3_state_table *table, const void *place);
void r3_state_put_object(struct r3_buffer *out, const char *name, const struct r3_state_table *table,
                         const void *place);
void r3_state_put_text(struct r3_buffer *out, const char *name, const char *text, size_t length);
void r3_state_put_integer(struct r3_buffer *out, const char *name, int64_t value);
/* A record without borrowed texts, as r3-records(5) has it. */
int r3_state_put_record(struct r3_buffer *out, const char *name, const struct r3_record *record,
                        struct r3_error *error);

/* Reading. */
/* The members of an object that has none beside those of the table and `others` (NULL-ended; NULL: none). */
int r3_state_take_members(void *place, const struct r3_json *object, const struct r3_state_table *table,
                          const char *const *others, struct r3_error *error);
/* The member of this name, an object of the table alone. */
int r3_state_take_object(void *place, const struct r3_json *object, const char *name,
                         const struct r3_state_table *table, struct r3_error *error);
/* An array of at most `most` elements, borrowed. */
int r3_state_take_array(const struct r3_json **out, const struct r3_json *object, const char *name, size_t most,
                        struct r3_error *error);
/* A text of A-Za-z0-9_- that is not empty, borrowed. */
int r3_state_take_word(const char **out, const struct r3_json *object, const char *name, struct r3_error *error);
/* An integer of 0 to `most`. */
int r3_state_take_integer(int64_t *out, const struct r3_json *object, const char *name, int64_t most,
                          struct r3_error *error);
/* A record of any type; texts that it would borrow are gone. */
int r3_state_take_record(struct r3_record *record, const struct r3_json_document *document, const struct r3_json *value,
                         struct r3_error *error);

#endif
