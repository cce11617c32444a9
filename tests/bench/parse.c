/* parse FILE.csv: a bare parse, the limit that r3-collect is compared with. Prints a sum of all numbers, and the time a candle. */
#include "tests/bench/bare.h"

int main(int argc, char **argv) {
    double start = bare_now();
    struct bare_file file = bare_open(argc, argv);
    struct bare_candle candle;
    uint64_t sum = 0, count = 0;
    for (; bare_next(&file, &candle); count++)
        sum += (uint64_t)candle.time + (uint64_t)candle.open + (uint64_t)candle.high + (uint64_t)candle.low +
               (uint64_t)candle.close + (uint64_t)candle.volume;
    double each = count ? (bare_now() - start) / (double)count : 0;
    printf("{\"candles\":%llu,\"sum\":%llu,\"nanoseconds\":%.1f}\n", (unsigned long long)count, (unsigned long long)sum,
           each);
    return 0;
}
