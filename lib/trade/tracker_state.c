/* The tracker as text, by tables of members. What follows from other members (sizes, sums, caches) is not written but found
 * anew. */
#include "lib/trade/tracker_state.h"

#include "lib/trade/ledger_state.h"
#include "lib/trade/state_rows.h"
#include "lib/trade/tracker_private.h"

enum { ELEMENTS_MAX = 1 << 16 };

/* ---- the members ---- */

static const char *const state_names[] = { "FLAT", "ENTERING", "OPEN", "EXITING" };
static const struct r3_state_names states = { state_names, sizeof state_names / sizeof state_names[0] };

#define T struct r3_tracker
static const struct r3_state_member tracker_members[] = {
    ROW_TIME(T, now),
    { R3_STATE_ROW(T, candles, R3_STATE_NATURAL), .most = R3_TRACKER_WATCH_CANDLES },
};
#undef T

#define T struct r3_tracker_session
static const struct r3_state_member session_members[] = {
    ROW_WORD(T, name),
    ROW_DECIMAL_IF(T, equity),
    ROW_DECIMAL_IF(T, available),
    ROW_INTEGER(T, number),
    ROW_INTEGER(T, wins),
    ROW_INTEGER(T, losses),
    ROW_ZERO(T, total_win),
    ROW_ZERO(T, total_loss),
    ROW_ZERO(T, average_win),
    ROW_ZERO(T, average_loss),
    ROW_FLAG(T, paused),
    ROW_FLAG(T, stopped),
    ROW_FLAG(T, kept),
    ROW_DECIMAL_IF(T, first_equity),
    ROW_DECIMAL_IF(T, peak_equity),
    ROW_SMALL(T, ended),
    ROW_TIME_IF(T, last_close),
    ROW_TIME_IF(T, fallen_since),
};
#undef T

#define T struct r3_tracker_block
static const struct r3_state_member block_members[] = { ROW_TIME_IF(T, until), ROW_TIME_IF(T, told) };
#undef T

#define T struct r3_tracker_stop
static const struct r3_state_member stop_members[] = { ROW_TIME(T, time) };
#undef T

#define T struct r3_tracker_peak
static const struct r3_state_member peak_members[] = { ROW_TIME(T, since), ROW_DECIMAL(T, balance) };
#undef T

#define T struct r3_tracker_market
static const struct r3_state_member market_members[] = {
    ROW_WORD(T, name),         ROW_NAME_IF(T, timeframe, r3_state_timeframes),
    ROW_TIME_IF(T, closed),    ROW_TIME_IF(T, closed_before),
    ROW_ABOVE_IF(T, price),    ROW_TIME_IF(T, day),
    ROW_ABOVE_IF(T, midnight),
};
#undef T

#define T struct r3_tracker_position
static const struct r3_state_member position_members[] = {
    ROW_WORD_IF(T, platform),
    ROW_NAME(T, state, states),
    ROW_NAME_IF(T, direction, r3_state_directions),
    ROW_DECIMAL(T, flat_cash),
    ROW_DECIMAL(T, midnight_cash),
    ROW_DECIMAL(T, midnight_size),
    ROW_FLAG(T, dust),
    ROW_INTEGER(T, number),
    ROW_TIME_IF(T, opened),
    ROW_NAME_IF(T, entered, r3_state_kinds),
    ROW_SMALL_AS(T, attempts[R3_EXIT], "exit_attempts"),
    ROW_SMALL_AS(T, attempts[R3_TP], "tp_attempts"),
    ROW_SMALL_AS(T, attempts[R3_SL], "sl_attempts"),
    ROW_SMALL_AS(T, attempts[R3_MO], "mo_attempts"),
    ROW_FLAG(T, leaving),
    ROW_FLAG(T, changed),
    ROW_FLAG(T, foreign_fee),
    ROW_FLAG(T, foreign_fee_told),
    ROW_FLAG(T, attentive),
    ROW_FLAG(T, watched),
    ROW_TIME_IF(T, signal_time),
    { R3_STATE_ROW(T, seen, R3_STATE_NATURAL), .most = 1 << R3_LONG | 1 << R3_SHORT | 1 << R3_FLAT },
};
#undef T

