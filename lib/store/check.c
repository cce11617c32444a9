#include "lib/store/check.h"

#include <stdarg.h>

#include "lib/base/buffer.h"
#include "lib/store/driver.h"
#include "lib/trade/ledger.h"

static void say(struct r3_store_findings *findings, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct r3_store_findings *findings, const char *format, ...) {
    struct r3_error text; /* what it holds is one line, whatever the rows hold */
    char message[sizeof text.text];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    r3_fail(&text, R3_DATA, "%s", message);
    findings->problems++;
    findings->say(findings->context, text.text);
}

/* ---- rows that lead nowhere ---- */

struct rule {
    enum r3_query query; /* → the id of a row, and what it leads to */
    const char *what, *wrong;
};
static const struct rule rules[] = {
    { R3_QUERY_TRADES_WITHOUT_ORDER, "trade", "its order is not there:" },
    { R3_QUERY_TRADES_OF_OTHER_SESSION, "trade", "its order is of another session:" },
    { R3_QUERY_ORDERS_WITHOUT_SESSION, "order", "its session is not there:" },
    { R3_QUERY_ORDERS_WITHOUT_SIGNAL, "order", "its signal is not there:" },
    { R3_QUERY_SIGNALS_WITHOUT_SESSION, "signal", "its session is not there:" },
    { R3_QUERY_POSITIONS_WITHOUT_SESSION, "position", "its session is not there:" },
    { R3_QUERY_ACCOUNTS_WITHOUT_SESSION, "account", "its session is not there:" },
    { R3_QUERY_SESSIONS_WITHOUT_TASK, "session", "no active task for a session that is" },
    { R3_QUERY_SESSIONS_WITHOUT_STRATEGY, "session", "no strategy in that state for a session that is" },
    { R3_QUERY_SESSIONS_WITHOUT_COLLECT, "session", "no active collect of its candles for a session that is" },
    { R3_QUERY_TASKS_WITHOUT_SESSION, "task", "left over from a session that is" },
    { R3_QUERY_STRATEGIES_WITHOUT_SESSION, "strategy", "left over from a session that is" },
    { R3_QUERY_SESSIONS_WITHOUT_TIMES, "session", "its times of start, first action or end do not fit one that is" },
    { R3_QUERY_ORDERS_AFTER_STOP, "order", "it works, for a session that is" },
    { R3_QUERY_JOURNAL_WITHOUT_ORDER, "order", "on its way to the exchange, and not there:" },
    { R3_QUERY_JOURNAL_AFTER_STOP, "order", "of a session that is STOPPED, and on its way to the exchange:" },
    { R3_QUERY_TOLD_AFTER_STOP, "session", "no run has taken in what the exchange told of its orders, and it is" },
    { R3_QUERY_JOURNAL_DISAGREES, "order", "its status does not fit that of its way to the exchange:" },
    { R3_QUERY_FILLS_WITHOUT_ORDER, "fill", "its order is not there:" },
};

struct found {
    const struct rule *rule;
    struct r3_store_findings *findings;
};

static int find_row(const struct r3_store_row *row, void *context, struct r3_error *error) {
    const struct found *found = context;
    const char *other = r3_store_row_text(row, 1);
    (void)error;
    say(found->findings, "%s %s: %s %s", found->rule->what, r3_store_row_text(row, 0), found->rule->wrong,
        *other ? other : "gone");
    return 0;
}

static int find_damage(const struct r3_store_row *row, void *context, struct r3_error *error) {
    const char *text = r3_store_row_text(row, 0);
    (void)error;
    if (strcmp(text, "ok") != 0)
        say(context, "file: %s", text);
    return 0;
}

/* ---- sums of a session ---- */

struct session {
    char *id, *currency;
    struct r3_decimal cash;
};

/* What the trades of an order make together; in the order of the orders' ids. */
struct order_sum {
    char *id;
    struct r3_decimal filled, cost, fee;
};

struct books {
    struct r3_store_findings *findings;
    struct session *sessions;
    size_t count, capacity;
    const struct session *session; /* the one that is looked at */
    struct r3_ledger ledger;
    struct order_sum *orders;
    size_t order_count, order_capacity, at;
    char **markets; /* with a row in positions */
    size_t market_count, market_capacity;
    bool account;
};

static void *grown(void *array, size_t count, size_t *capacity, size_t size) {
    if (count < *capacity)
        return array;
    *capacity = *capacity ? *capacity * 2 : 16;
    return r3_reallocate(array, *capacity * size);
}

static int take_session(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct books *books = context;
    books->sessions = grown(books->sessions, books->count, &books->capacity, sizeof *books->sessions);
    struct session *session = &books->sessions[books->count++];
    session->id = r3_duplicate(r3_store_row_text(row, 0));
    session->currency = r3_duplicate(r3_store_row_text(row, 1));
    return r3_store_row_decimal(&session->cash, row, 2, error);
}

