/* --dry-run: what would be sent, and what would be refused. Nothing is journalled, leased or sent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/live/check.h"
#include "lib/live/gateway.h"

/* session: NULL: of none. */
static int put_notice(struct r3_live *live, const char *session, enum r3_level level, const char *text,
                      struct r3_error *error) {
    struct r3_record record;
    r3_record_init(&record, R3_NOTICE);
    if (r3_clock_now(&record.notice.time, error) < 0)
        return -1;
    record.notice.level = level;
    snprintf(record.notice.program, sizeof record.notice.program, "r3-live");
    if (session)
        memcpy(record.notice.session, session, sizeof record.notice.session);
    snprintf(record.notice.text, sizeof record.notice.text, "%s", text);
    r3_buffer_reset(&live->lines);
    return r3_record_encode(&live->lines, &record, error) < 0 ? -1 : live_write(live, &live->lines, error);
}

/* False: a stand-in for a session that the store does not have, or has on paper. */
static bool is_live(const struct r3_live_session *session) {
    return strcmp(session->mode, "live") == 0;
}

/* What the exchange's own check says, where there is a key. */
static void test(struct r3_live *live, const struct r3_order *order, char out[R3_TEXT_SIZE], enum r3_level *level) {
    struct r3_kucoin_answer answer;
    struct r3_error trouble = { 0 };
    *level = R3_INFO;
    if (!live->options->key) {
        snprintf(out, R3_TEXT_SIZE, "would be sent (no key: the exchange was not asked)");
        return;
    }
    if (r3_kucoin_place(live->kucoin, order, live->options->window, true, 0, &answer, &trouble) < 0) {
        *level = R3_WARNING;
        snprintf(out, R3_TEXT_SIZE, "could not be tested: %.180s", trouble.text);
    } else if (answer.outcome == R3_KUCOIN_DONE) {
        snprintf(out, R3_TEXT_SIZE, "would be sent; the exchange would take it");
    } else {
        *level = R3_WARNING;
        snprintf(out, R3_TEXT_SIZE, "%s: %s%s%.160s",
                 answer.outcome == R3_KUCOIN_REFUSED ? "the exchange would refuse it" : "the exchange did not answer",
                 answer.code, *answer.code ? ": " : "", answer.text);
    }
}

/* Whether an order of the session is SENT: `id` of it. */
static int find_unknown(char id[R3_ID_SIZE], struct r3_live *live, const struct r3_live_session *session,
                        struct r3_error *error) {
    struct r3_live_row *rows = NULL;
    size_t count = 0;
    int result = r3_live_rows(&rows, &count, live->store, session->id, error);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].step == R3_LIVE_SENT)
            memcpy(id, rows[i].order.id, sizeof rows[i].order.id);
        r3_live_row_release(&rows[i]);
    }
    free(rows);
    return result;
}

/* What keeps an entry of a live session from being sent now, whatever the exchange says of it; "": nothing. */
static int find_obstacle(char out[R3_TEXT_SIZE], struct r3_live *live, const struct r3_order *order,
                         const struct r3_live_session *session, struct r3_error *error) {
    char unknown[R3_ID_SIZE] = "";
    int64_t now;
    out[0] = '\0';
    if (order->role != R3_ENTRY || !is_live(session))
        return 0;
    if (find_unknown(unknown, live, session, error) < 0 || r3_clock_now(&now, error) < 0)
        return -1;
    if (now - order->time > session->refresh)
        snprintf(out, R3_TEXT_SIZE, "would be STALE: it is older than the session's refresh");
    else if (*unknown)
        snprintf(out, R3_TEXT_SIZE, "would wait until it is known what became of order %s", unknown);
    return 0;
}

static int try_order(struct r3_live *live, const struct r3_order *order, struct r3_live_session *session,
                     struct r3_error *error) {
    struct r3_live_facts facts;
    struct r3_error trouble = { 0 };
    struct r3_buffer text = R3_BUFFER_INIT;
    char verdict[R3_TEXT_SIZE], reason[R3_TEXT_SIZE], obstacle[R3_TEXT_SIZE];
    enum r3_level level = R3_WARNING;
    bool here = r3_live_is_for(order, session->market);
    if (find_obstacle(obstacle, live, order, session, error) < 0)
        return -1;
    int known = here && !*obstacle ? live_facts(live, order, session, &facts, &trouble) : 0;
    if (!here)
        snprintf(verdict, sizeof verdict, "would be refused: session %s trades %s on kucoin", session->id,
                 session->market);
    else if (*obstacle)
        snprintf(verdict, sizeof verdict, "%.200s", obstacle);
    else if (known < 0)
        snprintf(verdict, sizeof verdict, "could not be checked: %.180s", trouble.text);
    else if (known > 0)
        snprintf(verdict, sizeof verdict, "would be refused: %.180s", trouble.text);
    else if (!r3_live_check(reason, order, &facts))
        snprintf(verdict, sizeof verdict, "would be refused: %.200s", reason);
    else
        test(live, order, verdict, &level);
    live_describe(&text, order);
    r3_buffer_printf(&text, ": %s%s", verdict, is_live(session) ? "" : "; of no live session: no limit was checked");
    int result = put_notice(live, order->session, level, text.data, error);
    r3_buffer_release(&text);
    return result;
}

