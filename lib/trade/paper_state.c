/* The paper exchange as text, by tables of members. What follows from other members (the kinds of orders that wait, whether some
 * session changed, who was found last) is not written but found anew. */
#include "lib/trade/paper_state.h"

#include "lib/base/base64.h"
#include "lib/trade/ledger_state.h"
#include "lib/trade/paper_internal.h"
#include "lib/trade/state_rows.h"

enum { SESSIONS_MAX = 4096, MARKETS_MAX = 4096, ORDERS_MAX = 1 << 16 };

/* ---- the members ---- */

#define T struct paper_session
static const struct r3_state_member session_members[] = { ROW_WORD(T, name), ROW_WORD_IF(T, currency),
                                                          ROW_FLAG(T, changed), ROW_FLAG(T, filled) };
#undef T

#define T struct paper_market
static const struct r3_state_member market_members[] = {
    ROW_NAME_IF(T, timeframe, r3_state_timeframes),
    ROW_TIME(T, time),
    ROW_COUNT(T, candles),
    ROW_ABOVE_IF(T, price),
    ROW_ZERO(T, volume),
    ROW_ZERO(T, taken),
};
#undef T

#define T struct r3_order
static const struct r3_state_member asked_members[] = {
    ROW_WORD(T, id),
    ROW_WORD_IF(T, signal),
    ROW_WORD(T, platform),
    ROW_TIME(T, time),
    ROW_NAME(T, role, r3_state_roles),
    ROW_NAME(T, side, r3_state_sides),
    ROW_NAME(T, kind, r3_state_kinds),
    ROW_NAME_IF(T, fill, r3_state_fills),
    ROW_ABOVE_IF(T, price),
    ROW_DECIMAL_IF(T, stop),
    ROW_DECIMAL_IF(T, target),
    ROW_ABOVE_IF(T, trail),
    ROW_ABOVE_IF(T, break_even),
    ROW_TIME_IF(T, expiry),
    ROW_ABOVE_IF(T, size),
    ROW_ABOVE_IF(T, funds),
};
#undef T

#define T struct paper_order
static const struct r3_state_member order_members[] = {
    ROW_FLAG(T, leg),        ROW_FLAG(T, at_close), ROW_FLAG(T, triggered),   ROW_FLAG(T, against),
    ROW_DECIMAL_IF(T, dust), ROW_COUNT(T, first),   ROW_DECIMAL_IF(T, touch), ROW_DECIMAL_IF(T, estimate),
    ROW_ZERO(T, filled),     ROW_ZERO(T, cost),     ROW_DECIMAL(T, fee),      ROW_ZERO(T, reserved),
    ROW_NATURAL(T, trades),
};
#undef T

#define T struct paper_bracket
static const struct r3_state_member bracket_members[] = {
    ROW_WORD(T, prefix),         ROW_NAME(T, side, r3_state_sides),
    ROW_DECIMAL(T, size),        ROW_ZERO(T, bought),
    ROW_ZERO(T, cost),           ROW_ABOVE_IF(T, trail),
    ROW_ABOVE_IF(T, break_even), ROW_TIME_IF(T, expiry),
    ROW_SMALL(T, stop_attempt),  ROW_SMALL(T, target_attempt),
    ROW_SMALL(T, time_attempt),  ROW_COUNT(T, inside),
    ROW_ABOVE(T, from),
};
/* The bracket's orders, each by its place among the market's. */
static const struct link {
    const char *name;
    size_t offset;
    enum r3_role role;
} links[] = {
    { "entry", offsetof(T, entry), R3_ENTRY },
    { "stop", offsetof(T, stop), R3_SL },
    { "target", offsetof(T, target), R3_TP },
    { "time_exit", offsetof(T, time_exit), R3_MO },
};
#undef T

#define T struct paper_turn
static const struct r3_state_member turn_members[] = { ROW_NAME(T, side, r3_state_sides), ROW_COUNT(T, candle) };
#undef T

