/* r3-session feed: the head of a run. What r3-collect writes goes on, as far as the session has not seen it and it is closed by now;
 * behind the head of the stream come the states that the last run left, and in their places commands, what the exchange has told of a
 * live session's orders, and a tick. */
#include "lib/session/feed.h"
#include "lib/base/clock.h"
#include "lib/exchange/names.h"
#include "lib/session/awaited.h"
#include "lib/session/finer.h"
#include "lib/session/journal.h"
#include "lib/session/last_instrument.h"
#include "lib/session/late.h"
#include "lib/session/stream.h"

static const struct r3_option options[] = { R3_HOLDER_OPTIONS, R3_NO_CANDLES_OPTION, { .name = NULL } };

struct command {
    int64_t time;
    char *line; /* with its newline */
};

/* What became of an order: an update or a trade. */
struct event {
    int64_t time;
    bool trade, put;
    char order[R3_ID_SIZE];
    char *line; /* with its newline */
};

struct r3_feed {
    struct r3_session_stream stream;
    struct r3_decoder *decoder; /* of what the store has */
    int64_t now, seen,
        last; /* closes: of the last candle of the runs before, and of the last that went on in any; R3_TIME_ABSENT: none */
    int64_t looked; /* when the store was looked into, which is behind `now` */
    struct r3_buffer states;
    struct r3_late late;
    struct r3_awaited awaited;
    struct r3_record depth; /* a notice ahead of the first candle, R3_UNKNOWN: none */
    struct r3_record held;  /* a candle that waits for the awaited one; R3_UNKNOWN: none; */
    struct r3_buffer line;  /* and its line */
    struct command *commands;
    size_t command_count, command; /* command: the next to go */
    bool live;
    struct event *events;      /* of a live session */
    size_t event_count, event; /* event: the next to go, where it has not gone */
    struct r3_record tick;     /* R3_UNKNOWN: none */
    bool no_candles;           /* there is no stream: one is made of what the store has */
    bool headed;               /* the states have gone */
    int64_t written;           /* lines */
};

/* ---- what the store has ---- */

static void find_depth(struct r3_feed *feed, const char *platform, enum r3_timeframe timeframe, int64_t acts_from) {
    int64_t from = feed->seen > acts_from ? feed->seen : acts_from;
    if (!r3_finer_tell(&feed->depth, r3_finer_choose(platform, timeframe, from, feed->now), platform,
                       feed->stream.lease.session, from, feed->now))
        r3_record_init(&feed->depth, R3_UNKNOWN);
}

/* What tells that a candle is late is that an exchange has finer ones, and that it has those of the session's timeframe itself. */
static int take_awaited(struct r3_feed *feed, const struct r3_store_row *row, struct r3_error *error) {
    const char *name = r3_store_row_text(row, 2), *platform = r3_store_row_text(row, 4);
    bool file = *r3_store_row_text(row, 5);
    enum r3_timeframe timeframe;
    if (r3_timeframe_from_name(&timeframe, name, strlen(name)) < 0)
        return r3_fail(error, R3_DATA, "session %s: no timeframe %s", feed->stream.lease.session, name);
    if (!file && row->columns[6].kind != R3_STORE_NULL)
        find_depth(feed, platform, timeframe, row->columns[6].integer);
    if (file || !r3_exchange_has(platform, timeframe))
        timeframe = R3_TIMEFRAME_NONE;
    r3_awaited_begin(&feed->awaited, timeframe, row->columns[3].integer, feed->seen);
    return 0;
}

static int take_seen(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct r3_feed *feed = context;
    feed->seen = feed->last = r3_store_row_time(row, 0);
    feed->live = strcmp(r3_store_row_text(row, 1), "live") == 0;
    r3_late_begin(&feed->late, feed->seen);
    return take_awaited(feed, row, error);
}

static int take_state(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct r3_feed *feed = context;
    int own = r3_late_take(&feed->late, feed->decoder, r3_store_row_text(row, 0), error);
    if (own != 0)
        return own < 0 ? -1 : 0;
    r3_buffer_append_text(&feed->states, r3_store_row_text(row, 0));
    r3_buffer_append_text(&feed->states, "\n");
    return 0;
}

/* A time ahead of this clock is one of a clock that was wrong, then or now: nobody knows when the command was given, only that the run
 * before did not know of it. It is not to wait for that time, with a session that goes on meanwhile, so it acts ahead of all that is new. */
static void set_right(const struct r3_feed *feed, struct r3_command *command) {
    if (command->time > feed->looked)
        command->time = feed->seen != R3_TIME_ABSENT && feed->seen < feed->now ? feed->seen : feed->now;
}

