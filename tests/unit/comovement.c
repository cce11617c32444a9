/* Rows of bars against bars one by one, to the last bit: changes by both loops, and equities that are made of two halves. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/avx2.h"
#include "lib/base/random.h"
#include "lib/trade/comovement_private.h"
#include "lib/trade/statistics_book.h"
#include "tests/unit/check.h"

enum { VALUES = 300, ROUNDS = 3000 };

static struct r3_random source;

static int64_t below(int64_t limit) {
    return (int64_t)r3_random_below(&source, (uint64_t)limit);
}

static bool is_same(const struct r3_comovement_running *a, const struct r3_comovement_running *b) {
    if (a->broken || b->broken)
        return a->broken == b->broken;
    return memcmp(&a->equity, &b->equity, sizeof a->equity) == 0 &&
           memcmp(&a->market, &b->market, sizeof a->market) == 0;
}

/* Moves of many sizes, and none for a while where `rests` says so; now and then one to 0 or below, which ends it. */
static void make_values(double *out, size_t count, bool may_break, bool rests) {
    double value = 1 + (double)below(1000000) / 100;
    int64_t rest = 0;
    for (size_t k = 0; k < count; k++) {
        out[k] = value;
        if (rests && below(10) == 0)
            rest = below(20);
        if (rest-- > 0)
            continue;
        double most = below(50) == 0 ? 0.9 : below(3) == 0 ? 0.008 : 0.001;
        value *= 1 + most * (double)(below(2001) - 1000) / 1000;
        if (may_break && below(400) == 0)
            value = -value;
    }
}

static void check_loops(void) {
    double equity[VALUES], market[VALUES];
    int broken = 0, differences = 0;
    for (int round = 0; round < ROUNDS; round++) {
        size_t count = (size_t)(1 + below(VALUES));
        struct r3_comovement_running single = { 0 }, loop = { 0 }, wide = { 0 };
        make_values(market, count, false, false);
        make_values(equity, count, below(4) == 0, below(3) > 0);
        equity[0] = fabs(equity[0]);
        for (size_t k = 1; k < count; k++)
            r3_comovement_add_change(&single, equity + k, market + k);
        r3_comovement_run(&loop, equity, market, count);
        if (r3_has_avx2())
            r3_comovement_run_wide(&wide, equity, market, count);
        differences += !is_same(&single, &loop) || (r3_has_avx2() && !is_same(&single, &wide));
        broken += single.broken;
    }
    CHECK_INT(differences, 0);
    CHECK(broken > ROUNDS / 50 && broken < ROUNDS / 2);
}

/* The whole of r3_comovement_add, across blocks of sums, in rows of any length. */
static void check_rows(void) {
    double equity[VALUES + R3_COMOVEMENT_SPARE], market[VALUES + R3_COMOVEMENT_SPARE];
    struct r3_comovement rows = { 0 }, single = { 0 };
    int differences = 0;
    for (int round = 0; round < 200; round++) {
        size_t count = (size_t)(2 + below(250));
        make_values(market, count, false, false);
        make_values(equity, count, false, below(2) == 0);
        for (size_t k = 1; k < count; k++) {
            double now[2 + R3_COMOVEMENT_SPARE] = { equity[k - 1], equity[k] };
            double there[2 + R3_COMOVEMENT_SPARE] = { market[k - 1], market[k] };
            r3_comovement_add(&single, now, there, 2);
        }
        r3_comovement_add(&rows, equity, market, count);
        differences += memcmp(&rows.block, &single.block, sizeof rows.block) != 0 ||
                       memcmp(&rows.total, &single.total, sizeof rows.total) != 0 || rows.count != single.count;
    }
    CHECK_INT(differences, 0);
    CHECK(r3_comovement_beta(&rows) == r3_comovement_beta(&single));
}

static r3_int128 power_of_ten(int64_t exponent) {
    r3_int128 power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

static void check_equities(void) {
    static int64_t time[VALUES], close[VALUES];
    static double values[VALUES];
    const r3_int128 most = power_of_ten(33) * 4;
    int differences = 0, rows = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct r3_bars bars = { .count = (size_t)(1 + below(R3_BARS_MAX)), .time = time, .close = close };
        int64_t limit = (int64_t)1 << (1 + below(R3_BARS_CLOSE_BITS));
        r3_int128 unit = (r3_int128)(1 + below((int64_t)1 << 40)) * power_of_ten(below(14));
        bars.rest = ((r3_int128)below(INT64_MAX) * below(1000000) + below(1000)) * power_of_ten(below(9));
        if (bars.rest > most || unit > most / limit)
            continue;
        bars.unit = below(2) ? unit : -unit;
        bars.rest = below(4) ? bars.rest : -bars.rest;
        for (size_t k = 0; k < bars.count; k++) {
            close[k] = below(limit);
            bars.close_digits |= (uint64_t)close[k];
        }
        r3_bars_equities(values, &bars);
        for (size_t k = 0; k < bars.count; k++) {
            double whole = (double)r3_bars_equity(&bars, k) / 1e18;
            differences += memcmp(&whole, &values[k], sizeof whole) != 0;
        }
        rows++;
    }
    CHECK_INT(differences, 0);
    CHECK(rows > ROUNDS / 4);
}

int main(int argc, char **argv) {
    r3_random_seed(&source, argc > 1 ? strtoull(argv[1], NULL, 10) : 1);
    check_loops();
    check_rows();
    check_equities();
    return check_done();
}
