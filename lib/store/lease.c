/* Sessions that one at a time works on. */
#include "lib/store/driver.h"

struct lease {
    const char *owner; /* who asks */
    int64_t epoch, until;
    bool own, found;
};

static int take_lease_row(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct lease *lease = context;
    (void)error;
    lease->found = true;
    lease->own = strcmp(r3_store_row_text(row, 0), lease->owner) == 0;
    lease->epoch = row->columns[1].integer;
    lease->until = row->columns[2].integer; /* 0 where nobody has it */
    return 0;
}

int r3_store_lease(struct r3_store *store, const char *session, const char *owner, int64_t span, int64_t *epoch,
                   struct r3_error *error) {
    const struct r3_store_value key = r3_store_text(session);
    struct lease lease = { .owner = owner };
    int64_t now = 0;
    *epoch = 0;
    if (r3_store_now(store, &now, error) < 0 ||
        r3_store_run(store, R3_QUERY_LEASE, &key, 1, take_lease_row, &lease, NULL, error) < 0)
        return -1;
    if (!lease.found)
        return r3_fail(error, R3_DATA, "%s: no session %s", r3_store_name(store), session);
    /* One that lasts longer than any was taken before the clock was set back. */
    bool running = lease.until > now && lease.until - R3_STORE_LONGEST_LEASE <= now;
    if (running && !lease.own)
        return 0;
    int64_t next = running ? lease.epoch : lease.epoch + 1;
    const struct r3_store_value values[] = { key, r3_store_text(owner), r3_store_integer(next),
                                             r3_store_integer(now + span) };
    if (r3_store_run(store, R3_QUERY_TAKE_LEASE, values, 4, NULL, NULL, NULL, error) < 0)
        return -1;
    *epoch = next;
    return 0;
}

static int fail_overtaken(const struct r3_store *store, const char *session, struct r3_error *error) {
    return r3_fail(error, R3_RETRY, "%s: session %s was taken over by another run", r3_store_name(store), session);
}

int r3_store_lease_holds(struct r3_store *store, const char *session, const char *owner, int64_t epoch,
                         struct r3_error *error) {
    const struct r3_store_value values[] = { r3_store_text(session), r3_store_text(owner), r3_store_integer(epoch) };
    int64_t holds = 0;
    if ((store->mode == R3_STORE_WRITE
             ? r3_store_run(store, R3_QUERY_LOCK_LEASE, values, 3, NULL, NULL, &holds, error)
             : r3_store_run(store, R3_QUERY_LEASE_HOLDS, values, 3, r3_store_take_integer, &holds, NULL, error)) < 0)
        return -1;
    return holds ? 0 : fail_overtaken(store, session, error);
}

int r3_store_lease_change(struct r3_store *store, enum r3_query query, const char *session, const char *owner,
                          int64_t epoch, const struct r3_store_value *more, size_t count, struct r3_error *error) {
    struct r3_store_value values[3 + R3_STORE_LEASE_MORE] = { r3_store_text(session), r3_store_text(owner),
                                                              r3_store_integer(epoch) };
    int64_t changed = 0;
    for (size_t i = 0; i < count; i++)
        values[3 + i] = more[i];
    if (r3_store_run(store, query, values, 3 + count, NULL, NULL, &changed, error) < 0)
        return -1;
    return changed ? 0 : fail_overtaken(store, session, error);
}

int r3_store_prolong_lease(struct r3_store *store, const char *session, const char *owner, int64_t epoch, int64_t span,
                           struct r3_error *error) {
    int64_t now;
    if (r3_store_now(store, &now, error) < 0)
        return -1;
    const struct r3_store_value until = r3_store_integer(now + span), tick[] = { r3_store_text(session), until };
    return r3_store_lease_change(store, R3_QUERY_PROLONG_LEASE, session, owner, epoch, &until, 1, error) < 0
               ? -1
               : r3_store_run(store, R3_QUERY_HOLD_TICK, tick, 2, NULL, NULL, NULL, error);
}

int r3_store_end_lease(struct r3_store *store, const char *session, const char *owner, int64_t epoch,
                       struct r3_error *error) {
    return r3_store_lease_change(store, R3_QUERY_END_LEASE, session, owner, epoch, NULL, 0, error);
}
