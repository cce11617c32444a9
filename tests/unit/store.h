#ifndef R3_TESTS_UNIT_STORE_H
#define R3_TESTS_UNIT_STORE_H

/* The database of the store's unit tests: what R3_STORE_TEST names, as R3_DB would (tests/store.bats gives them a PostgreSQL
 * one), else a SQLite file that is removed at the end. Never R3_DB itself, which may be somebody's own. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/store/driver.h"
#include "tests/unit/check.h"

static char store_directory[64], store_path[128];

static inline void store_place(void) {
    const char *chosen = getenv("R3_STORE_TEST");
    if (chosen && *chosen) {
        setenv("R3_DB", chosen, 1);
        return;
    }
    snprintf(store_directory, sizeof store_directory, "%s", "/tmp/r3-store.XXXXXX");
    if (!mkdtemp(store_directory))
        exit(71);
    snprintf(store_path, sizeof store_path, "%s/r3.db", store_directory);
    setenv("R3_DB", store_path, 1);
}

static inline void store_remove(void) {
    static const char *const ends[] = { "", "-wal", "-shm" };
    if (!store_directory[0])
        return;
    for (size_t i = 0; i < 3; i++) {
        char path[160];
        snprintf(path, sizeof path, "%s%s", store_path, ends[i]);
        unlink(path);
    }
    rmdir(store_directory);
}

static inline struct r3_store *store_open(void) {
    struct r3_store *store;
    struct r3_error error;
    if (r3_store_open(&store, NULL, true, &error) < 0) {
        fprintf(stderr, "%s\n", error.text);
        exit(1);
    }
    return store;
}

/* One statement, in a transaction of its own: 0, or the status of its error. *number: of the first column of the last row. */
struct store_statement {
    const char *sql;
    const struct r3_store_value *values;
    size_t count;
    int64_t *number;
};
static inline int store_work(struct r3_store *store, void *context, struct r3_error *error) {
    const struct store_statement *statement = context;
    return r3_store_statement(store, statement->sql, statement->values, statement->count,
                              statement->number ? r3_store_take_integer : NULL, statement->number, NULL, error);
}
static inline int store_do(struct r3_store *store, const char *sql, const struct r3_store_value *values, size_t count) {
    struct store_statement statement = { sql, values, count, NULL };
    struct r3_error error = { 0 };
    return r3_store_write(store, store_work, &statement, &error) < 0 ? error.status : 0;
}
static inline int64_t store_number(struct r3_store *store, const char *sql) {
    int64_t number = -1;
    struct store_statement statement = { sql, NULL, 0, &number };
    struct r3_error error = { 0 };
    return r3_store_read(store, store_work, &statement, &error) < 0 ? -error.status : number;
}

/* A session with so much cash: 0, or the status. */
static inline int store_add_session(struct r3_store *store, const char *id, struct r3_store_value cash) {
    const struct r3_store_value values[] = { r3_store_text(id), cash };
    return store_do(store,
                    "INSERT INTO sessions (id, label, strategy, platform, market, timeframe, refresh, mode, state,"
                    " currency, cash, created) VALUES ($1, 'a', 'sma', 'Kucoin', 'BTC-USDT', '1H', 300000, 'paper',"
                    " 'CREATED', 'USDT', $2, 1)",
                    values, 2);
}

#endif
