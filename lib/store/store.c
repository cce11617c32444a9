/* Which database it is, and transactions: how often they are tried, and how the end of one is found out. */
#include "lib/store/store.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/shared_file.h"
#include "lib/base/time.h"
#include "lib/store/schema.h"

enum { FIRST_PAUSE = 10, LONGEST_PAUSE = 1000, TOKENS_KEPT = R3_DAY /* ms */ };

/* ---- where ---- */

static int default_path(struct r3_buffer *path, bool create, struct r3_error *error) {
    if (r3_shared_path(path, "r3.db") < 0)
        return r3_fail(error, R3_CONFIG, "no place for the store: R3_DB, XDG_STATE_HOME and HOME are not set");
    return create && r3_shared_make_directories(path->data) < 0 ? r3_fail_errno(error, R3_IO, "%s", path->data) : 0;
}

static bool begins_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

/* "postgresql HOST/DATABASE" out of an address: what stands between '@' or "//" and '?'. Where a password could be part of it,
 * nothing of the address. */
static void name_address(struct r3_buffer *name, const char *address) {
    const char *start = strstr(address, "//") + 2, *end = start + strcspn(start, "?#"), *at = strrchr(start, '@');
    r3_buffer_append_text(name, "store postgresql");
    if (at && at >= end)
        return;
    start = at ? at + 1 : start;
    start += *start == '/'; /* no host: a socket */
    r3_buffer_append_text(name, " ");
    r3_buffer_append(name, start, (size_t)(end - start));
}

static int set_place(struct r3_store *store, const char *where, struct r3_error *error) {
    struct r3_buffer path = R3_BUFFER_INIT, name = R3_BUFFER_INIT;
    const char *chosen = where ? where : getenv("R3_DB");
    int result = 0;
    store->driver = &r3_store_sqlite;
    if (!chosen || !*chosen) {
        result = default_path(&path, store->create, error);
    } else if (begins_with(chosen, "postgresql://") || begins_with(chosen, "postgres://")) {
        store->driver = &r3_store_postgresql;
        r3_buffer_append_text(&path, chosen);
        name_address(&name, chosen);
    } else if (begins_with(chosen, "sqlite:")) {
        r3_buffer_append_text(&path, chosen + strlen("sqlite:"));
    } else if (strstr(chosen, "://")) {
        result = r3_fail(error, R3_CONFIG, "R3_DB: a path, sqlite:PATH or postgresql://... is wanted, not %.*s...",
                         (int)strcspn(chosen, ":"), chosen);
    } else {
        r3_buffer_append_text(&path, chosen);
    }
    if (result == 0 && path.length == 0)
        result = r3_fail(error, R3_CONFIG, "R3_DB: sqlite: wants a path behind it");
    if (result == 0 && store->driver == &r3_store_sqlite)
        r3_buffer_printf(&name, "store %s", path.data);
    if (result == 0) {
        store->where = r3_duplicate(path.data);
        store->name = r3_duplicate(name.data);
    }
    r3_buffer_release(&path);
    r3_buffer_release(&name);
    return result;
}

/* ---- patience ---- */

struct patience {
    int64_t end, pause;
};

/* Sleep before the next attempt, each time about twice as long, by chance more or less, so that two who met part. False: it has
 * been long enough. */
static bool wait_for_next(const struct r3_store *store, struct patience *patience) {
    unsigned char chance = 0;
    int64_t now = r3_clock_monotonic();
    if (!patience->end)
        *patience = (struct patience) { now + store->patience, FIRST_PAUSE };
    if (now >= patience->end)
        return false;
    if (getrandom(&chance, 1, 0) != 1)
        chance = 128;
    int64_t pause = patience->pause / 2 + patience->pause * chance / 256;
    struct timespec span = { pause / 1000, pause % 1000 * 1000000 };
    nanosleep(&span, NULL);
    patience->pause = patience->pause * 2 < LONGEST_PAUSE ? patience->pause * 2 : LONGEST_PAUSE;
    return true;
}

/* ---- opening ---- */

