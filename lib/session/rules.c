#include "lib/session/rules.h"

#include <string.h>

#include "lib/session/journal.h"
#include "lib/session/pipeline.h"
#include "lib/stage/stage.h"
#include "lib/stage/strategy_library.h"

static int take_line(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct r3_buffer *lines = context;
    (void)error;
    r3_buffer_append_text(lines, r3_store_row_text(row, 0));
    r3_buffer_append_text(lines, "\n");
    return 0;
}

static int look_what_is_held(bool *out, struct r3_store *store, const struct r3_session *session,
                             struct r3_error *error) {
    const struct r3_store_value id = r3_store_text(session->id);
    bool open = false, told = false;
    *out = session->state == R3_STOPPING;
    if (r3_store_run(store, R3_QUERY_OPEN_POSITION, &id, 1, r3_store_take_any, out, NULL, error) < 0 ||
        r3_store_run(store, R3_QUERY_OPEN_ORDER, &id, 1, r3_store_take_any, out, NULL, error) < 0)
        return -1;
    if (r3_session_is_live(session) && (r3_journal_has_open(&open, store, session->id, error) < 0 ||
                                        r3_journal_has_events(&told, store, session->id, error) < 0))
        return -1;
    *out |= open || told;
    return 0;
}

int r3_session_memory_read(struct r3_session_memory *memory, struct r3_store *store, const struct r3_session *session,
                           struct r3_error *error) {
    const struct r3_store_value key[] = { r3_store_text(session->id), r3_store_text(r3_strategy_stage.name) };
    r3_session_memory_release(memory);
    return r3_store_run(store, R3_QUERY_STATE_OF, key, 2, take_line, &memory->lines, NULL, error) < 0
               ? -1
               : look_what_is_held(&memory->needs_run, store, session, error);
}

int r3_session_memory_check(struct r3_session_memory *memory, const struct r3_session *session,
                            struct r3_error *error) {
    struct r3_rules *rules = NULL;
    int result = r3_session_rules(&rules, session, error);
    if (result == 0)
        result = r3_session_check_rules(session, rules, error);
    memory->warms_up = result == 0 && rules && session->seen != R3_TIME_ABSENT &&
                       (memory->lines.length == 0 || !r3_strategy_state_fits(rules, session->id, memory->lines.data));
    r3_rules_free(rules);
    return result;
}

void r3_session_memory_release(struct r3_session_memory *memory) {
    r3_buffer_release(&memory->lines);
    *memory = (struct r3_session_memory) { .lines = R3_BUFFER_INIT };
}

int r3_session_memory_forget(struct r3_store *store, const struct r3_session_lease *lease, struct r3_error *error) {
    const struct r3_store_value key[] = { r3_store_text(lease->session), r3_store_text(r3_strategy_stage.name) };
    return r3_store_lease_holds(store, lease->session, lease->owner, lease->epoch, error) < 0
               ? -1
               : r3_store_run(store, R3_QUERY_FORGET_STATE, key, 2, NULL, NULL, NULL, error);
}
