#include "lib/store/queries.h"

/* Rows whose reference leads nowhere: → the row's id and what it refers to. */
#define DANGLING(table, id, column, other, key)                                                                        \
    "SELECT t." id ", t." column " FROM " table " t LEFT JOIN " other " o ON o." key " = t." column " WHERE t." column \
    " IS NOT NULL AND o." key " IS NULL ORDER BY t." id

static const char *const texts[R3_QUERY_COUNT] = {
    [R3_QUERY_CLAIM_TOKEN] = "INSERT INTO transactions (token, time) VALUES ($1, $2) ON CONFLICT DO NOTHING",
    [R3_QUERY_FORGET_TOKEN] = "DELETE FROM transactions WHERE token = $1",
    [R3_QUERY_FORGET_OLD_TOKENS] = "DELETE FROM transactions WHERE time < $1",
    [R3_QUERY_NOTE_INPUT] = "INSERT INTO seen_inputs (consumer, session, input, time) VALUES ($1, $2, $3, $4)"
                            " ON CONFLICT DO NOTHING",
    [R3_QUERY_VERSION] = "SELECT version FROM r3_schema",
    [R3_QUERY_FIRST_VERSION] = "INSERT INTO r3_schema (version) VALUES ($1)",
    [R3_QUERY_NEW_VERSION] = "UPDATE r3_schema SET version = $1",
    [R3_QUERY_LAST_SENT] = "SELECT number FROM outbox WHERE program = $1 AND session = $2"
                           " ORDER BY number DESC LIMIT 1",
    [R3_QUERY_SEND] = "INSERT INTO outbox (program, session, number, record) VALUES ($1, $2, $3, $4)",
    [R3_QUERY_WAITING] = "SELECT number, record FROM outbox WHERE program = $1 AND session = $2 AND acknowledged = 0"
                         " ORDER BY number",
    [R3_QUERY_ACKNOWLEDGE] = "UPDATE outbox SET acknowledged = 1"
                             " WHERE program = $1 AND session = $2 AND number <= $3 AND acknowledged = 0",
    [R3_QUERY_LEASE] = "SELECT owner, epoch, lease_until FROM sessions WHERE id = $1",
    [R3_QUERY_TAKE_LEASE] = "UPDATE sessions SET owner = $2, epoch = $3, lease_until = $4 WHERE id = $1",
    [R3_QUERY_LEASE_HOLDS] = "SELECT 1 FROM sessions WHERE id = $1 AND owner = $2 AND epoch = $3",
    [R3_QUERY_TRADES_WITHOUT_ORDER] = DANGLING("trades", "id", "order_id", "orders", "id"),
    [R3_QUERY_TRADES_OF_OTHER_SESSION] = "SELECT t.id, o.id FROM trades t JOIN orders o ON o.id = t.order_id"
                                         " WHERE o.session <> t.session ORDER BY t.id",
    [R3_QUERY_ORDERS_WITHOUT_SESSION] = DANGLING("orders", "id", "session", "sessions", "id"),
    [R3_QUERY_ORDERS_WITHOUT_SIGNAL] = DANGLING("orders", "id", "signal", "signals", "id"),
    [R3_QUERY_SIGNALS_WITHOUT_SESSION] = DANGLING("signals", "id", "session", "sessions", "id"),
    [R3_QUERY_POSITIONS_WITHOUT_SESSION] = DANGLING("positions", "market", "session", "sessions", "id"),
    [R3_QUERY_ACCOUNTS_WITHOUT_SESSION] = DANGLING("accounts", "session", "session", "sessions", "id"),
    [R3_QUERY_SESSIONS_WITHOUT_TASK] = "SELECT s.id, s.state FROM sessions s WHERE s.state = 'ACTIVE' AND NOT EXISTS"
                                       " (SELECT 1 FROM tasks t WHERE t.session = s.id AND t.state = 'ACTIVE')"
                                       " ORDER BY s.id",
    [R3_QUERY_SESSIONS_WITHOUT_STRATEGY] =
        "SELECT s.id, s.state FROM sessions s WHERE s.state IN ('ACTIVE', 'PAUSED') AND NOT EXISTS"
        " (SELECT 1 FROM strategies t WHERE t.session = s.id AND t.name = s.strategy AND t.state = s.state)"
        " ORDER BY s.id",
    [R3_QUERY_SESSIONS_WITHOUT_COLLECT] =
        "SELECT s.id, s.state FROM sessions s WHERE s.state = 'ACTIVE' AND s.source IS NULL AND NOT EXISTS"
        " (SELECT 1 FROM collects c WHERE c.platform = s.platform AND c.market = s.market"
        " AND c.timeframe = s.timeframe AND c.state = 'ACTIVE') ORDER BY s.id",
    [R3_QUERY_TASKS_WITHOUT_SESSION] = "SELECT t.session, s.state FROM tasks t LEFT JOIN sessions s ON s.id = t.session"
                                       " WHERE s.id IS NULL OR s.state IN ('CREATED', 'STOPPED') ORDER BY t.session",
    [R3_QUERY_STRATEGIES_WITHOUT_SESSION] =
        "SELECT t.session, s.state FROM strategies t LEFT JOIN sessions s ON s.id = t.session"
        " WHERE s.id IS NULL OR s.state IN ('CREATED', 'STOPPED') ORDER BY t.session",
    [R3_QUERY_SESSIONS] = "SELECT id, currency, cash FROM sessions ORDER BY id",
    [R3_QUERY_ORDERS] = "SELECT id, filled, cost, fee FROM orders WHERE session = $1 ORDER BY id",
    [R3_QUERY_TRADES] = "SELECT id, order_id, market, side, price, size, fee, fee_currency FROM trades"
                        " WHERE session = $1 ORDER BY order_id, id",
    [R3_QUERY_POSITIONS] = "SELECT market, side, size, price FROM positions WHERE session = $1 ORDER BY market",
    [R3_QUERY_ACCOUNT] = "SELECT currency, equity FROM accounts WHERE session = $1",
};

const char *r3_query_text(enum r3_query query) {
    return texts[query];
}

#define TABLE(name, key)                                                                                               \
    { name, "SELECT * FROM " name " ORDER BY " key }
const struct r3_store_table r3_store_tables[] = {
    TABLE("sessions", "id"),
    TABLE("strategies", "session"),
    TABLE("collects", "platform, market, timeframe"),
    TABLE("tasks", "session"),
    TABLE("candles", "platform, market, timeframe, time"),
    TABLE("signals", "id"),
    TABLE("orders", "id"),
    TABLE("trades", "id"),
    TABLE("positions", "session, market"),
    TABLE("accounts", "session"),
    TABLE("consumer_positions", "consumer, topic, part"),
    TABLE("notices", "session, program, number"),
    TABLE("seen_inputs", "consumer, session, input"),
    TABLE("outbox", "program, session, number"),
    { NULL, NULL },
};
