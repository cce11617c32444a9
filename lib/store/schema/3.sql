-- Version 3: orders of live sessions on their way to the exchange, and markets' rules.

-- An order that a session has decided on, with all that is known of its way. It is here, committed with the state that caused it, before
-- anything is sent.
CREATE TABLE exchange_orders (
    id TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 1 AND 40),
    session TEXT NOT NULL REFERENCES sessions (id),
    platform TEXT NOT NULL,
    market TEXT NOT NULL,
    record TEXT NOT NULL CHECK (length(record) <= 65536),
    step TEXT NOT NULL CHECK (step IN ('INTENT', 'SENT', 'WORKING', 'DONE')),
    cancel TEXT,
    sent INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    absent INTEGER NOT NULL DEFAULT 0,
    looked INTEGER,
    exchange_id TEXT,
    filled DECIMAL NOT NULL,
    cost DECIMAL NOT NULL,
    fee DECIMAL NOT NULL
) STRICT;
CREATE INDEX exchange_orders_open ON exchange_orders (session) WHERE step <> 'DONE';

-- Fills that were told of, each once.
CREATE TABLE exchange_fills (
    id TEXT NOT NULL,
    platform TEXT NOT NULL,
    order_id TEXT NOT NULL REFERENCES exchange_orders (id),
    record TEXT NOT NULL CHECK (length(record) <= 65536),
    PRIMARY KEY (platform, id, order_id)
) STRICT;
CREATE INDEX exchange_fills_order ON exchange_fills (order_id);

-- Rules of markets, as last asked: an instrument record.
CREATE TABLE instruments (
    platform TEXT NOT NULL,
    market TEXT NOT NULL,
    record TEXT NOT NULL CHECK (length(record) <= 65536),
    trades INTEGER NOT NULL CHECK (trades IN (0, 1)),
    time INTEGER NOT NULL,
    PRIMARY KEY (platform, market)
) STRICT;

-- How the last run of a session ended: its status, when (market time), what it said, and how many in a row have failed.
ALTER TABLE sessions ADD COLUMN
    last_run INTEGER;
ALTER TABLE sessions ADD COLUMN
    last_status INTEGER;
ALTER TABLE sessions ADD COLUMN
    last_failure TEXT;
ALTER TABLE sessions ADD COLUMN
    failures INTEGER NOT NULL DEFAULT 0;
-- Hash of the rules when it was created, comments and blanks left out, so that others are noticed before they act.
ALTER TABLE sessions ADD COLUMN
    rule_hash TEXT;
