/* r3-track: the position tracker of lib/trade/tracker.h as a stage. */

#include "lib/base/buffer.h"
#include "lib/record/state.h"
#include "lib/stage/stage.h"
#include "lib/trade/tracker_state.h"

static const struct r3_option options[] = {
    { .name = "short", .kind = R3_OPTION_FLAG, .help = "SHORT signals sell short (else they mean FLAT)" },
    { .name = "protect",
      .kind = R3_OPTION_CHOICE,
      .argument = "exchange|tracker",
      .fallback = "exchange",
      .help = "who watches stop, target and time" },
    { .name = "stop-loss",
      .kind = R3_OPTION_FRACTION,
      .argument = "FRACTION",
      .help = "stop where the signal has none, as 5% or 0.05" },
    { .name = "take-profit",
      .kind = R3_OPTION_FRACTION,
      .argument = "FRACTION",
      .help = "target where the signal has none" },
    { .name = "trailing-stop",
      .kind = R3_OPTION_FRACTION,
      .argument = "FRACTION",
      .help = "stop that follows the close" },
    { .name = "break-even",
      .kind = R3_OPTION_FRACTION,
      .argument = "FRACTION",
      .help = "gain at which the stop moves to the entry" },
    { .name = "max-duration",
      .kind = R3_OPTION_DURATION,
      .argument = "DURATION",
      .help = "leave so long after the signal" },
    { .name = "limit",
      .kind = R3_OPTION_FRACTION,
      .argument = "FRACTION",
      .help = "enter by a limit order so much better" },
    { .name = "limit-candles",
      .kind = R3_OPTION_INTEGER,
      .argument = "N",
      .fallback = "1",
      .minimum = 1,
      .help = "candles that a limit entry waits" },
    { .name = "close-at-end", .kind = R3_OPTION_FLAG, .help = "leave at the last close when the input ends" },
    { .name = "every", .kind = R3_OPTION_DURATION, .argument = "DURATION", .help = "write position records so often" },
    { .name = "cooldown",
      .kind = R3_OPTION_DURATION,
      .argument = "DURATION",
      .help = "no entry so long after a position was closed" },
    { .name = "stop-guard",
      .kind = R3_OPTION_INTEGER,
      .argument = "N",
      .minimum = 1,
      .help = "no entry after N stops that lost" },
    { .name = "drawdown-guard",
      .kind = R3_OPTION_FRACTION,
      .argument = "FRACTION",
      .help = "no entry after results fell by more" },
    { .name = "guard-window",
      .kind = R3_OPTION_DURATION,
      .argument = "DURATION",
      .fallback = "1d",
      .help = "how far the two guards look back" },
    { .name = "guard-pause",
      .kind = R3_OPTION_DURATION,
      .argument = "DURATION",
      .fallback = "4h",
      .help = "how long they keep from entering" },
    { .name = "end-at", .kind = R3_OPTION_TIME, .argument = "TIME", .help = "stop the session then" },
    { .name = "end-loss",
      .kind = R3_OPTION_FRACTION,
      .argument = "FRACTION",
      .help = "stop it when so much of its equity is lost" },
    { .name = "end-gain",
      .kind = R3_OPTION_FRACTION,
      .argument = "FRACTION",
      .help = "stop it when so much was gained" },
    { .name = "end-drawdown",
      .kind = R3_OPTION_FRACTION,
      .argument = "FRACTION",
      .help = "stop it so far below its highest equity" },
    { .name = "end-losing-trades",
      .kind = R3_OPTION_INTEGER,
      .argument = "N",
      .minimum = 1,
      .help = "stop it when N positions have lost" },
    { .name = "state", .kind = R3_OPTION_FLAG, .help = "go on from a state record, and end with one" },
    { .name = "updates", .kind = R3_OPTION_TEXT, .argument = "FILE", .help = "FIFO from r3-order (else R3_UPDATES)" },
    { .name = NULL },
};

struct track {
    struct r3_tracker *tracker;
    struct r3_port *port;
    /* --state: what was read of it; what came back at the end of the run before, or of this one (`resting`). */
    bool keeps, resting;
    struct r3_state_parts parts;
    struct r3_tracker_heard heard;
};

