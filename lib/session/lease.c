#include "lib/session/lease.h"

#include <ctype.h>
#include <sys/random.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "lib/base/clock.h"
#include "lib/base/time.h"
#include "lib/json/json.h"

static int check_span(int64_t span, const char *name, enum r3_status status, struct r3_error *error) {
    return span <= R3_STORE_LONGEST_LEASE ? 0 : r3_fail(error, status, "%s: a lease is at most 1h", name);
}

int r3_lease_span(int64_t *span, const struct r3_arguments *arguments, struct r3_error *error) {
    if (r3_arguments_given(arguments, "lease")) {
        *span = r3_arguments_get(arguments, "lease", 0)->integer;
        return check_span(*span, "--lease", R3_USAGE, error);
    }
    if (r3_duration_from_environment(span, "R3_LEASE", R3_LEASE_SPAN, INT64_MAX, error) < 0)
        return -1;
    return check_span(*span, "R3_LEASE", R3_CONFIG, error);
}

int r3_lease_owner(char owner[R3_LEASE_OWNER_SIZE], struct r3_error *error) {
    char machine[R3_LEASE_OWNER_SIZE - 20] = "";
    uint64_t chance;
    if (gethostname(machine, sizeof machine - 1) < 0 || !machine[0])
        memcpy(machine, "machine", sizeof "machine");
    for (char *at = machine; *at; at++) /* it is to stand in the text of a pipeline without quotes */
        if (!isalnum((unsigned char)*at) && *at != '-' && *at != '.')
            *at = '_';
    if (getrandom(&chance, sizeof chance, 0) != (ssize_t)sizeof chance)
        return r3_fail_errno(error, R3_SYSTEM, "random bytes");
    snprintf(owner, R3_LEASE_OWNER_SIZE, "%s-%016llx", machine, (unsigned long long)chance);
    return 0;
}

int r3_session_lease_open(struct r3_session_lease *lease, const struct r3_session_call *call, struct r3_error *error) {
    const struct r3_arguments *arguments = call->arguments;
    const char *owner = r3_arguments_text(arguments, "owner");
    *lease = (struct r3_session_lease) { .store = call->store, .session = r3_arguments_operand(arguments, 0) };
    if (!owner || !r3_arguments_given(arguments, "epoch"))
        return r3_fail(error, R3_USAGE, "wants --owner and --epoch, as r3-session run prints them");
    if (!*owner || r3_copy_text(lease->owner, sizeof lease->owner, owner, strlen(owner)) < 0)
        return r3_fail(error, R3_USAGE, "--owner: wants 1 to %d characters", R3_LEASE_OWNER_SIZE - 1);
    lease->epoch = r3_arguments_get(arguments, "epoch", 0)->integer;
    lease->prolonged = r3_clock_monotonic();
    return r3_lease_span(&lease->span, arguments, error);
}

int64_t r3_session_lease_rest(const struct r3_session_lease *lease) {
    int64_t rest = lease->prolonged + lease->span / 3 - r3_clock_monotonic();
    return rest > 0 ? rest : 0;
}

static int change(struct r3_store *store, const struct r3_session_lease *lease, enum r3_query query,
                  const struct r3_store_value *more, size_t count, struct r3_error *error) {
    return r3_store_lease_change(store, query, lease->session, lease->owner, lease->epoch, more, count, error);
}

static int prolong(struct r3_store *store, void *context, struct r3_error *error) {
    const struct r3_session_lease *lease = context;
    return r3_store_prolong_lease(store, lease->session, lease->owner, lease->epoch, lease->span, error);
}

int r3_session_lease_prolong(struct r3_session_lease *lease, struct r3_error *error) {
    if (r3_session_lease_rest(lease) > 0)
        return 0;
    lease->prolonged = r3_clock_monotonic();
    return r3_store_write(lease->store, prolong, lease, error);
}

int r3_session_lease_done(struct r3_store *store, const struct r3_session_lease *lease, int64_t seen, int64_t now,
                          struct r3_error *error) {
    const struct r3_store_value values[] = { r3_store_time(seen), r3_store_integer(now) };
    return change(store, lease, R3_QUERY_RUN_DONE, values, 2, error);
}

int r3_session_lease_succeeded(struct r3_store *store, const struct r3_session_lease *lease, struct r3_error *error) {
    return change(store, lease, R3_QUERY_RUN_SUCCEEDED, NULL, 0, error);
}

static int note_failure(struct r3_store *store, void *context, struct r3_error *error) {
    return r3_store_run(store, R3_QUERY_RUN_FAILED, context, 5, NULL, NULL, NULL, error);
}

void r3_session_lease_failed(struct r3_store *store, const struct r3_session_lease *lease, int64_t now, int status,
                             const char *text) {
    char line[sizeof((struct r3_error *)NULL)->text];
    struct r3_error unused;
    snprintf(line, sizeof line, "%s", text);
    if (!r3_json_is_utf8(line, strlen(line))) /* the name of a file may be anything, or it was cut */
        for (char *at = line; *at; at++)
            *at = *at & 0x80 ? '?' : *at;
    struct r3_store_value values[] = { r3_store_text(lease->session), r3_store_integer(lease->epoch),
                                       r3_store_integer(now), r3_store_integer(status), r3_store_text(line) };
    r3_store_write(store, note_failure, values, &unused);
}

int r3_session_lease_end(struct r3_store *store, const struct r3_session_lease *lease, struct r3_error *error) {
    return r3_store_end_lease(store, lease->session, lease->owner, lease->epoch, error);
}
