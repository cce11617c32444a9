#ifndef R3_STORE_STORE_H
#define R3_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/buffer.h"
#include "lib/base/decimal.h"
#include "lib/base/error.h"
#include "lib/base/time.h"
#include "lib/store/queries.h"

/* The store: sessions, orders, trades, positions … in a SQLite file or a PostgreSQL database, behind one interface.
 *
 * All work goes through a transaction, which is a function of the caller:
 *
 *     static int book(struct r3_store *store, void *context, struct r3_error *error) {
 *         bool fresh;
 *         if (r3_store_note_input(store, "r3-track", "main", id, time, &fresh, error) < 0)
 *             return -1;
 *         return fresh ? r3_store_run(store, …) : 0;
 *     }
 *     … r3_store_write(store, book, &context, error)
 *
 * It may be called more than once: where two writers are in each other's way, or the connection is lost, what it did is undone
 * and it is called again, after a pause that grows. So it must hold all that it changes in the store, or set it anew on each
 * call. What it reads is of one moment, and what it changes nobody else has changed since; but what it only reads, another may
 * change meanwhile. Where two who do so could together leave what neither would, both change a row that stands for it: that of
 * the session is changed by all that concerns the session. A commit whose answer got lost is not repeated: each transaction
 * leaves a row with a token of its own, and the next attempt looks for that row first. SQL stores and finds; it never computes,
 * compares or orders money.
 *
 * Status of errors: R3_RETRY others held what was wanted for too long; R3_UNAVAILABLE no such database, or lost for too long;
 * R3_DATA the database refuses the data; R3_PERMISSION, R3_IO (disk full), R3_CONFIG (version, environment), R3_BUG. */

struct r3_store;

enum r3_store_value_kind { R3_STORE_NULL, R3_STORE_INTEGER, R3_STORE_TEXT, R3_STORE_DECIMAL };

/* A parameter, or a column of a row. Columns of decimals come as R3_STORE_TEXT in canonical spelling. */
struct r3_store_value {
    enum r3_store_value_kind kind;
    int64_t integer;
    const char *text; /* R3_STORE_TEXT: borrowed, without a NUL inside */
    char digits[R3_DECIMAL_TEXT_SIZE];
};

static inline struct r3_store_value r3_store_null(void) {
    return (struct r3_store_value) { .kind = R3_STORE_NULL };
}
static inline struct r3_store_value r3_store_integer(int64_t integer) {
    return (struct r3_store_value) { .kind = R3_STORE_INTEGER, .integer = integer };
}
static inline struct r3_store_value r3_store_time(int64_t time) { /* an absent one is NULL */
    return time == R3_TIME_ABSENT ? r3_store_null() : r3_store_integer(time);
}
static inline struct r3_store_value r3_store_text(const char *text) {
    return (struct r3_store_value) { .kind = R3_STORE_TEXT, .text = text };
}
static inline struct r3_store_value r3_store_decimal(const struct r3_decimal *decimal) { /* an absent one is NULL */
    struct r3_store_value value = { .kind = r3_decimal_is_present(decimal) ? R3_STORE_DECIMAL : R3_STORE_NULL };
    if (value.kind == R3_STORE_DECIMAL)
        r3_decimal_format(value.digits, decimal);
    return value;
}

/* A row, borrowed for the length of a call. */
struct r3_store_row {
    const struct r3_store_value *columns;
    size_t count;
};
/* 0, or -1 with the error filled in. It must not use the store. */
typedef int r3_store_row_function(const struct r3_store_row *row, void *context, struct r3_error *error);
typedef int r3_store_work(struct r3_store *store, void *context, struct r3_error *error);

/* Column `index` as a text ("" for NULL), a time and a decimal (absent for NULL). */
const char *r3_store_row_text(const struct r3_store_row *row, size_t index);
int64_t r3_store_row_time(const struct r3_store_row *row, size_t index);
int r3_store_row_decimal(struct r3_decimal *out, const struct r3_store_row *row, size_t index, struct r3_error *error);

/* Row functions for one integer (context: an int64_t) and for whether there is any row (context: a bool); without a row, *context stays. */
int r3_store_take_integer(const struct r3_store_row *row, void *context, struct r3_error *error);
int r3_store_take_any(const struct r3_store_row *row, void *context, struct r3_error *error);

#define R3_STORE_PATIENCE 10000 /* ms */

/* Open the database that `where` names: a path, "sqlite:PATH", or "postgresql://…" as libpq reads it. NULL: R3_DB, or
 * $XDG_STATE_HOME/r3/r3.db. With `create`, a SQLite file and the directory of the default one are made where they are not
 * there. The tables are not looked at: that is r3_store_ready. New in *out. */
int r3_store_open(struct r3_store **out, const char *where, bool create, struct r3_error *error);
/* The same for one who can do without it: what fails is tried again for `patience` ms alone, not R3_STORE_PATIENCE. */
int r3_store_open_briefly(struct r3_store **out, int64_t patience, struct r3_error *error);
void r3_store_close(struct r3_store *store); /* accepts NULL */
/* Another program will soon use the store, as after a run of a session: what is costly to clear up at the end (SQLite's write-ahead log,
 * which goes into the file when the last one closes it) is left to that one. */
void r3_store_one_of_many(struct r3_store *store);
/* For messages: "store /home/…/r3.db", "store postgresql HOST/DATABASE"; no password in it. Borrowed. */
const char *r3_store_name(const struct r3_store *store);

