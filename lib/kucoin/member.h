#ifndef R3_KUCOIN_MEMBER_H
#define R3_KUCOIN_MEMBER_H

#include "lib/base/decimal.h"
#include "lib/json/json.h"

/* Members of an answer's objects, by name, with messages that name them. For lib/kucoin. */

struct r3_kucoin_object {
    const struct r3_json_document *document;
    const struct r3_json *value;
    const char *what; /* "order": for messages */
};

enum {
    R3_KUCOIN_OPTIONAL = 1,     /* missing or null: absent */
    R3_KUCOIN_ZERO_IS_NONE = 2, /* 0 is how the exchange says none: absent */
    R3_KUCOIN_MAY_BE_NEGATIVE = 4,
    R3_KUCOIN_ABOVE_ZERO = 8,
    /* An amount that the exchange computed, such as a fee of a price times a size times a rate: what has more than 18 decimals is rounded
     * up, against us, by less than 10^-18. */
    R3_KUCOIN_AMOUNT = 16
};

int r3_kucoin_value_decimal(const struct r3_json_document *document, const struct r3_json *value, unsigned flags,
                            struct r3_decimal *out, struct r3_error *error);
int r3_kucoin_member_decimal(const struct r3_kucoin_object *object, const char *name, unsigned flags,
                             struct r3_decimal *out, struct r3_error *error);
/* A whole number of 0 to 2^63 - 1. */
int r3_kucoin_member_integer(const struct r3_kucoin_object *object, const char *name, unsigned flags, int64_t *out,
                             struct r3_error *error);
int r3_kucoin_member_boolean(const struct r3_kucoin_object *object, const char *name, bool *out,
                             struct r3_error *error);
/* A text that fits whole; R3_KUCOIN_OPTIONAL: "" where there is none. */
int r3_kucoin_member_text(const struct r3_kucoin_object *object, const char *name, unsigned flags, char *out,
                          size_t size, struct r3_error *error);
/* The same of a number, by its digits, or of a text. */
int r3_kucoin_member_digits(const struct r3_kucoin_object *object, const char *name, char *out, size_t size,
                            struct r3_error *error);

#endif
