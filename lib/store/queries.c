#include "lib/store/queries.h"

#include "lib/store/store.h"

/* Rows whose reference leads nowhere: → the row's id and what it refers to. */
#define DANGLING(table, id, column, other, key)                                                                        \
    "SELECT t." id ", t." column " FROM " table " t LEFT JOIN " other " o ON o." key " = t." column " WHERE t." column \
    " IS NOT NULL AND o." key " IS NULL ORDER BY t." id

#define SIGNAL_COLUMNS                                                                                                 \
    "id, session, strategy, platform, market, timeframe, time, direction, reference, confidence, stop, target,"        \
    " volatility, reason"
#define ORDER_COLUMNS                                                                                                  \
    "id, session, signal, platform, market, time, role, side, kind, fill, price, stop, target, trail, break_even,"     \
    " expiry, size, funds"
#define TRADE_COLUMNS "id, order_id, session, market, time, side, role, price, size, fee, fee_currency, liquidity"
#define POSITION_COLUMNS                                                                                               \
    "session, market, time, side, size, cost, entry_price, price, value, unrealized_pnl, realized_pnl"
#define ACCOUNT_COLUMNS "session, time, currency, equity, available"

#define TEXT_OF(number) #number
#define DIGITS(number) TEXT_OF(number)

/* A tick is due again where its lease has run out ($1), or lasts longer than any, and where its time is further away than one interval:
 * then the clock was set back ($2 is market time). */
#define FREE_TASK                                                                                                      \
    "state = 'ACTIVE' AND (lease_until IS NULL OR lease_until <= $1 OR lease_until - " DIGITS(                         \
        R3_STORE_LONGEST_LEASE) " > $1)"

#define SESSION_COLUMNS                                                                                                \
    "SELECT s.id, s.label, s.strategy, s.platform, s.market, s.timeframe, s.refresh, s.mode, s.state, s.currency,"     \
    " s.cash, s.pipeline, s.source, s.reason, s.created, s.started, s.ended, s.seen, s.acts_from, s.rule_hash"
#define STATUS                                                                                                         \
    SESSION_COLUMNS ", t.done, t.due, a.equity, a.available, p.side, p.size, p.entry_price, p.price, p.value,"         \
                    " p.unrealized_pnl, p.realized_pnl, p.time, s.last_run, s.last_status, s.last_failure,"            \
                    " s.failures FROM sessions s LEFT JOIN tasks t ON t.session = s.id"                                \
                    " LEFT JOIN accounts a ON a.session = s.id LEFT JOIN positions p ON p.session = s.id"              \
                    " AND p.market = s.market "
/* Ids are "s", a number and three letters, so that shorter ones are older. */
#define BY_NUMBER " ORDER BY length(s.id), s.id"
#define DELETE_OF(table) "DELETE FROM " table " WHERE session = $1"

#define OF_SERIES " WHERE platform = $1 AND market = $2 AND timeframe = $3"

#define LIVE_SESSION "SELECT s.id, s.market, s.mode, s.state, s.refresh, s.currency, s.cash FROM sessions s "
#define JOURNAL                                                                                                        \
    "SELECT id, session, platform, market, record, step, cancel, sent, attempts, absent, looked, exchange_id, filled," \
    " cost, fee, epoch FROM exchange_orders "

/* That record of the outbox b is what became of an order; notices may wait for ever. */
#define TELLS_OF_ORDER                                                                                                 \
    "b.program = 'r3-order' AND (b.record LIKE '{\"type\":\"update\"%' OR b.record LIKE '{\"type\":\"trade\"%')"
/* Nothing of what r3-live has told of the orders of the session of e waits for a run. */
#define ALL_TOLD "NOT EXISTS (SELECT 1 FROM outbox b WHERE b.session = e.session AND " TELLS_OF_ORDER ")"