/* Make the tables, or bring those of an older version up to this one; what is there stays. */
int r3_store_upgrade(struct r3_store *store, struct r3_error *error);
/* Whether the tables are there, in the version of this program; otherwise R3_CONFIG, and a text that says what to do. */
int r3_store_ready(struct r3_store *store, struct r3_error *error);

/* The same, but where there are no tables at all, they are made. */
int r3_store_prepare(struct r3_store *store, struct r3_error *error);

/* Call `work` in a transaction and commit. Where `work` returns -1 nothing has changed. */
int r3_store_write(struct r3_store *store, r3_store_work *work, void *context, struct r3_error *error);
/* Call `work` once, which sees the database as it is at one moment and cannot change it. */
int r3_store_read(struct r3_store *store, r3_store_work *work, void *context, struct r3_error *error);

/* Inside `work` only: run a query of queries.h with its parameters. `row` (may be NULL) is called for each row; *changed (may be
 * NULL) is the number of rows that were inserted, updated or deleted. */
int r3_store_run(struct r3_store *store, enum r3_query query, const struct r3_store_value *values, size_t count,
                 r3_store_row_function *row, void *context, int64_t *changed, struct r3_error *error);

/* Inside `work` only. The database's clock, ms since 1970 UTC: what leases are measured by. */
int r3_store_now(struct r3_store *store, int64_t *now, struct r3_error *error);

/* Inside `work` of a write only. Note that `consumer` acts on record `input` of `session` ("": none). *fresh is false where it
 * did so before: then the caller changes nothing. */
int r3_store_note_input(struct r3_store *store, const char *consumer, const char *session, const char *input,
                        int64_t time, bool *fresh, struct r3_error *error);

/* Inside `work` of a write only. The next `count` numbers of a counter, *first and those that follow: they count from 1, and none is
 * given out twice, whatever becomes of what it is for. */
int r3_store_numbers(struct r3_store *store, const char *counter, int64_t count, int64_t *first,
                     struct r3_error *error);

/* Inside `work`. A number that is kept under a keeper and a name (rows of consumer_positions). *value stays where there is none. */
int r3_store_mark(int64_t *value, struct r3_store *store, const char *keeper, const char *name, struct r3_error *error);
int r3_store_set_mark(struct r3_store *store, const char *keeper, const char *name, int64_t value,
                      struct r3_error *error);
/* Keeper of marks by session: the lease under which it was learnt last what became of all its orders that were at the exchange, though
 * something else has failed. */
#define R3_STORE_TOLD "told"

/* Inside `work` of a write only. Add a notice of a session, with the next number of its program's. time: ms. */
int r3_store_add_notice(struct r3_store *store, const char *session, const char *program, int64_t time,
                        const char *level, const char *text, struct r3_error *error);

/* Inside `work` of a write only. Store a record (a line without its newline) that `program` will write once the transaction is
 * committed; *number counts from 1 for each program and session. */
int r3_store_send(struct r3_store *store, const char *program, const char *session, const char *record, int64_t *number,
                  struct r3_error *error);
/* The same for several, each with its newline; *last is the number of the last of them, 0 where there are none. */
int r3_store_send_lines(struct r3_store *store, const char *program, const char *session, struct r3_buffer *lines,
                        int64_t *last, struct r3_error *error);
/* Those that are not acknowledged yet, the oldest first: rows of number and record. */
int r3_store_waiting(struct r3_store *store, const char *program, const char *session, r3_store_row_function *row,
                     void *context, struct r3_error *error);
/* All up to `number` have arrived, and are forgotten. */
int r3_store_acknowledge(struct r3_store *store, const char *program, const char *session, int64_t number,
                         struct r3_error *error);

/* ms. A lease that would last longer was taken before the database's clock was set back, and is none. */
#define R3_STORE_LONGEST_LEASE 3600000

/* Inside `work` of a write only. Take or prolong the lease of a session for `span` ms, R3_STORE_LONGEST_LEASE at most: *epoch is above 0
 * and grows each time that the lease goes to another owner, or to the same one after it ran out; 0: somebody else has it. Work
 * that is done under a lease ends by r3_store_lease_holds in its own transaction, so that one who was overtaken changes
 * nothing: R3_RETRY. */
int r3_store_lease(struct r3_store *store, const char *session, const char *owner, int64_t span, int64_t *epoch,
                   struct r3_error *error);
int r3_store_lease_holds(struct r3_store *store, const char *session, const char *owner, int64_t epoch,
                         struct r3_error *error);
/* Inside `work` of a write only; R3_RETRY where another has the lease. Hold it for `span` ms more, even where it ran out: as long as nobody took
 * it, nothing has happened meanwhile. The tick that the run is to do is not handed out again meanwhile either, whoever was given it: it would
 * find the session at work. */
int r3_store_prolong_lease(struct r3_store *store, const char *session, const char *owner, int64_t epoch, int64_t span,
                           struct r3_error *error);
int r3_store_end_lease(struct r3_store *store, const char *session, const char *owner, int64_t epoch,
                       struct r3_error *error);
/* The same by a query that changes the row of a session for the holder alone: its first parameters are these, R3_STORE_LEASE_MORE follow at
 * most. */
enum { R3_STORE_LEASE_MORE = 2 };
int r3_store_lease_change(struct r3_store *store, enum r3_query query, const char *session, const char *owner,
                          int64_t epoch, const struct r3_store_value *more, size_t count, struct r3_error *error);

#endif
