/* The loops of lib/market/indicator_wide.c against the same, one value at a time. */
#include <math.h>
#include <stdint.h>

#include "lib/base/avx2.h"
#include "lib/base/random.h"
#include "lib/market/indicator_wide.h"
#include "tests/unit/check.h"

enum { MOST = 70, ROUNDS = 3000 };

static struct r3_random source;

static int64_t below(unsigned bits) {
    return (int64_t)(r3_random_next(&source) >> (64 - bits));
}

/* How many of them are done, where no value is too large. */
static size_t whole(size_t count, size_t lanes) {
    return r3_has_avx2() ? count - count % lanes : 0;
}

static void test_averages(void) {
    int64_t added[MOST], removed[MOST];
    double out[MOST];
    for (int round = 0; round < ROUNDS; round++) {
        const size_t count = (size_t)below(6) + 1;
        const double denominator = (double)(1 + below(1 + (unsigned)below(5)));
        const int64_t first = below(49) - (INT64_C(1) << 48);
        int64_t sum = first, expected = first;
        for (size_t i = 0; i < count; i++) {
            added[i] = below(44) - (INT64_C(1) << 43);
            removed[i] = below(44) - (INT64_C(1) << 43);
        }
        const size_t done = r3_wide_averages(out, &sum, added, removed, count, denominator);
        CHECK_INT(done, whole(count, 4));
        for (size_t i = 0; i < done; i++) {
            expected += added[i] - removed[i];
            CHECK(out[i] == (double)expected / denominator);
        }
        CHECK_INT(sum, expected);
    }
}

/* Of a sum that has more than 51 bits on the way it does nothing. */
static void test_averages_too_large(void) {
    const int64_t added[8] = { 1, 2, INT64_C(1) << 50, 3, 4, 5, 6, 7 }, removed[8] = { 0 };
    double out[8];
    int64_t sum = 5;
    CHECK_INT(r3_wide_averages(out, &sum, added, removed, 8, 1), 0);
    CHECK_INT(sum, 5);
}

static void test_crosses(void) {
    double a[MOST], b[MOST], up[MOST], down[MOST];
    for (int round = 0; round < ROUNDS; round++) {
        const size_t count = (size_t)below(6) + 1;
        bool over = below(1), under = !over && below(1);
        for (size_t i = 0; i < count; i++) {
            a[i] = below(4) ? (double)below(2) : (double)NAN;
            b[i] = (double)below(2);
        }
        const size_t done = r3_wide_crosses(up, down, a, b, count, over, under);
        CHECK_INT(done, whole(count, 4));
        for (size_t i = 0; i < done; i++) {
            const bool is_over = a[i] > b[i], is_under = a[i] < b[i];
            CHECK(up[i] == (is_over && !over));
            CHECK(down[i] == (is_under && !under));
            over = is_over;
            under = is_under;
        }
    }
}

static void test_turns(void) {
    double value[MOST];
    uint8_t ready[MOST], turned[MOST], expected[MOST];
    for (int round = 0; round < ROUNDS; round++) {
        const size_t count = (size_t)below(6) + 1;
        const unsigned rare = 1 + (unsigned)below(3);
        bool was = below(1), before = was;
        for (size_t i = 0; i < count; i++) {
            value[i] = below(rare) ? 0 : below(1) ? 1 : below(1) ? -0.0 : (double)NAN;
            ready[i] = below(2) != 0;
            turned[i] = expected[i] = 2;
        }
        const size_t done = r3_wide_turns(turned, 4, value, ready, count, &was);
        CHECK_INT(done, whole(count, 16));
        for (size_t i = 0; i < done; i++) {
            const bool is = ready[i] && value[i] != 0;
            expected[i] |= is && !before ? 4 : 0;
            before = is;
        }
        CHECK(memcmp(turned, expected, count) == 0);
        CHECK(was == before);
    }
}

static void test_largest(void) {
    int64_t values[MOST];
    for (int round = 0; round < ROUNDS; round++) {
        const size_t count = (size_t)below(6) + 1;
        const unsigned bits = 1 + (unsigned)below(6) % 53;
        uint64_t largest = 0, expected = 0, all = 0;
        for (size_t i = 0; i < count; i++)
            values[i] = below(bits);
        const size_t done = r3_wide_largest(&largest, values, count);
        for (size_t i = 0; i < done; i++)
            expected = (uint64_t)values[i] > expected ? (uint64_t)values[i] : expected;
        for (size_t i = 0; i < whole(count, 8); i++)
            all |= (uint64_t)values[i];
        CHECK_INT(done, all >> 52 ? 0 : whole(count, 8));
        CHECK_INT((int64_t)largest, (int64_t)expected);
    }
    const int64_t wide[8] = { 1, 2, 3, INT64_C(1) << 52, 5, 6, 7, 8 }, negative[8] = { 1, 2, 3, -4, 5, 6, 7, 8 };
    uint64_t largest = 0;
    CHECK_INT(r3_wide_largest(&largest, wide, 8), 0);
    CHECK_INT(r3_wide_largest(&largest, negative, 8), 0);
}

int main(void) {
    r3_random_seed(&source, 1);
    test_averages();
    test_averages_too_large();
    test_crosses();
    test_turns();
    test_largest();
    return check_done();
}
