-- Version 1 of the store, for SQLite and PostgreSQL alike. A statement ends with a semicolon at the end of a line; each column has
-- a line, its name and then its type, which lib/store/schema.c spells for the database:
--   TEXT      text, ordered by its bytes
--   INTEGER   64 bits; times are milliseconds since 1970 UTC
--   DECIMAL   an exact decimal in canonical spelling, of at most 34 digits, 18 of them behind the point; no NaN, no Infinity
-- A file that has been released is never changed: what is new comes as the next number.

CREATE TABLE r3_schema (
    version INTEGER NOT NULL
) STRICT;

-- A row for each transaction of which nobody has said yet that its end is known.
CREATE TABLE transactions (
    token TEXT PRIMARY KEY NOT NULL,
    time INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    id TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 1 AND 16),
    label TEXT NOT NULL CHECK (length(label) BETWEEN 1 AND 256),
    strategy TEXT NOT NULL,
    platform TEXT NOT NULL,
    market TEXT NOT NULL,
    timeframe TEXT NOT NULL,
    refresh INTEGER NOT NULL CHECK (refresh > 0),
    mode TEXT NOT NULL CHECK (mode IN ('paper', 'live')),
    state TEXT NOT NULL CHECK (state IN ('CREATED', 'ACTIVE', 'PAUSED', 'STOPPING', 'STOPPED')),
    currency TEXT NOT NULL,
    cash DECIMAL NOT NULL,
    pipeline TEXT CHECK (length(pipeline) <= 65536),
    source TEXT CHECK (length(source) <= 4096),
    owner TEXT,
    epoch INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER,
    created INTEGER NOT NULL,
    started INTEGER,
    ended INTEGER,
    CHECK ((owner IS NULL) = (lease_until IS NULL))
) STRICT;
CREATE INDEX sessions_state ON sessions (state);

-- The strategies that run: one a session that is not over.
CREATE TABLE strategies (
    session TEXT PRIMARY KEY NOT NULL REFERENCES sessions (id),
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ACTIVE', 'PAUSED')),
    since INTEGER NOT NULL
) STRICT;

CREATE TABLE collects (
    platform TEXT NOT NULL,
    market TEXT NOT NULL,
    timeframe TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ACTIVE', 'IDLE')),
    owner TEXT,
    epoch INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER,
    PRIMARY KEY (platform, market, timeframe),
    CHECK ((owner IS NULL) = (lease_until IS NULL))
) STRICT;

CREATE TABLE tasks (
    session TEXT PRIMARY KEY NOT NULL REFERENCES sessions (id),
    every INTEGER NOT NULL CHECK (every > 0),
    state TEXT NOT NULL CHECK (state IN ('ACTIVE', 'PAUSED')),
    due INTEGER NOT NULL,
    done INTEGER,
    owner TEXT,
    epoch INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER,
    CHECK ((owner IS NULL) = (lease_until IS NULL))
) STRICT;
CREATE INDEX tasks_due ON tasks (state, due);

CREATE TABLE candles (
    platform TEXT NOT NULL,
    market TEXT NOT NULL,
    timeframe TEXT NOT NULL,
    time INTEGER NOT NULL,
    open DECIMAL NOT NULL,
    high DECIMAL NOT NULL,
    low DECIMAL NOT NULL,
    close DECIMAL NOT NULL,
    volume DECIMAL NOT NULL,
    PRIMARY KEY (platform, market, timeframe, time)
) STRICT;

CREATE TABLE signals (
    id TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 1 AND 40),
    session TEXT NOT NULL REFERENCES sessions (id),
    strategy TEXT NOT NULL,
    platform TEXT NOT NULL,
    market TEXT NOT NULL,
    timeframe TEXT NOT NULL,
    time INTEGER NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('LONG', 'SHORT', 'FLAT')),
    reference DECIMAL NOT NULL,
    confidence DECIMAL,
    stop DECIMAL,
    target DECIMAL,
    volatility DECIMAL,
    reason TEXT,
    state TEXT NOT NULL CHECK (state IN ('NEW', 'ACTED', 'IGNORED', 'STALE'))
) STRICT;
CREATE INDEX signals_session ON signals (session, time);