#define T struct r3_tracker_levels
static const struct r3_state_member level_members[] = {
    ROW_DECIMAL_IF(T, stop),
    ROW_DECIMAL_IF(T, target),
    ROW_DECIMAL_IF(T, trail),
    ROW_DECIMAL_IF(T, break_even),
    { R3_STATE_ROW(T, expiry, R3_STATE_TIME), .most = INT64_C(1) << 53, .optional = true },
};
#undef T

#define T struct r3_tracker_order
static const struct r3_state_member order_members[] = {
    ROW_WORD_IF(T, id),
    ROW_WORD_IF(T, signal),
    ROW_INTEGER(T, number),
    ROW_SMALL(T, attempt),
    ROW_NAME_IF(T, direction, r3_state_directions),
    ROW_NAME_IF(T, role, r3_state_roles),
    ROW_NAME_IF(T, kind, r3_state_kinds),
    ROW_TIME(T, time),
    ROW_FLAG(T, working),
    ROW_FLAG(T, cancelling),
    ROW_FLAG(T, withdrawn),
    ROW_NAME_IF(T, timeframe, r3_state_timeframes),
    ROW_INTEGER(T, candles),
};
#undef T

static const struct r3_state_table tracker_table = R3_STATE_TABLE(tracker_members),
                                   session_table = R3_STATE_TABLE(session_members),
                                   block_table = R3_STATE_TABLE(block_members),
                                   stop_table = R3_STATE_TABLE(stop_members), peak_table = R3_STATE_TABLE(peak_members),
                                   market_table = R3_STATE_TABLE(market_members),
                                   position_table = R3_STATE_TABLE(position_members),
                                   level_table = R3_STATE_TABLE(level_members),
                                   order_table = R3_STATE_TABLE(order_members);
static const char *const tracker_others[] = { "sessions", "markets", "positions", "told", "heard", NULL };
static const char *const session_others[] = { "stop_block", "drawdown_block", "stops", "peaks", NULL };
static const char *const position_others[] = { "session", "market", "ledger",   "levels",
                                               "entry",   "exit",   "cooldown", NULL };
static const char *const order_others[] = { "levels", "told", NULL };

/* ---- what was heard ---- */

void r3_tracker_heard_add(struct r3_tracker_heard *heard, const struct r3_record *record) {
    if (record->type != R3_UPDATE && record->type != R3_TRADE)
        return;
    if (heard->count == heard->capacity) {
        heard->capacity = heard->capacity ? 2 * heard->capacity : 4;
        heard->records = r3_reallocate(heard->records, heard->capacity * sizeof *heard->records);
    }
    memcpy(&heard->records[heard->count++], record, r3_record_size(record->type));
}

void r3_tracker_heard_release(struct r3_tracker_heard *heard) {
    free(heard->records);
    *heard = (struct r3_tracker_heard) { 0 };
}

/* ---- saving ---- */

static void put_order(struct r3_buffer *out, const char *name, const struct r3_tracker_order *order) {
    if (!order->number) /* there was none */
        return;
    r3_state_open(out, name, '{');
    r3_state_put_members(out, &order_table, order);
    r3_state_put_object(out, "levels", &level_table, &order->levels);
    if (order->told)
        r3_state_put_integer(out, "told", 1);
    r3_state_close(out, '}');
}

/* Blocks and what they follow from are left out where there are none. */
static void put_block(struct r3_buffer *out, const char *name, const struct r3_tracker_block *block) {
    if (block->until != R3_TIME_ABSENT)
        r3_state_put_object(out, name, &block_table, block);
}

static void put_session(struct r3_buffer *out, const struct r3_tracker_session *session) {
    r3_state_open(out, NULL, '{');
    r3_state_put_members(out, &session_table, session);
    put_block(out, "stop_block", &session->stop_block);
    put_block(out, "drawdown_block", &session->drawdown_block);
    if (session->stop_count > 0) {
        r3_state_open(out, "stops", '[');
        for (size_t i = 0; i < session->stop_count; i++)
            r3_state_put_object(out, NULL, &stop_table, &session->stops[i]);
        r3_state_close(out, ']');
    }
    if (session->peak_count > 0) {
        r3_state_open(out, "peaks", '[');
        for (size_t i = 0; i < session->peak_count; i++)
            r3_state_put_object(out, NULL, &peak_table, &session->peaks[i]);
        r3_state_close(out, ']');
    }
    r3_state_close(out, '}');
}