static int connect_once(struct r3_store *store, enum r3_store_failure *failure, struct r3_error *error) {
    if (store->driver->open(&store->connection, store->where, store->create, failure, error) == 0)
        return 0;
    if (store->driver == &r3_store_sqlite && access(store->where, R_OK) != 0 && errno == EACCES)
        return r3_fail_errno(error, R3_PERMISSION, "%s", store->name);
    if (store->driver == &r3_store_sqlite && !store->create && access(store->where, F_OK) != 0)
        return r3_fail(error, R3_UNAVAILABLE, "%s is not there: r3-session init makes it", store->name);
    return r3_error_at(error, "%s: ", store->name);
}

static int open_place(struct r3_store **out, const char *where, bool create, int64_t milliseconds,
                      struct r3_error *error) {
    struct r3_store *store = r3_allocate(sizeof *store);
    struct patience patience = { 0 };
    enum r3_store_failure failure = R3_STORE_FINE;
    store->create = create;
    store->patience = milliseconds;
    int result = set_place(store, where, error);
    if (result == 0) {
        do
            result = connect_once(store, &failure, error);
        while (result < 0 && failure == R3_STORE_AGAIN && wait_for_next(store, &patience));
    }
    if (result < 0) {
        r3_store_close(store);
        store = NULL;
    }
    *out = store;
    return result;
}

int r3_store_open(struct r3_store **out, const char *where, bool create, struct r3_error *error) {
    return open_place(out, where, create, R3_STORE_PATIENCE, error);
}

int r3_store_open_briefly(struct r3_store **out, int64_t patience, struct r3_error *error) {
    return open_place(out, NULL, false, patience, error);
}

/* The token of the last transaction is of no more use. Should this fail, r3_store_upgrade does it some day. */
static void forget_last_token(struct r3_store *store) {
    const struct r3_store_value token = r3_store_text(store->last_token);
    enum r3_store_failure failure;
    struct r3_error unused;
    if (store->connection && store->last_token[0])
        store->driver->run(store->connection, r3_query_text(R3_QUERY_FORGET_TOKEN), &token, 1, NULL, NULL, NULL,
                           &failure, &unused);
}

void r3_store_one_of_many(struct r3_store *store) {
    if (store->driver->one_of_many)
        store->driver->one_of_many(store->connection);
}

void r3_store_close(struct r3_store *store) {
    if (!store)
        return;
    forget_last_token(store);
    if (store->connection)
        store->driver->close(store->connection);
    free(store->where);
    free(store->name);
    free(store);
}

const char *r3_store_name(const struct r3_store *store) {
    return store->name;
}

/* ---- statements ---- */

/* Puts the store's name ahead of what the database says; what the caller's own function says it says alone. */
static int outcome(struct r3_store *store, int result, enum r3_store_failure failure, bool own,
                   struct r3_error *error) {
    if (result == 0)
        return 0;
    if (store->failure == R3_STORE_FINE)
        store->failure = failure;
    return own ? -1 : r3_error_at(error, "%s: ", store->name);
}

/* The caller's row function, and whether it was what failed. */
struct caller {
    r3_store_row_function *row;
    void *context;
    bool failed;
};

static int call_row(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct caller *caller = context;
    caller->failed = caller->row(row, caller->context, error) < 0;
    return caller->failed ? -1 : 0;
}

static int refuse_outside(const struct r3_store *store, struct r3_error *error) {
    return store->working ? 0 : r3_fail(error, R3_BUG, "%s: used outside of a transaction", store->name);
}

int r3_store_statement(struct r3_store *store, const char *sql, const struct r3_store_value *values, size_t count,
                       r3_store_row_function *row, void *context, int64_t *changed, struct r3_error *error) {
    enum r3_store_failure failure = R3_STORE_FINE;
    struct caller caller = { row, context, false };
    if (refuse_outside(store, error) < 0)
        return -1;
    int result = store->driver->run(store->connection, sql, values, count, row ? call_row : NULL, &caller, changed,
                                    &failure, error);
    return outcome(store, result, failure, caller.failed, error);
}

int r3_store_run(struct r3_store *store, enum r3_query query, const struct r3_store_value *values, size_t count,
                 r3_store_row_function *row, void *context, int64_t *changed, struct r3_error *error) {
    return r3_store_statement(store, r3_query_text(query), values, count, row, context, changed, error);
}

