/* r3-session keep: the tail of a run. It reads the whole stream; then one transaction holds what the run did, and what it caused goes to
 * standard output until it has arrived there. A run that is cut off anywhere ahead of that has left nothing. */
#include <limits.h>

#include "lib/base/clock.h"
#include "lib/session/keep.h"

static const struct r3_option options[] = {
    R3_HOLDER_OPTIONS, R3_NO_CANDLES_OPTION, R3_NO_RULES_OPTION, { .name = NULL }
};
static const struct r3_option warm_options[] = { R3_HOLDER_OPTIONS, { .name = NULL } };
static const char PROGRAM[] = "r3-keep";

/* ---- records that were not acknowledged yet ---- */

static int take_waiting(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct r3_keep *keep = context;
    (void)error;
    keep->sent = row->columns[0].integer;
    r3_buffer_printf(&keep->out, "%s\n", r3_store_row_text(row, 1));
    return 0;
}

static int look(struct r3_store *store, void *context, struct r3_error *error) {
    struct r3_keep *keep = context;
    const struct r3_session_lease *lease = &keep->stream.lease;
    r3_buffer_reset(&keep->out);
    keep->sent = 0;
    return r3_store_lease_holds(store, lease->session, lease->owner, lease->epoch, error) < 0 ||
                   r3_store_waiting(store, PROGRAM, lease->session, take_waiting, keep, error) < 0
               ? -1
               : 0;
}

static int acknowledge(struct r3_store *store, void *context, struct r3_error *error) {
    struct r3_keep *keep = context;
    return r3_store_acknowledge(store, PROGRAM, keep->stream.lease.session, keep->sent, error);
}

static int acknowledge_and_finish(struct r3_store *store, void *context, struct r3_error *error) {
    return acknowledge(store, context, error) < 0 ? -1 : r3_keep_finish(store, context, error);
}

/* Whole lines, as many at once as a pipe takes undivided: several runs may write to the same one. A line that another run could not
 * finish, since the disk was full, takes none of these along. */
static int write_out(struct r3_keep *keep, struct r3_error *error) {
    struct r3_writer *out = keep->stream.out;
    const char *at = keep->out.data, *end = at ? at + keep->out.length : NULL;
    if (r3_writer_begin_line(out, error) < 0)
        return -1;
    for (size_t length; at < end; at += length) {
        length = strcspn(at, "\n") + 1;
        if ((out->length + length > PIPE_BUF && r3_writer_flush(out, error) < 0) ||
            r3_writer_put(out, at, length, error) < 0)
            return -1;
    }
    return r3_writer_flush(out, error);
}

static int write_waiting(struct r3_keep *keep, struct r3_store *store, struct r3_error *error) {
    if (r3_store_read(store, look, keep, error) < 0)
        return -1;
    if (!keep->sent)
        return 0;
    return write_out(keep, error) < 0 ? -1 : r3_store_write(store, acknowledge, keep, error);
}

/* ---- the run ---- */

static int read_stream(struct r3_keep *keep, struct r3_error *error) {
    int got;
    keep->stream.silence *= 2; /* feed tells first that the source says nothing */
    while ((got = r3_session_stream_next(&keep->stream, error)) > 0)
        if (r3_keep_take(keep, error) < 0)
            return r3_error_at(error, "%s:%llu: ", keep->stream.in.name, (unsigned long long)keep->stream.in.line);
    return got < 0 ? -1 : r3_keep_whole(keep, error);
}

/* That of a live session is for r3-live, whose work goes on whatever became of the run. */
static int give_back(struct r3_store *store, void *context, struct r3_error *error) {
    struct r3_keep *keep = context;
    if (r3_session_find(&keep->session, store, keep->stream.lease.session, error) < 0)
        return -1;
    return r3_session_is_live(&keep->session) ? 0 : r3_session_lease_end(store, &keep->stream.lease, error);
}

static int work(struct r3_keep *keep, struct r3_store *store, struct r3_error *error) {
    if (write_waiting(keep, store, error) < 0 || read_stream(keep, error) < 0 ||
        r3_store_write(store, r3_keep_commit, keep, error) < 0)
        return -1;
    if (!keep->sent)
        return 0;
    return write_out(keep, error) < 0 ? -1 : r3_store_write(store, acknowledge_and_finish, keep, error);
}

static void note_failure(const struct r3_keep *keep, struct r3_store *store, const struct r3_error *error) {
    struct r3_buffer text = R3_BUFFER_INIT;
    r3_buffer_printf(&text, "r3-session: %s", error->text);
    r3_session_lease_failed(store, &keep->stream.lease, keep->now, error->status, text.data);
    r3_buffer_release(&text);
}

static int keep_run(struct r3_keep *keep, struct r3_store *store, struct r3_error *error) {
    struct r3_error unused;
    if (r3_clock_now(&keep->now, error) == 0 && work(keep, store, error) == 0)
        return 0;
    r3_store_write(store, give_back, keep, &unused); /* the next run need not wait until the lease has run out */
    if (!keep->inner)
        note_failure(keep, store, error);
    return -1;
}

static int run(const struct r3_session_call *call, struct r3_error *error) {
    struct r3_keep keep = { .seen = R3_TIME_ABSENT,
                            .inner = call->inner,
                            .no_candles = r3_arguments_given(call->arguments, "no-candles"),
                            .no_rules = r3_arguments_given(call->arguments, "no-rules"),
                            .decoder = r3_decoder_new() };
    int result = r3_session_stream_open(&keep.stream, call, error);
    if (result == 0)
        result = keep_run(&keep, call->store, error);
    r3_keep_release(&keep);
    return result;
}

/* The tail of a warm-up. The lease is that of the run which follows. */
static int warm(struct r3_keep *keep, const struct r3_session_call *call, struct r3_error *error) {
    char from[R3_TIME_TEXT_SIZE] = "", text[sizeof error->text];
    if (read_stream(keep, error) < 0 || r3_store_write(call->store, r3_keep_memory, keep, error) < 0)
        return -1;
    if (keep->candles)
        r3_time_format(from, keep->first);
    snprintf(text, sizeof text, "session %s: its rules were warmed up again, over %lld candle%s%s%s",
             keep->stream.lease.session, (long long)keep->candles, keep->candles == 1 ? "" : "s",
             keep->candles ? " from " : "", from);
    call->say(text);
    return 0;
}

static int run_warm(const struct r3_session_call *call, struct r3_error *error) {
    struct r3_keep keep = { .seen = R3_TIME_ABSENT, .decoder = r3_decoder_new() };
    int result = r3_session_stream_open(&keep.stream, call, error);
    if (result == 0)
        result = warm(&keep, call, error);
    r3_keep_release(&keep);
    return result;
}

const struct r3_session_word r3_session_warm_word = {
    .name = "warm",
    .synonyms = "",
    .operands = "ID",
    .summary = "tail of a warm-up: store what r3-strategy goes on from",
    .options = warm_options,
    .least = 1,
    .most = 1,
    .run = run_warm,
};

const struct r3_session_word r3_session_keep_word = {
    .name = "keep",
    .synonyms = "",
    .operands = "ID",
    .summary = "tail of a run: store what it did in one transaction",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};
