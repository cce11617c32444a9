#include "lib/market/indicator_exact.h"

#include <math.h>
#include <string.h>

static const struct r3_indicator *const families[] = { r3_indicator_sums,     r3_indicator_averages,
                                                       r3_indicator_extremes, r3_indicator_trends,
                                                       r3_indicator_flows,    r3_indicator_events };

const struct r3_indicator *r3_indicator_find(const char *name, size_t length) {
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        for (const struct r3_indicator *row = families[i]; row->name; row++)
            if (strlen(row->name) == length && memcmp(row->name, name, length) == 0)
                return row;
    return NULL;
}

int32_t r3_warm_up_none(const struct r3_indicator_setup *setup) {
    (void)setup;
    return 0;
}

int32_t r3_warm_up_window(const struct r3_indicator_setup *setup) {
    return setup->length - 1;
}

int32_t r3_warm_up_length(const struct r3_indicator_setup *setup) {
    return setup->length;
}

int32_t r3_warm_up_one(const struct r3_indicator_setup *setup) {
    (void)setup;
    return 1;
}

void r3_ready_all_of(uint8_t *out, const struct r3_column *const *in, int series, size_t count) {
    memcpy(out, in[0]->ready, count);
    for (int k = 1; k < series; k++) {
        const uint8_t *other = in[k]->ready;
        size_t i = 0;
        for (; i + 8 <= count; i += 8) { /* by words: the compiler does not at -O2 */
            uint64_t a, b;
            memcpy(&a, out + i, sizeof a);
            memcpy(&b, other + i, sizeof b);
            a &= b;
            memcpy(out + i, &a, sizeof a);
        }
        for (; i < count; i++)
            out[i] &= other[i];
    }
}

size_t r3_ready_search(const uint8_t *ready, bool is, size_t from, size_t count) {
    const uint8_t *found = memchr(ready + from, is ? 1 : 0, count - from);
    return found ? (size_t)(found - ready) : count;
}

/* Whether one of the values is infinite or NaN: then its exponent is all ones, and adding one to it reaches the sign's bit. */
static bool any_not_finite(const double *values, size_t count) {
    const int64_t most = INT64_MAX, one = INT64_C(1) << 52;
    const r3_pair_integer magnitude = { most, most }, add = { one, one };
    r3_pair_integer seen = { 0, 0 };
    size_t i = 0;
    for (; i + 2 <= count; i += 2) {
        r3_pair_integer bits;
        memcpy(&bits, values + i, sizeof bits);
        seen |= (r3_pair_integer)((r3_pair_unsigned)(bits & magnitude) + (r3_pair_unsigned)add);
    }
    return (seen[0] | seen[1]) < 0 || (i < count && !isfinite(values[i]));
}

void r3_ready_finite_many(const struct r3_column *out, size_t from, size_t to) {
    if (!any_not_finite(out->value + from, to - from))
        return;
    for (size_t i = from; i < to; i++)
        out->ready[i] &= isfinite(out->value[i]) != 0;
}