int r3_store_stream(struct r3_store *store, const char *sql, r3_store_row_function *row, void *context,
                    struct r3_error *error) {
    enum r3_store_failure failure = R3_STORE_FINE;
    struct caller caller = { row, context, false };
    if (refuse_outside(store, error) < 0)
        return -1;
    int result = store->driver->stream(store->connection, sql, call_row, &caller, &failure, error);
    return outcome(store, result, failure, caller.failed, error);
}

int r3_store_describe(struct r3_store *store, const char *sql,
                      int (*column)(void *context, const char *name, bool integer, struct r3_error *error),
                      void *context, struct r3_error *error) {
    enum r3_store_failure failure = R3_STORE_FINE;
    if (refuse_outside(store, error) < 0)
        return -1;
    int result = store->driver->describe(store->connection, sql, column, context, &failure, error);
    return outcome(store, result, failure, false, error);
}

/* ---- rows ---- */

const char *r3_store_row_text(const struct r3_store_row *row, size_t index) {
    return row->columns[index].kind == R3_STORE_TEXT ? row->columns[index].text : "";
}

int64_t r3_store_row_time(const struct r3_store_row *row, size_t index) {
    return row->columns[index].kind == R3_STORE_INTEGER ? row->columns[index].integer : R3_TIME_ABSENT;
}

int r3_store_row_decimal(struct r3_decimal *out, const struct r3_store_row *row, size_t index, struct r3_error *error) {
    const char *text = r3_store_row_text(row, index);
    *out = r3_decimal_absent;
    return row->columns[index].kind == R3_STORE_NULL ? 0 : r3_decimal_parse(out, text, strlen(text), error);
}

int r3_store_take_integer(const struct r3_store_row *row, void *context, struct r3_error *error) {
    (void)error;
    *(int64_t *)context = row->columns[0].integer;
    return 0;
}

int r3_store_take_any(const struct r3_store_row *row, void *context, struct r3_error *error) {
    (void)row;
    (void)error;
    *(bool *)context = true;
    return 0;
}

int r3_store_now(struct r3_store *store, int64_t *now, struct r3_error *error) {
    return r3_store_statement(store, store->driver->now, NULL, 0, r3_store_take_integer, now, NULL, error);
}

/* ---- transactions ---- */

static int draw_token(char token[33], struct r3_error *error) {
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return r3_fail_errno(error, R3_SYSTEM, "random bytes");
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(token + 2 * i, 3, "%02x", bytes[i]);
    return 0;
}

/* The first statement of each attempt. Its row can be there already only if an earlier attempt was committed and the answer
 * lost; where that attempt is still about to end, the database makes this statement wait for it. */
static int claim(struct r3_store *store, const char *token, bool *done, struct r3_error *error) {
    int64_t now = 0, inserted = 0;
    if (r3_store_now(store, &now, error) < 0)
        return -1;
    const struct r3_store_value row[] = { r3_store_text(token), r3_store_integer(now) };
    const struct r3_store_value last = r3_store_text(store->last_token);
    if (r3_store_run(store, R3_QUERY_CLAIM_TOKEN, row, 2, NULL, NULL, &inserted, error) < 0)
        return -1;
    *done = inserted == 0;
    if (*done || !store->last_token[0])
        return 0;
    return r3_store_run(store, R3_QUERY_FORGET_TOKEN, &last, 1, NULL, NULL, NULL, error);
}

/* One attempt; token: "" for none. 0 or -1, and store->failure tells of what kind. *begun: `work` may have been called. */
static int attempt(struct r3_store *store, enum r3_store_mode mode, const char *token, r3_store_work *work,
                   void *context, bool *begun, struct r3_error *error) {
    bool done = false;
    store->failure = R3_STORE_FINE;
    store->mode = mode;
    *begun = false;
    if (!store->connection && connect_once(store, &store->failure, error) < 0)
        return -1;
    store->working = true;
    int result = store->driver->ahead[mode]
                     ? r3_store_statement(store, store->driver->ahead[mode], NULL, 0, NULL, NULL, NULL, error)
                     : 0;
    if (result == 0)
        result = r3_store_statement(store, store->driver->begin[mode], NULL, 0, NULL, NULL, NULL, error);
    if (result == 0 && *token)
        result = claim(store, token, &done, error);
    if (result == 0 && !done) {
        *begun = true;
        result = work(store, context, error);
        if (result == 0 && store->failure != R3_STORE_FINE)
            result = r3_fail(error, R3_BUG, "%s: a failure was passed over", store->name);
        if (result == 0)
            result = r3_store_statement(store, "COMMIT", NULL, 0, NULL, NULL, NULL, error);
    }
    if ((result < 0 || done) && store->failure != R3_STORE_LOST) {
        enum r3_store_failure failure = R3_STORE_FINE;
        struct r3_error unused;
        if (store->driver->run(store->connection, "ROLLBACK", NULL, 0, NULL, NULL, NULL, &failure, &unused) < 0 &&
            failure == R3_STORE_LOST && store->failure == R3_STORE_FINE)
            store->failure = R3_STORE_FINAL; /* the work's own error stays what is told */
    }
    store->working = false;
    return result;
}

