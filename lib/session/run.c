/* r3-session run: the lease of a session, and the text of its run.
 *
 * The run of a live session decides and writes down; r3-live, behind it, sends what is written, and what the exchange tells of it is for the
 * next run. So that nothing waits for the next tick, one that is executed goes on in rounds until nothing more is told. */
#include "lib/base/clock.h"
#include "lib/session/command.h"
#include "lib/session/execute.h"
#include "lib/session/journal.h"
#include "lib/session/late.h"
#include "lib/session/lease.h"
#include "lib/session/pipeline.h"
#include "lib/session/rules.h"
#include "lib/stage/pipeline_text.h"

static const struct r3_option options[] = {
    { .name = "execute", .letter = 'x', .kind = R3_OPTION_FLAG, .help = "run it, in place of printing it" },
    R3_LEASE_OPTION,
    { .name = NULL },
};

enum { ROUNDS_MAX = 10 };

struct run {
    const char *name; /* as typed, later its id */
    struct r3_session session;
    char id[R3_SESSION_SIZE];
    char owner[R3_LEASE_OWNER_SIZE];
    int64_t span, epoch;
    int64_t gap;  /* from where on candles are missing that may come late; R3_TIME_ABSENT: none */
    bool execute; /* run it: in few processes */
    bool live;
    struct r3_session_memory memory;
    bool without;        /* it is run without its rules, */
    struct r3_error why; /* for this reason */
    int64_t now;         /* market time */
    bool unknown;        /* live: what became of an order; */
    bool urgent;         /* what was decided before is to be sent ahead of the decisions; */
    bool closes;         /* it is to carry out a stop that closes what is held; */
    bool holds;          /* a position, as far as it knows; */
    bool events, over;   /* something was told that no run has taken in; it is STOPPED */
    bool no_candles;     /* live: their source has failed in this run, or they are not wanted, */
    bool waits;          /* or they wait for what is to be told of an order */
    bool succeeded;
};

static int look_ahead(struct r3_store *store, void *context, struct r3_error *error) {
    struct run *run = context;
    const struct r3_store_value key = r3_store_text(run->id);
    enum r3_command_position stop;
    run->holds = false;
    if (r3_journal_has_unknown(&run->unknown, store, run->id, error) < 0 ||
        r3_journal_is_urgent(&run->urgent, store, run->id, error) < 0 ||
        r3_session_waiting_stop(&stop, store, run->id, error) < 0 ||
        r3_store_run(store, R3_QUERY_OPEN_POSITION, &key, 1, r3_store_take_any, &run->holds, NULL, error) < 0)
        return -1;
    run->closes = stop == R3_CLOSE_POSITION;
    return 0;
}

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
    memcpy(run->id, session->id, sizeof run->id);
    if (!run->epoch)
        return r3_fail(error, R3_RETRY, "session %s is being run already", session->id);
    run->live = r3_session_is_live(session);
    if (r3_late_from(&run->gap, store, session->id, error) < 0 ||
        r3_session_memory_read(&run->memory, store, session, error) < 0)
        return -1;
    return run->live ? look_ahead(store, run, error) : 0;
}

static int look_behind(struct r3_store *store, void *context, struct r3_error *error) {
    struct run *run = context;
    const struct r3_session *session = &run->session;
    if (r3_session_find(&run->session, store, run->id, error) < 0)
        return -1;
    run->over = session->state == R3_STOPPED;
    return r3_journal_has_events(&run->events, store, session->id, error);
}

/* A run goes on where the last one ended. It begins with the candle of the session's timeframe that was being put together then;
 * feed drops what of it was seen. Where candles of a file are missing ahead of that, it looks whether they have come. */
static int first_open(int64_t *from, const struct run *run, struct r3_error *error) {
    const struct r3_session *session = &run->session;
    if (session->seen == R3_TIME_ABSENT && !run->without)
        return r3_session_warm_up_from(from, session, error);
    if (session->seen == R3_TIME_ABSENT) {
        *from = session->acts_from;
        return 0;
    }
    bool gap = *session->source && run->gap != R3_TIME_ABSENT && run->gap < session->seen;
    *from = r3_timeframe_open(session->timeframe, gap ? run->gap : session->seen);
    return 0;
}

