/* lib/trade/name.h: names compared by words are told apart as strcmp tells them. */

#include "lib/trade/name.h"

#include "tests/unit/check.h"

/* Ids of the greatest length, and names beyond what a key holds. */
static const char *const ids[] = { "",
                                   "m-1-SL-1",
                                   "main-1-ENTRY-1",
                                   "main-1-ENTRY-2",
                                   "main-12-ENTRY-1",
                                   "main-123-ENTRY-1",
                                   "main-123-ENTRY-12",
                                   "1234567890123456789012345678901234567890",
                                   "1234567890123456789012345678901234567891",
                                   "123456789012345678901234567890123456789",
                                   "12345678",
                                   "1234567",
                                   "12345678901234567890123456789012" };
enum { IDS = sizeof ids / sizeof ids[0] };

static void check_ids(void) {
    for (size_t i = 0; i < IDS; i++)
        for (size_t k = 0; k < IDS; k++) {
            char a[41], b[41];
            memset(a, 'x', sizeof a); /* what lies behind the NUL may differ */
            memset(b, 0, sizeof b);
            memcpy(a, ids[i], strlen(ids[i]) + 1);
            memcpy(b, ids[k], strlen(ids[k]) + 1);
            CHECK(r3_same_id(a, b) == (i == k));
            CHECK(r3_same_id(b, a) == (i == k));
        }
}

/* A key is its name's alone, and of a name of 16 characters or more nobody's. */
static void check_keys(void) {
    for (size_t i = 0; i < IDS; i++)
        for (size_t k = 0; k < IDS; k++) {
            char a[41];
            memset(a, 'x', sizeof a);
            memcpy(a, ids[i], strlen(ids[i]) + 1);
            struct r3_name_key key = r3_name_key_of(ids[k]);
            CHECK(r3_name_has_key(a, &key) == (i == k && strlen(ids[k]) < 16));
        }
}

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
    check_ids();
    check_keys();
    return check_done();
}