static const struct r3_state_table session_table = R3_STATE_TABLE(session_members),
                                   market_table = R3_STATE_TABLE(market_members),
                                   asked_table = R3_STATE_TABLE(asked_members),
                                   order_table = R3_STATE_TABLE(order_members),
                                   bracket_table = R3_STATE_TABLE(bracket_members),
                                   turn_table = R3_STATE_TABLE(turn_members);
static const char *const session_others[] = { "ledger", "block", "recent", "before", "other", NULL };
static const char *const market_others[] = { "rules", "orders", "brackets", "turns", NULL };
static const char *const order_others[] = { "session", "order", NULL };
static const char *const of_session[] = { "session", NULL };
static const char *const bracket_others[] = { "session", "entry", "stop", "target", "time_exit", NULL };
static const char *const paper_others[] = { "sessions", "markets", NULL };
static const struct r3_state_member paper_members[] = { { .name = "opened", .kind = R3_STATE_FLAG } };
static const struct r3_state_table paper_table = R3_STATE_TABLE(paper_members);

enum { LINKS = sizeof links / sizeof links[0] };

static struct paper_order **linked(struct paper_bracket *bracket, size_t k) {
    return (struct paper_order **)((char *)bracket + links[k].offset);
}

/* ---- saving ---- */

static int compare_ids(const void *a, const void *b) {
    uint64_t left = ((const struct r3_paper_id *)a)->id, right = ((const struct r3_paper_id *)b)->id;
    return (left > right) - (left < right);
}

/* Numbers of positions only grow, and an order belongs to one of the last few. So a state holds the ids of as many, and does not grow with
 * the session's history. */
enum { POSITIONS_KEPT = 128 };

static int64_t first_kept(const struct r3_paper_ids *ids) {
    const struct r3_paper_id_table *table = &ids->recent[ids->block & 1];
    int64_t newest = 0;
    for (size_t i = 0; i < table->capacity; i++) {
        int64_t number = table->slots[i].id ? r3_paper_ids_number(&table->slots[i], ids->block) : 0;
        newest = number > newest ? number : newest;
    }
    return newest - POSITIONS_KEPT + 1;
}

/* Ids in the order of their hashes, so that equal sets have equal texts: 16 bytes each, little-endian. Of a block's table those of position
 * `first` on; block -1: all. */
static void put_ids(struct r3_buffer *out, const char *name, const struct r3_paper_id_table *table, int64_t block,
                    int64_t first) {
    struct r3_buffer text = R3_BUFFER_INIT;
    struct r3_paper_id *ids = r3_allocate((table->count + 1) * sizeof *ids);
    size_t count = 0;
    for (size_t i = 0; i < table->capacity; i++)
        if (table->slots[i].id && (block < 0 || r3_paper_ids_number(&table->slots[i], block) >= first))
            ids[count++] = table->slots[i];
    qsort(ids, count, sizeof *ids, compare_ids);
    for (size_t i = 0; i < count; i++)
        ids[i] = (struct r3_paper_id) { htole64(ids[i].id), htole64(ids[i].content) };
    r3_base64_append(&text, ids, count * sizeof *ids);
    r3_state_put_text(out, name, text.data, text.length);
    r3_buffer_release(&text);
    free(ids);
}

static void put_session(struct r3_buffer *out, const struct paper_session *session) {
    r3_state_open(out, NULL, '{');
    r3_state_put_members(out, &session_table, session);
    r3_ledger_put(out, &session->ledger);
    const struct r3_paper_ids *ids = &session->ids;
    int64_t first = first_kept(ids);
    r3_state_put_integer(out, "block", ids->block);
    put_ids(out, "recent", &ids->recent[ids->block & 1], ids->block, first);
    put_ids(out, "before", &ids->recent[~ids->block & 1], ids->block - 1, first);
    put_ids(out, "other", &ids->other, -1, 0);
    r3_state_close(out, '}');
}

