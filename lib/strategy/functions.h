#ifndef R3_STRATEGY_FUNCTIONS_H
#define R3_STRATEGY_FUNCTIONS_H

#include <stddef.h>

/* The functions and inputs of the rule language. A row says what a call takes, and what it means in the language itself:
 * `@name(…)` stands for a row of the indicator table (`@name.1` for its second result) or an elementary operation. */

struct r3_function {
    const char *name;
    /* "number x, length n = 14": number or truth or any: a series; length 1 to 5000, count 0 to 5000, constant: known when
     * the rules are read. "" for none: such a name may be written without parentheses. */
    const char *parameters;
    const char *body;
    const char *summary; /* one line */
};

extern const struct r3_function r3_functions[]; /* ended by a row without a name; sorted by family */

/* NULL when there is none. */
const struct r3_function *r3_function_find(const char *name, size_t length);

#endif
