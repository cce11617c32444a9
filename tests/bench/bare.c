/* bare FILE.csv: the bare parse, and behind it the backtest of the benchmark with nothing else around it: averages of 10 and 30
 * closes as exact sums, 0.001 bought at the open after they cross and sold at the open after they cross back, 0.1 % fee,
 * 10,000 at first, what is held at the end at its last close. All in whole numbers of 10^-14. Prints the final equity, the number
 * of trades (positions that were closed), and the time a candle. */
#include "tests/bench/bare.h"

enum { FAST = 10, SLOW = 30, RING = 32 };

__extension__ typedef __int128 wide;

struct account {
    wide cash;
    int64_t trades;
    int held; /* 0.001 of it */
};

/* A price has 8 decimals, so 0.001 of it has 11: x 1000 for 14, and the fee is a thousandth of that. */
static inline void trade(struct account *account, int64_t price, int wanted) {
    wide cost = (wide)price * 1000, fee = price;
    account->cash += (wanted ? -cost : cost) - fee;
    account->trades += !wanted;
    account->held = wanted;
}

int main(int argc, char **argv) {
    double start = bare_now();
    struct bare_file file = bare_open(argc, argv);
    struct bare_candle candle = { 0 };
    struct account account = { .cash = (wide)10000 * 100000000000000 };
    int64_t ring[RING] = { 0 }, fast = 0, slow = 0;
    uint64_t count = 0;
    int above = 0, wanted = 0; /* above: -1, 0, 1 */
    for (; bare_next(&file, &candle); count++) {
        if (wanted != account.held)
            trade(&account, candle.open, wanted);
        fast += candle.close - (count >= FAST ? ring[(count - FAST) % RING] : 0);
        slow += candle.close - (count >= SLOW ? ring[(count - SLOW) % RING] : 0);
        ring[count % RING] = candle.close;
        if (count + 1 < SLOW)
            continue;
        int now = fast * 3 > slow ? 1 : fast * 3 < slow ? -1 : 0;
        if (count + 1 > SLOW && now > 0 && above <= 0)
            wanted = 1;
        else if (count + 1 > SLOW && now < 0 && above >= 0)
            wanted = 0;
        above = now;
    }
    wide equity = account.cash + (account.held ? (wide)candle.close * 1000 : 0);
    int64_t whole = (int64_t)(equity / 100000000000000), fraction = (int64_t)(equity % 100000000000000);
    double each = count ? (bare_now() - start) / (double)count : 0;
    printf("{\"equity_final\":%lld.%014lld,\"trades\":%lld,\"candles\":%llu,\"nanoseconds\":%.1f}\n", (long long)whole,
           (long long)fraction, (long long)account.trades, (unsigned long long)count, each);
    return 0;
}
