/* lib/trade/name.h: names compared by words are told apart as strcmp tells them. */

#include "lib/trade/name.h"

#include "tests/unit/check.h"

int main(void) {
    static const char *const names[] = { "",         "a",        "BTC",       "BTC-USD",       "BTC-USC",
                                         "ATC-USD",  "BTC-USDT", "BTC-USDC",  "BTC-USDT1",     "BTC-USDT2",
                                         "\x80\xff", "\x80\xfe", "1000PEPE-", "1000PEPE-USDT", "\x01" };
    enum { NAMES = sizeof names / sizeof names[0] };
    for (size_t i = 0; i < NAMES; i++)
        for (size_t k = 0; k < NAMES; k++) {
            char a[17], b[17];
            memset(a, 'x', sizeof a); /* what lies behind the NUL may differ */
            memset(b, 0, sizeof b);
            memcpy(a, names[i], strlen(names[i]) + 1);
            memcpy(b, names[k], strlen(names[k]) + 1);
            CHECK(r3_same_name(a, b) == (i == k));
            CHECK(r3_same_name(b, a) == (i == k));
        }
    return check_done();
}