static void put_session_name(struct r3_buffer *out, const struct paper_session *session) {
    r3_state_put_text(out, "session", session->name, strlen(session->name));
}

static void put_bracket(struct r3_buffer *out, const struct paper_market *market, struct paper_bracket *bracket) {
    r3_state_open(out, NULL, '{');
    put_session_name(out, bracket->session);
    r3_state_put_members(out, &bracket_table, bracket);
    for (size_t k = 0; k < LINKS; k++)
        for (size_t i = 0; i < market->count; i++)
            if (market->orders[i] == *linked(bracket, k))
                r3_state_put_integer(out, links[k].name, (int64_t)i);
    r3_state_close(out, '}');
}

static void put_market(struct r3_buffer *out, struct paper_market *market) {
    struct r3_record rules = { .type = R3_INSTRUMENT };
    struct r3_error never;
    paper_sweep_all(market);
    rules.instrument = market->rules;
    r3_state_open(out, NULL, '{');
    r3_state_put_record(out, "rules", &rules, &never);
    r3_state_put_members(out, &market_table, market);
    r3_state_open(out, "orders", '[');
    for (size_t i = 0; i < market->count; i++) {
        r3_state_open(out, NULL, '{');
        put_session_name(out, market->orders[i]->session);
        r3_state_put_object(out, "order", &asked_table, &market->orders[i]->order);
        r3_state_put_members(out, &order_table, market->orders[i]);
        r3_state_close(out, '}');
    }
    r3_state_close(out, ']');
    r3_state_open(out, "brackets", '[');
    for (size_t i = 0; i < market->bracket_count; i++)
        put_bracket(out, market, market->brackets[i]);
    r3_state_close(out, ']');
    r3_state_open(out, "turns", '[');
    for (size_t i = 0; i < market->turn_count; i++) {
        r3_state_open(out, NULL, '{');
        put_session_name(out, market->turns[i].session);
        r3_state_put_members(out, &turn_table, &market->turns[i]);
        r3_state_close(out, '}');
    }
    r3_state_close(out, ']');
    r3_state_close(out, '}');
}

void r3_paper_save(struct r3_paper *paper, bool opened, struct r3_buffer *out) {
    r3_state_open(out, NULL, '{');
    r3_state_put_members(out, &paper_table, &opened);
    r3_state_open(out, "sessions", '[');
    for (size_t i = 0; i < paper->session_count; i++)
        put_session(out, paper->sessions[i]);
    r3_state_close(out, ']');
    r3_state_open(out, "markets", '[');
    for (size_t i = 0; i < paper->market_count; i++)
        put_market(out, paper->markets[i]);
    r3_state_close(out, ']');
    r3_state_close(out, '}');
}

/* ---- loading ---- */

static int take_ids(struct r3_paper_id_table *table, const struct r3_json *object, const char *name,
                    struct r3_error *error) {
    struct r3_buffer bytes = R3_BUFFER_INIT;
    size_t length = 0;
    const char *text = r3_json_text(r3_json_member(object, name), &length);
    int result =
        text ? r3_base64_parse(&bytes, text, length, error) : r3_fail(error, R3_DATA, "missing, or not a text");
    if (result == 0 && bytes.length % sizeof(struct r3_paper_id) != 0)
        result = r3_fail(error, R3_DATA, "%zu bytes, of %zu each", bytes.length, sizeof(struct r3_paper_id));
    for (size_t at = 0; result == 0 && at < bytes.length; at += sizeof(struct r3_paper_id)) {
        struct r3_paper_id id;
        memcpy(&id, bytes.data + at, sizeof id);
        id = (struct r3_paper_id) { le64toh(id.id), le64toh(id.content) };
        if (id.id)
            r3_paper_ids_put(table, &id);
        else
            result = r3_fail(error, R3_DATA, "id 0 at byte %zu", at + 1);
    }
    r3_buffer_release(&bytes);
    return result < 0 ? r3_error_at(error, "%s: ", name) : 0;
}

