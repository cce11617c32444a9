/* lib/stage/kept.c: records come back as they were kept, in order, with the texts that they have. */

#include "lib/stage/kept.h"

#include "tests/unit/check.h"
#include "tests/unit/record_compare.h"

enum { ROUNDS = 200 };

static void make(struct r3_record *out, int number) {
    static const enum r3_record_type types[] = { R3_UPDATE, R3_TRADE, R3_UPDATE, R3_NOTICE };
    memset(out, 'x', sizeof *out); /* what lies behind a text is no part of it */
    r3_record_init(out, types[number % 4]);
    if (out->type == R3_UPDATE) {
        snprintf(out->update.order, sizeof out->update.order, "main-%d-ENTRY-1", number);
        out->update.filled = out->update.cost = out->update.fee = R3_DECIMAL(number, 3);
        out->update.time = number;
        if (number % 3 == 0)
            memset(out->update.reason, 'r', sizeof out->update.reason - 1);
        if (number % 3 == 0)
            out->update.reason[sizeof out->update.reason - 1] = '\0';
        if (number % 5 == 0)
            snprintf(out->update.exchange_id, sizeof out->update.exchange_id, "id-%d", number);
    } else if (out->type == R3_TRADE) {
        snprintf(out->trade.id, sizeof out->trade.id, "main-%d-ENTRY-1-t1", number);
        out->trade.fee = R3_DECIMAL(-number, 18);
        out->trade.liquidity = R3_MAKER;
    } else {
        snprintf(out->notice.text, sizeof out->notice.text, "number %d", number);
    }
}

int main(void) {
    struct r3_kept kept = { 0 };
    struct r3_record record;

    size_t at = 0;
    CHECK(!r3_kept_next(&kept, &at));
    for (int round = 0; round < 3; round++) {
        int number = 0;
        for (int i = 0; i < ROUNDS; i++) {
            make(&record, i);
            r3_kept_add(&kept, &record);
        }
        at = 0;
        for (const struct r3_record *next; (next = r3_kept_next(&kept, &at)); number++) {
            make(&record, number);
            CHECK(!first_difference(next, &record));
        }
        CHECK_INT(number, ROUNDS);
        r3_kept_forget(&kept);
        at = 0;
        CHECK(!r3_kept_next(&kept, &at));
    }
    r3_kept_release(&kept);
    return check_done();
}