static int write_stages(struct r3_buffer *text, const struct run *run, struct r3_error *error) {
    struct r3_buffer stages = R3_BUFFER_INIT;
    struct r3_pipeline_text fused = { .programs = r3_allocate(sizeof fused.programs[0]), .count = 1 };
    char from[R3_TIME_TEXT_SIZE] = "never";
    if (!run->unknown)
        r3_time_format(from, run->now - run->session.refresh);
    enum r3_session_stages which = run->without || run->no_candles ? R3_STAGES_WITHOUT_RULES : R3_STAGES_OF_RUN;
    int result = r3_session_write_stages(&stages, &run->session, which, run->live ? from : NULL, error);
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

static void write_holder(struct r3_buffer *text, const struct run *run) {
    r3_buffer_printf(text, "--owner %s --epoch %lld --lease %llds", run->owner, (long long)run->epoch,
                     (long long)((run->span + R3_SECOND - 1) / R3_SECOND));
}

static int write_source(struct r3_buffer *text, const struct run *run, struct r3_error *error) {
    const struct r3_session *session = &run->session;
    int64_t from;
    if (first_open(&from, run, error) < 0 ||
        r3_session_write_source(text, session, from, R3_TIME_ABSENT, run->now, error) < 0)
        return -1;
    if (*session->source) /* that the last candle is not complete yet is a session's usual state */
        r3_buffer_append_text(text, " --quiet");
    r3_buffer_append_text(text, " | ");
    return 0;
}

static void write_end(struct r3_buffer *text, const struct run *run, const char *word) {
    r3_buffer_printf(text, "r3-session %s %s %s", word, run->session.id, run->no_candles ? "--no-candles " : "");
    write_holder(text, run);
}

static int write_text(struct r3_buffer *text, const struct run *run, struct r3_error *error) {
    if (!run->no_candles && write_source(text, run, error) < 0)
        return -1;
    write_end(text, run, "feed");
    r3_buffer_append_text(text, " | ");
    if (write_stages(text, run, error) < 0)
        return -1;
    r3_buffer_append_text(text, " | ");
    write_end(text, run, run->without ? "keep --no-rules" : "keep");
    return 0;
}

/* Without --max-order: r3-size has cut the order by the last candle's price, and one that is refused since it has risen helps nobody. */
static void write_live(struct r3_buffer *text, const struct run *run) {
    r3_buffer_printf(text, "r3-order --live --session %s ", run->session.id);
    write_holder(text, run);
}

static void make_lease(struct r3_session_lease *lease, const struct run *run) {
    *lease = (struct r3_session_lease) { .session = run->session.id, .epoch = run->epoch };
    memcpy(lease->owner, run->owner, sizeof lease->owner);
}

static int forget_memory(struct r3_store *store, void *context, struct r3_error *error) {
    struct r3_session_lease lease;
    make_lease(&lease, context);
    return r3_session_memory_forget(store, &lease, error);
}

/* The rules see the candles of the runs before once more. */
static int warm_up(const struct r3_session_call *call, struct run *run, struct r3_buffer *said,
                   struct r3_error *error) {
    struct r3_buffer text = R3_BUFFER_INIT;
    bool unused;
    int past = r3_session_write_past(&text, &run->session, error);
    int result = past < 0 ? -1 : 0;
    if (past == 0) /* they begin with what is new */
        result = r3_store_write(call->store, forget_memory, run, error);
    if (past > 0) {
        r3_buffer_append_text(&text, " | ");
        result = r3_session_write_stages(&text, &run->session, R3_STAGES_RULES_ALONE, NULL, error);
        r3_buffer_printf(&text, " | r3-session warm %s ", run->session.id);
        write_holder(&text, run);
    }
    if (past > 0 && result == 0)
        result = r3_session_execute(call, text.data, &unused, said, error);
    r3_buffer_release(&text);
    return result;
}

/* What r3-strategy goes on from. Where there are no such rules any more, or what they are to see again cannot be had, a session that has
 * something to protect or to close is run without them; they are warmed up when they are there again. */
static int see_to_rules(const struct r3_session_call *call, struct run *run, struct r3_buffer *said,
                        struct r3_error *error) {
    if (run->without || run->no_candles) /* without candles nothing of what they know changes */
        return 0;
    int result = r3_session_memory_check(&run->memory, &run->session, error);
    if (result == 0 && run->memory.warms_up)
        result = warm_up(call, run, said, error);
    if (result == 0 || !run->memory.needs_run)
        return result;
    run->without = true;
    r3_fail(&run->why, R3_CONFIG, "session %s is run without its rules, and enters nothing: %s", run->session.id,
            said->length ? said->data : error->text);
    run->why.status = error->status;
    r3_buffer_reset(said);
    return r3_store_write(call->store, forget_memory, run, error);
}

static int give_back(struct r3_store *store, void *context, struct r3_error *error) {
    const struct run *run = context;
    struct r3_session_lease lease;
    make_lease(&lease, run);
    const struct r3_store_value key = r3_store_text(run->session.id);
    if (run->succeeded && run->live &&
        (r3_session_lease_succeeded(store, &lease, error) < 0 ||
         r3_store_run(store, R3_QUERY_TICK_OVER, &key, 1, NULL, NULL, NULL, error) < 0))
        return -1;
    return r3_session_lease_end(store, &lease, error);
}

/* said: by the program that failed; empty: it was this one. */
static void note_failure(const struct r3_session_call *call, const struct run *run, int64_t now,
                         const struct r3_buffer *said, const struct r3_error *error) {
    const struct r3_session_lease lease = { .session = run->session.id, .epoch = run->epoch };
    struct r3_buffer text = R3_BUFFER_INIT;
    r3_buffer_printf(&text, "%s%s", said->length ? "" : "r3-session: ", said->length ? said->data : error->text);
    r3_session_lease_failed(call->store, &lease, now, error->status, text.data);
    r3_buffer_release(&text);
}

static int print_text(const struct r3_session_call *call, struct run *run, struct r3_buffer *said,
                      struct r3_error *error) {
    struct r3_buffer text = R3_BUFFER_INIT;
    int result = see_to_rules(call, run, said, error);
    if (result == 0 && run->without)
        call->say(run->why.text);
    if (result == 0)
        result = write_text(&text, run, error);
    if (result == 0 && run->live) {
        r3_buffer_append_text(&text, " | ");
        write_live(&text, run);
        r3_buffer_append_text(&text, " --last");
    }
    r3_buffer_append_text(&text, "\n");
    if (result == 0)
        result = r3_writer_put(call->out, text.data, text.length, error);
    r3_buffer_release(&text);
    return result;
}

static int decide(const struct r3_session_call *call, struct run *run, bool *kept, struct r3_buffer *said,
                  struct r3_error *error) {
    struct r3_buffer text = R3_BUFFER_INIT;
    int result = see_to_rules(call, run, said, error);
    if (result == 0)
        result = write_text(&text, run, error);
    if (result == 0)
        result = r3_session_execute(call, text.data, kept, said, error);
    r3_buffer_release(&text);
    return result;
}

static int send(const struct r3_session_call *call, const struct run *run, const char *wait, struct r3_buffer *said,
                struct r3_error *error) {
    struct r3_buffer text = R3_BUFFER_INIT;
    bool unused;
    write_live(&text, run);
    r3_buffer_append_text(&text, wait);
    int result = r3_session_execute(call, text.data, &unused, said, error);
    r3_buffer_release(&text);
    return result;
}

/* What failed first, and what the program that failed has said. */
struct failure {
    bool failed;
    struct r3_error error;
    struct r3_buffer said;
};

static void note(const struct r3_session_call *call, struct failure *first, const struct r3_error *error,
                 struct r3_buffer *said) {
    if (first->failed && *error->text)
        call->say(error->text);
    if (!first->failed) {
        first->failed = true;
        first->error = *error;
        r3_buffer_append(&first->said, said->data, said->length);
    }
    r3_buffer_reset(said);
}

/* Commands, what the exchange has told, and protection by the last price that is known wait for no candles: where a run fails it is made
 * once more without them, and the rounds behind it are; one that wanted none is made once more with them. Before a first run there is
 * nothing that could be held. */
static bool may_do_without(const struct run *run) {
    return !run->no_candles && run->session.seen != R3_TIME_ABSENT;
}

static bool decide_somehow(const struct r3_session_call *call, struct run *run, struct failure *first) {
    struct r3_error error = { 0 };
    struct r3_buffer said = R3_BUFFER_INIT;
    bool kept, decided = decide(call, run, &kept, &said, &error) == 0;
    if (!decided)
        note(call, first, &error, &said);
    /* A stop that closes wants none; where it cannot be carried out so, as without a state to go on from, they may help. */
    if (!decided && (may_do_without(run) || (run->no_candles && run->closes && !run->waits))) {
        run->no_candles = !run->no_candles;
        error = (struct r3_error) { 0 };
        decided = decide(call, run, &kept, &said, &error) == 0;
        if (!decided)
            note(call, first, &error, &said);
    }
    r3_buffer_release(&said);
    return decided;
}

struct mark {
    const struct run *run;
    int64_t told;
};

static int read_told(struct r3_store *store, void *context, struct r3_error *error) {
    struct mark *mark = context;
    return r3_store_mark(&mark->told, store, R3_STORE_TOLD, mark->run->id, error);
}

/* Whether r3-live, which has failed in this run, has learnt all the same what became of the orders at the exchange. Where it did not, it may be
 * that one is filled: it could not ask, with this key not at all, or it was ended. */
static bool was_told(const struct r3_session_call *call, const struct run *run) {
    struct mark mark = { run, 0 };
    struct r3_error unused;
    return r3_store_read(call->store, read_told, &mark, &unused) == 0 && mark.told == run->epoch;
}

/* r3-live works whatever became of the decisions: what was decided before is on its way, and must not be left alone. *more: something was
 * told that is to be taken in, or that candles have waited for. */
static void do_round(const struct r3_session_call *call, struct run *run, struct failure *first, bool *more) {
    struct r3_error error = { 0 };
    struct r3_buffer said = R3_BUFFER_INIT;
    bool decided = decide_somehow(call, run, first);
    *more = false;
    bool sent = send(call, run, "", &said, &error) == 0, told = sent || was_told(call, run);
    if (!sent)
        note(call, first, &error, &said);
    if (decided && r3_store_read(call->store, look_behind, run, &error) < 0)
        note(call, first, &error, &said);
    else if (decided)
        *more = (run->events || (run->waits && told)) && !run->over;
    if (run->waits && told)
        run->waits = run->no_candles = false;
    r3_buffer_release(&said);
}

static int begin_again(const struct r3_session_call *call, struct run *run, int round, struct r3_error *error) {
    if (round == ROUNDS_MAX)
        return r3_fail(error, R3_RETRY, "session %s: more was told of its orders in each of %d rounds", run->id,
                       ROUNDS_MAX);
    return r3_clock_now(&run->now, error) < 0 ? -1 : r3_store_write(call->store, take, run, error);
}

/* What was filled since the last run comes ahead of the candles since then, which its stop is watched on; and an exit that was not sent, and
 * an order of which nothing is known, do not wait until candles have come. What cannot be told at once is told behind the decisions, and so
 * is why. False: an order was left of which more may be told. */
static bool send_ahead(const struct r3_session_call *call, struct run *run) {
    struct r3_error error = { 0 };
    struct r3_buffer said = R3_BUFFER_INIT;
    bool told = send(call, run, " --wait 3s", &said, &error) == 0 || was_told(call, run);
    r3_buffer_release(&said);
    return told;
}

static int do_live(const struct r3_session_call *call, struct run *run, struct r3_buffer *said,
                   struct r3_error *error) {
    struct failure first = { .said = R3_BUFFER_INIT };
    bool more = true, told = true;
    run->name = run->id; /* a label is not that of a session that is over */
    if (run->urgent) {
        told = send_ahead(call, run);
        if (begin_again(call, run, 0, error) < 0)
            return -1;
    }
    /* Selling at once what is held waits for no exchange that does not give its candles: nothing that they tell would change it. And where
     * candles protect nothing else they wait for what an order may have filled: its stop is looked for in each of them once. */
    run->waits = !told && !run->closes && !run->holds && may_do_without(run);
    run->no_candles = run->waits || (run->closes && may_do_without(run));
    for (int round = 1; more; round++) {
        do_round(call, run, &first, &more);
        if (more && begin_again(call, run, round, error) < 0) {
            note(call, &first, error, said);
            break;
        }
    }
    if (first.failed) {
        *error = first.error;
        r3_buffer_append(said, first.said.data, first.said.length);
    }
    r3_buffer_release(&first.said);
    return first.failed ? -1 : 0;
}

static int run_word(const struct r3_session_call *call, struct r3_error *error) {
    struct run run = { .name = r3_arguments_operand(call->arguments, 0),
                       .execute = r3_arguments_given(call->arguments, "execute") };
    bool kept = false;
    struct r3_buffer said = R3_BUFFER_INIT;
    struct r3_error unused;
    int result = r3_clock_now(&run.now, error); /* what R3_NOW has to say is said here, once */
    if (run.execute)
        r3_store_one_of_many(call->store);
    if (result == 0)
        result = r3_lease_span(&run.span, call->arguments, error);
    if (result == 0)
        result = r3_lease_owner(run.owner, error);
    if (result == 0)
        result = r3_store_write(call->store, take, &run, error);
    if (result == 0) {
        result = !run.execute ? print_text(call, &run, &said, error)
                 : run.live   ? do_live(call, &run, &said, error)
                              : decide(call, &run, &kept, &said, error);
        run.succeeded = result == 0 && !run.without;
        if ((result < 0 && !kept) || (run.execute && run.live))
            r3_store_write(call->store, give_back, &run, &unused);
        if (result == 0 && run.execute && run.without) { /* it did what it could */
            *error = run.why;
            result = -1;
        }
        if (result < 0)
            note_failure(call, &run, run.now, &said, error);
    }
    r3_session_memory_release(&run.memory);
    r3_session_release(&run.session);
    r3_buffer_release(&said);
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
