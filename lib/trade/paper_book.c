/* The book of a live session. Orders are checked, reserved for and answered as on paper; but they are filled elsewhere, candles tell no
 * more than a price, and what becomes of an order is known when an update or a trade tells it. */
#include "lib/base/buffer.h"
#include "lib/trade/paper_internal.h"

static void say(char reason[R3_TEXT_SIZE], const char *text) {
    r3_copy_text(reason, R3_TEXT_SIZE, text, strlen(text));
}

static void say_more(char reason[R3_TEXT_SIZE], const char *what, const struct r3_decimal *is, const char *than,
                     const struct r3_decimal *most) {
    char is_text[R3_DECIMAL_TEXT_SIZE], most_text[R3_DECIMAL_TEXT_SIZE];

    r3_decimal_format(is_text, is);
    r3_decimal_format(most_text, most);
    snprintf(reason, R3_TEXT_SIZE, "%s %s, %s %s", what, is_text, than, most_text);
}

static void say_stale(char reason[R3_TEXT_SIZE], int64_t from) {
    char text[R3_TIME_TEXT_SIZE];

    if (from == R3_PAPER_NEVER) {
        say(reason, "STALE: no entry is sent for now (--entries-from never)");
        return;
    }
    r3_time_format(text, from);
    snprintf(reason, R3_TEXT_SIZE, "STALE: it was decided before %s, from when on entries are sent", text);
}

/* What an entry comes to at the price that is known, fees aside; absent where none is. */
static int worth_of(struct r3_decimal *out, const struct paper_order *entry, struct r3_error *error) {
    *out = entry->order.funds;
    if (paper_by_funds(entry) || !r3_decimal_is_present(&entry->estimate))
        return 0;
    return r3_ledger_cost(out, &entry->estimate, &entry->order.size, error);
}

static int check_entry(char reason[R3_TEXT_SIZE], const struct r3_paper *paper, const struct paper_order *entry,
                       struct r3_error *error) {
    const struct r3_decimal *most = &paper->options.largest_order;
    struct r3_decimal worth;

    if (entry->order.time < paper->options.entries_from) {
        say_stale(reason, paper->options.entries_from);
        return 0;
    }
    if (entry->order.side == R3_SELL) {
        say(reason, "nothing is sold short on a spot market");
        return 0;
    }
    if (paper_wants_bracket(&entry->order)) {
        say(reason, "stop, target and time are watched by r3-track: --protect tracker");
        return 0;
    }
    if (!r3_decimal_is_present(most))
        return 0;
    if (worth_of(&worth, entry, error))
        return -1;
    if (r3_decimal_is_present(&worth) && r3_decimal_is_less(most, &worth))
        say_more(reason, "it comes to", &worth, "--max-order is", most);
    return 0;
}

/* What the session holds and no other exit is about to take. */
static int free_of(struct r3_decimal *out, const struct paper_order *exit, struct r3_error *error) {
    const struct paper_market *market = exit->market;
    struct r3_decimal rest;

    *out = paper_held(exit);
    for (size_t i = 0; i < market->count; i++) {
        const struct paper_order *other = market->orders[i];
        if (other->done || other->session != exit->session || paper_is_entry(other) ||
            other->order.side != exit->order.side)
            continue;
        if (paper_rest(&rest, other, error) || r3_decimal_subtract(out, out, &rest, error))
            return -1;
    }
    return 0;
}

static int check_exit(char reason[R3_TEXT_SIZE], const struct paper_order *exit, struct r3_error *error) {
    struct r3_decimal left;

    if (free_of(&left, exit, error))
        return -1;
    if (!r3_decimal_is_positive(&left))
        say(reason, "nothing to close");
    else if (r3_decimal_is_less(&left, &exit->order.size))
        say_more(reason, "it would close", &exit->order.size, "of which the session holds", &left);
    return 0;
}