static int take_command(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct r3_feed *feed = context;
    struct r3_record record;
    struct r3_buffer line = R3_BUFFER_INIT; /* becomes the command's */
    const char *text = r3_store_row_text(row, 1);
    int result = r3_record_decode(feed->decoder, &record, text, strlen(text), error);
    if (result == 0 && record.type != R3_COMMAND)
        result = r3_fail(error, R3_DATA, "it is a record of another type");
    if (result == 0) {
        set_right(feed, &record.command);
        result = r3_record_encode(&line, &record, error);
    }
    if (result < 0) {
        r3_buffer_release(&line);
        return r3_error_at(error, "a command of session %s: ", feed->stream.lease.session);
    }
    feed->commands = r3_reallocate(feed->commands, (feed->command_count + 1) * sizeof *feed->commands);
    feed->commands[feed->command_count++] = (struct command) { record.command.time, line.data };
    return 0;
}

/* Written anew, so that keep finds it as the programs between write it. */
static int take_event(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct r3_feed *feed = context;
    struct r3_record record;
    struct r3_buffer line = R3_BUFFER_INIT; /* becomes the event's */
    const char *text = r3_store_row_text(row, 1);
    if (r3_record_decode(feed->decoder, &record, text, strlen(text), error) < 0 ||
        r3_record_encode(&line, &record, error) < 0) {
        r3_buffer_release(&line);
        return r3_error_at(error, "an event of session %s: ", feed->stream.lease.session);
    }
    struct event event = { .trade = record.type == R3_TRADE, .line = line.data };
    if (record.type == R3_UPDATE || record.type == R3_TRADE) {
        event.time = event.trade ? record.trade.time : record.update.time;
        memcpy(event.order, event.trade ? record.trade.order : record.update.order, sizeof event.order);
    } else if (record.type == R3_NOTICE) {
        event.time = record.notice.time;
    } else {
        r3_buffer_release(&line);
        return r3_fail(error, R3_DATA, "an event of session %s: it is a record of another type",
                       feed->stream.lease.session);
    }
    feed->events = r3_reallocate(feed->events, (feed->event_count + 1) * sizeof *feed->events);
    feed->events[feed->event_count++] = event;
    return 0;
}

static int take_tick(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct r3_feed *feed = context;
    const char *session = feed->stream.lease.session;
    (void)error;
    r3_record_init(&feed->tick, R3_TICK);
    r3_copy_text(feed->tick.tick.session, sizeof feed->tick.tick.session, session, strlen(session));
    feed->tick.tick.every = row->columns[0].integer;
    feed->tick.tick.time = row->columns[1].integer;
    feed->tick.tick.missed = row->columns[2].integer;
    return 0;
}

static void forget(struct r3_feed *feed) {
    r3_buffer_reset(&feed->states);
    while (feed->command_count > 0)
        free(feed->commands[--feed->command_count].line);
    while (feed->event_count > 0)
        free(feed->events[--feed->event_count].line);
    r3_record_init(&feed->tick, R3_UNKNOWN);
}

static int look(struct r3_store *store, void *context, struct r3_error *error) {
    struct r3_feed *feed = context;
    const struct r3_session_lease *lease = &feed->stream.lease;
    const struct r3_store_value key = r3_store_text(lease->session);
    forget(feed);
    /* The first query begins what the transaction sees: this clock has given none of it later than now. */
    return r3_store_lease_holds(store, lease->session, lease->owner, lease->epoch, error) < 0 ||
                   r3_clock_now(&feed->looked, error) < 0 ||
                   r3_store_run(store, R3_QUERY_SEEN, &key, 1, take_seen, feed, NULL, error) < 0 ||
                   r3_store_run(store, R3_QUERY_STATES, &key, 1, take_state, feed, NULL, error) < 0 ||
                   r3_store_waiting(store, "r3-session", lease->session, take_command, feed, error) < 0 ||
                   (feed->live &&
                    r3_store_waiting(store, R3_JOURNAL_PROGRAM, lease->session, take_event, feed, error) < 0) ||
                   r3_store_run(store, R3_QUERY_LEASED_TICK, &key, 1, take_tick, feed, NULL, error) < 0
               ? -1
               : 0;
}

/* ---- the stream ---- */

static int put(struct r3_feed *feed, const char *line, size_t length, struct r3_error *error) {
    feed->written++;
    return r3_writer_put(feed->stream.out, line, length, error);
}

static int put_record(struct r3_feed *feed, const struct r3_record *record, struct r3_error *error) {
    struct r3_buffer line = R3_BUFFER_INIT;
    int result = r3_record_encode(&line, record, error);
    if (result == 0)
        result = put(feed, line.data, line.length, error);
    r3_buffer_release(&line);
    return result;
}