static void put_position(struct r3_buffer *out, const struct r3_tracker_position *position) {
    r3_state_open(out, NULL, '{');
    r3_state_put_text(out, "session", position->session->name, strlen(position->session->name));
    r3_state_put_text(out, "market", position->market->name, strlen(position->market->name));
    r3_state_put_members(out, &position_table, position);
    r3_ledger_put(out, &position->ledger);
    r3_state_put_object(out, "levels", &level_table, &position->levels);
    put_order(out, "entry", &position->entry);
    put_order(out, "exit", &position->exit);
    put_block(out, "cooldown", &position->cooldown);
    r3_state_close(out, '}');
}

void r3_tracker_save(const struct r3_tracker *tracker, struct r3_buffer *out) {
    r3_state_open(out, NULL, '{');
    r3_state_put_members(out, &tracker_table, tracker);
    r3_state_open(out, "sessions", '[');
    for (size_t i = 0; i < tracker->session_count; i++)
        put_session(out, tracker->sessions[i]);
    r3_state_close(out, ']');
    r3_state_open(out, "markets", '[');
    for (size_t i = 0; i < tracker->market_count; i++)
        r3_state_put_object(out, NULL, &market_table, tracker->markets[i]);
    r3_state_close(out, ']');
    r3_state_open(out, "positions", '[');
    for (size_t i = 0; i < tracker->position_count; i++)
        put_position(out, tracker->positions[i]);
    r3_state_close(out, ']');
    r3_tracker_put_told(tracker, out);
}

int r3_tracker_save_heard(const struct r3_tracker_heard *heard, struct r3_buffer *out, struct r3_error *error) {
    r3_state_open(out, "heard", '[');
    for (size_t i = 0; i < heard->count; i++)
        if (r3_state_put_record(out, NULL, &heard->records[i], error) < 0)
            return -1;
    r3_state_close(out, ']');
    r3_state_close(out, '}');
    return 0;
}

int r3_tracker_emit_positions(struct r3_tracker *tracker, struct r3_error *error) {
    for (size_t i = 0; i < tracker->position_count; i++)
        if (r3_tracker_emit_position(tracker, tracker->positions[i], error) < 0)
            return -1;
    return 0;
}

const char *r3_tracker_first_session(const struct r3_tracker *tracker) {
    return tracker->session_count ? tracker->sessions[0]->name : NULL;
}

/* ---- loading ---- */

/* With as many bytes as r3_same_name reads. */
static int take_name(char *out, size_t size, const struct r3_json *object, struct r3_error *error) {
    const char *name;
    memset(out, 0, size);
    if (r3_state_take_word(&name, object, "name", error) < 0)
        return -1;
    return r3_copy_text(out, size, name, strlen(name)) < 0 ? r3_fail(error, R3_DATA, "name: too long") : 0;
}

static int take_block(struct r3_tracker_block *block, const struct r3_json *object, const char *name,
                      struct r3_error *error) {
    return r3_json_member(object, name) ? r3_state_take_object(block, object, name, &block_table, error) : 0;
}

static int take_stops(struct r3_tracker_session *session, const struct r3_json *object, struct r3_error *error) {
    const struct r3_json *array;
    if (!r3_json_member(object, "stops"))
        return 0;
    if (r3_state_take_array(&array, object, "stops", ELEMENTS_MAX, error) < 0)
        return -1;
    session->stops = r3_reallocate(session->stops, (r3_json_count(array) + 1) * sizeof *session->stops);
    for (; session->stop_count < r3_json_count(array); session->stop_count++)
        if (r3_state_take_members(&session->stops[session->stop_count], r3_json_at(array, session->stop_count),
                                  &stop_table, NULL, error) < 0)
            return r3_error_at(error, "stops[%zu]: ", session->stop_count);
    return 0;
}

