/* lib/trade/paper_ids.c: repetitions are recognised, and memory stays bounded. */

#include "lib/trade/paper_ids.h"

#include "tests/unit/check.h"

static const char session[17] = "main";

static enum r3_paper_seen add(struct r3_paper_ids *ids, const char *id, const char *content) {
    char text[16] = { 0 }, place[64] = { 0 };
    memcpy(text, content, strlen(content));
    memcpy(place, id, strlen(id));
    return r3_paper_ids_add(ids, session, place, r3_paper_mix_text(0, text));
}

static int has(const struct r3_paper_ids *ids, const char *id) {
    char place[64] = { 0 };
    memcpy(place, id, strlen(id));
    return r3_paper_ids_has(ids, session, place);
}

/* A number can be had back from what an id is known by, as long as the block is known. */
static void numbers(void) {
    static const int some[] = { 1, 77, 4095, 4096, 8191, 8192, 16383, 16384, 16385, 70000, 99999999 };
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        struct r3_paper_ids ids = { 0 };
        char id[64];
        for (int role = 0; role < 50; role++) {
            snprintf(id, sizeof id, "main-%d-ROLE%d-1", some[i], role);
            CHECK_INT(add(&ids, id, "a"), R3_PAPER_NEW);
        }
        const struct r3_paper_id_table *table = &ids.recent[ids.block & 1];
        for (size_t k = 0; k < table->capacity; k++)
            CHECK(!table->slots[k].id || r3_paper_ids_number(&table->slots[k], ids.block) == some[i]);
        r3_paper_ids_release(&ids);
    }
}

int main(void) {
    struct r3_paper_ids ids = { 0 };
    char id[64];

    numbers();
    CHECK_INT(has(&ids, "main-1-ENTRY-1"), 0);
    CHECK_INT(add(&ids, "main-1-ENTRY-1", "a"), R3_PAPER_NEW);
    CHECK_INT(add(&ids, "main-1-ENTRY-1", "a"), R3_PAPER_SAME);
    CHECK_INT(add(&ids, "main-1-ENTRY-1", "b"), R3_PAPER_DIFFERENT);
    CHECK_INT(add(&ids, "main-1-EXIT-1", "a"), R3_PAPER_NEW);
    CHECK_INT(add(&ids, "by-hand", "a"), R3_PAPER_NEW);
    CHECK_INT(add(&ids, "other-99999999-ENTRY-1", "a"), R3_PAPER_NEW); /* another session's form: kept for good */
    CHECK_INT(add(&ids, "main-99999999999999999999-ENTRY-1", "a"), R3_PAPER_NEW); /* no number of ours */

    size_t most = 0;
    for (int number = 2; number <= 200000; number++) {
        snprintf(id, sizeof id, "main-%d-ENTRY-1", number);
        CHECK(add(&ids, id, "a") == R3_PAPER_NEW);
        CHECK(add(&ids, id, "a") == R3_PAPER_SAME);
        size_t slots = ids.recent[0].capacity + ids.recent[1].capacity + ids.other.capacity;
        most = slots > most ? slots : most;
    }
    CHECK(most <= 2 * 8192 + 128);
    CHECK_INT(add(&ids, "main-195904-ENTRY-1", "a"), R3_PAPER_SAME); /* 4,096 back */
    CHECK_INT(add(&ids, "main-195904-ENTRY-1", "b"), R3_PAPER_DIFFERENT);
    CHECK_INT(has(&ids, "main-195904-EXIT-1"), 0);

    CHECK_INT(has(&ids, "main-1-ENTRY-1"), 1); /* long ago */
    CHECK_INT(add(&ids, "main-1-ENTRY-1", "a"), R3_PAPER_OLD);
    CHECK_INT(add(&ids, "main-1-EXIT-2", "a"), R3_PAPER_OLD); /* of a position held for long */
    CHECK_INT(add(&ids, "main-1-EXIT-2", "a"), R3_PAPER_SAME);
    CHECK_INT(add(&ids, "by-hand", "a"), R3_PAPER_SAME);

    CHECK_INT(add(&ids, "main-1000000-ENTRY-1", "a"), R3_PAPER_NEW); /* a leap forgets both blocks */
    CHECK_INT(add(&ids, "main-200000-ENTRY-1", "a"), R3_PAPER_OLD);
    CHECK_INT(has(&ids, "main-999999-ENTRY-1"), 0);
    CHECK_INT(has(&ids, "main-1000001-ENTRY-1"), 0);
    r3_paper_ids_release(&ids);
    return check_done();
}
