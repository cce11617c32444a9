#include "lib/trade/curve.h"

#include "lib/base/buffer.h"

void r3_curve_init(struct r3_curve *curve, size_t channels, size_t capacity) {
    *curve = (struct r3_curve) { .channels = channels, .capacity = capacity, .stride = 1 };
    curve->times = r3_allocate(capacity * sizeof *curve->times);
    curve->points = r3_allocate(capacity * channels * sizeof *curve->points);
}

void r3_curve_release(struct r3_curve *curve) {
    free(curve->times);
    free(curve->points);
    *curve = (struct r3_curve) { 0 };
}

static void join(struct r3_curve_point *point, const struct r3_curve_point *next) {
    if (!r3_curve_is_present(next))
        return;
    if (!r3_curve_is_present(point)) {
        *point = *next;
        return;
    }
    if (next->low < point->low)
        point->low = next->low;
    if (next->high > point->high)
        point->high = next->high;
    point->last = next->last;
}

static void halve(struct r3_curve *curve) {
    size_t half = curve->count / 2, channels = curve->channels;
    for (size_t i = 0; i < half; i++) {
        curve->times[i] = curve->times[2 * i];
        for (size_t k = 0; k < channels; k++) {
            struct r3_curve_point point = curve->points[2 * i * channels + k];
            join(&point, &curve->points[(2 * i + 1) * channels + k]);
            curve->points[i * channels + k] = point;
        }
    }
    curve->count = half;
    curve->stride *= 2;
    curve->pending = curve->stride;
}

void r3_curve_add(struct r3_curve *curve, int64_t time, const struct r3_curve_point *sample) {
    size_t channels = curve->channels;
    if (curve->count == curve->capacity && curve->pending == curve->stride)
        halve(curve);
    if (curve->count == 0 || curve->pending == curve->stride) {
        curve->times[curve->count] = time;
        memcpy(curve->points + curve->count * channels, sample, channels * sizeof *sample);
        curve->count++;
        curve->pending = 1;
        return;
    }
    struct r3_curve_point *last = curve->points + (curve->count - 1) * channels;
    for (size_t k = 0; k < channels; k++)
        join(&last[k], &sample[k]);
    curve->pending++;
}
