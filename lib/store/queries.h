#ifndef R3_STORE_QUERIES_H
#define R3_STORE_QUERIES_H

#include <stddef.h>

/* Every query of the store but the schema's own statements, with parameters $1, $2 … in the order of their first use, which
 * SQLite and PostgreSQL read alike. */

/* The token of the transaction that restored a dump. It is of this store, and no part of dumps. */
#define R3_STORE_RESTORED "restored"

enum r3_query {
    /* transactions and inputs */
    R3_QUERY_CLAIM_TOKEN,       /* token, time */
    R3_QUERY_FORGET_TOKEN,      /* token */
    R3_QUERY_FORGET_OLD_TOKENS, /* time */
    R3_QUERY_RESTORED,          /* time → when a dump was restored, if that was since */
    R3_QUERY_NOTE_INPUT,        /* consumer, session, input, time */
    /* schema */
    R3_QUERY_VERSION,
    R3_QUERY_FIRST_VERSION, /* version */
    R3_QUERY_NEW_VERSION,   /* version */
    /* records on their way out */
    R3_QUERY_TAKE_NUMBERS, /* counter, how many → the last of them */
    R3_QUERY_SEND,         /* program, session, number, record */
    R3_QUERY_WAITING,      /* program, session → number, record */
    R3_QUERY_ACKNOWLEDGE,  /* program, session, number */
    /* leases */
    R3_QUERY_LEASE,       /* session → owner, epoch, lease_until */
    R3_QUERY_TAKE_LEASE,  /* session, owner, epoch, lease_until */
    R3_QUERY_LEASE_HOLDS, /* session, owner, epoch → 1 */
    R3_QUERY_LOCK_LEASE,  /* the same, and nobody else can take it until the end of the transaction; changes the row */
    /* what r3_store_check looks for: rows that should not be there, and sessions with what they own */
    R3_QUERY_TRADES_WITHOUT_ORDER,
    R3_QUERY_TRADES_OF_OTHER_SESSION,
    R3_QUERY_ORDERS_WITHOUT_SESSION,
    R3_QUERY_ORDERS_WITHOUT_SIGNAL,
    R3_QUERY_SIGNALS_WITHOUT_SESSION,
    R3_QUERY_POSITIONS_WITHOUT_SESSION,
    R3_QUERY_ACCOUNTS_WITHOUT_SESSION,
    R3_QUERY_SESSIONS_WITHOUT_TASK,
    R3_QUERY_SESSIONS_WITHOUT_STRATEGY,
    R3_QUERY_SESSIONS_WITHOUT_COLLECT,
    R3_QUERY_TASKS_WITHOUT_SESSION,
    R3_QUERY_STRATEGIES_WITHOUT_SESSION,
    R3_QUERY_SESSIONS_WITHOUT_TIMES,
    R3_QUERY_ORDERS_AFTER_STOP,
    R3_QUERY_JOURNAL_WITHOUT_ORDER,
    R3_QUERY_JOURNAL_AFTER_STOP,
    R3_QUERY_TOLD_AFTER_STOP,
    R3_QUERY_JOURNAL_DISAGREES, /* steps alone: sums are for R3_QUERY_JOURNAL_SUMS */
    R3_QUERY_FILLS_WITHOUT_ORDER,
    R3_QUERY_JOURNAL_SUMS, /* session → id, filled, cost, fee of the journal, of the order: those that are DONE and all told of */
    R3_QUERY_SESSIONS,  /* → id, currency, cash */
    R3_QUERY_ORDERS,    /* session → id, filled, cost, fee */
    R3_QUERY_TRADES,    /* session → id, order, market, side, price, size, fee, fee_currency */
    R3_QUERY_POSITIONS, /* session → market, side, size, price */
    R3_QUERY_ACCOUNT,   /* session → currency, equity */
    /* ticks */
    R3_QUERY_NEXT_TICK,   /* time of leases, now → when the next is to be handed out, or NULL */
    R3_QUERY_LEASE_TICKS, /* time of leases, now, owner, lease_until → session, every, leased, missed */
    R3_QUERY_LEASED_TICK, /* session → every, leased, missed */
    R3_QUERY_TICK_DONE,   /* session, done, due */
    R3_QUERY_FREE_TICK,   /* session, leased */
    R3_QUERY_HOLD_TICK,   /* session, lease_until */
    /* a run: what it begins with, and what it leaves. The columns of a row are those of ADD_ and of the query without it. */
    R3_QUERY_SEEN,          /* session → seen, mode, timeframe, refresh, platform, source, acts_from */
    R3_QUERY_STATES,        /* session → record */
    R3_QUERY_STATE_OF,      /* session, program → record */
    R3_QUERY_FORGET_STATE,  /* session, program */
    R3_QUERY_KEEP_STATE,    /* session, program, part, record */
    R3_QUERY_PROLONG_LEASE, /* id, owner, epoch, lease_until */
    R3_QUERY_END_LEASE,     /* id, owner, epoch */
    R3_QUERY_RUN_DONE,      /* id, owner, epoch, seen (NULL: as it was), last_run */
    R3_QUERY_RUN_SUCCEEDED, /* id, owner, epoch */
    R3_QUERY_TICK_OVER,     /* session: due an interval behind what is done, where that was to be sooner */
    R3_QUERY_RUN_FAILED,    /* id, epoch, last_run, last_status, last_failure */
    R3_QUERY_ADD_SIGNAL,    /* id, session, strategy … reason; its state is IGNORED */
    R3_QUERY_SIGNAL,        /* id */
    R3_QUERY_ACT_ON_SIGNAL, /* id, session */
    R3_QUERY_ADD_ORDER,     /* id, session, signal … funds; nothing of it is filled */
    R3_QUERY_ORDER,         /* id */
    R3_QUERY_UPDATE_ORDER,  /* id, session, status, execution, filled, cost, fee, reason, exchange_id, updated */
    R3_QUERY_ADD_TRADE,     /* id, order, session … */
    R3_QUERY_TRADE,         /* id */
    R3_QUERY_SET_POSITION,  /* session, market, time … */
    R3_QUERY_POSITION,      /* session, market */
    R3_QUERY_SET_ACCOUNT,   /* session, time … */
    R3_QUERY_WHOLE_ACCOUNT, /* session */
    R3_QUERY_ADD_NOTICE,    /* session, program, number, time, level, message */
    R3_QUERY_END_BY_ITSELF, /* id, reason: it is STOPPING, where it was not so before */
    R3_QUERY_OPEN_ORDER,    /* session → a row where one works */
    R3_QUERY_OPEN_POSITION, /* session → a row where something is held */
    /* the journal of a live session's orders, by its runs; r3-live's part is below */
    R3_QUERY_JOURNAL_TAKE_BACK, /* id, session: an INTENT of which nothing was sent goes */
    R3_QUERY_JOURNAL_SENT,      /* session → a row where it is unknown what became of an order */
    R3_QUERY_JOURNAL_WORKING,   /* session → a row where an order was sent and is not DONE */
    R3_QUERY_JOURNAL_TOLD,      /* session → a row where an update or a trade waits for a run */
    R3_QUERY_JOURNAL_GIVE_UP,   /* session, reason: every INTENT is DONE */
    R3_QUERY_STALE_SIGNAL,      /* order, session: that of the order */
    /* r3-session: sessions by what names them, with the columns that r3_session_read takes; in the order of their numbers */
    R3_QUERY_SESSION_BY_ID,        /* id */
    R3_QUERY_SESSIONS_BY_ID_RANGE, /* first, behind the last */
    R3_QUERY_SESSIONS_BY_LABEL,    /* label: those that are not STOPPED */
    R3_QUERY_SESSIONS_AT_WORK,     /* ACTIVE, PAUSED and STOPPING ones */
    R3_QUERY_SESSION_STATUS,       /* id → and what r3_session_status has more */
    R3_QUERY_STATUS_NOT_OVER,      /* the same of those that are not STOPPED */
    R3_QUERY_STATUS_OF_ALL,
    R3_QUERY_WORKING_ORDERS, /* session → id, market, role, side, kind, price, size, funds, filled, time */
    R3_QUERY_COUNTS,         /* session → signals, orders, trades */
    R3_QUERY_REJECTED,       /* session → how many orders were refused; time and reason of the last; no row: none */
    R3_QUERY_LAST_NOTICES,   /* session → time, level, program, message; at most 5, the last first */
    R3_QUERY_LAST_SIGNAL,    /* session → time, direction, reference, state */
    /* and their changes */
    R3_QUERY_ADD_SESSION,        /* id, label, strategy, platform, market, timeframe, refresh, mode, currency, cash,
                                    pipeline, source, created, rule_hash */
    R3_QUERY_START_SESSION,      /* id, started, acts_from */
    R3_QUERY_SET_STATE,          /* id, state */
    R3_QUERY_KNOW_RULES,         /* id, hash of its rules; where none is known */
    R3_QUERY_GIVE_UP_ORDERS,     /* id, time, reason: those that work are CANCELED */
    R3_QUERY_END_SESSION,        /* id, ended, reason; nobody's lease holds any more */
    R3_QUERY_END_LEASED_SESSION, /* the same, and the lease is left as it is */
    R3_QUERY_ADD_STRATEGY,       /* session, name, since */
    R3_QUERY_SET_STRATEGY_STATE, /* session, state, since */
    R3_QUERY_PAUSE_STRATEGY,     /* session, since; where it is not paused */
    R3_QUERY_DELETE_STRATEGY,    /* session */
    R3_QUERY_ADD_TASK,           /* session, every, due */
    R3_QUERY_DELETE_TASK,        /* session */
    R3_QUERY_USE_COLLECT,        /* platform, market, timeframe */
    R3_QUERY_FREE_COLLECT,       /* platform, market, timeframe: where no session that is not over uses it */
    R3_QUERY_DELETE_OUTBOX,      /* session; and so on, those that others refer to last */
    R3_QUERY_DELETE_SEEN_INPUTS,
    R3_QUERY_DELETE_NOTICES,
    R3_QUERY_DELETE_COUNTERS,
    R3_QUERY_DELETE_STATES,
    R3_QUERY_DELETE_ACCOUNTS,
    R3_QUERY_DELETE_POSITIONS,
    R3_QUERY_DELETE_TRADES,
    R3_QUERY_DELETE_EXCHANGE_FILLS,
    R3_QUERY_DELETE_EXCHANGE_ORDERS,
    R3_QUERY_DELETE_ORDERS,
    R3_QUERY_DELETE_SIGNALS,
    R3_QUERY_DELETE_RECONCILED, /* how far r3-live has compared it with the exchange */
    R3_QUERY_DELETE_SESSION,
    /* candles that are kept: platform, market and timeframe are the first three parameters */
    R3_QUERY_ADD_CANDLE,         /* …, time, open, high, low, close, volume */
    R3_QUERY_CANDLE,             /* …, time → time, open, high, low, close, volume */
    R3_QUERY_CANDLES,            /* …, from, to, how many → the same, the oldest first */
    R3_QUERY_LAST_CANDLE,        /* …, to, how many to skip → time */
    R3_QUERY_FORGET_CANDLES,     /* …, time that the oldest may have */
    R3_QUERY_NEXT_PLATFORM,      /* platform → the next one that has candles */
    R3_QUERY_SESSIONS_ON_SERIES, /* … → as R3_QUERY_SESSION_BY_ID: those that are not STOPPED */
    /* rules of markets, as an exchange told them */
    R3_QUERY_SET_INSTRUMENT,   /* platform, market, record, time: it trades */
    R3_QUERY_KEEP_INSTRUMENT,  /* the same: whether it trades was not told */
    R3_QUERY_INSTRUMENT,       /* platform, market → record, time */
    R3_QUERY_INSTRUMENTS_GONE, /* platform, time: those that were told earlier than that trade no more */
    R3_QUERY_INSTRUMENTS,      /* platform → market, record, time: those that trade, in the order of their names */
    /* r3-live: orders on their way to the exchange. A row of theirs has the columns of the table, in its order. */
    R3_QUERY_LIVE_SESSIONS, /* → id, market, mode, state, refresh, currency, cash: live ones, not STOPPED or with an order not DONE */
    R3_QUERY_LIVE_SESSION,           /* id → the same, whatever it is */
    R3_QUERY_JOURNAL_OPEN,           /* session → rows that are not DONE */
    R3_QUERY_JOURNAL_ANY,            /* → a row where one wants something done */
    R3_QUERY_JOURNAL_ROW,            /* id */
    R3_QUERY_JOURNAL_BY_EXCHANGE_ID, /* exchange_id → the row */
    R3_QUERY_JOURNAL_ADD,            /* id, session, platform, market, record: an INTENT */
    R3_QUERY_JOURNAL_CANCEL,         /* id, session, reason: of one that is not DONE, and is not to be cancelled yet */
    R3_QUERY_JOURNAL_STEP,     /* id, step and attempts that it has, step, sent, attempts, absent, looked, exchange_id,
                                 filled, cost, fee */
    R3_QUERY_JOURNAL_ADD_FILL, /* id, platform, order, record */
    R3_QUERY_JOURNAL_FILLS,    /* order → id */
    R3_QUERY_JOURNAL_TRADES,   /* session → record */
    R3_QUERY_READ_UP_TO,       /* consumer, topic → next */
    R3_QUERY_SET_READ_UP_TO,   /* consumer, topic, next */
    R3_QUERY_COUNT
};

/* Borrowed, for good. */
const char *r3_query_text(enum r3_query query);

/* Every table that r3_store_dump writes, those that others refer to first. NULL ends the list. */
struct r3_store_table {
    const char *name, *rows; /* rows: the query for all of them, in the order of their key */
    int version;             /* of the schema that has it first */
};
extern const struct r3_store_table r3_store_tables[];

#endif
