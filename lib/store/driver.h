#ifndef R3_STORE_DRIVER_H
#define R3_STORE_DRIVER_H

#include "lib/base/buffer.h"
#include "lib/store/store.h"

/* What lib/store/store.c asks of a database: private to this module. Two of them: sqlite.c, postgresql.c. */

/* What a failure means for the transaction it was met in. */
enum r3_store_failure {
    R3_STORE_FINE,
    R3_STORE_AGAIN, /* another transaction was in the way; nothing of this one is left */
    R3_STORE_LOST,  /* the connection is gone; whether a commit was carried out is not known */
    R3_STORE_FINAL  /* it would fail again */
};

enum r3_store_mode { R3_STORE_READ, R3_STORE_WRITE, R3_STORE_SCHEMA, R3_STORE_MODES };

struct r3_store_driver {
    const char *ahead[R3_STORE_MODES]; /* before begin; NULL: nothing */
    const char *begin[R3_STORE_MODES];
    const char *lock_schema; /* keeps two upgrades apart; NULL where begin does */
    const char *now;         /* → ms since 1970 */
    const char *has_table;   /* name → a row where there is such a table */
    const char *integrity;   /* → "ok", or what is damaged; NULL: the database sees to it */
    const char *text, *integer, *decimal_check, *table_end; /* how the schema spells them; see schema.c */
    bool tells_end; /* a commit always says how it ended, so a transaction needs no token */

    int (*open)(void **connection, const char *where, bool create, enum r3_store_failure *failure,
                struct r3_error *error);
    void (*close)(void *connection);
    void (*one_of_many)(void *connection); /* see r3_store_one_of_many; NULL: it makes no difference */
    /* One statement. The rows may be there as a whole before the first is handed over. */
    int (*run)(void *connection, const char *sql, const struct r3_store_value *values, size_t count,
               r3_store_row_function *row, void *context, int64_t *changed, enum r3_store_failure *failure,
               struct r3_error *error);
    /* A query without parameters and with many rows, of which only a few are in memory. In a transaction. */
    int (*stream)(void *connection, const char *sql, r3_store_row_function *row, void *context,
                  enum r3_store_failure *failure, struct r3_error *error);
    /* Call `column` for each column that the query has. */
    int (*describe)(void *connection, const char *sql,
                    int (*column)(void *context, const char *name, bool integer, struct r3_error *error), void *context,
                    enum r3_store_failure *failure, struct r3_error *error);
};

extern const struct r3_store_driver r3_store_sqlite, r3_store_postgresql;

struct r3_store {
    const struct r3_store_driver *driver;
    void *connection; /* NULL while lost */
    char *where;      /* for the driver: a path, or a libpq address */
    char *name;
    bool create;
    int64_t patience;        /* ms: for so long it is tried again */
    enum r3_store_mode mode; /* of the transaction that is open */
    bool working;
    enum r3_store_failure failure; /* of the transaction that is open, the first one */
    char last_token[33];           /* of a transaction that is known to be committed, or "" */
};

/* Inside `work`: a statement that is not in the list of queries, from the schema or for a table of it. */
int r3_store_statement(struct r3_store *store, const char *sql, const struct r3_store_value *values, size_t count,
                       r3_store_row_function *row, void *context, int64_t *changed, struct r3_error *error);
int r3_store_stream(struct r3_store *store, const char *sql, r3_store_row_function *row, void *context,
                    struct r3_error *error);
int r3_store_describe(struct r3_store *store, const char *sql,
                      int (*column)(void *context, const char *name, bool integer, struct r3_error *error),
                      void *context, struct r3_error *error);
/* The same as r3_store_write, without a token: for the schema itself. */
int r3_store_change_schema(struct r3_store *store, r3_store_work *work, void *context, struct r3_error *error);

#endif
