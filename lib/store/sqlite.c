/* The store in a SQLite file: write-ahead log, so that readers and the one writer do not wait for each other; each commit is
 * on the disk when it returns. */
#include <sqlite3.h>

#include "lib/store/driver.h"

enum { BUSY_TIMEOUT = 2000 /* ms */, COLUMNS_MAX = 64 };

static int fail(sqlite3 *connection, int code, enum r3_store_failure *failure, struct r3_error *error) {
    static const struct {
        int code;
        enum r3_store_failure failure;
        enum r3_status status;
    } known[] = { { SQLITE_BUSY, R3_STORE_AGAIN, R3_RETRY },
                  { SQLITE_LOCKED, R3_STORE_AGAIN, R3_RETRY },
                  { SQLITE_CONSTRAINT, R3_STORE_FINAL, R3_DATA },
                  { SQLITE_MISMATCH, R3_STORE_FINAL, R3_DATA },
                  { SQLITE_TOOBIG, R3_STORE_FINAL, R3_DATA },
                  { SQLITE_CORRUPT, R3_STORE_FINAL, R3_DATA },
                  { SQLITE_NOTADB, R3_STORE_FINAL, R3_DATA },
                  { SQLITE_READONLY, R3_STORE_FINAL, R3_PERMISSION },
                  { SQLITE_PERM, R3_STORE_FINAL, R3_PERMISSION },
                  { SQLITE_AUTH, R3_STORE_FINAL, R3_PERMISSION },
                  { SQLITE_CANTOPEN, R3_STORE_FINAL, R3_UNAVAILABLE },
                  { SQLITE_FULL, R3_STORE_FINAL, R3_IO },
                  { SQLITE_IOERR, R3_STORE_FINAL, R3_IO },
                  { SQLITE_PROTOCOL, R3_STORE_AGAIN, R3_RETRY },
                  { SQLITE_NOMEM, R3_STORE_FINAL, R3_SYSTEM } };
    enum r3_status status = R3_BUG;
    *failure = R3_STORE_FINAL;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].code == (code & 0xff)) {
            *failure = known[i].failure;
            status = known[i].status;
        }
    }
    int cause = connection && (code & 0xff) == SQLITE_IOERR ? sqlite3_system_errno(connection) : 0;
    if (cause) /* a full disk may be one */
        return r3_fail(error, status, "%s: %s", sqlite3_errmsg(connection), strerror(cause));
    return r3_fail(error, status, "%s", connection ? sqlite3_errmsg(connection) : sqlite3_errstr(code));
}

static int bind_one(sqlite3_stmt *statement, int index, const struct r3_store_value *value) {
    switch (value->kind) {
    case R3_STORE_INTEGER:
        return sqlite3_bind_int64(statement, index, value->integer);
    case R3_STORE_TEXT:
        return sqlite3_bind_text(statement, index, value->text, -1, SQLITE_STATIC);
    case R3_STORE_DECIMAL:
        return sqlite3_bind_text(statement, index, value->digits, -1, SQLITE_STATIC);
    default:
        return sqlite3_bind_null(statement, index);
    }
}

/* $2 is a name for SQLite, not a place: the place is looked up. */
static int bind(sqlite3_stmt *statement, const struct r3_store_value *values, size_t count) {
    int code = (size_t)sqlite3_bind_parameter_count(statement) == count ? SQLITE_OK : SQLITE_RANGE;
    for (size_t i = 0; i < count && code == SQLITE_OK; i++) {
        char name[24];
        snprintf(name, sizeof name, "$%zu", i + 1);
        code = bind_one(statement, sqlite3_bind_parameter_index(statement, name), &values[i]);
    }
    return code;
}

static int hand_over(sqlite3_stmt *statement, r3_store_row_function *row, void *context, struct r3_error *error) {
    struct r3_store_value columns[COLUMNS_MAX];
    const struct r3_store_row found = { columns, (size_t)sqlite3_column_count(statement) };
    if (found.count > COLUMNS_MAX)
        return r3_fail(error, R3_BUG, "more than %d columns", COLUMNS_MAX);
    for (size_t i = 0; i < found.count; i++) {
        int kind = sqlite3_column_type(statement, (int)i);
        columns[i] = kind == SQLITE_INTEGER ? r3_store_integer(sqlite3_column_int64(statement, (int)i))
                     : kind == SQLITE_NULL  ? r3_store_null()
                                            : r3_store_text((const char *)sqlite3_column_text(statement, (int)i));
    }
    return row(&found, context, error);
}

/* Queries with parameters stay prepared: an INSERT with all its checks takes several times as long to compile as to run. */
static int find_statement(sqlite3_stmt **out, sqlite3 *connection, const char *sql) {
    sqlite3_stmt *statement = NULL;
    while ((statement = sqlite3_next_stmt(connection, statement)))
        if (!sqlite3_stmt_busy(statement) && strcmp(sqlite3_sql(statement), sql) == 0)
            break;
    *out = statement;
    return statement ? SQLITE_OK : sqlite3_prepare_v2(connection, sql, -1, out, NULL);
}

static void leave_statement(sqlite3_stmt *statement, bool keep) {
    if (keep && statement) {
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
    } else {
        sqlite3_finalize(statement);
    }
}

