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
static void obv_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                    const struct r3_column *const *in, const struct r3_column *out) {
    (void)setup, (void)scale;
    struct obv_state *obv = state;
    double total = obv->total, previous = obv->previous;
    r3_ready_all(out->ready, in, 2, count);
    for (size_t i = 0; i < count; i++) {
        if (!out->ready[i])
            continue;
        double price = in[0]->value[i], volume = in[1]->value[i];
        int sign = obv->started ? (price > previous) - (price < previous) : 1;
        total += sign *
                 volume; /* by a product: the processor cannot guess the way of a price. Adding zero changes no total */
        obv->started = true;
        out->value[i] = total;
        previous = price;
    }
    obv->total = total;
    obv->previous = previous;
    r3_ready_finite(out, 0, count);
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
static void vwap_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                     const struct r3_column *const *in, const struct r3_column *out) {
    (void)scale;
    struct vwap_state *vwap = state;
    r3_ready_all(out->ready, in, 2, count);
    for (size_t i = 0; i < count; i++) {
        if (!out->ready[i])
            continue;
        if (in[2]->value[i] != vwap->day) {
            vwap_start(vwap, setup);
            vwap->day = in[2]->value[i];
        }
        compensated_add(&vwap->value, in[0]->value[i] * in[1]->value[i]);
        compensated_add(&vwap->volume, in[1]->value[i]);
        out->value[i] = (vwap->value.sum + vwap->value.error) / (vwap->volume.sum + vwap->volume.error);
    }
    r3_ready_finite(out, 0, count);
}

const struct r3_indicator r3_indicator_flows[] = {
    { "obv", 2, 0, 1, false, obv_size, obv_start, obv_run, NULL, r3_warm_up_none },
    { "vwap", 3, 0, 1, false, vwap_size, vwap_start, vwap_run, NULL, r3_warm_up_none },
    { 0 },
};