static struct order_sum *sum_of(struct books *books, const char *id) {
    if (books->order_count && strcmp(books->orders[books->order_count - 1].id, id) == 0)
        return &books->orders[books->order_count - 1];
    books->orders = grown(books->orders, books->order_count, &books->order_capacity, sizeof *books->orders);
    struct order_sum *sum = &books->orders[books->order_count++];
    *sum = (struct order_sum) { r3_duplicate(id), r3_decimal_zero, r3_decimal_zero, r3_decimal_zero };
    return sum;
}

/* Columns: id, order, market, side, price, size, fee, fee_currency. A fee in another currency is not taken from the cash. */
static int book_trade(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct books *books = context;
    struct order_sum *sum = sum_of(books, r3_store_row_text(row, 1));
    struct r3_decimal price, size, fee, cost;
    enum r3_side side = strcmp(r3_store_row_text(row, 3), "BUY") == 0 ? R3_BUY : R3_SELL;
    books->findings->trades++;
    if (r3_store_row_decimal(&price, row, 4, error) < 0 || r3_store_row_decimal(&size, row, 5, error) < 0 ||
        r3_store_row_decimal(&fee, row, 6, error) < 0)
        return -1;
    if (strcmp(r3_store_row_text(row, 7), books->session->currency) != 0)
        fee = r3_decimal_zero;
    if (r3_decimal_sign(&price) <= 0 || r3_decimal_sign(&size) <= 0) {
        say(books->findings, "trade %s: its price and size are not above zero", r3_store_row_text(row, 0));
        return 0;
    }
    if (r3_ledger_cost(&cost, &price, &size, error) < 0 ||
        r3_ledger_fill(&books->ledger, r3_store_row_text(row, 2), side, &size, &cost, &fee, error) < 0 ||
        r3_decimal_add(&sum->filled, &sum->filled, &size, error) < 0 ||
        r3_decimal_add(&sum->cost, &sum->cost, &cost, error) < 0 ||
        r3_decimal_add(&sum->fee, &sum->fee, &fee, error) < 0)
        return r3_error_at(error, "trade %s: ", r3_store_row_text(row, 0));
    return 0;
}

static void compare_with(struct r3_store_findings *findings, const char *what, const char *id, const char *name,
                         const struct r3_decimal *is, const char *but, const struct r3_decimal *should) {
    char is_text[R3_DECIMAL_TEXT_SIZE], should_text[R3_DECIMAL_TEXT_SIZE];
    struct r3_decimal normal = *should;
    if (r3_decimal_equal(is, should))
        return;
    r3_decimal_normalize(&normal);
    r3_decimal_format(is_text, is);
    r3_decimal_format(should_text, &normal);
    say(findings, "%s %s: %s is %s, %s %s", what, id, name, is_text, but, should_text);
}

static void compare(struct r3_store_findings *findings, const char *what, const char *id, const char *name,
                    const struct r3_decimal *is, const struct r3_decimal *should) {
    compare_with(findings, what, id, name, is, "its trades make", should);
}

/* Columns: id, and filled, cost, fee as the exchange told them, and as the order has them. */
static int compare_journal(const struct r3_store_row *row, void *context, struct r3_error *error) {
    static const char *const names[] = { "filled", "cost", "fee" };
    const struct books *books = context;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct r3_decimal told, is;
        if (r3_store_row_decimal(&told, row, 1 + i, error) < 0 || r3_store_row_decimal(&is, row, 4 + i, error) < 0)
            return -1;
        compare_with(books->findings, "order", r3_store_row_text(row, 0), names[i], &is, "the exchange told of", &told);
    }
    return 0;
}

/* Columns: id, filled, cost, fee; orders and sums are in the order of the ids. */
static int compare_order(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct books *books = context;
    const char *id = r3_store_row_text(row, 0);
    const struct order_sum none = { NULL, r3_decimal_zero, r3_decimal_zero, r3_decimal_zero }, *sum = &none;
    struct r3_decimal filled, cost, fee;
    books->findings->orders++;
    while (books->at < books->order_count && strcmp(books->orders[books->at].id, id) < 0)
        books->at++;
    if (books->at < books->order_count && strcmp(books->orders[books->at].id, id) == 0)
        sum = &books->orders[books->at];
    if (r3_store_row_decimal(&filled, row, 1, error) < 0 || r3_store_row_decimal(&cost, row, 2, error) < 0 ||
        r3_store_row_decimal(&fee, row, 3, error) < 0)
        return -1;
    compare(books->findings, "order", id, "filled", &filled, &sum->filled);
    compare(books->findings, "order", id, "cost", &cost, &sum->cost);
    compare(books->findings, "order", id, "fee", &fee, &sum->fee);
    return 0;
}