static int take_peaks(struct r3_tracker_session *session, const struct r3_json *object, struct r3_error *error) {
    const struct r3_json *array;
    if (!r3_json_member(object, "peaks"))
        return 0;
    if (r3_state_take_array(&array, object, "peaks", ELEMENTS_MAX, error) < 0)
        return -1;
    session->peaks = r3_reallocate(session->peaks, (r3_json_count(array) + 1) * sizeof *session->peaks);
    for (; session->peak_count < r3_json_count(array); session->peak_count++)
        if (r3_state_take_members(&session->peaks[session->peak_count], r3_json_at(array, session->peak_count),
                                  &peak_table, NULL, error) < 0)
            return r3_error_at(error, "peaks[%zu]: ", session->peak_count);
    return 0;
}

static int take_session(struct r3_tracker *tracker, const struct r3_json *object, struct r3_error *error) {
    char name[R3_SESSION_SIZE];
    size_t before = tracker->session_count;
    if (take_name(name, sizeof name, object, error) < 0)
        return -1;
    if (strchr(name, '-'))
        return r3_fail(error, R3_DATA, "name: not a session's");
    struct r3_tracker_session *session = r3_tracker_find_session(tracker, name);
    if (tracker->session_count == before)
        return r3_fail(error, R3_DATA, "name: a second %s", name);
    if (r3_state_take_members(session, object, &session_table, session_others, error) < 0 ||
        take_block(&session->stop_block, object, "stop_block", error) < 0 ||
        take_block(&session->drawdown_block, object, "drawdown_block", error) < 0)
        return -1;
    return take_stops(session, object, error) < 0 ? -1 : take_peaks(session, object, error);
}

static int take_market(struct r3_tracker *tracker, const struct r3_json *object, struct r3_error *error) {
    char name[R3_MARKET_SIZE];
    size_t before = tracker->market_count;
    if (take_name(name, sizeof name, object, error) < 0)
        return -1;
    struct r3_tracker_market *market = r3_tracker_find_market(tracker, name);
    if (tracker->market_count == before)
        return r3_fail(error, R3_DATA, "name: a second %s", name);
    if (r3_state_take_members(market, object, &market_table, NULL, error) < 0)
        return -1;
    if ((market->day == R3_TIME_ABSENT) != !r3_decimal_is_present(&market->midnight))
        return r3_fail(error, R3_DATA, "day and midnight: one without the other");
    market->span = market->timeframe && market->timeframe != R3_1M ? r3_timeframe_span(market->timeframe) : 0;
    return 0;
}

static int take_order(struct r3_tracker_order *order, const struct r3_json *object, const char *name,
                      struct r3_error *error) {
    const struct r3_json *value = r3_json_member(object, name);
    int64_t told = 0;
    if (!value)
        return 0;
    if (r3_state_take_members(order, value, &order_table, order_others, error) < 0 ||
        r3_state_take_object(&order->levels, value, "levels", &level_table, error) < 0 ||
        (r3_json_member(value, "told") && r3_state_take_integer(&told, value, "told", 1, error) < 0))
        return r3_error_at(error, "%s: ", name);
    order->told = told;
    return 0;
}

/* The session and the market that a position names. */
static int take_owners(struct r3_tracker_session **session, struct r3_tracker_market **market,
                       const struct r3_tracker *tracker, const struct r3_json *object, struct r3_error *error) {
    const char *session_name, *market_name;
    *session = NULL;
    *market = NULL;
    if (r3_state_take_word(&session_name, object, "session", error) < 0 ||
        r3_state_take_word(&market_name, object, "market", error) < 0)
        return -1;
    for (size_t i = 0; i < tracker->session_count; i++)
        if (strcmp(tracker->sessions[i]->name, session_name) == 0)
            *session = tracker->sessions[i];
    for (size_t i = 0; i < tracker->market_count; i++)
        if (strcmp(tracker->markets[i]->name, market_name) == 0)
            *market = tracker->markets[i];
    if (!*session)
        return r3_fail(error, R3_DATA, "session: there is no %.40s", session_name);
    return *market ? 0 : r3_fail(error, R3_DATA, "market: there is no %.40s", market_name);
}