int paper_book_check(char reason[R3_TEXT_SIZE], const struct r3_paper *paper, struct paper_order *order,
                     struct r3_error *error) {
    order->at_close = false; /* the exchange fills it when it gets it */
    if (order->order.kind == R3_STOP) {
        say(reason, "a STOP order is not sent: stops are watched by r3-track, --protect tracker");
        return 0;
    }
    return paper_is_entry(order) ? check_entry(reason, paper, order, error) : check_exit(reason, order, error);
}

int r3_paper_told_update(struct r3_paper *paper, const struct r3_update *update, struct r3_error *error) {
    struct paper_order *order =
        update->status == R3_OPENED ? NULL : paper_order_find(paper, update->order, update->session);

    if (!order)
        return 0;
    struct paper_market *market = order->market;
    order->done = market->unswept = true;
    if (paper_reserve(paper, order, error))
        return -1;
    paper_sweep(market);
    return 0;
}

/* All that is booked of it. */
static uint64_t digest(const struct r3_trade *trade) {
    char text[R3_DECIMAL_TEXT_SIZE + sizeof(uint64_t)] = ""; /* r3_paper_mix_text reads words */
    const struct r3_decimal *values[] = { &trade->price, &trade->size, &trade->fee };
    uint64_t hash = r3_paper_mix_text((uint64_t)trade->side, trade->order);

    hash = r3_paper_mix_text(r3_paper_mix_text(hash, trade->market), trade->fee_currency);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        r3_decimal_format(text, values[i]);
        hash = r3_paper_mix_text(hash, text);
    }
    return hash;
}

/* Whoever carries trades here may bring one twice. 1: it is new; 0: it came before, which a notice says; -1. */
static int is_new(struct r3_paper *paper, struct paper_session *session, const struct r3_trade *trade,
                  struct r3_error *error) {
    struct r3_record record;
    struct r3_notice *notice = &record.notice;
    enum r3_paper_seen seen = r3_paper_ids_add(&session->ids, session->name, trade->id, digest(trade));

    if (seen == R3_PAPER_NEW)
        return 1;
    r3_record_init(&record, R3_NOTICE);
    notice->time = trade->time;
    notice->level = seen == R3_PAPER_DIFFERENT ? R3_ERROR : R3_INFO;
    r3_copy_text(notice->program, sizeof notice->program, "r3-order", strlen("r3-order"));
    r3_copy_text(notice->session, sizeof notice->session, session->name, strlen(session->name));
    snprintf(notice->text, sizeof notice->text, "trade %s: it came before%s, and is not booked again", trade->id,
             seen == R3_PAPER_DIFFERENT ? " and said something else" : "");
    return paper_emit(paper, &record, error) ? -1 : 0;
}

int r3_paper_told_trade(struct r3_paper *paper, const struct r3_trade *trade, struct r3_error *error) {
    struct paper_market *market = paper_market(paper, trade->market);
    struct paper_session *session = paper_session_find(paper, trade->session);
    struct paper_order *order = paper_order_find(paper, trade->order, trade->session);
    struct r3_decimal cost;

    if (!market || !session || (!order && !r3_paper_ids_has(&session->ids, session->name, trade->order)))
        return r3_fail(error, R3_DATA, "trade %s: its order %s did not come here", trade->id, trade->order);
    int fresh = is_new(paper, session, trade, error);
    if (fresh <= 0)
        return fresh;
    const struct r3_decimal *fee =
        strcmp(trade->fee_currency, market->rules.quote) == 0 ? &trade->fee : &r3_decimal_zero;
    if (r3_ledger_cost(&cost, &trade->price, &trade->size, error) ||
        r3_ledger_fill(&session->ledger, market->name, trade->side, &trade->size, &cost, fee, error))
        return r3_error_at(error, "trade %s: ", trade->id);
    paper_changed(paper, session);
    if (!order) /* its end was told before */
        return 0;
    order->trades++;
    return r3_decimal_add(&order->filled, &order->filled, &trade->size, error) ||
                   r3_decimal_add(&order->cost, &order->cost, &cost, error) ||
                   r3_decimal_add(&order->fee, &order->fee, fee, error) || paper_reserve(paper, order, error)
               ? -1
               : 0;
}
