/* What is noted of a session between two runs of r3-live: how far it was reconciled, whether that was since the store was restored, and whether
 * its run knows what became of its orders. */
#include <stdio.h>

#include "lib/live/journal.h"
#include "lib/store/dump.h"

static const char RECONCILED[] = "r3-live"; /* the keeper of these marks */

struct restored {
    int64_t span;
    bool *out;
};

static int look_for_restored(struct r3_store *store, void *context, struct r3_error *error) {
    const struct restored *restored = context;
    return r3_store_restored(restored->out, store, restored->span, error);
}

int r3_live_restored(struct r3_store *store, int64_t span, bool *out, struct r3_error *error) {
    struct restored restored = { span, out };
    return r3_store_read(store, look_for_restored, &restored, error);
}

struct reach {
    const struct r3_live_session *session;
    int64_t time;
};

static void name_reach(char name[R3_MARKET_SIZE + R3_SESSION_SIZE + 8], const struct r3_live_session *session) {
    snprintf(name, R3_MARKET_SIZE + R3_SESSION_SIZE + 8, "kucoin/%s/%s", session->market, session->id);
}

static int read_reach(struct r3_store *store, void *context, struct r3_error *error) {
    struct reach *reach = context;
    char name[R3_MARKET_SIZE + R3_SESSION_SIZE + 8];
    bool uncompared;
    name_reach(name, reach->session);
    if (r3_store_is_uncompared(&uncompared, store, reach->session->id, error) < 0)
        return -1;
    return uncompared ? 0 : r3_store_mark(&reach->time, store, RECONCILED, name, error);
}

static int write_reach(struct r3_store *store, void *context, struct r3_error *error) {
    const struct reach *reach = context;
    char name[R3_MARKET_SIZE + R3_SESSION_SIZE + 8];
    name_reach(name, reach->session);
    return r3_store_set_mark(store, RECONCILED, name, reach->time, error) < 0
               ? -1
               : r3_store_note_compared(store, reach->session->id, error);
}

int r3_live_reconciled(struct r3_store *store, const struct r3_live_session *session, int64_t *time,
                       struct r3_error *error) {
    struct reach reach = { session, R3_TIME_ABSENT };
    int result = r3_store_read(store, read_reach, &reach, error);
    *time = reach.time;
    return result;
}

int r3_live_set_reconciled(struct r3_store *store, const struct r3_live_session *session, int64_t time,
                           struct r3_error *error) {
    struct reach reach = { session, time };
    return r3_store_write(store, write_reach, &reach, error);
}

static int write_told(struct r3_store *store, void *context, struct r3_error *error) {
    const struct reach *told = context;
    return r3_store_set_mark(store, R3_STORE_TOLD, told->session->id, told->session->epoch, error);
}

int r3_live_note_told(struct r3_store *store, const struct r3_live_session *session, struct r3_error *error) {
    struct reach told = { session, R3_TIME_ABSENT };
    return r3_store_write(store, write_told, &told, error);
}
