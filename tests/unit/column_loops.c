/* lib/market/column_loops.h: both forms of each loop give what one candle after the other gives, to the last bit. Lengths around those
 * of vectors, ties, zeros of both signs, NaN and infinities, numbers too large for doubles. */

#include <math.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/market/column_loops.h"
#include "lib/market/indicator_exact.h"
#include "tests/unit/check.h"

enum { ROUNDS = 3000, MOST = 70 };

static struct r3_random source;

static uint64_t below(uint64_t limit) {
    return r3_random_below(&source, limit);
}

/* Of no more than `bits` bits; of more than 50 now and then, where `rare`. */
static int64_t integer(int bits, bool rare) {
    return (int64_t)below(UINT64_C(1) << (rare && below(40) == 0 ? 61 : bits));
}

static double number(void) {
    static const double odd[] = { 0.0, -0.0, 1.0, -1.0, NAN, INFINITY, -INFINITY, 0x1p-1074 };
    return below(2) ? odd[below(sizeof odd / sizeof *odd)] : (double)below(4);
}

static void check_sums(const struct r3_column_loops *loops, size_t count) {
    int64_t added[MOST] = { 0 }, removed[MOST] = { 0 }, out[MOST];
    for (size_t i = 0; i < count; i++) {
        added[i] = integer(50, false);
        removed[i] = integer(50, false);
    }
    int64_t sum = integer(50, false) - integer(50, false), last = loops->sums(out, added, removed, count, sum);
    bool same = true;
    for (size_t i = 0; i < count; i++)
        same &= out[i] == (sum += added[i] - removed[i]);
    CHECK(same);
    CHECK_INT(last, sum);
}

static void check_quotients(const struct r3_column_loops *loops, size_t count) {
    int64_t numerators[MOST] = { 0 };
    double out[MOST], denominator = 1 + (double)below(UINT64_C(1) << (1 + below(50)));
    const bool rare = below(2);
    bool large = false, same = true;
    for (size_t i = 0; i < count; i++)
        numerators[i] = below(2) ? integer(49, rare) : -integer(49, rare);
    size_t done = loops->quotients(out, numerators, count, denominator);
    for (size_t i = 0; i < count; i++)
        large |= numerators[i] >= INT64_C(1) << 50 || numerators[i] < -(INT64_C(1) << 50);
    for (size_t i = 0; i < done; i++)
        same &= out[i] == r3_quotient(numerators[i], (r3_uint128)denominator);
    CHECK(same && (done + 4 > count || large));
}

static void check_edges(const struct r3_column_loops *loops, size_t count) {
    double a[MOST] = { 0 }, b[MOST] = { 0 }, up[MOST], down[MOST];
    bool same = true;
    for (size_t i = 0; i < count; i++) {
        a[i] = number();
        b[i] = number();
    }
    up[0] = down[0] = 7;
    loops->edges(up, down, a, b, count);
    for (size_t i = 1; i < count; i++) {
        same &= up[i] == (a[i] > b[i] && !(a[i - 1] > b[i - 1]));
        same &= down[i] == (a[i] < b[i] && !(a[i - 1] < b[i - 1]));
    }
    CHECK(same && up[0] == 7 && down[0] == 7);
}

static void check_turns(const struct r3_column_loops *loops, size_t count) {
    double value[MOST] = { 0 };
    uint8_t ready[MOST] = { 0 }, turned[MOST] = { 0 }, want[MOST] = { 0 };
    const unsigned rarely = (unsigned)below(20) + 1;
    bool was = below(2), before = was;
    for (size_t i = 0; i < count; i++) {
        value[i] = below(rarely) ? 0 : number();
        ready[i] = below(4) != 0;
        want[i] = turned[i] = below(2) != 0;
        const bool is = ready[i] && value[i] != 0;
        if (is && !before)
            want[i] |= 4;
        before = is;
    }
    CHECK_INT(loops->turns(turned, 4, value, ready, count, was), before);
    CHECK(count == 0 || memcmp(turned, want, count) == 0);
}

static void check_largest(const struct r3_column_loops *loops, size_t count) {
    int64_t values[MOST] = { 0 }, most = 0;
    const bool rare = below(2);
    for (size_t i = 0; i < count; i++) {
        values[i] = integer((int)below(52) + 1, rare);
        most = values[i] > most ? values[i] : most;
    }
    CHECK_INT((int64_t)loops->largest(values, count), most);
}

int main(void) {
    const struct r3_column_loops *const both[] = { &r3_column_loops_plain, r3_column_loops() };
    r3_random_seed(&source, 1);
    for (size_t form = 0; form < 2; form++)
        for (int round = 0; round < ROUNDS; round++) {
            const size_t count = below(MOST) + 1;
            check_sums(both[form], count);
            check_quotients(both[form], count);
            check_edges(both[form], count);
            check_turns(both[form], count);
            check_largest(both[form], count);
        }
    return check_done();
}
