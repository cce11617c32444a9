#ifndef R3_TRADE_PAPER_H
#define R3_TRADE_PAPER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/decimal.h"
#include "lib/base/error.h"
#include "lib/record/candles.h"
#include "lib/record/record.h"

/* The paper exchange: candles, orders and cancels in; updates, trades, accounts and notices out. r3-order(1) states its rules.
 * Pure: no clock, no I/O, nothing global; several may live side by side. */

struct r3_paper_options {
    struct r3_decimal cash;                 /* what each session starts with, quote currency */
    struct r3_decimal taker_fee, maker_fee; /* fractions; absent: the instrument's, else 0.001 */
    struct r3_decimal slippage, spread;     /* fractions of the price; slippage + spread / 2 below 1 */
    struct r3_decimal volume_share;         /* the fraction of a candle's volume that fills may take; absent: no cap */
    struct r3_decimal through;              /* price units beyond a limit before it fills */
    int64_t latency;                        /* candles that an order waits before it can fill */
    bool fill_close;                        /* market orders fill at the last close, not at the next open */
    /* The book of a live session (lib/trade/paper_book.c): orders are checked and reserved for, and filled elsewhere. */
    bool book;
    int64_t entries_from;            /* with it: entries of before are refused; 0: none; R3_PAPER_NEVER: all */
    struct r3_decimal largest_order; /* with it: entries that come to more are refused, quote currency; absent: none */
};
#define R3_PAPER_NEVER INT64_MAX

/* Takes each record that the exchange makes; it is read at once. 0 or -1. */
typedef int r3_paper_output(void *context, const struct r3_record *record, struct r3_error *error);

struct r3_paper;

/* New; freed with r3_paper_free, which accepts NULL. Error: cash or fees that the ledger cannot hold. */
int r3_paper_new(struct r3_paper **out, const struct r3_paper_options *options, r3_paper_output *output, void *context,
                 struct r3_error *error);
void r3_paper_free(struct r3_paper *paper);

/* Make a session with its own allotment, when it is not there; orders make theirs themselves. */
int r3_paper_session(struct r3_paper *paper, const char *name, struct r3_error *error);

/* The same, with its first `account`, in the market's currency where the market is known. Nothing for a session that is there. */
int r3_paper_open(struct r3_paper *paper, const char *session, const char *market, struct r3_error *error);

/* A market's rules. A market that candles bring in first has increments of 0.00000001, no minimums, and the two sides of
 * the '-' in its name as currencies. */
int r3_paper_instrument(struct r3_paper *paper, const struct r3_instrument *instrument, struct r3_error *error);
/* Make the candle's market known, and no more. R3_DATA: no instrument came and the name does not tell the currencies. */
int r3_paper_market(struct r3_paper *paper, const struct r3_candle *candle, struct r3_error *error);

/* One closed candle. Only the finest timeframe seen of each market fills, or a coarser one that begins where that has ended; no candle counts twice. An `account` follows for each session
 * in which anything changed since the last one. */
int r3_paper_candle(struct r3_paper *paper, const struct r3_candle *candle, struct r3_error *error);

/* Candles [from, to) of a block in place of as many calls. *at is set to a candle's index before it causes output. */
int r3_paper_candles(struct r3_paper *paper, const struct r3_candles *candles, size_t from, size_t to, size_t *at,
                     struct r3_error *error);

int r3_paper_order(struct r3_paper *paper, const struct r3_order *order, struct r3_error *error);
int r3_paper_cancel(struct r3_paper *paper, const struct r3_cancel *cancel, struct r3_error *error);

/* With `book` alone: what the exchange has told of an order. A trade of an order that never came here is R3_DATA. */
int r3_paper_told_update(struct r3_paper *paper, const struct r3_update *update, struct r3_error *error);
int r3_paper_told_trade(struct r3_paper *paper, const struct r3_trade *trade, struct r3_error *error);

/* Cancel what still works (reason "end of stream"), then an account of each session. */
int r3_paper_end(struct r3_paper *paper, struct r3_error *error);

/* An account of each session as of the last candle, through `output`. */
int r3_paper_accounts(struct r3_paper *paper, r3_paper_output *output, void *context, struct r3_error *error);

/* The session's ledger, marked at the last closes; NULL for one that is not there. Borrowed until the next call. */
const struct r3_ledger *r3_paper_ledger(struct r3_paper *paper, const char *session);
/* Orders that are neither filled nor canceled, protective legs included. */
size_t r3_paper_working(const struct r3_paper *paper);

#endif
