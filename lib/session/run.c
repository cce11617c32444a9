/* r3-session run: the lease of a session, and the text of its run. */
#include "lib/base/clock.h"
#include "lib/session/execute.h"
#include "lib/session/lease.h"
#include "lib/session/pipeline.h"
#include "lib/stage/pipeline_text.h"

static const struct r3_option options[] = {
    { .name = "execute", .letter = 'x', .kind = R3_OPTION_FLAG, .help = "run it, in place of printing it" },
    R3_LEASE_OPTION,
    { .name = NULL },
};

struct run {
    const char *name; /* as typed */
    struct r3_session session;
    char owner[R3_LEASE_OWNER_SIZE];
    int64_t span, epoch;
    bool execute; /* run it: in few processes */
};

static int take(struct r3_store *store, void *context, struct r3_error *error) {
    struct run *run = context;
    const struct r3_session *session = &run->session;
    if (r3_session_find(&run->session, store, run->name, error) < 0)
        return -1;
    if (session->state == R3_CREATED || session->state == R3_STOPPED)
        return r3_fail(error, R3_CONFIG, "session %s is %s: %s", session->id, r3_session_state_name(session->state),
                       session->state == R3_CREATED ? "r3-session start starts it" : "it runs no more");
    if (r3_store_lease(store, session->id, run->owner, run->span, &run->epoch, error) < 0)
        return -1;
    return run->epoch ? 0 : r3_fail(error, R3_RETRY, "session %s is being run already", session->id);
}

/* A run goes on where the last one ended. It begins with the candle of the session's timeframe that was being put together then;
 * feed drops what of it was seen. */
static int first_open(int64_t *from, const struct r3_session *session, struct r3_error *error) {
    if (session->seen == R3_TIME_ABSENT)
        return r3_session_warm_up_from(from, session, error);
    *from = r3_timeframe_open(session->timeframe, session->seen);
    return 0;
}

static int write_stages(struct r3_buffer *text, const struct run *run, struct r3_error *error) {
    struct r3_buffer stages = R3_BUFFER_INIT;
    struct r3_pipeline_text fused = { .programs = r3_allocate(sizeof fused.programs[0]), .count = 1 };
    int result = r3_session_write_stages(&stages, &run->session, true, error);
    if (result == 0 && run->execute) {
        r3_pipeline_program_add(fused.programs, "r3-backtest");
        r3_pipeline_program_add(fused.programs, stages.data);
        r3_pipeline_text_write(text, &fused);
    } else if (result == 0) {
        r3_buffer_append_text(text, stages.data);
    }
    r3_pipeline_text_release(&fused);
    r3_buffer_release(&stages);
    return result;
}

static int write_text(struct r3_buffer *text, const struct run *run, struct r3_error *error) {
    const struct r3_session *session = &run->session;
    int64_t from;
    if (first_open(&from, session, error) < 0 ||
        r3_session_write_source(text, session, from, R3_TIME_ABSENT, error) < 0)
        return -1;
    r3_buffer_printf(text, " | r3-session feed %s --owner %s --epoch %lld --lease %llds | ", session->id, run->owner,
                     (long long)run->epoch, (long long)((run->span + R3_SECOND - 1) / R3_SECOND));
    if (write_stages(text, run, error) < 0)
        return -1;
    r3_buffer_printf(text, " | r3-session keep %s --owner %s --epoch %lld --lease %llds\n", session->id, run->owner,
                     (long long)run->epoch, (long long)((run->span + R3_SECOND - 1) / R3_SECOND));
    return 0;
}

static int give_back(struct r3_store *store, void *context, struct r3_error *error) {
    const struct run *run = context;
    struct r3_session_lease lease = { .session = run->session.id, .epoch = run->epoch };
    memcpy(lease.owner, run->owner, sizeof lease.owner);
    return r3_session_lease_end(store, &lease, error);
}

static int run_word(const struct r3_session_call *call, struct r3_error *error) {
    struct run run = { .name = r3_arguments_operand(call->arguments, 0),
                       .execute = r3_arguments_given(call->arguments, "execute") };
    bool kept = false;
    struct r3_buffer text = R3_BUFFER_INIT;
    struct r3_error unused;
    int64_t now;
    int result = r3_clock_now(&now, error); /* what R3_NOW has to say is said here, once */
    if (run.execute)
        r3_store_one_of_many(call->store);
    if (result == 0)
        result = r3_lease_span(&run.span, call->arguments, error);
    if (result == 0)
        result = r3_lease_owner(run.owner, error);
    if (result == 0)
        result = r3_store_write(call->store, take, &run, error);
    if (result == 0) {
        result = write_text(&text, &run, error);
        if (result == 0 && run.execute)
            result = r3_session_execute(call, text.data, &kept, error);
        else if (result == 0)
            result = r3_writer_put(call->out, text.data, text.length, error);
        if (result < 0 && !kept)
            r3_store_write(call->store, give_back, &run, &unused);
    }
    r3_session_release(&run.session);
    r3_buffer_release(&text);
    return result;
}

const struct r3_session_word r3_session_run_word = { .name = "run",
                                                     .synonyms = "",
                                                     .operands = "ID",
                                                     .summary =
                                                         "take the lease of a session, and print its run or do it",
                                                     .options = options,
                                                     .least = 1,
                                                     .most = 1,
                                                     .run = run_word };
