/* Volume: on-balance volume and the volume-weighted price of a day. */
#include "lib/market/indicator_exact.h"

struct obv_state {
    double total, previous;
    bool started;
};

static size_t obv_size(const struct r3_indicator_setup *setup) {
    (void)setup;
    return sizeof(struct obv_state);
}

static void obv_start(void *state, const struct r3_indicator_setup *setup) {
    (void)setup;
    *(struct obv_state *)state = (struct obv_state) { 0 };
}

/* in: price, volume. Granville 1963; begins with the first volume, as TA-Lib does. */
static void obv_step(void *state, const struct r3_indicator_setup *setup, int scale, const struct r3_cell *const *in,
                     struct r3_cell *out) {
    (void)setup, (void)scale;
    struct obv_state *obv = state;
    out->ready = false;
    if (!in[0]->ready || !in[1]->ready)
        return;
    double price = in[0]->value;
    if (!obv->started || price > obv->previous)
        obv->total += in[1]->value;
    else if (price < obv->previous)
        obv->total -= in[1]->value;
    obv->started = true;
    obv->previous = price;
    r3_cell_set(out, obv->total);
}

/* A sum with its rounding error carried along (Neumaier 1974). */
struct compensated {
    double sum, error;
};

static void compensated_add(struct compensated *total, double value) {
    double sum = total->sum + value;
    double greater = total->sum, lesser = value;
    if (__builtin_fabs(value) > __builtin_fabs(greater)) {
        greater = value;
        lesser = total->sum;
    }
    total->error += (greater - sum) + lesser;
    total->sum = sum;
}

struct vwap_state {
    struct compensated value, volume;
    double day;
};

static size_t vwap_size(const struct r3_indicator_setup *setup) {
    (void)setup;
    return sizeof(struct vwap_state);
}

static void vwap_start(void *state, const struct r3_indicator_setup *setup) {
    (void)setup;
    *(struct vwap_state *)state = (struct vwap_state) { .day = -1 };
}

/* in: price, volume, number of the day; starts over when the day changes. */
static void vwap_step(void *state, const struct r3_indicator_setup *setup, int scale, const struct r3_cell *const *in,
                      struct r3_cell *out) {
    (void)scale;
    struct vwap_state *vwap = state;
    out->ready = false;
    if (!in[0]->ready || !in[1]->ready)
        return;
    if (in[2]->value != vwap->day) {
        vwap_start(vwap, setup);
        vwap->day = in[2]->value;
    }
    compensated_add(&vwap->value, in[0]->value * in[1]->value);
    compensated_add(&vwap->volume, in[1]->value);
    r3_cell_set(out, (vwap->value.sum + vwap->value.error) / (vwap->volume.sum + vwap->volume.error));
}

const struct r3_indicator r3_indicator_flows[] = {
    { "obv", 2, 0, 1, false, obv_size, obv_start, obv_step, NULL, r3_warm_up_none },
    { "vwap", 3, 0, 1, false, vwap_size, vwap_start, vwap_step, NULL, r3_warm_up_none },
    { 0 },
};