/* What it holds is its ledger's one position. */
static int take_ledger(struct r3_tracker_position *position, const struct r3_json *object, struct r3_error *error) {
    struct r3_ledger *ledger = &position->ledger;
    if (r3_ledger_take(ledger, object, error) < 0)
        return -1;
    if (ledger->count > 1 || (ledger->count && strcmp(ledger->positions[0].market, position->market->name) != 0))
        return r3_fail(error, R3_DATA, "ledger: not of %s alone", position->market->name);
    if (ledger->count)
        position->size = ledger->positions[0].size;
    return 0;
}

static int take_position(struct r3_tracker *tracker, const struct r3_json *object, struct r3_error *error) {
    struct r3_tracker_session *session;
    struct r3_tracker_market *market;
    size_t before = tracker->position_count;
    if (take_owners(&session, &market, tracker, object, error) < 0)
        return -1;
    struct r3_tracker_position *position = r3_tracker_find_position(tracker, session, market);
    if (tracker->position_count == before)
        return r3_fail(error, R3_DATA, "market: a second position in %s", market->name);
    if (r3_state_take_members(position, object, &position_table, position_others, error) < 0 ||
        take_ledger(position, object, error) < 0 ||
        r3_state_take_object(&position->levels, object, "levels", &level_table, error) < 0 ||
        take_order(&position->entry, object, "entry", error) < 0 ||
        take_order(&position->exit, object, "exit", error) < 0 ||
        take_block(&position->cooldown, object, "cooldown", error) < 0)
        return -1;
    tracker->watching += position->watched;
    market->attention += position->attentive;
    return 0;
}

static int take_heard(struct r3_tracker_heard *heard, const struct r3_json_document *document,
                      const struct r3_json *value, struct r3_error *error) {
    struct r3_record record;
    if (r3_state_take_record(&record, document, value, error) < 0)
        return -1;
    if (record.type != R3_UPDATE && record.type != R3_TRADE)
        return r3_fail(error, R3_DATA, "neither an update nor a trade");
    r3_tracker_heard_add(heard, &record);
    return 0;
}

static int take_each(struct r3_tracker *tracker, const struct r3_json *object, const char *name,
                     int (*take)(struct r3_tracker *tracker, const struct r3_json *object, struct r3_error *error),
                     struct r3_error *error) {
    const struct r3_json *array;
    if (r3_state_take_array(&array, object, name, ELEMENTS_MAX, error) < 0)
        return -1;
    for (size_t i = 0; i < r3_json_count(array); i++)
        if (take(tracker, r3_json_at(array, i), error) < 0)
            return r3_error_at(error, "%s[%zu]: ", name, i);
    return 0;
}

static int take_all(struct r3_tracker *tracker, struct r3_tracker_heard *heard, const struct r3_json_document *document,
                    const struct r3_json *object, struct r3_error *error) {
    const struct r3_json *array;
    r3_tracker_forget_sessions(tracker); /* those that an account told of, which came ahead of the state */
    if (r3_state_take_members(tracker, object, &tracker_table, tracker_others, error) < 0 ||
        take_each(tracker, object, "sessions", take_session, error) < 0 ||
        take_each(tracker, object, "markets", take_market, error) < 0 ||
        take_each(tracker, object, "positions", take_position, error) < 0 ||
        r3_tracker_take_told(tracker, object, error) < 0 ||
        r3_state_take_array(&array, object, "heard", ELEMENTS_MAX, error) < 0)
        return -1;
    for (size_t i = 0; i < r3_json_count(array); i++)
        if (take_heard(heard, document, r3_json_at(array, i), error) < 0)
            return r3_error_at(error, "heard[%zu]: ", i);
    return 0;
}

int r3_tracker_load(struct r3_tracker *tracker, struct r3_tracker_heard *heard, const char *text, size_t length,
                    struct r3_error *error) {
    struct r3_json_document *document = NULL;
    bool fresh = !tracker->market_count && !tracker->position_count;
    int result = fresh ? 0 : r3_fail(error, R3_DATA, "it comes behind candles or signals");
    if (result == 0)
        result = r3_json_parse(&document, text, length, length, error);
    if (result == 0)
        result = take_all(tracker, heard, document, r3_json_root(document), error);
    r3_json_free(document);
    return result < 0 ? r3_error_at(error, "state: ") : 0;
}