static int emit(void *context, const struct r3_record *record, struct r3_error *error) {
    const struct track *track = context;
    return track->port->emit(track->port, record, error);
}

/* What the run before this one has heard comes first. */
__attribute__((noinline, cold)) static int sync_after_heard(struct track *track, struct r3_error *error) {
    for (size_t i = 0; i < track->heard.count; i++)
        if (r3_tracker_update(track->tracker, &track->heard.records[i], error) < 0)
            return -1;
    if (!track->resting)
        track->heard.count = 0;
    return track->port->sync(track->port, error);
}

/* This and the like below end with a call in each branch, so that they save no registers: 65 instructions of a decision. */
static int sync(void *context, struct r3_error *error) {
    struct track *track = context;
    return track->heard.count ? sync_after_heard(track, error) : track->port->sync(track->port, error);
}

static int take_state(struct track *track, const struct r3_state *state, struct r3_error *error) {
    if (strcmp(state->program, r3_track_stage.name) != 0)
        return 0;
    int whole = r3_state_join(&track->parts, state, R3_TRACKER_STATE_VERSION, error);
    if (whole <= 0)
        return whole;
    return r3_tracker_load(track->tracker, &track->heard, track->parts.text.data, track->parts.text.length, error);
}

/* The end of a run: the state is as of now, what comes back is for the positions alone. */
static int rest(struct track *track, struct r3_error *error) {
    struct r3_buffer text = R3_BUFFER_INIT;
    int result = -1;
    if (r3_state_check_whole(&track->parts, error) < 0)
        goto out;
    r3_tracker_save(track->tracker, &text);
    track->resting = true;
    if (sync(track, error) < 0 || r3_tracker_emit_positions(track->tracker, error) < 0 ||
        r3_tracker_save_heard(&track->heard, &text, error) < 0)
        goto out;
    const char *session = r3_tracker_first_session(track->tracker);
    result = session ? r3_state_emit(session, r3_track_stage.name, R3_TRACKER_STATE_VERSION, &text, emit, track, error)
                     : 0; /* nothing has happened */
out:
    r3_buffer_release(&text);
    return result;
}

/* A fraction above 0; where `whole` is false, also below 1. Absent when not given. */
static int fraction(struct r3_decimal *out, const struct r3_arguments *arguments, const char *name, bool whole,
                    struct r3_error *error) {
    const struct r3_argument *argument = r3_arguments_get(arguments, name, 0);
    *out = argument ? argument->decimal : r3_decimal_absent;
    if (!argument)
        return 0;
    if (r3_decimal_sign(out) <= 0 || (!whole && r3_decimal_compare(out, &r3_decimal_one) >= 0))
        return r3_fail(error, R3_USAGE, "--%s: wants a fraction above 0%s, not \"%s\"", name,
                       whole ? "" : " and below 1", argument->text);
    return 0;
}

/* A duration, a time or a count; 0 when not given. */
static int64_t number(const struct r3_arguments *arguments, const char *name) {
    const struct r3_argument *argument = r3_arguments_get(arguments, name, 0);
    return argument ? argument->integer : 0;
}

/* The protections that block entries, and the end conditions. */
static int limits(struct r3_tracker_options *chosen, const struct r3_arguments *arguments, struct r3_error *error) {
    static const char *const only_with_guards[] = { "guard-window", "guard-pause" };
    chosen->cooldown = number(arguments, "cooldown");
    chosen->stop_guard = number(arguments, "stop-guard");
    chosen->guard_window = number(arguments, "guard-window");
    chosen->guard_pause = number(arguments, "guard-pause");
    chosen->end_at = number(arguments, "end-at");
    chosen->end_losing_trades = number(arguments, "end-losing-trades");
    if (r3_arguments_given(arguments, "end-at") && chosen->end_at <= 0)
        return r3_fail(error, R3_USAGE, "--end-at: wants a time after 1970-01-01");
    for (size_t i = 0; i < sizeof only_with_guards / sizeof only_with_guards[0]; i++)
        if (r3_arguments_given(arguments, only_with_guards[i]) && !chosen->stop_guard &&
            !r3_arguments_given(arguments, "drawdown-guard"))
            return r3_fail(error, R3_USAGE, "--%s: for --stop-guard and --drawdown-guard alone", only_with_guards[i]);
    return fraction(&chosen->drawdown_guard, arguments, "drawdown-guard", false, error) < 0 ||
                   fraction(&chosen->end_loss, arguments, "end-loss", false, error) < 0 ||
                   fraction(&chosen->end_gain, arguments, "end-gain", true, error) < 0 ||
                   fraction(&chosen->end_drawdown, arguments, "end-drawdown", false, error) < 0
               ? -1
               : 0;
}