static int put_states(struct r3_feed *feed, struct r3_error *error) {
    feed->headed = true;
    for (const char *at = feed->states.data, *end; at && *at; at = end) {
        end = strchr(at, '\n') + 1;
        if (put(feed, at, (size_t)(end - at), error) < 0)
            return -1;
    }
    return 0;
}

/* Commands of a time before `time`. */
static int put_commands(struct r3_feed *feed, int64_t time, struct r3_error *error) {
    for (; feed->command < feed->command_count; feed->command++) {
        const struct command *command = &feed->commands[feed->command];
        if (command->time >= time)
            break;
        if (put(feed, command->line, strlen(command->line), error) < 0)
            return -1;
    }
    return 0;
}

static int put_event(struct r3_feed *feed, struct event *event, struct r3_error *error) {
    if (event->put)
        return 0;
    event->put = true;
    return put(feed, event->line, strlen(event->line), error);
}

/* Events of a time before `time`. What an order filled goes ahead of what that made of it: an exit that is over and has sold nothing would
 * be tried again. */
static int put_events(struct r3_feed *feed, int64_t time, struct r3_error *error) {
    for (; feed->event < feed->event_count; feed->event++) {
        struct event *event = &feed->events[feed->event];
        if (event->time >= time)
            break;
        for (size_t i = feed->event + 1; *event->order && !event->put && !event->trade && i < feed->event_count; i++)
            if (feed->events[i].trade && strcmp(feed->events[i].order, event->order) == 0 &&
                put_event(feed, &feed->events[i], error) < 0)
                return -1;
        if (put_event(feed, event, error) < 0)
            return -1;
    }
    return 0;
}

static int put_own(void *context, const struct r3_record *record, struct r3_error *error) {
    return put_record(context, record, error);
}

/* A command waits for the market to come up to its time: where candles are late, or the source was ended early, it would otherwise
 * overtake them and act at a price of long ago. That of a live session acts at today's price, whatever candles there are. */
static int put_rest(struct r3_feed *feed, struct r3_error *error) {
    const int64_t time = feed->live ? INT64_MAX : feed->last == R3_TIME_ABSENT ? INT64_MIN : feed->last + 1;
    if (!feed->headed && put_states(feed, error) < 0)
        return -1;
    return put_events(feed, INT64_MAX, error) < 0 || put_commands(feed, time, error) < 0 ||
                   r3_late_put(&feed->late, feed->stream.lease.session, feed->now, put_own, feed, error) < 0 ||
                   (feed->tick.type == R3_TICK && put_record(feed, &feed->tick, error) < 0)
               ? -1
               : 0;
}

static int put_end(struct r3_feed *feed, struct r3_error *error) {
    static const char source[] = "r3-session";
    struct r3_record end;
    r3_record_init(&end, R3_END);
    memcpy(end.end.source, source, sizeof source);
    end.end.records = feed->written;
    return put_record(feed, &end, error);
}

/* ---- candles ---- */

/* With what comes ahead of it. */
static int put_candle(struct r3_feed *feed, const struct r3_candle *candle, const char *line, size_t length,
                      struct r3_error *error) {
    int64_t close = r3_timeframe_close(candle->timeframe, candle->time);
    bool tells = feed->depth.type == R3_NOTICE;
    r3_late_look(&feed->late, candle);
    if (tells && put_record(feed, &feed->depth, error) < 0)
        return -1;
    feed->depth.type = R3_UNKNOWN;
    if (put_events(feed, close, error) < 0 || put_commands(feed, close, error) < 0)
        return -1;
    feed->last = close;
    return put(feed, line, length, error);
}

static void hold(struct r3_feed *feed) {
    memcpy(&feed->held, &feed->stream.record, r3_record_size(R3_CANDLE));
    r3_buffer_reset(&feed->line);
    r3_buffer_append(&feed->line, feed->stream.line, feed->stream.length + 1);
}

static int put_held(struct r3_feed *feed, struct r3_error *error) {
    if (feed->held.type != R3_CANDLE)
        return 0;
    feed->held.type = R3_UNKNOWN;
    return put_candle(feed, &feed->held.candle, feed->line.data, feed->line.length, error);
}

/* The awaited candle is not there: 0: it may still come, and what would overtake it waits for another run; 1: it is given up; -1. */
static int do_without(struct r3_feed *feed, struct r3_error *error) {
    struct r3_record notice;
    if (!r3_awaited_is_over(&feed->awaited, feed->now))
        return 0;
    r3_awaited_give_up(&feed->awaited, &notice, feed->stream.lease.session, feed->now);
    return put_record(feed, &notice, error) < 0 || put_held(feed, error) < 0 ? -1 : 1;
}