CREATE TABLE orders (
    id TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 1 AND 40),
    session TEXT NOT NULL REFERENCES sessions (id),
    signal TEXT REFERENCES signals (id),
    platform TEXT NOT NULL,
    market TEXT NOT NULL,
    time INTEGER NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('ENTRY', 'EXIT', 'TP', 'SL', 'MO')),
    side TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
    kind TEXT NOT NULL CHECK (kind IN ('MARKET', 'LIMIT', 'STOP')),
    fill TEXT CHECK (fill IN ('NEXT_OPEN', 'CLOSE')),
    price DECIMAL,
    stop DECIMAL,
    target DECIMAL,
    trail DECIMAL,
    break_even DECIMAL,
    expiry INTEGER,
    size DECIMAL,
    funds DECIMAL,
    status TEXT NOT NULL CHECK (status IN ('OPENED', 'CLOSED', 'CANCELED')),
    execution TEXT NOT NULL CHECK (execution IN ('NOT_EXECUTED', 'PARTIALLY_EXECUTED', 'FULLY_EXECUTED')),
    filled DECIMAL NOT NULL,
    cost DECIMAL NOT NULL,
    fee DECIMAL NOT NULL,
    reason TEXT,
    exchange_id TEXT,
    updated INTEGER NOT NULL,
    CHECK ((size IS NULL) <> (funds IS NULL))
) STRICT;
CREATE INDEX orders_session ON orders (session, time);

CREATE TABLE trades (
    id TEXT PRIMARY KEY NOT NULL,
    order_id TEXT NOT NULL REFERENCES orders (id),
    session TEXT NOT NULL REFERENCES sessions (id),
    market TEXT NOT NULL,
    time INTEGER NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
    role TEXT NOT NULL CHECK (role IN ('ENTRY', 'EXIT', 'TP', 'SL', 'MO')),
    price DECIMAL NOT NULL,
    size DECIMAL NOT NULL,
    fee DECIMAL NOT NULL,
    fee_currency TEXT NOT NULL,
    liquidity TEXT NOT NULL CHECK (liquidity IN ('MAKER', 'TAKER'))
) STRICT;
CREATE INDEX trades_session ON trades (session, time);
CREATE INDEX trades_order ON trades (order_id);

CREATE TABLE positions (
    session TEXT NOT NULL REFERENCES sessions (id),
    market TEXT NOT NULL,
    time INTEGER NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('LONG', 'SHORT', 'FLAT')),
    size DECIMAL NOT NULL,
    cost DECIMAL NOT NULL,
    entry_price DECIMAL NOT NULL,
    price DECIMAL NOT NULL,
    value DECIMAL NOT NULL,
    unrealized_pnl DECIMAL NOT NULL,
    realized_pnl DECIMAL NOT NULL,
    PRIMARY KEY (session, market)
) STRICT;

CREATE TABLE accounts (
    session TEXT PRIMARY KEY NOT NULL REFERENCES sessions (id),
    time INTEGER NOT NULL,
    currency TEXT NOT NULL,
    equity DECIMAL NOT NULL,
    available DECIMAL NOT NULL
) STRICT;

-- How far a consumer has read a topic.
CREATE TABLE consumer_positions (
    consumer TEXT NOT NULL,
    topic TEXT NOT NULL,
    part INTEGER NOT NULL,
    next INTEGER NOT NULL CHECK (next >= 0),
    PRIMARY KEY (consumer, topic, part)
) STRICT;

CREATE TABLE notices (
    session TEXT NOT NULL DEFAULT '',
    program TEXT NOT NULL,
    number INTEGER NOT NULL,
    time INTEGER NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('INFO', 'WARNING', 'ERROR')),
    message TEXT NOT NULL,
    PRIMARY KEY (session, program, number)
) STRICT;

-- The input records that a consumer has acted on.
CREATE TABLE seen_inputs (
    consumer TEXT NOT NULL,
    session TEXT NOT NULL DEFAULT '',
    input TEXT NOT NULL,
    time INTEGER NOT NULL,
    PRIMARY KEY (consumer, session, input)
) STRICT;

-- Records on their way out, stored with the state that caused them.
CREATE TABLE outbox (
    program TEXT NOT NULL,
    session TEXT NOT NULL DEFAULT '',
    number INTEGER NOT NULL CHECK (number > 0),
    record TEXT NOT NULL CHECK (length(record) <= 65536),
    acknowledged INTEGER NOT NULL DEFAULT 0 CHECK (acknowledged IN (0, 1)),
    PRIMARY KEY (program, session, number)
) STRICT;
CREATE INDEX outbox_waiting ON outbox (program, session, acknowledged, number);