static int transact(struct r3_store *store, enum r3_store_mode mode, r3_store_work *work, void *context,
                    struct r3_error *error) {
    struct patience patience = { 0 };
    char token[33] = "";
    bool begun = false;
    if (store->working)
        return r3_fail(error, R3_BUG, "%s: a transaction within a transaction", store->name);
    if (mode == R3_STORE_WRITE && !store->driver->tells_end && draw_token(token, error) < 0)
        return -1;
    for (;;) {
        int result = attempt(store, mode, token, work, context, &begun, error);
        if (result == 0) {
            if (*token)
                memcpy(store->last_token, token, sizeof token);
            return 0;
        }
        if (store->failure == R3_STORE_LOST && store->connection) {
            store->driver->close(store->connection);
            store->connection = NULL;
        }
        bool again = store->failure == R3_STORE_LOST || store->failure == R3_STORE_AGAIN;
        if (!again || (mode == R3_STORE_READ && begun) || !wait_for_next(store, &patience))
            return -1;
    }
}

int r3_store_write(struct r3_store *store, r3_store_work *work, void *context, struct r3_error *error) {
    return transact(store, R3_STORE_WRITE, work, context, error);
}

int r3_store_read(struct r3_store *store, r3_store_work *work, void *context, struct r3_error *error) {
    return transact(store, R3_STORE_READ, work, context, error);
}

int r3_store_change_schema(struct r3_store *store, r3_store_work *work, void *context, struct r3_error *error) {
    return transact(store, R3_STORE_SCHEMA, work, context, error);
}

/* ---- versions ---- */

static int forget_old_tokens(struct r3_store *store, void *context, struct r3_error *error) {
    int64_t now = 0;
    (void)context;
    if (r3_store_now(store, &now, error) < 0)
        return -1;
    const struct r3_store_value before = r3_store_integer(now - TOKENS_KEPT);
    return r3_store_run(store, R3_QUERY_FORGET_OLD_TOKENS, &before, 1, NULL, NULL, NULL, error);
}

int r3_store_upgrade(struct r3_store *store, struct r3_error *error) {
    if (r3_schema_upgrade(store, &r3_schema, error) < 0)
        return -1;
    return r3_store_change_schema(store, forget_old_tokens, NULL, error);
}

static int look_at_version(struct r3_store *store, void *context, struct r3_error *error) {
    return r3_schema_version(store, context, error);
}

int r3_store_ready(struct r3_store *store, struct r3_error *error) {
    int64_t version = 0;
    if (r3_store_read(store, look_at_version, &version, error) < 0)
        return -1;
    if (version == r3_schema.version)
        return 0;
    if (version == 0)
        return r3_fail(error, R3_CONFIG, "%s has no tables: r3-session init makes them", store->name);
    return r3_fail(error, R3_CONFIG,
                   version < r3_schema.version ? "%s has version %lld, this r3 wants %lld: r3-session init upgrades it"
                                               : "%s has version %lld, this r3 knows %lld: a newer r3 has to be used",
                   store->name, (long long)version, (long long)r3_schema.version);
}

int r3_store_prepare(struct r3_store *store, struct r3_error *error) {
    int64_t version = 0;
    if (r3_store_read(store, look_at_version, &version, error) < 0 ||
        (version == 0 && r3_store_upgrade(store, error) < 0))
        return -1;
    return r3_store_ready(store, error);
}