static int run(void *opaque, const char *sql, const struct r3_store_value *values, size_t count,
               r3_store_row_function *row, void *context, int64_t *changed, enum r3_store_failure *failure,
               struct r3_error *error) {
    sqlite3 *connection = opaque;
    sqlite3_stmt *statement = NULL;
    int result = 0, code = find_statement(&statement, connection, sql);
    if (code == SQLITE_OK)
        code = bind(statement, values, count);
    if (code == SQLITE_OK) {
        while ((code = sqlite3_step(statement)) == SQLITE_ROW && result == 0)
            result = row ? hand_over(statement, row, context, error) : 0;
    }
    if (result < 0)
        *failure = R3_STORE_FINAL;
    else if (code != SQLITE_DONE)
        result = fail(connection, code, failure, error);
    else if (changed)
        *changed = sqlite3_stmt_readonly(statement) ? 0 : sqlite3_changes64(connection);
    leave_statement(statement, count > 0);
    return result;
}

static int stream(void *connection, const char *sql, r3_store_row_function *row, void *context,
                  enum r3_store_failure *failure, struct r3_error *error) {
    return run(connection, sql, NULL, 0, row, context, NULL, failure, error);
}

static int describe(void *connection, const char *sql,
                    int (*column)(void *context, const char *name, bool integer, struct r3_error *error), void *context,
                    enum r3_store_failure *failure, struct r3_error *error) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(connection, sql, -1, &statement, NULL), result = 0;
    if (code != SQLITE_OK)
        return fail(connection, code, failure, error);
    for (int i = 0; i < sqlite3_column_count(statement) && result == 0; i++) {
        const char *type = sqlite3_column_decltype(statement, i);
        result = column(context, sqlite3_column_name(statement, i), type && strcmp(type, "INTEGER") == 0, error);
    }
    sqlite3_finalize(statement);
    return result;
}

static int take_text(const struct r3_store_row *row, void *context, struct r3_error *error) {
    (void)error;
    return r3_copy_text(context, 16, r3_store_row_text(row, 0), strlen(r3_store_row_text(row, 0)));
}

static int prepare(sqlite3 *connection, bool create, enum r3_store_failure *failure, struct r3_error *error) {
    static const char *const settings[] = { "PRAGMA foreign_keys = ON", "PRAGMA synchronous = FULL",
                                            "PRAGMA trusted_schema = OFF" };
    char mode[16] = "";
    sqlite3_extended_result_codes(connection, 1);
    sqlite3_busy_timeout(connection, BUSY_TIMEOUT);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (run(connection, settings[i], NULL, 0, NULL, NULL, NULL, failure, error) < 0)
            return -1;
    /* The file keeps the mode, so that one who only uses it does not have to set it. */
    if (!create || sqlite3_db_readonly(connection, "main") == 1)
        return 0;
    if (run(connection, "PRAGMA journal_mode = WAL", NULL, 0, take_text, mode, NULL, failure, error) < 0)
        return -1;
    if (strcmp(mode, "wal") != 0) {
        *failure = R3_STORE_FINAL;
        return r3_fail(error, R3_UNAVAILABLE, "no write-ahead log is possible there (journal mode %s)", mode);
    }
    return 0;
}

static int open_file(void **out, const char *where, bool create, enum r3_store_failure *failure,
                     struct r3_error *error) {
    sqlite3 *connection = NULL;
    int code = sqlite3_open_v2(where, &connection,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0), NULL);
    int result =
        code == SQLITE_OK ? prepare(connection, create, failure, error) : fail(connection, code, failure, error);
    if (result < 0) {
        sqlite3_close(connection);
        connection = NULL;
    }
    *out = connection;
    return result;
}

static void leave_log(void *connection) {
    sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

static void close_file(void *connection) {
    sqlite3_stmt *statement;
    while ((statement = sqlite3_next_stmt(connection, NULL)))
        sqlite3_finalize(statement);
    sqlite3_close(connection);
}

/* Canonical spelling, see DECIMAL in lib/store/schema/1.sql: a minus only at the front and not before zero, digits, no needless
 * zero at either end, at most 18 digits behind the point and 34 in all. */
#define DIGITS_19 "???????????????????"
const struct r3_store_driver r3_store_sqlite = {
    .ahead = { [R3_STORE_READ] = "PRAGMA query_only = ON",
               [R3_STORE_WRITE] = "PRAGMA query_only = OFF",
               [R3_STORE_SCHEMA] = "PRAGMA query_only = OFF" },
    .begin = { [R3_STORE_READ] = "BEGIN", [R3_STORE_WRITE] = "BEGIN IMMEDIATE", [R3_STORE_SCHEMA] = "BEGIN IMMEDIATE" },
    .now = "SELECT CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)",
    .has_table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $1",
    .integrity = "PRAGMA integrity_check",
    .text = "TEXT",
    .integer = "INTEGER",
    .decimal_check = "TEXT CHECK (@ NOT GLOB '?*-*' AND ltrim(@, '-') GLOB '[0-9]*' AND @ NOT GLOB '*[^-.0-9]*'"
                     " AND @ NOT GLOB '*.*.*' AND ltrim(@, '-') NOT GLOB '0[0-9]*' AND @ NOT GLOB '*.'"
                     " AND NOT (@ GLOB '*.*' AND @ GLOB '*0') AND @ <> '-0' AND @ NOT GLOB '*." DIGITS_19 "*'"
                     " AND length(replace(ltrim(@, '-'), '.', '')) <= 34)",
    .table_end = ") STRICT",
    .tells_end = true,
    .open = open_file,
    .close = close_file,
    .one_of_many = leave_log,
    .run = run,
    .stream = stream,
    .describe = describe,
};
