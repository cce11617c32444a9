/* The word delete: a session that is over goes, with all that it did. */
#include "lib/session/session.h"
#include "lib/session/words.h"

static int delete_rows(struct r3_store *store, const struct r3_session *session, struct r3_error *error) {
    /* those that others refer to last */
    static const enum r3_query queries[] = {
        R3_QUERY_DELETE_OUTBOX,         R3_QUERY_DELETE_SEEN_INPUTS,     R3_QUERY_DELETE_NOTICES,
        R3_QUERY_DELETE_COUNTERS,       R3_QUERY_DELETE_STATES,          R3_QUERY_DELETE_ACCOUNTS,
        R3_QUERY_DELETE_RECONCILED,     R3_QUERY_DELETE_POSITIONS,       R3_QUERY_DELETE_TRADES,
        R3_QUERY_DELETE_EXCHANGE_FILLS, R3_QUERY_DELETE_EXCHANGE_ORDERS, R3_QUERY_DELETE_ORDERS,
        R3_QUERY_DELETE_SIGNALS,        R3_QUERY_DELETE_STRATEGY,        R3_QUERY_DELETE_TASK,
        R3_QUERY_DELETE_SESSION,
    };
    const struct r3_store_value id = r3_store_text(session->id);
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++)
        if (r3_store_run(store, queries[i], &id, 1, NULL, NULL, NULL, error) < 0)
            return -1;
    return 0;
}

/* All of those that are named, or none. */
static int work(struct r3_store *store, void *context, struct r3_error *error) {
    const struct r3_arguments *arguments = context;
    struct r3_session session = R3_SESSION_INIT;
    int result = 0;
    for (size_t i = 0; result == 0 && i < r3_arguments_operands(arguments); i++) {
        result = r3_session_find(&session, store, r3_arguments_operand(arguments, i), error);
        if (result == 0 && session.state != R3_CREATED && session.state != R3_STOPPED)
            result = r3_fail(error, R3_REFUSED, "%s is %s: r3-session stop has to end it first", session.id,
                             r3_session_state_name(session.state));
        if (result == 0)
            result = delete_rows(store, &session, error);
    }
    r3_session_release(&session);
    return result;
}

static int run(const struct r3_session_call *call, struct r3_error *error) {
    return r3_store_write(call->store, work, (void *)(uintptr_t)call->arguments, error);
}

const struct r3_session_word r3_session_delete_word = { .name = "delete",
                                                        .synonyms = "",
                                                        .operands = "ID…",
                                                        .summary = "remove sessions that are over, and all they did",
                                                        .least = 1,
                                                        .most = SIZE_MAX,
                                                        .run = run };