static int take_seen(struct r3_paper_ids *ids, const struct r3_json *object, struct r3_error *error) {
    r3_paper_ids_release(ids);
    return r3_state_take_integer(&ids->block, object, "block", INT64_C(1) << 52, error) < 0 ||
                   take_ids(&ids->recent[ids->block & 1], object, "recent", error) < 0 ||
                   take_ids(&ids->recent[~ids->block & 1], object, "before", error) < 0 ||
                   take_ids(&ids->other, object, "other", error) < 0
               ? -1
               : 0;
}

/* A session's name, with as many bytes as r3_same_name reads. */
static int take_session_name(char out[R3_SESSION_SIZE], const struct r3_json *object, const char *member,
                             struct r3_error *error) {
    const char *name;
    memset(out, 0, R3_SESSION_SIZE);
    if (r3_state_take_word(&name, object, member, error) < 0)
        return -1;
    if (strlen(name) >= R3_SESSION_SIZE || strchr(name, '-'))
        return r3_fail(error, R3_DATA, "%s: not a session's", member);
    memcpy(out, name, strlen(name));
    return 0;
}

static int take_session(struct paper_session **out, struct r3_paper *paper, const struct r3_json *object,
                        struct r3_error *error) {
    char name[R3_SESSION_SIZE];
    if (take_session_name(name, object, "name", error) < 0 || r3_paper_session(paper, name, error) < 0)
        return -1;
    struct paper_session *session = *out = paper_session_search(paper, name);
    session->named = false;
    session->agreed = session->first = NULL;
    return r3_state_take_members(session, object, &session_table, session_others, error) < 0 ||
                   r3_ledger_take(&session->ledger, object, error) < 0 || take_seen(&session->ids, object, error) < 0
               ? -1
               : 0;
}

/* The session that an order, a bracket or a turn names. */
static int take_owner(struct paper_session **out, struct r3_paper *paper, const struct r3_json *object,
                      struct r3_error *error) {
    char name[R3_SESSION_SIZE];
    if (take_session_name(name, object, "session", error) < 0)
        return -1;
    *out = paper_session_search(paper, name);
    return *out ? 0 : r3_fail(error, R3_DATA, "session: there is no %s", name);
}

/* What the exchange relies on when it works an order off. */
static int check_order(const struct paper_order *order, struct r3_error *error) {
    bool size = r3_decimal_is_present(&order->order.size), funds = r3_decimal_is_present(&order->order.funds);
    bool entry = paper_is_entry(order), waits = order->order.kind != R3_MARKET;
    if (waits && (!r3_decimal_is_present(&order->order.price) || !r3_decimal_is_present(&order->touch)))
        return r3_fail(error, R3_DATA, "a %s order without price and touch", r3_kind_name(order->order.kind));
    if (order->leg ? size || funds || entry || order->order.role == R3_EXIT : entry ? size == funds : !size || funds)
        return r3_fail(error, R3_DATA, "its size or funds do not go with its role");
    if (entry && size && !r3_decimal_is_present(&order->estimate))
        return r3_fail(error, R3_DATA, "an entry by size without estimate");
    return 0;
}

static int take_order(struct r3_paper *paper, struct paper_market *market, const struct r3_json *object,
                      struct r3_error *error) {
    struct r3_record empty;
    struct paper_session *session;
    if (take_owner(&session, paper, object, error) < 0)
        return -1;
    r3_record_init(&empty, R3_ORDER);
    memcpy(empty.order.session, session->name, sizeof empty.order.session);
    memcpy(empty.order.market, market->name, sizeof empty.order.market);
    struct paper_order *order = paper_order_new(paper, market, session, &empty.order);
    int failed = r3_state_take_members(order, object, &order_table, order_others, error) < 0 ||
                         r3_state_take_object(&order->order, object, "order", &asked_table, error) < 0
                     ? -1
                     : 0;
    if (!failed)
        failed = check_order(order, error);
    if (failed)
        free(order);
    else
        paper_add_take(market, order);
    return failed;
}