static int end_here(struct r3_feed *feed, struct r3_error *error) {
    return put_rest(feed, error) < 0 || put_end(feed, error) < 0 ? -1 : 0;
}

/* No more candles come: one that is held goes with the awaited one or not at all. */
static int settle(struct r3_feed *feed, struct r3_error *error) {
    return feed->held.type == R3_CANDLE && do_without(feed, error) < 0 ? -1 : 0;
}

/* 1: go on; 0: the stream has ended; -1. */
static int pass_candle(struct r3_feed *feed, struct r3_error *error) {
    const struct r3_candle *candle = &feed->stream.record.candle;
    int64_t close = r3_timeframe_close(candle->timeframe, candle->time);
    if (close > feed->now) /* nor are those that follow closed: no need to read them */
        return settle(feed, error) < 0 ? -1 : end_here(feed, error);
    if (close <= feed->seen) {
        r3_late_look(&feed->late, candle);
        return 1;
    }
    enum r3_awaited_answer answer = r3_awaited_look(&feed->awaited, candle);
    if (answer == R3_AWAITED_MISSING) {
        int without = do_without(feed, error);
        if (without <= 0)
            return without < 0 ? -1 : end_here(feed, error);
        answer = r3_awaited_look(&feed->awaited, candle);
    }
    if (answer == R3_AWAITED_HOLD) {
        hold(feed);
        return 1;
    }
    return put_held(feed, error) < 0 || put_candle(feed, candle, feed->stream.line, feed->stream.length + 1, error) < 0
               ? -1
               : 1;
}

/* 1: go on; 0: the stream has ended; -1. */
static int pass(struct r3_feed *feed, struct r3_error *error) {
    const struct r3_record *record = &feed->stream.record;
    bool head = record->type == R3_STREAM || record->type == R3_INSTRUMENT, end = record->type == R3_END;
    if (!head && !feed->headed && put_states(feed, error) < 0)
        return -1;
    if (record->type == R3_CANDLE)
        return pass_candle(feed, error);
    if (end && (settle(feed, error) < 0 || put_rest(feed, error) < 0))
        return -1;
    if (put(feed, feed->stream.line, feed->stream.length + 1, error) < 0)
        return -1;
    return end ? 0 : 1;
}

/* Of no stream: a head, with the instrument that the session had, and all that does not come from a source. */
static int pass_none(struct r3_feed *feed, struct r3_error *error) {
    struct r3_record record;
    bool found;
    r3_record_init(&record, R3_STREAM);
    record.stream.version = R3_STREAM_VERSION;
    if (put_record(feed, &record, error) < 0 ||
        r3_last_instrument(&record, &found, feed->decoder, feed->states.data, error) < 0)
        return -1;
    return (found && put_record(feed, &record, error) < 0) || put_rest(feed, error) < 0 ? -1 : put_end(feed, error);
}

int r3_feed_begin(struct r3_feed **out, const struct r3_session_call *call, struct r3_error *error) {
    struct r3_feed *feed = r3_allocate(sizeof *feed);
    *out = feed;
    feed->seen = feed->last = R3_TIME_ABSENT;
    feed->decoder = r3_decoder_new();
    feed->no_candles = r3_arguments_given(call->arguments, "no-candles");
    return r3_session_stream_open(&feed->stream, call, error) < 0 || r3_clock_now(&feed->now, error) < 0
               ? -1
               : r3_store_read(call->store, look, feed, error);
}

void r3_feed_leave_lease(struct r3_feed *feed) {
    feed->stream.lease.span = INT64_MAX / 2;
}

int r3_feed_pass(struct r3_feed *feed, struct r3_error *error) {
    int more = 1;
    if (feed->no_candles)
        return pass_none(feed, error);
    while (more > 0) {
        more = r3_session_stream_next(&feed->stream, error);
        if (more > 0)
            more = pass(feed, error);
    }
    return more;
}

void r3_feed_end(struct r3_feed *feed) {
    if (!feed)
        return;
    forget(feed);
    free(feed->commands);
    free(feed->events);
    r3_buffer_release(&feed->states);
    r3_buffer_release(&feed->line);
    r3_decoder_free(feed->decoder);
    r3_session_stream_release(&feed->stream);
    free(feed);
}

static int run(const struct r3_session_call *call, struct r3_error *error) {
    struct r3_feed *feed = NULL;
    int result = r3_feed_begin(&feed, call, error);
    if (result == 0)
        result = r3_feed_pass(feed, error);
    r3_feed_end(feed);
    return result;
}

const struct r3_session_word r3_session_feed_word = {
    .name = "feed",
    .synonyms = "",
    .operands = "ID",
    .summary = "head of a run: the stream, with what the store has for the session",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};