static const char *const texts[R3_QUERY_COUNT] = {
    [R3_QUERY_CLAIM_TOKEN] = "INSERT INTO transactions (token, time) VALUES ($1, $2) ON CONFLICT DO NOTHING",
    [R3_QUERY_FORGET_TOKEN] = "DELETE FROM transactions WHERE token = $1",
    [R3_QUERY_FORGET_OLD_TOKENS] = "DELETE FROM transactions WHERE time < $1",
    [R3_QUERY_RESTORED] = "SELECT time FROM transactions WHERE token = '" R3_STORE_RESTORED "' AND time > $1",
    [R3_QUERY_NOTE_INPUT] = "INSERT INTO seen_inputs (consumer, session, input, time) VALUES ($1, $2, $3, $4)"
                            " ON CONFLICT DO NOTHING",
    [R3_QUERY_VERSION] = "SELECT version FROM r3_schema",
    [R3_QUERY_FIRST_VERSION] = "INSERT INTO r3_schema (version) VALUES ($1)",
    [R3_QUERY_NEW_VERSION] = "UPDATE r3_schema SET version = $1",
    [R3_QUERY_TAKE_NUMBERS] = "INSERT INTO counters (name, last) VALUES ($1, $2) ON CONFLICT (name)"
                              " DO UPDATE SET last = counters.last + excluded.last RETURNING last",
    [R3_QUERY_SEND] = "INSERT INTO outbox (program, session, number, record) VALUES ($1, $2, $3, $4)",
    [R3_QUERY_WAITING] = "SELECT number, record FROM outbox WHERE program = $1 AND session = $2 ORDER BY number",
    [R3_QUERY_ACKNOWLEDGE] = "DELETE FROM outbox WHERE program = $1 AND session = $2 AND number <= $3",
    [R3_QUERY_LEASE] = "SELECT owner, epoch, lease_until FROM sessions WHERE id = $1",
    [R3_QUERY_TAKE_LEASE] = "UPDATE sessions SET owner = $2, epoch = $3, lease_until = $4 WHERE id = $1",
    [R3_QUERY_LEASE_HOLDS] = "SELECT 1 FROM sessions WHERE id = $1 AND owner = $2 AND epoch = $3",
    [R3_QUERY_LOCK_LEASE] = "UPDATE sessions SET epoch = epoch WHERE id = $1 AND owner = $2 AND epoch = $3",
    [R3_QUERY_TRADES_WITHOUT_ORDER] = DANGLING("trades", "id", "order_id", "orders", "id"),
    [R3_QUERY_TRADES_OF_OTHER_SESSION] = "SELECT t.id, o.id FROM trades t JOIN orders o ON o.id = t.order_id"
                                         " WHERE o.session <> t.session ORDER BY t.id",
    [R3_QUERY_ORDERS_WITHOUT_SESSION] = DANGLING("orders", "id", "session", "sessions", "id"),
    [R3_QUERY_ORDERS_WITHOUT_SIGNAL] = DANGLING("orders", "id", "signal", "signals", "id"),
    [R3_QUERY_SIGNALS_WITHOUT_SESSION] = DANGLING("signals", "id", "session", "sessions", "id"),
    [R3_QUERY_POSITIONS_WITHOUT_SESSION] = DANGLING("positions", "market", "session", "sessions", "id"),
    [R3_QUERY_ACCOUNTS_WITHOUT_SESSION] = DANGLING("accounts", "session", "session", "sessions", "id"),
    [R3_QUERY_SESSIONS_WITHOUT_TASK] =
        "SELECT s.id, s.state FROM sessions s WHERE s.state IN ('ACTIVE', 'PAUSED', 'STOPPING')"
        " AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.session = s.id AND t.state = 'ACTIVE')"
        " ORDER BY s.id",
    [R3_QUERY_SESSIONS_WITHOUT_STRATEGY] =
        "SELECT s.id, s.state FROM sessions s WHERE s.state IN ('ACTIVE', 'PAUSED', 'STOPPING') AND NOT EXISTS"
        " (SELECT 1 FROM strategies t WHERE t.session = s.id AND t.name = s.strategy"
        " AND t.state = CASE s.state WHEN 'ACTIVE' THEN 'ACTIVE' ELSE 'PAUSED' END)"
        " ORDER BY s.id",
    [R3_QUERY_SESSIONS_WITHOUT_COLLECT] =
        "SELECT s.id, s.state FROM sessions s WHERE s.state IN ('ACTIVE', 'PAUSED', 'STOPPING') AND s.source IS NULL"
        " AND NOT EXISTS"
        " (SELECT 1 FROM collects c WHERE c.platform = s.platform AND c.market = s.market"
        " AND c.timeframe = s.timeframe AND c.state = 'ACTIVE') ORDER BY s.id",
    [R3_QUERY_TASKS_WITHOUT_SESSION] = "SELECT t.session, s.state FROM tasks t LEFT JOIN sessions s ON s.id = t.session"
                                       " WHERE s.id IS NULL OR s.state IN ('CREATED', 'STOPPED') ORDER BY t.session",
    [R3_QUERY_STRATEGIES_WITHOUT_SESSION] =
        "SELECT t.session, s.state FROM strategies t LEFT JOIN sessions s ON s.id = t.session"
        " WHERE s.id IS NULL OR s.state IN ('CREATED', 'STOPPED') ORDER BY t.session",
    [R3_QUERY_SESSIONS_WITHOUT_TIMES] =
        "SELECT s.id, s.state FROM sessions s WHERE (s.state IN ('ACTIVE', 'PAUSED', 'STOPPING')"
        " AND (s.started IS NULL OR s.acts_from IS NULL)) OR (s.state = 'STOPPED') <> (s.ended IS NOT NULL) ORDER BY s.id",
    [R3_QUERY_ORDERS_AFTER_STOP] =
        "SELECT o.id, s.state FROM sessions s JOIN orders o ON o.session = s.id WHERE s.state = 'STOPPED'"
        " AND o.status = 'OPENED' ORDER BY o.id",
    [R3_QUERY_JOURNAL_WITHOUT_ORDER] = DANGLING("exchange_orders", "id", "id", "orders", "id"),
    [R3_QUERY_JOURNAL_AFTER_STOP] =
        "SELECT e.id, e.step FROM exchange_orders e JOIN sessions s ON s.id = e.session WHERE s.state = 'STOPPED'"
        " AND e.step <> 'DONE' ORDER BY e.id",
    [R3_QUERY_TOLD_AFTER_STOP] =
        "SELECT DISTINCT b.session, s.state FROM outbox b JOIN sessions s ON s.id = b.session WHERE s.state = 'STOPPED'"
        " AND " TELLS_OF_ORDER " ORDER BY b.session",
    /* What is over there and works here, or the reverse, where all that was to be told of the session has been. */
    [R3_QUERY_JOURNAL_DISAGREES] = "SELECT e.id, e.step FROM exchange_orders e JOIN orders o ON o.id = e.id"
                                   " WHERE (e.step = 'DONE') = (o.status = 'OPENED') AND " ALL_TOLD " ORDER BY e.id",
    [R3_QUERY_FILLS_WITHOUT_ORDER] = DANGLING("exchange_fills", "id", "order_id", "exchange_orders", "id"),
    [R3_QUERY_JOURNAL_SUMS] =
        "SELECT e.id, e.filled, e.cost, e.fee, o.filled, o.cost, o.fee FROM exchange_orders e JOIN orders o"
        " ON o.id = e.id WHERE e.session = $1 AND e.step = 'DONE' AND " ALL_TOLD " ORDER BY e.id",
    [R3_QUERY_SESSIONS] = "SELECT id, currency, cash FROM sessions ORDER BY id",
    [R3_QUERY_ORDERS] = "SELECT id, filled, cost, fee FROM orders WHERE session = $1 ORDER BY id",
    [R3_QUERY_TRADES] = "SELECT id, order_id, market, side, price, size, fee, fee_currency FROM trades"
                        " WHERE session = $1 ORDER BY order_id, id",
    [R3_QUERY_POSITIONS] = "SELECT market, side, size, price FROM positions WHERE session = $1 ORDER BY market",
    [R3_QUERY_ACCOUNT] = "SELECT currency, equity FROM accounts WHERE session = $1",
    [R3_QUERY_NEXT_TICK] = "SELECT min(CASE WHEN due > $2 + every THEN $2 ELSE due END) FROM tasks WHERE " FREE_TASK,
    [R3_QUERY_LEASE_TICKS] = "UPDATE tasks SET leased = $2 - $2 % every,"
                             " missed = CASE WHEN due > $2 THEN 0 ELSE ($2 - $2 % every - due) / every END,"
                             " owner = $3, lease_until = $4, epoch = epoch + 1 WHERE " FREE_TASK
                             " AND (due <= $2 OR due > $2 + every) RETURNING session, every, leased, missed",
    [R3_QUERY_LEASED_TICK] = "SELECT every, leased, missed FROM tasks WHERE session = $1 AND leased IS NOT NULL",
    [R3_QUERY_TICK_DONE] = "UPDATE tasks SET done = $2, due = $3 WHERE session = $1",
    [R3_QUERY_FREE_TICK] = "UPDATE tasks SET leased = NULL, missed = NULL, owner = NULL, lease_until = NULL"
                           " WHERE session = $1 AND leased = $2",
    [R3_QUERY_HOLD_TICK] = "UPDATE tasks SET lease_until = $2 WHERE session = $1 AND leased IS NOT NULL",
    [R3_QUERY_SEEN] = "SELECT seen, mode, timeframe, refresh, platform, source, acts_from FROM sessions WHERE id = $1",
    [R3_QUERY_STATES] = "SELECT record FROM states WHERE session = $1 ORDER BY program, part",
    [R3_QUERY_STATE_OF] = "SELECT record FROM states WHERE session = $1 AND program = $2 ORDER BY part",
    [R3_QUERY_FORGET_STATE] = "DELETE FROM states WHERE session = $1 AND program = $2",
    [R3_QUERY_KEEP_STATE] = "INSERT INTO states (session, program, part, record) VALUES ($1, $2, $3, $4)",
    [R3_QUERY_PROLONG_LEASE] = "UPDATE sessions SET lease_until = $4 WHERE id = $1 AND owner = $2 AND epoch = $3",
    [R3_QUERY_END_LEASE] = "UPDATE sessions SET owner = NULL, lease_until = NULL"
                           " WHERE id = $1 AND owner = $2 AND epoch = $3",
    [R3_QUERY_RUN_DONE] = "UPDATE sessions SET seen = coalesce($4, seen), last_run = $5 WHERE id = $1 AND owner = $2"
                          " AND epoch = $3",
    [R3_QUERY_TICK_OVER] =
        "UPDATE tasks SET due = done + every WHERE session = $1 AND leased IS NULL AND due < done + every",
    [R3_QUERY_RUN_SUCCEEDED] = "UPDATE sessions SET last_status = 0, last_failure = NULL, failures = 0"
                               " WHERE id = $1 AND owner = $2 AND epoch = $3",
    [R3_QUERY_RUN_FAILED] = "UPDATE sessions SET last_run = $3, last_status = $4, last_failure = $5,"
                            " failures = failures + 1 WHERE id = $1 AND epoch = $2",
    [R3_QUERY_ADD_SIGNAL] = "INSERT INTO signals (" SIGNAL_COLUMNS ", state) VALUES"
                            " ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'IGNORED')"
                            " ON CONFLICT (id) DO NOTHING",
    [R3_QUERY_SIGNAL] = "SELECT " SIGNAL_COLUMNS " FROM signals WHERE id = $1",
    [R3_QUERY_ACT_ON_SIGNAL] = "UPDATE signals SET state = 'ACTED' WHERE id = $1 AND session = $2",
    [R3_QUERY_ADD_ORDER] =
        "INSERT INTO orders (" ORDER_COLUMNS ", status, execution, filled, cost, fee, updated) VALUES ($1, $2, $3,"
        " $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 'OPENED', 'NOT_EXECUTED', '0', '0',"
        " '0', $6) ON CONFLICT (id) DO NOTHING",
    [R3_QUERY_ORDER] = "SELECT " ORDER_COLUMNS " FROM orders WHERE id = $1",
    [R3_QUERY_UPDATE_ORDER] = "UPDATE orders SET status = $3, execution = $4, filled = $5, cost = $6, fee = $7,"
                              " reason = $8, exchange_id = $9, updated = $10 WHERE id = $1 AND session = $2",
    [R3_QUERY_ADD_TRADE] = "INSERT INTO trades (" TRADE_COLUMNS ") VALUES"
                           " ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO NOTHING",
    [R3_QUERY_TRADE] = "SELECT " TRADE_COLUMNS " FROM trades WHERE id = $1",
    [R3_QUERY_SET_POSITION] =
        "INSERT INTO positions (" POSITION_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        " ON CONFLICT (session, market) DO UPDATE SET time = excluded.time, side = excluded.side,"
        " size = excluded.size, cost = excluded.cost, entry_price = excluded.entry_price, price = excluded.price,"
        " value = excluded.value, unrealized_pnl = excluded.unrealized_pnl, realized_pnl = excluded.realized_pnl",
    [R3_QUERY_POSITION] = "SELECT " POSITION_COLUMNS " FROM positions WHERE session = $1 AND market = $2",
    [R3_QUERY_SET_ACCOUNT] =
        "INSERT INTO accounts (" ACCOUNT_COLUMNS ") VALUES ($1, $2, $3, $4, $5) ON CONFLICT (session) DO UPDATE"
        " SET time = excluded.time, currency = excluded.currency, equity = excluded.equity,"
        " available = excluded.available",
    [R3_QUERY_WHOLE_ACCOUNT] = "SELECT " ACCOUNT_COLUMNS " FROM accounts WHERE session = $1",
    [R3_QUERY_ADD_NOTICE] = "INSERT INTO notices (session, program, number, time, level, message)"
                            " VALUES ($1, $2, $3, $4, $5, $6)",
    [R3_QUERY_END_BY_ITSELF] = "UPDATE sessions SET state = 'STOPPING', reason = $2"
                               " WHERE id = $1 AND state IN ('ACTIVE', 'PAUSED')",
    [R3_QUERY_OPEN_ORDER] = "SELECT 1 FROM orders WHERE session = $1 AND status = 'OPENED' LIMIT 1",
    [R3_QUERY_OPEN_POSITION] = "SELECT 1 FROM positions WHERE session = $1 AND side <> 'FLAT' LIMIT 1",
    [R3_QUERY_JOURNAL_TAKE_BACK] =
        "DELETE FROM exchange_orders WHERE id = $1 AND session = $2 AND step = 'INTENT' AND attempts = 0",
    [R3_QUERY_JOURNAL_SENT] = "SELECT 1 FROM exchange_orders WHERE session = $1 AND step = 'SENT' LIMIT 1",
    [R3_QUERY_JOURNAL_WORKING] =
        "SELECT 1 FROM exchange_orders WHERE session = $1 AND step IN ('SENT', 'WORKING') LIMIT 1",
    [R3_QUERY_JOURNAL_TOLD] = "SELECT 1 FROM outbox b WHERE b.session = $1 AND " TELLS_OF_ORDER " LIMIT 1",
    [R3_QUERY_JOURNAL_GIVE_UP] =
        "UPDATE exchange_orders SET step = 'DONE', cancel = $2 WHERE session = $1 AND step = 'INTENT'",
    [R3_QUERY_STALE_SIGNAL] = "UPDATE signals SET state = 'STALE' WHERE id ="
                              " (SELECT signal FROM orders WHERE id = $1 AND session = $2)",
    [R3_QUERY_SESSION_BY_ID] = SESSION_COLUMNS " FROM sessions s WHERE s.id = $1",
    [R3_QUERY_SESSIONS_BY_ID_RANGE] = SESSION_COLUMNS " FROM sessions s WHERE s.id >= $1 AND s.id < $2" BY_NUMBER,
    [R3_QUERY_SESSIONS_BY_LABEL] =
        SESSION_COLUMNS " FROM sessions s WHERE s.label = $1 AND s.state <> 'STOPPED'" BY_NUMBER,
    [R3_QUERY_SESSIONS_AT_WORK] =
        SESSION_COLUMNS " FROM sessions s WHERE s.state IN ('ACTIVE', 'PAUSED', 'STOPPING')" BY_NUMBER,
    [R3_QUERY_SESSION_STATUS] = STATUS "WHERE s.id = $1",
    [R3_QUERY_STATUS_NOT_OVER] = STATUS "WHERE s.state <> 'STOPPED'" BY_NUMBER,
    [R3_QUERY_STATUS_OF_ALL] = STATUS BY_NUMBER,
    [R3_QUERY_WORKING_ORDERS] = "SELECT id, market, role, side, kind, price, size, funds, filled, time FROM orders"
                                " WHERE session = $1 AND status = 'OPENED' ORDER BY time, id",
    [R3_QUERY_COUNTS] = "SELECT (SELECT count(*) FROM signals WHERE session = $1),"
                        " (SELECT count(*) FROM orders WHERE session = $1),"
                        " (SELECT count(*) FROM trades WHERE session = $1)",
    /* Such an order ends as it begins: nothing else ends one at its own time, unfilled and with a reason. */
    [R3_QUERY_REJECTED] = "SELECT count(*) OVER (), time, reason FROM orders WHERE session = $1 AND status = 'CANCELED'"
                          " AND execution = 'NOT_EXECUTED' AND updated = time AND reason IS NOT NULL"
                          " ORDER BY time DESC, id DESC LIMIT 1",
    [R3_QUERY_LAST_NOTICES] = "SELECT time, level, program, message FROM notices WHERE session = $1"
                              " ORDER BY time DESC, program DESC, number DESC LIMIT 5",
    [R3_QUERY_LAST_SIGNAL] = "SELECT time, direction, reference, state FROM signals WHERE session = $1"
                             " ORDER BY time DESC, id DESC LIMIT 1",
    [R3_QUERY_ADD_SESSION] =
        "INSERT INTO sessions (id, label, strategy, platform, market, timeframe, refresh, mode, state, currency, cash,"
        " pipeline, source, created, rule_hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'CREATED', $9, $10, $11, $12,"
        " $13, $14)",
    [R3_QUERY_START_SESSION] = "UPDATE sessions SET state = 'ACTIVE', started = $2, acts_from = $3 WHERE id = $1",
    [R3_QUERY_KNOW_RULES] = "UPDATE sessions SET rule_hash = $2 WHERE id = $1 AND rule_hash IS NULL",
    [R3_QUERY_GIVE_UP_ORDERS] = "UPDATE orders SET status = 'CANCELED', updated = $2, reason = $3"
                                " WHERE session = $1 AND status = 'OPENED'",
    [R3_QUERY_SET_STATE] = "UPDATE sessions SET state = $2 WHERE id = $1",
    [R3_QUERY_END_SESSION] = "UPDATE sessions SET state = 'STOPPED', ended = $2, reason = $3, owner = NULL,"
                             " lease_until = NULL WHERE id = $1",
    [R3_QUERY_END_LEASED_SESSION] = "UPDATE sessions SET state = 'STOPPED', ended = $2, reason = $3 WHERE id = $1",
    [R3_QUERY_ADD_STRATEGY] = "INSERT INTO strategies (session, name, state, since) VALUES ($1, $2, 'ACTIVE', $3)",
    [R3_QUERY_SET_STRATEGY_STATE] = "UPDATE strategies SET state = $2, since = $3 WHERE session = $1",
    [R3_QUERY_PAUSE_STRATEGY] =
        "UPDATE strategies SET state = 'PAUSED', since = $2 WHERE session = $1 AND state <> 'PAUSED'",
    [R3_QUERY_DELETE_STRATEGY] = DELETE_OF("strategies"),
    [R3_QUERY_ADD_TASK] = "INSERT INTO tasks (session, every, state, due) VALUES ($1, $2, 'ACTIVE', $3)",
    [R3_QUERY_DELETE_TASK] = DELETE_OF("tasks"),
    [R3_QUERY_USE_COLLECT] = "INSERT INTO collects (platform, market, timeframe, state) VALUES ($1, $2, $3, 'ACTIVE')"
                             " ON CONFLICT (platform, market, timeframe) DO UPDATE SET state = 'ACTIVE'",
    /* The row is written in any case, so that of two sessions that end at once not each leaves it to the other. */
    [R3_QUERY_FREE_COLLECT] =
        "UPDATE collects SET state = CASE WHEN EXISTS (SELECT 1 FROM sessions s WHERE s.platform = $1"
        " AND s.market = $2 AND s.timeframe = $3 AND s.source IS NULL AND s.state IN ('ACTIVE', 'PAUSED', 'STOPPING'))"
        " THEN state ELSE 'IDLE' END WHERE platform = $1 AND market = $2 AND timeframe = $3",
    [R3_QUERY_DELETE_OUTBOX] = DELETE_OF("outbox"),
    [R3_QUERY_DELETE_SEEN_INPUTS] = DELETE_OF("seen_inputs"),
    [R3_QUERY_DELETE_NOTICES] = DELETE_OF("notices"),
    [R3_QUERY_DELETE_COUNTERS] =
        "DELETE FROM counters WHERE substr(name, length(name) - length($1)) = '/' || $1", /* "command/s1bkq" */
    [R3_QUERY_DELETE_STATES] = DELETE_OF("states"),
    [R3_QUERY_DELETE_ACCOUNTS] = DELETE_OF("accounts"),
    [R3_QUERY_DELETE_POSITIONS] = DELETE_OF("positions"),
    [R3_QUERY_DELETE_EXCHANGE_FILLS] =
        "DELETE FROM exchange_fills WHERE order_id IN (SELECT id FROM exchange_orders WHERE session = $1)",
    [R3_QUERY_DELETE_EXCHANGE_ORDERS] = DELETE_OF("exchange_orders"),
    [R3_QUERY_DELETE_TRADES] = DELETE_OF("trades"),
    [R3_QUERY_DELETE_ORDERS] = DELETE_OF("orders"),
    [R3_QUERY_DELETE_SIGNALS] = DELETE_OF("signals"),
    [R3_QUERY_DELETE_RECONCILED] = "DELETE FROM consumer_positions WHERE consumer = 'r3-live' AND topic IN"
                                   " (SELECT 'kucoin/' || market || '/' || id FROM sessions WHERE id = $1)",
    [R3_QUERY_DELETE_SESSION] = "DELETE FROM sessions WHERE id = $1",
    [R3_QUERY_ADD_CANDLE] = "INSERT INTO candles (platform, market, timeframe, time, open, high, low, close, volume)"
                            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
    [R3_QUERY_CANDLE] = "SELECT time, open, high, low, close, volume FROM candles" OF_SERIES " AND time = $4",
    [R3_QUERY_CANDLES] = "SELECT time, open, high, low, close, volume FROM candles" OF_SERIES
                         " AND time >= $4 AND time < $5 ORDER BY time LIMIT $6",
    [R3_QUERY_LAST_CANDLE] = "SELECT time FROM candles" OF_SERIES " AND time < $4 ORDER BY time DESC LIMIT 1 OFFSET $5",
    [R3_QUERY_FORGET_CANDLES] = "DELETE FROM candles" OF_SERIES " AND time < $4",
    [R3_QUERY_SET_INSTRUMENT] = "INSERT INTO instruments (platform, market, record, trades, time)"
                                " VALUES ($1, $2, $3, 1, $4) ON CONFLICT (platform, market)"
                                " DO UPDATE SET record = excluded.record, trades = 1, time = excluded.time",
    [R3_QUERY_KEEP_INSTRUMENT] = "INSERT INTO instruments (platform, market, record, trades, time)"
                                 " VALUES ($1, $2, $3, 0, $4) ON CONFLICT (platform, market)"
                                 " DO UPDATE SET record = excluded.record, time = excluded.time",
    [R3_QUERY_INSTRUMENT] = "SELECT record, time FROM instruments WHERE platform = $1 AND market = $2",
    [R3_QUERY_INSTRUMENTS_GONE] = "UPDATE instruments SET trades = 0 WHERE platform = $1 AND time < $2",
    [R3_QUERY_INSTRUMENTS] = "SELECT market, record, time FROM instruments WHERE platform = $1 AND trades = 1"
                             " ORDER BY market",
    [R3_QUERY_NEXT_PLATFORM] = "SELECT platform FROM candles WHERE platform > $1 ORDER BY platform LIMIT 1",
    [R3_QUERY_SESSIONS_ON_SERIES] = SESSION_COLUMNS " FROM sessions s WHERE s.platform = $1 AND s.market = $2"
                                                    " AND s.timeframe = $3 AND s.state <> 'STOPPED'" BY_NUMBER,
    [R3_QUERY_LIVE_SESSIONS] =
        LIVE_SESSION "WHERE s.mode = 'live' AND (s.state <> 'STOPPED' OR EXISTS (SELECT 1 FROM"
                     " exchange_orders e WHERE e.session = s.id AND e.step <> 'DONE'))" BY_NUMBER,
    [R3_QUERY_LIVE_SESSION] = LIVE_SESSION "WHERE s.id = $1",
    [R3_QUERY_JOURNAL_OPEN] = JOURNAL "WHERE session = $1 AND step <> 'DONE' ORDER BY id",
    [R3_QUERY_JOURNAL_ANY] = "SELECT 1 FROM exchange_orders WHERE step <> 'DONE'"
                             " AND (step <> 'WORKING' OR cancel IS NOT NULL) LIMIT 1",
    [R3_QUERY_JOURNAL_ROW] = JOURNAL "WHERE id = $1",
    [R3_QUERY_JOURNAL_BY_EXCHANGE_ID] = JOURNAL "WHERE exchange_id = $1",
    [R3_QUERY_JOURNAL_ADD] = "INSERT INTO exchange_orders (id, session, platform, market, record, step, filled, cost,"
                             " fee, epoch) VALUES ($1, $2, $3, $4, $5, 'INTENT', '0', '0', '0',"
                             " (SELECT s.epoch FROM sessions s WHERE s.id = $2)) ON CONFLICT (id) DO NOTHING",
    [R3_QUERY_JOURNAL_CANCEL] = "UPDATE exchange_orders SET cancel = $3"
                                " WHERE id = $1 AND session = $2 AND step <> 'DONE' AND cancel IS NULL",
    [R3_QUERY_JOURNAL_STEP] = "UPDATE exchange_orders SET step = $4, sent = $5, attempts = $6, absent = $7,"
                              " looked = $8, exchange_id = $9, filled = $10, cost = $11, fee = $12"
                              " WHERE id = $1 AND step = $2 AND attempts = $3",
    [R3_QUERY_JOURNAL_ADD_FILL] = "INSERT INTO exchange_fills (id, platform, order_id, record)"
                                  " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    [R3_QUERY_JOURNAL_FILLS] = "SELECT id FROM exchange_fills WHERE order_id = $1",
    [R3_QUERY_JOURNAL_TRADES] = "SELECT f.record FROM exchange_fills f JOIN exchange_orders o ON o.id = f.order_id"
                                " WHERE o.session = $1",
    [R3_QUERY_READ_UP_TO] = "SELECT next FROM consumer_positions WHERE consumer = $1 AND topic = $2 AND part = 0",
    [R3_QUERY_SET_READ_UP_TO] = "INSERT INTO consumer_positions (consumer, topic, part, next) VALUES ($1, $2, 0, $3)"
                                " ON CONFLICT (consumer, topic, part) DO UPDATE SET next = excluded.next",
};

const char *r3_query_text(enum r3_query query) {
    return texts[query];
}

#define TABLE(name, key, version)                                                                                      \
    { name, "SELECT * FROM " name " ORDER BY " key, version }
const struct r3_store_table r3_store_tables[] = {
    TABLE("sessions", "id", 1),
    TABLE("strategies", "session", 1),
    TABLE("collects", "platform, market, timeframe", 1),
    TABLE("tasks", "session", 1),
    TABLE("candles", "platform, market, timeframe, time", 1),
    TABLE("signals", "id", 1),
    TABLE("orders", "id", 1),
    TABLE("trades", "id", 1),
    TABLE("positions", "session, market", 1),
    TABLE("accounts", "session", 1),
    TABLE("consumer_positions", "consumer, topic, part", 1),
    TABLE("notices", "session, program, number", 1),
    TABLE("seen_inputs", "consumer, session, input", 1),
    TABLE("outbox", "program, session, number", 1),
    TABLE("states", "session, program, part", 2),
    TABLE("counters", "name", 2),
    TABLE("exchange_orders", "id", 3),
    TABLE("exchange_fills", "platform, id, order_id", 3),
    TABLE("instruments", "platform, market", 3),
    { NULL, NULL, 0 },
};