static int take_links(struct paper_market *market, struct paper_bracket *bracket, const struct r3_json *object,
                      struct r3_error *error) {
    for (size_t k = 0; k < LINKS; k++) {
        int64_t place;
        if (!r3_json_member(object, links[k].name))
            continue;
        if (r3_state_take_integer(&place, object, links[k].name, ORDERS_MAX, error) < 0)
            return -1;
        struct paper_order *order = (size_t)place < market->count ? market->orders[place] : NULL;
        if (!order || order->bracket || order->session != bracket->session || order->order.role != links[k].role ||
            order->leg != (links[k].role != R3_ENTRY))
            return r3_fail(error, R3_DATA, "%s: order %lld is not it", links[k].name, (long long)place);
        order->bracket = bracket;
        *linked(bracket, k) = order;
    }
    return 0;
}

static int take_bracket(struct r3_paper *paper, struct paper_market *market, const struct r3_json *object,
                        struct r3_error *error) {
    struct paper_session *session;
    if (take_owner(&session, paper, object, error) < 0)
        return -1;
    struct paper_bracket *bracket = r3_allocate(sizeof *bracket);
    bracket->session = session;
    paper_bracket_add_take(market, bracket);
    return r3_state_take_members(bracket, object, &bracket_table, bracket_others, error) < 0 ||
                   take_links(market, bracket, object, error) < 0
               ? -1
               : 0;
}

static int take_turn(struct r3_paper *paper, struct paper_market *market, const struct r3_json *object,
                     struct r3_error *error) {
    struct paper_session *session;
    if (take_owner(&session, paper, object, error) < 0)
        return -1;
    market->turns = r3_reallocate(market->turns, (market->turn_count + 1) * sizeof *market->turns);
    market->turn_capacity = market->turn_count + 1;
    struct paper_turn *turn = &market->turns[market->turn_count];
    if (r3_state_take_members(turn, object, &turn_table, of_session, error) < 0)
        return -1;
    turn->session = session;
    market->turn_count++;
    return 0;
}

static int take_each(struct r3_paper *paper, struct paper_market *market, const struct r3_json *object,
                     const char *name,
                     int (*take)(struct r3_paper *paper, struct paper_market *market, const struct r3_json *object,
                                 struct r3_error *error),
                     struct r3_error *error) {
    const struct r3_json *array;
    if (r3_state_take_array(&array, object, name, ORDERS_MAX, error) < 0)
        return -1;
    for (size_t i = 0; i < r3_json_count(array); i++)
        if (take(paper, market, r3_json_at(array, i), error) < 0)
            return r3_error_at(error, "%s[%zu]: ", name, i);
    return 0;
}

/* Each leg is one of its bracket's, which ends it. */
static int check_legs(const struct paper_market *market, struct r3_error *error) {
    for (size_t i = 0; i < market->count; i++)
        if (market->orders[i]->leg && !market->orders[i]->bracket)
            return r3_fail(error, R3_DATA, "orders[%zu]: a leg of no bracket", i);
    return 0;
}

/* The market, with the rules that came with its instrument in this stream, else those of the state. */
static int take_rules(struct paper_market **out, struct r3_paper *paper, const struct r3_json_document *document,
                      const struct r3_json *object, struct r3_error *error) {
    struct r3_record rules;
    const struct r3_json *value = r3_json_member(object, "rules");
    if (!value)
        return r3_fail(error, R3_DATA, "rules is missing");
    if (r3_state_take_record(&rules, document, value, error) < 0)
        return r3_error_at(error, "rules: ");
    if (rules.type != R3_INSTRUMENT)
        return r3_fail(error, R3_DATA, "rules: not an instrument");
    *out = paper_market_search(paper, rules.instrument.market);
    if (!*out && r3_paper_instrument(paper, &rules.instrument, error) < 0)
        return -1;
    *out = paper_market_search(paper, rules.instrument.market);
    return 0;
}