static int init(void **state, const struct r3_arguments *arguments, struct r3_port *port, struct r3_error *error) {
    struct r3_tracker_options chosen = {
        .allow_short = r3_arguments_given(arguments, "short"),
        .protect = r3_arguments_get(arguments, "protect", 0)->integer == 1,
        .close_at_end = r3_arguments_given(arguments, "close-at-end"),
        .limit_candles = r3_arguments_get(arguments, "limit-candles", 0)->integer,
        .max_duration = number(arguments, "max-duration"),
        .every = number(arguments, "every"),
    };
    if (r3_arguments_operands(arguments) > 0)
        return r3_fail(error, R3_USAGE, "no operand is expected, \"%s\" was given", r3_arguments_operand(arguments, 0));
    if (chosen.close_at_end && r3_arguments_given(arguments, "state"))
        return r3_fail(error, R3_USAGE, "--close-at-end and --state: a run that goes on later has no end");
    if (fraction(&chosen.stop_loss, arguments, "stop-loss", false, error) < 0 ||
        fraction(&chosen.take_profit, arguments, "take-profit", true, error) < 0 ||
        fraction(&chosen.trailing_stop, arguments, "trailing-stop", false, error) < 0 ||
        fraction(&chosen.break_even, arguments, "break-even", true, error) < 0 ||
        fraction(&chosen.limit, arguments, "limit", false, error) < 0 || limits(&chosen, arguments, error) < 0)
        return -1;
    struct track *track = r3_allocate(sizeof *track);
    struct r3_tracker_outlet outlet = { emit, sync, track };
    track->port = port;
    track->keeps = port->hears_all = r3_arguments_given(arguments, "state"); /* what it hears last is written down */
    track->tracker = r3_tracker_new(&chosen, &outlet);
    *state = track;
    return 0;
}

static int step(void *state, const struct r3_record *record, struct r3_error *error) {
    const struct track *track = state;
    return r3_tracker_step(track->tracker, record, error);
}

static int step_state(void *state, const struct r3_record *record, struct r3_error *error) {
    struct track *track = state;
    if (r3_tracker_step(track->tracker, record, error) < 0)
        return -1;
    return track->keeps ? take_state(track, &record->state, error) : 0;
}

static int step_end(void *state, const struct r3_record *record, struct r3_error *error) {
    struct track *track = state;
    return track->keeps ? rest(track, error) : r3_tracker_step(track->tracker, record, error);
}

static int candles(void *state, const struct r3_candles *block, size_t from, size_t to, size_t *at,
                   struct r3_error *error) {
    struct track *track = state;
    return r3_tracker_candles(track->tracker, block, from, to, at, error);
}

__attribute__((noinline, cold)) static int update_resting(struct track *track, const struct r3_record *record,
                                                          struct r3_error *error) {
    r3_tracker_heard_add(&track->heard, record);
    return r3_tracker_update(track->tracker, record, error);
}

static int update(void *state, const struct r3_record *record, struct r3_error *error) {
    struct track *track = state;
    return track->resting ? update_resting(track, record, error) : r3_tracker_update(track->tracker, record, error);
}

static void release(void *state) {
    struct track *track = state;
    if (!track)
        return;
    r3_tracker_free(track->tracker);
    r3_state_parts_release(&track->parts);
    r3_tracker_heard_release(&track->heard);
    free(track);
}

const struct r3_stage r3_track_stage = {
    .name = "r3-track",
    .operands = "",
    .summary = "turn signals into orders, following each position",
    .options = options,
    .in_loop = true,
    .init = init,
    .steps = { [R3_STATE] = step_state, [R3_END] = step_end },
    .step = step,
    .candles = candles,
    .update = update,
    .free = release,
};
