#include "lib/market/indicator.h"

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