/* The live session of an order; for those of a backtest, or of a paper session, one whose limits are not known. New in *out. */
static int find_session(struct r3_live_session **out, struct r3_live *live, const struct r3_order *order,
                        struct r3_error *error) {
    size_t count = 0;
    *out = NULL;
    if (live->store && r3_live_sessions(out, &count, live->store, order->session, error) == 0)
        return 0;
    if (live->store && (error->status != R3_DATA || (count > 0 && is_live(*out)))) /* it is there, and damaged */
        return -1;
    *error = (struct r3_error) { 0 };
    if (!*out)
        *out = r3_allocate(sizeof **out);
    **out = (struct r3_live_session) { .state = "ACTIVE", .epoch = 1, .booked = 1, .cash = r3_decimal_absent };
    memcpy((*out)->id, order->session, sizeof order->session);
    memcpy((*out)->market, order->market, sizeof order->market);
    return 0;
}

/* Orders of standard input. */
static int try_input(struct r3_live *live, struct r3_error *error) {
    struct r3_record record;
    for (char *at = live->orders.data; at && *at; at += strcspn(at, "\n") + 1) {
        struct r3_live_session *session = NULL;
        if (r3_record_decode(live->decoder, &record, at, strcspn(at, "\n"), error) < 0)
            return -1;
        int result = find_session(&session, live, &record.order, error);
        if (result == 0)
            result = try_order(live, &record.order, session, error);
        if (session)
            r3_live_session_release(session);
        free(session);
        if (result < 0)
            return -1;
    }
    return 0;
}

/* A key is to trade and no more: who gets hold of one that may withdraw as well has the money. */
static int try_key(struct r3_live *live, struct r3_error *error) {
    char rights[R3_TEXT_SIZE], text[R3_TEXT_SIZE];
    enum r3_level level = R3_WARNING;
    struct r3_error trouble = { 0 };
    bool trades = false;
    const char *more = NULL;
    if (r3_kucoin_permissions(live->kucoin, rights, &trouble) < 0) {
        live_trouble(live, NULL, &trouble);
        snprintf(text, sizeof text, "key: could not be asked for: %.180s", trouble.text);
        return put_notice(live, NULL, level, text, error);
    }
    for (const char *right = rights; *right;) {
        size_t length = strcspn(right, ", ");
        bool spot = length == strlen("Spot") && memcmp(right, "Spot", length) == 0;
        bool general = length == strlen("General") && memcmp(right, "General", length) == 0;
        trades = trades || spot;
        more = more || spot || general || length == 0 ? more : right;
        right += length + (right[length] != '\0');
    }
    if (!trades) {
        snprintf(text, sizeof text, "key: it may not trade (%.100s): give it the permission Spot", rights);
    } else if (more) {
        snprintf(text, sizeof text, "key: it may do more than trade (%.100s): make one with General and Spot alone",
                 rights);
    } else {
        level = R3_INFO;
        snprintf(text, sizeof text, "key: it may trade, and no more (%.100s)", rights);
    }
    return put_notice(live, NULL, level, text, error);
}

int live_dry_run(struct r3_live *live, struct r3_error *error) {
    int result = live->options->key ? try_key(live, error) : 0;
    for (size_t i = 0; result == 0 && i < live->session_count; i++) {
        struct r3_live_row *rows = NULL;
        size_t count = 0;
        result = r3_live_rows(&rows, &count, live->store, live->sessions[i].id, error);
        for (size_t j = 0; j < count; j++) {
            if (result == 0 && rows[j].step == R3_LIVE_INTENT && !rows[j].cancel)
                result = try_order(live, &rows[j].order, &live->sessions[i], error);
            r3_live_row_release(&rows[j]);
        }
        free(rows);
    }
    return result < 0 ? -1 : try_input(live, error);
}
