/* lib/trade/curve.c: however long the run, few points, and no extreme is lost. */
#include "lib/trade/curve.h"

#include <math.h>
#include <stdlib.h>

#include "tests/unit/check.h"

static uint64_t state = 1;

static double random_value(void) { /* xorshift64*, Vigna 2016 */
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (double)(state * UINT64_C(2685821657736338717) >> 11) / 0x1p53;
}

/* Every sample is in exactly one point, and each point is what its samples make. */
static void check_exact(size_t samples, size_t capacity) {
    double *values = calloc(samples, sizeof *values);
    struct r3_curve curve;
    r3_curve_init(&curve, 1, capacity);
    for (size_t i = 0; i < samples; i++) {
        values[i] = random_value();
        struct r3_curve_point point = r3_curve_value(values[i]);
        r3_curve_add(&curve, (int64_t)i, &point);
        CHECK(curve.count <= capacity);
    }
    size_t stride = (size_t)curve.stride;
    CHECK_INT(curve.count, (samples + stride - 1) / stride);
    CHECK(samples <= capacity ? stride == 1 : 2 * curve.count >= capacity);
    for (size_t i = 0; i < curve.count; i++) {
        size_t from = i * stride, to = from + stride < samples ? from + stride : samples;
        double low = INFINITY, high = -INFINITY;
        for (size_t k = from; k < to; k++) {
            low = fmin(low, values[k]);
            high = fmax(high, values[k]);
        }
        const struct r3_curve_point *point = r3_curve_at(&curve, i, 0);
        CHECK_INT(curve.times[i], from);
        CHECK(point->first == values[from]);
        CHECK(point->last == values[to - 1]);
        CHECK(point->low == low);
        CHECK(point->high == high);
    }
    r3_curve_release(&curve);
    free(values);
}

/* A channel without samples stays absent; one sample among absent ones is kept. */
static void check_channels(void) {
    struct r3_curve curve;
    r3_curve_init(&curve, 3, 4);
    for (int i = 0; i < 100; i++) {
        const struct r3_curve_point sample[3] = { { i, i - 1, i + 1, i + 0.5 },
                                                  r3_curve_value((double)NAN),
                                                  r3_curve_value(i == 37 ? 5 : (double)NAN) };
        r3_curve_add(&curve, i, sample);
    }
    CHECK_INT(curve.stride, 32);
    CHECK_INT(curve.count, 4);
    CHECK(r3_curve_at(&curve, 0, 0)->first == 0 && r3_curve_at(&curve, 0, 0)->low == -1);
    CHECK(r3_curve_at(&curve, 0, 0)->high == 32 && r3_curve_at(&curve, 0, 0)->last == 31.5);
    for (size_t i = 0; i < curve.count; i++) {
        CHECK(!r3_curve_is_present(r3_curve_at(&curve, i, 1)));
        CHECK(r3_curve_is_present(r3_curve_at(&curve, i, 2)) == (i == 1));
    }
    CHECK(r3_curve_at(&curve, 1, 2)->last == 5);
    r3_curve_release(&curve);
}

int main(void) {
    check_exact(1, 4);
    check_exact(4, 4);
    check_exact(5, 4);
    check_exact(64, 64);
    check_exact(1000, 64);
    check_exact(20001, 128);
    check_channels();
    return check_done();
}
