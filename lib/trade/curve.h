#ifndef R3_TRADE_CURVE_H
#define R3_TRADE_CURVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A bounded curve: however many samples go in, at most `capacity` points are kept. When it is full, neighbouring points are
 * joined two by two and each point from then on stands for twice as many samples. A point keeps the first, lowest, highest
 * and last of its samples, so no spike and no drawdown is lost, and a price keeps its candles. Several channels (columns)
 * share the times. */

struct r3_curve_point {
    double first, low, high, last; /* all NAN: no sample */
};

struct r3_curve {
    size_t channels, capacity, count;
    uint64_t stride;               /* samples a point stands for */
    uint64_t pending;              /* samples in the last point, 1 to stride */
    int64_t *times;                /* of each point's first sample */
    struct r3_curve_point *points; /* count × channels */
};

/* capacity: even, 2 or more. */
void r3_curve_init(struct r3_curve *curve, size_t channels, size_t capacity);
void r3_curve_release(struct r3_curve *curve);

/* One sample of every channel; a NAN point: this channel has none. */
void r3_curve_add(struct r3_curve *curve, int64_t time, const struct r3_curve_point *sample);

static inline const struct r3_curve_point *r3_curve_at(const struct r3_curve *curve, size_t index, size_t channel) {
    return &curve->points[index * curve->channels + channel];
}

static inline bool r3_curve_is_present(const struct r3_curve_point *point) {
    return point->last == point->last;
}

/* A sample of one value. */
static inline struct r3_curve_point r3_curve_value(double value) {
    return (struct r3_curve_point) { value, value, value, value };
}

#endif
