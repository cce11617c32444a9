#ifndef R3_SWEEP_SPACE_H
#define R3_SWEEP_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/decimal.h"
#include "lib/base/error.h"

/* The parameters of a sweep and their values. A combination takes one value of each parameter; combinations are numbered from 0
 * with the parameter that was named last varying fastest, so a number says all about its combination.
 *
 * A value is a text, put into a stage's words as it is. Where it reads as a number ("5", "0.5%", which is 0.005), it is also
 * that exact number, for --where and for the axes of a heat map. */

enum {
    R3_SWEEP_PARAMETERS_MAX = 32,
    R3_SWEEP_VALUES_MAX = 100000,   /* of one parameter */
    R3_SWEEP_NAME_SIZE = 65,        /* A-Za-z0-9_, not a digit first */
    R3_SWEEP_VALUE_LENGTH_MAX = 255 /* bytes */
};

struct r3_sweep_value {
    char *text;
    struct r3_decimal number; /* absent: the text is no number */
};

struct r3_sweep_parameter {
    char name[R3_SWEEP_NAME_SIZE];
    struct r3_sweep_value *values;
    size_t count;
};

struct r3_sweep_space {
    struct r3_sweep_parameter parameters[R3_SWEEP_PARAMETERS_MAX];
    size_t count;
    uint64_t combinations; /* at most INT64_MAX */
};

/* No parameter yet: one combination, the empty one. */
void r3_sweep_space_init(struct r3_sweep_space *space);
void r3_sweep_space_release(struct r3_sweep_space *space);

/* Add "NAME=FIRST:LAST:STEP" (numbers, all with % or none; inclusive, and as far as the steps lead; the step may be negative) or
 * "NAME=a,b,c" (texts). R3_USAGE: a bad name, a name or value twice, no value, a step that leads away, too many combinations. */
int r3_sweep_space_add(struct r3_sweep_space *space, const char *text, struct r3_error *error);

/* Which value each parameter has in this combination: indices[0 … count). */
void r3_sweep_space_combination(const struct r3_sweep_space *space, uint64_t number, uint32_t *indices);
uint64_t r3_sweep_space_number(const struct r3_sweep_space *space, const uint32_t *indices);
/* The index of a name; -1: there is none. */
int r3_sweep_space_find(const struct r3_sweep_space *space, const char *name, size_t length);

/* text[0..length) as the number that it spells, "0.5%" as 0.005; absent where it spells none. */
struct r3_decimal r3_sweep_number(const char *text, size_t length);

#endif