static int take_market(struct r3_paper *paper, struct paper_market *market, const struct r3_json *object,
                       struct r3_error *error) {
    if (market->candles || market->count || market->bracket_count)
        return r3_fail(error, R3_DATA, "market: a second %s", market->name);
    if (r3_state_take_members(market, object, &market_table, market_others, error) < 0)
        return -1;
    paper_set_timeframe(market, market->timeframe);
    if (market->candles && (market->timeframe == R3_TIMEFRAME_NONE || !r3_decimal_is_present(&market->price)))
        return r3_fail(error, R3_DATA, "candles: without timeframe and price");
    if (take_each(paper, market, object, "orders", take_order, error) < 0 ||
        take_each(paper, market, object, "brackets", take_bracket, error) < 0 ||
        take_each(paper, market, object, "turns", take_turn, error) < 0 || check_legs(market, error) < 0)
        return -1;
    paper_sweep_all(market);
    return 0;
}

/* Sessions and markets come in the state's order, whatever came ahead of it in this stream. */
static int take_sessions(struct r3_paper *paper, const struct r3_json *array, struct r3_error *error) {
    for (size_t i = 0; i < r3_json_count(array); i++) {
        struct paper_session *session;
        if (take_session(&session, paper, r3_json_at(array, i), error) < 0)
            return r3_error_at(error, "sessions[%zu]: ", i);
        for (size_t at = i; at < paper->session_count; at++)
            if (paper->sessions[at] == session) {
                paper->sessions[at] = paper->sessions[i];
                paper->sessions[i] = session;
            }
        paper->changed = paper->changed || session->changed;
    }
    return 0;
}

static int take_markets(struct r3_paper *paper, const struct r3_json_document *document, const struct r3_json *array,
                        struct r3_error *error) {
    for (size_t i = 0; i < r3_json_count(array); i++) {
        struct paper_market *market;
        if (take_rules(&market, paper, document, r3_json_at(array, i), error) < 0 ||
            take_market(paper, market, r3_json_at(array, i), error) < 0)
            return r3_error_at(error, "markets[%zu]: ", i);
        for (size_t at = i; at < paper->market_count; at++)
            if (paper->markets[at] == market) {
                paper->markets[at] = paper->markets[i];
                paper->markets[i] = market;
            }
    }
    return 0;
}

static bool is_fresh(const struct r3_paper *paper) {
    for (size_t i = 0; i < paper->market_count; i++)
        if (paper->markets[i]->candles || paper->markets[i]->count)
            return false;
    return true;
}

static int take_all(struct r3_paper *paper, bool *opened, const struct r3_json_document *document,
                    const struct r3_json *object, struct r3_error *error) {
    const struct r3_json *sessions, *markets;
    return r3_state_take_members(opened, object, &paper_table, paper_others, error) < 0 ||
                   r3_state_take_array(&sessions, object, "sessions", SESSIONS_MAX, error) < 0 ||
                   r3_state_take_array(&markets, object, "markets", MARKETS_MAX, error) < 0 ||
                   take_sessions(paper, sessions, error) < 0 || take_markets(paper, document, markets, error) < 0
               ? -1
               : 0;
}

int r3_paper_load(struct r3_paper *paper, bool *opened, const char *text, size_t length, struct r3_error *error) {
    struct r3_json_document *document = NULL;
    int result = is_fresh(paper) ? 0 : r3_fail(error, R3_DATA, "it comes behind candles or orders");
    for (size_t i = 0; i < paper->market_count; i++)
        paper->markets[i]->holder = NULL; /* ledgers change */
    if (result == 0)
        result = r3_json_parse(&document, text, length, length, error);
    if (result == 0)
        result = take_all(paper, opened, document, r3_json_root(document), error);
    r3_json_free(document);
    return result < 0 ? r3_error_at(error, "state: ") : 0;
}