static int compare_position(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct books *books = context;
    const char *market = r3_store_row_text(row, 0), *side = r3_store_row_text(row, 1);
    const struct r3_ledger_position *position = r3_ledger_find(&books->ledger, market);
    struct r3_decimal size, price;
    if (r3_store_row_decimal(&size, row, 2, error) < 0 || r3_store_row_decimal(&price, row, 3, error) < 0)
        return -1;
    if (strcmp(side, "SHORT") == 0)
        r3_decimal_negate(&size, &size);
    compare(books->findings, "session", books->session->id, market, &size,
            position ? &position->size : &r3_decimal_zero);
    r3_ledger_mark(&books->ledger, market, &price);
    books->markets = grown(books->markets, books->market_count, &books->market_capacity, sizeof *books->markets);
    books->markets[books->market_count++] = r3_duplicate(market);
    return 0;
}

static int compare_account(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct books *books = context;
    struct r3_decimal is, should;
    books->account = true;
    if (r3_store_row_decimal(&is, row, 1, error) < 0 || r3_ledger_equity(&should, &books->ledger, error) < 0)
        return -1;
    if (strcmp(r3_store_row_text(row, 0), books->session->currency) != 0)
        say(books->findings, "session %s: its account is in %s", books->session->id, r3_store_row_text(row, 0));
    compare(books->findings, "session", books->session->id, "equity", &is, &should);
    return 0;
}

static void tell_missing_positions(struct books *books) {
    for (size_t i = 0; i < books->ledger.count; i++) {
        const struct r3_ledger_position *position = &books->ledger.positions[i];
        bool there = r3_decimal_is_zero(&position->size);
        for (size_t k = 0; k < books->market_count && !there; k++)
            there = strcmp(books->markets[k], position->market) == 0;
        if (!there)
            say(books->findings, "session %s: no position in %s, where its trades make one", books->session->id,
                position->market);
    }
    if (!books->account && books->order_count)
        say(books->findings, "session %s: it has trades and no account", books->session->id);
}

static void close_books(struct books *books) {
    for (size_t i = 0; i < books->order_count; i++)
        free(books->orders[i].id);
    for (size_t i = 0; i < books->market_count; i++)
        free(books->markets[i]);
    books->order_count = books->market_count = books->at = 0;
    books->account = false;
    r3_ledger_release(&books->ledger);
}

static int check_session(struct r3_store *store, struct books *books, const struct session *session,
                         struct r3_error *error) {
    static const struct {
        enum r3_query query;
        r3_store_row_function *row;
    } parts[] = { { R3_QUERY_TRADES, book_trade },
                  { R3_QUERY_ORDERS, compare_order },
                  { R3_QUERY_JOURNAL_SUMS, compare_journal },
                  { R3_QUERY_POSITIONS, compare_position },
                  { R3_QUERY_ACCOUNT, compare_account } };
    const struct r3_store_value key = r3_store_text(session->id);
    books->findings->sessions++;
    books->session = session;
    if (r3_ledger_init(&books->ledger, &session->cash, error) < 0) {
        say(books->findings, "session %s: %s", session->id, error->text);
        return 0;
    }
    int result = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && result == 0; i++)
        result = r3_store_run(store, parts[i].query, &key, 1, parts[i].row, books, NULL, error);
    if (result == 0)
        tell_missing_positions(books);
    else
        r3_error_at(error, "session %s: ", session->id);
    close_books(books);
    return result;
}

/* ---- all ---- */

static int look(struct r3_store *store, void *context, struct r3_error *error) {
    struct r3_store_findings *findings = context;
    struct books books = { .findings = findings };
    int result = 0;
    if (store->driver->integrity)
        result = r3_store_statement(store, store->driver->integrity, NULL, 0, find_damage, findings, NULL, error);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0] && result == 0; i++) {
        struct found found = { &rules[i], findings };
        result = r3_store_run(store, rules[i].query, NULL, 0, find_row, &found, NULL, error);
    }
    if (result == 0)
        result = r3_store_run(store, R3_QUERY_SESSIONS, NULL, 0, take_session, &books, NULL, error);
    for (size_t i = 0; i < books.count && result == 0; i++)
        result = check_session(store, &books, &books.sessions[i], error);
    for (size_t i = 0; i < books.count; i++) {
        free(books.sessions[i].id);
        free(books.sessions[i].currency);
    }
    free(books.sessions);
    free(books.orders);
    free(books.markets);
    return result;
}

int r3_store_check(struct r3_store *store, struct r3_store_findings *findings, struct r3_error *error) {
    return r3_store_read(store, look, findings, error);
}
