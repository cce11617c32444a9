-- Version 4: which run put an order into the journal.

-- The session's lease when it was put there; NULL: not known. The run that has this lease has just decided on it; whoever has another one may
-- hold an older copy of the store.
ALTER TABLE exchange_orders ADD COLUMN
    epoch INTEGER;

-- Orders and fills of the exchange's lists are looked for one by one.
CREATE INDEX exchange_orders_exchange_id ON exchange_orders (exchange_id) WHERE exchange_id IS NOT NULL;
