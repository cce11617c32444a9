/* History and events: a value some candles ago, crossings, how long since, what it was when. */
#include "lib/market/indicator_exact.h"

struct delay_state {
    int32_t next;
    struct r3_cell cells[];
};

static size_t delay_size(const struct r3_indicator_setup *setup) {
    return sizeof(struct delay_state) + ((size_t)setup->length + 1) * sizeof(struct r3_cell);
}

static void delay_start(void *state, const struct r3_indicator_setup *setup) {
    memset(state, 0, delay_size(setup));
}

/* The value `length` candles ago, ready or not as it was then. */
static void delay_step(void *state, const struct r3_indicator_setup *setup, int scale, const struct r3_cell *const *in,
                       struct r3_cell *out) {
    (void)scale;
    struct delay_state *delay = state;
    delay->cells[delay->next] = *in[0];
    delay->next = delay->next == setup->length ? 0 : delay->next + 1;
    *out = delay->cells[delay->next];
}

static void delay_rescale(void *state, const struct r3_indicator_setup *setup, r3_int128 factor) {
    struct delay_state *delay = state;
    for (int32_t i = 0; i <= setup->length; i++)
        delay->cells[i].fixed *= factor;
}

struct cross_state {
    double above; /* sign of a − b on the candle before */
    bool ready;
};

static size_t cross_size(const struct r3_indicator_setup *setup) {
    (void)setup;
    return sizeof(struct cross_state);
}

static void cross_start(void *state, const struct r3_indicator_setup *setup) {
    (void)setup;
    *(struct cross_state *)state = (struct cross_state) { 0 };
}

/* outputs[0]: a > b now and a <= b before; outputs[1]: a < b now and a >= b before (Pine's crossover and crossunder). */
static void cross_step(void *state, const struct r3_indicator_setup *setup, int scale, const struct r3_cell *const *in,
                       struct r3_cell *out) {
    (void)setup, (void)scale;
    struct cross_state *cross = state;
    double a = in[0]->value, b = in[1]->value;
    bool ready = in[0]->ready && in[1]->ready;
    double above = a > b ? 1 : a < b ? -1 : 0;
    out[0].ready = out[1].ready = ready && cross->ready;
    out[0].value = above > 0 && cross->above <= 0;
    out[1].value = above < 0 && cross->above >= 0;
    cross->above = above;
    cross->ready = ready;
}

struct since_state {
    double count;
    bool seen;
};

static size_t since_size(const struct r3_indicator_setup *setup) {
    (void)setup;
    return sizeof(struct since_state);
}

static void since_start(void *state, const struct r3_indicator_setup *setup) {
    (void)setup;
    *(struct since_state *)state = (struct since_state) { 0 };
}

/* Candles since the condition was last true: 0 on that candle. A candle on which it is not ready counts as one where it is false. */
static void barssince_step(void *state, const struct r3_indicator_setup *setup, int scale,
                           const struct r3_cell *const *in, struct r3_cell *out) {
    (void)setup, (void)scale;
    struct since_state *since = state;
    if (in[0]->ready && in[0]->value != 0) {
        since->seen = true;
        since->count = 0;
    } else if (since->seen) {
        since->count += 1;
    }
    out->value = since->count;
    out->ready = since->seen;
}

/* A latch: true from a candle on which the first is true until one on which the second is; the second wins. */
static void latch_step(void *state, const struct r3_indicator_setup *setup, int scale, const struct r3_cell *const *in,
                       struct r3_cell *out) {
    (void)setup, (void)scale;
    struct since_state *latch = state;
    if (in[1]->ready && in[1]->value != 0)
        latch->seen = false;
    else if (in[0]->ready && in[0]->value != 0)
        latch->seen = true;
    out->value = latch->seen;
    out->ready = true;
}

struct when_state {
    int32_t next, held;
    double values[];
};

static size_t when_size(const struct r3_indicator_setup *setup) {
    return sizeof(struct when_state) + ((size_t)setup->length + 1) * sizeof(double);
}

static void when_start(void *state, const struct r3_indicator_setup *setup) {
    memset(state, 0, when_size(setup));
}

/* in: value, condition. The value on the candle, `length` occurrences before the last, on which the condition was true. */
static void when_step(void *state, const struct r3_indicator_setup *setup, int scale, const struct r3_cell *const *in,
                      struct r3_cell *out) {
    (void)scale;
    struct when_state *when = state;
    int32_t places = setup->length + 1;
    if (in[0]->ready && in[1]->ready && in[1]->value != 0) {
        when->values[when->next] = in[0]->value;
        when->next = when->next + 1 == places ? 0 : when->next + 1;
        when->held += when->held < places;
    }
    out->ready = when->held == places;
    out->value = when->values[when->next];
}

const struct r3_indicator r3_indicator_events[] = {
    { "delay", 1, 1, 1, true, delay_size, delay_start, delay_step, delay_rescale, r3_warm_up_length },
    { "cross", 2, 0, 2, false, cross_size, cross_start, cross_step, NULL, r3_warm_up_one },
    { "barssince", 1, 0, 1, false, since_size, since_start, barssince_step, NULL, r3_warm_up_none },
    { "latch", 2, 0, 1, false, since_size, since_start, latch_step, NULL, r3_warm_up_none },
    { "valuewhen", 2, 1, 1, false, when_size, when_start, when_step, NULL, r3_warm_up_none },
    { 0 },
};
