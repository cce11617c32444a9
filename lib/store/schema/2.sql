-- Version 2: what a session needs from one run to the next.

-- Close of the last candle that the session has taken, and the rest of how it was started.
ALTER TABLE sessions ADD COLUMN
    seen INTEGER;
-- Candles that close up to here are warm-up.
ALTER TABLE sessions ADD COLUMN
    acts_from INTEGER;
-- Why it ended.
ALTER TABLE sessions ADD COLUMN
    reason TEXT;

-- The tick that was handed out and is not done yet.
ALTER TABLE tasks ADD COLUMN
    leased INTEGER;
ALTER TABLE tasks ADD COLUMN
    missed INTEGER;

-- The state records that a session's programs wrote at the end of its last run.
CREATE TABLE states (
    session TEXT NOT NULL REFERENCES sessions (id),
    program TEXT NOT NULL,
    part INTEGER NOT NULL,
    record TEXT NOT NULL CHECK (length(record) <= 65536),
    PRIMARY KEY (session, program, part)
) STRICT;

-- Numbers that were given out, and never are again.
CREATE TABLE counters (
    name TEXT PRIMARY KEY NOT NULL,
    last INTEGER NOT NULL
) STRICT;

-- What has arrived is deleted from now on; the numbers of what is sent go on.
INSERT INTO counters (name, last)
    SELECT 'outbox/' || program || '/' || session, max(number) FROM outbox GROUP BY program, session;
DELETE FROM outbox WHERE acknowledged = 1;

-- A run asks whether any order still works, of which there are few however many there have been.
CREATE INDEX orders_working ON orders (session) WHERE status = 'OPENED';
