#ifndef R3_TESTS_UNIT_CALLS_H
#define R3_TESTS_UNIT_CALLS_H

/* A call of any function of the rule language, from its row. */

#include <stdio.h>
#include <string.h>

#include "lib/strategy/functions.h"

/* "sma(close, 20)": its defaults, else prices, comparisons of these, and a length of 20. */
static inline void write_call(char *out, size_t size, const struct r3_function *function) {
    size_t at = (size_t)snprintf(out, size, "%s", function->name);
    const char *between = "(";
    for (const char *parameter = function->parameters; *parameter && *parameter != '\xe2';) { /* … */
        size_t length = strcspn(parameter, ",");
        char word[64];
        snprintf(word, sizeof word, "%.*s", (int)length, parameter);
        const char *value = strstr(word, "= ");
        if (value)
            value += 2;
        else if (strncmp(word, "length", 6) == 0)
            value = "20";
        else if (strncmp(word, "truth", 5) == 0)
            value = *between == '(' ? "close > open" : "close < open";
        else if (strcmp(word, "number h") == 0 || strcmp(word, "number l") == 0)
            value = word[7] == 'h' ? "high" : "low";
        else
            value = *between == '(' ? "close" : "open";
        at += (size_t)snprintf(out + at, size - at, "%s%s", between, value);
        between = ", ";
        parameter += length;
        parameter += strspn(parameter, ", ");
    }
    if (*function->parameters)
        snprintf(out + at, size - at, ")");
}

#endif
