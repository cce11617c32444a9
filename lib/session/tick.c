#include "lib/session/tick.h"

#include "lib/base/time.h"
#include "lib/record/record.h"

struct ticks {
    const char *owner;
    int64_t span, now;
    struct r3_tick *ticks;
    size_t count;
};

static int take_tick(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct ticks *ticks = context;
    const char *session = r3_store_row_text(row, 0);
    ticks->ticks = r3_reallocate(ticks->ticks, (ticks->count + 1) * sizeof *ticks->ticks);
    struct r3_tick *tick = &ticks->ticks[ticks->count++];
    *tick = (struct r3_tick) { .every = row->columns[1].integer,
                               .time = row->columns[2].integer,
                               .missed = row->columns[3].integer };
    return r3_copy_text(tick->session, sizeof tick->session, session, strlen(session)) < 0
               ? r3_fail(error, R3_DATA, "task of session %s: too long a name", session)
               : 0;
}

static int lease(struct r3_store *store, void *context, struct r3_error *error) {
    struct ticks *ticks = context;
    int64_t now;
    ticks->count = 0;
    if (r3_store_now(store, &now, error) < 0)
        return -1;
    const struct r3_store_value values[] = { r3_store_integer(now), r3_store_integer(ticks->now),
                                             r3_store_text(ticks->owner), r3_store_integer(now + ticks->span) };
    return r3_store_run(store, R3_QUERY_LEASE_TICKS, values, 4, take_tick, ticks, NULL, error);
}

static int by_session(const void *a, const void *b) {
    const struct r3_tick *first = a, *second = b;
    return strcmp(first->session, second->session);
}

int r3_ticks_lease(struct r3_store *store, const char *owner, int64_t span, int64_t now, struct r3_buffer *lines,
                   struct r3_error *error) {
    struct ticks ticks = { .owner = owner, .span = span, .now = now };
    struct r3_record record;
    int result = r3_store_write(store, lease, &ticks, error);
    if (result == 0 && ticks.count)
        qsort(ticks.ticks, ticks.count, sizeof *ticks.ticks, by_session);
    r3_record_init(&record, R3_TICK);
    for (size_t i = 0; i < ticks.count && result == 0; i++) {
        record.tick = ticks.ticks[i];
        result = r3_record_encode(lines, &record, error);
    }
    free(ticks.ticks);
    return result;
}

struct next {
    int64_t now, next;
};

static int take_next(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct next *next = context;
    (void)error;
    next->next = r3_store_row_time(row, 0);
    return 0;
}

static int look(struct r3_store *store, void *context, struct r3_error *error) {
    struct next *next = context;
    int64_t now;
    if (r3_store_now(store, &now, error) < 0)
        return -1;
    const struct r3_store_value values[] = { r3_store_integer(now), r3_store_integer(next->now) };
    return r3_store_run(store, R3_QUERY_NEXT_TICK, values, 2, take_next, next, NULL, error);
}

int r3_ticks_next(struct r3_store *store, int64_t now, int64_t *next, struct r3_error *error) {
    struct next found = { .now = now, .next = R3_TIME_ABSENT };
    int result = r3_store_read(store, look, &found, error);
    *next = found.next != R3_TIME_ABSENT && found.next < now ? now : found.next;
    return result;
}
