/* The store in a PostgreSQL database. Each statement goes through PQsendQueryParams, so no value is ever part of a text that the
 * server parses.
 *
 * A transaction sees the database as it was at one moment, and one that changes a row which another has changed since then is
 * told so, and starts again (REPEATABLE READ). SERIALIZABLE would find out by itself what store.h asks of a `work`; but it keeps
 * account of pages of indexes and of whole small tables, and so it undid the runs of sessions that had nothing to do with each other. */
#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#if __has_include(<libpq-fe.h>)
#include <libpq-fe.h>
#else /* Debian's place for it */
#include <postgresql/libpq-fe.h>
#endif

#include "lib/base/clock.h"
#include "lib/base/time.h"
#include "lib/store/driver.h"

enum { PARAMETERS_MAX = 64, ROWS_AT_ONCE = 1000, INTEGER_SIZE = 24, GRACE = 2000 /* ms */ };
enum { OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23 }; /* pg_type.dat: fixed for good */

/* libpq brings about twenty libraries with it, which take longer to load than a run of a session takes: it is loaded when it is
 * first wanted, so that who has a SQLite file does not wait for it. */
#define FUNCTIONS(each)                                                                                                \
    each(PQclear) each(PQcmdTuples) each(PQconnectdbParams) each(PQconsumeInput) each(PQerrorMessage) each(PQfinish)   \
        each(PQflush) each(PQfname) each(PQftype) each(PQgetisnull) each(PQgetResult) each(PQgetvalue) each(PQisBusy)  \
            each(PQnfields) each(PQntuples) each(PQparameterStatus) each(PQpingParams) each(PQresultErrorField)        \
                each(PQresultStatus) each(PQsendQueryParams) each(PQserverVersion) each(PQsetnonblocking)              \
                    each(PQsetNoticeReceiver) each(PQsocket) each(PQstatus)
#define MEMBER(name) __typeof__(name) *name;
#define LOAD(name) &&(*(void **)&loaded.name = dlsym(library, #name))
static struct libpq { FUNCTIONS(MEMBER) } libpq;

static int load(struct r3_error *error) {
    struct libpq loaded;
    if (libpq.PQclear)
        return 0;
    void *library = dlopen("libpq.so.5", RTLD_LAZY | RTLD_LOCAL);
    if (!(library FUNCTIONS(LOAD)))
        return r3_fail(error, R3_UNAVAILABLE, "PostgreSQL's client library cannot be loaded: %s", dlerror());
    libpq = loaded;
    return 0;
}

/* ---- patience ---- */

/* A connection may go silent for good: the other machine lost its power, or what is in between has forgotten it. */
static int64_t longest_answer; /* ms: how long one is waited for */

/* Until the socket is ready, for `events` or reading. 1; 0: it was too long; -1. The server is given the time to end the statement itself,
 * which says more. */
static int wait_for_socket(PGconn *connection, short events, int64_t since) {
    struct pollfd watched = { .fd = libpq.PQsocket(connection), .events = (short)(events | POLLIN) };
    for (;;) {
        int64_t rest = since + longest_answer + GRACE - r3_clock_monotonic();
        int ready = rest > 0 ? poll(&watched, 1, (int)rest) : 0;
        if (ready >= 0 || errno != EINTR)
            return ready;
    }
}

/* All of the statement is on its way, and the next result can be had without waiting. Results as above. */
static int wait_for_answer(PGconn *connection, int64_t since) {
    for (int left = libpq.PQflush(connection);; left = libpq.PQflush(connection)) {
        if (left < 0)
            return -1;
        if (left == 0 && !libpq.PQisBusy(connection))
            return 1;
        int ready = wait_for_socket(connection, left ? POLLOUT : 0, since);
        if (ready <= 0)
            return ready;
        if (!libpq.PQconsumeInput(connection))
            return -1;
    }
}

/* ---- failures ---- */

/* The first line of a message of libpq, which may have several. */
static int fail_line(const char *message, enum r3_status status, struct r3_error *error) {
    return r3_fail(error, status, "%.*s", (int)strcspn(message, "\n"), message);
}

/* A server that is starting, or stopping, may be there in a moment. */
static int fail_connection(PGconn *connection, const char *const *names, const char *const *values,
                           enum r3_store_failure *failure, struct r3_error *error) {
    *failure = libpq.PQpingParams(names, values, 1) == PQPING_REJECT ? R3_STORE_AGAIN : R3_STORE_LOST;
    return fail_line(libpq.PQerrorMessage(connection), R3_UNAVAILABLE, error);
}

/* By SQLSTATE, or its class where the first two letters say enough (PostgreSQL 15, appendix A). */
static int fail(PGconn *connection, const PGresult *answer, enum r3_store_failure *failure, struct r3_error *error) {
    static const struct {
        const char *state;
        enum r3_store_failure failure;
        enum r3_status status;
    } known[] = { { "40", R3_STORE_AGAIN, R3_RETRY },         { "55P03", R3_STORE_AGAIN, R3_RETRY },
                  { "57P", R3_STORE_LOST, R3_UNAVAILABLE },   { "08", R3_STORE_LOST, R3_UNAVAILABLE },
                  { "22", R3_STORE_FINAL, R3_DATA },          { "23", R3_STORE_FINAL, R3_DATA },
                  { "28", R3_STORE_FINAL, R3_PERMISSION },    { "42501", R3_STORE_FINAL, R3_PERMISSION },
                  { "25006", R3_STORE_FINAL, R3_PERMISSION }, { "53100", R3_STORE_FINAL, R3_IO },
                  { "53", R3_STORE_FINAL, R3_UNAVAILABLE },   { "58", R3_STORE_FINAL, R3_IO },
                  { "57", R3_STORE_FINAL, R3_UNAVAILABLE },   { "XX", R3_STORE_FINAL, R3_UNAVAILABLE } };
    const char *state = answer ? libpq.PQresultErrorField(answer, PG_DIAG_SQLSTATE) : NULL;
    const char *message = answer ? libpq.PQresultErrorField(answer, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    if (!state || libpq.PQstatus(connection) == CONNECTION_BAD) {
        *failure = R3_STORE_LOST;
        return fail_line(message ? message : libpq.PQerrorMessage(connection), R3_UNAVAILABLE, error);
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strncmp(state, known[i].state, strlen(known[i].state)) == 0) {
            *failure = known[i].failure;
            return fail_line(message ? message : state, known[i].status, error);
        }
    }
    *failure = R3_STORE_FINAL;
    return fail_line(message ? message : state, R3_BUG, error);
}

static int fail_silent(enum r3_store_failure *failure, struct r3_error *error) {
    *failure = R3_STORE_LOST;
    return r3_fail(error, R3_UNAVAILABLE, "the server has not answered for %llds (R3_DB_TIMEOUT)",
                   (long long)((longest_answer + R3_SECOND - 1) / R3_SECOND));
}

/* The result of what was sent; NULL: the error is set. There is one of a statement, and nothing must be left behind it. */
static PGresult *take_answer(PGconn *connection, enum r3_store_failure *failure, struct r3_error *error) {
    const int64_t since = r3_clock_monotonic();
    PGresult *answer = NULL;
    for (;;) {
        int ready = wait_for_answer(connection, since);
        PGresult *next = ready > 0 ? libpq.PQgetResult(connection) : NULL;
        if (ready > 0 && next) {
            libpq.PQclear(answer);
            answer = next;
            continue;
        }
        if (ready > 0 && answer)
            return answer;
        libpq.PQclear(answer);
        if (ready == 0)
            fail_silent(failure, error);
        else
            fail(connection, NULL, failure, error);
        return NULL;
    }
}

static PGresult *execute(PGconn *connection, const char *sql, const struct r3_store_value *values, size_t count,
                         enum r3_store_failure *failure, struct r3_error *error) {
    const char *texts[PARAMETERS_MAX] = { NULL };
    char integers[PARAMETERS_MAX][INTEGER_SIZE];
    if (count > PARAMETERS_MAX) {
        *failure = R3_STORE_FINAL;
        r3_fail(error, R3_BUG, "more than %d parameters", PARAMETERS_MAX);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        if (values[i].kind == R3_STORE_INTEGER) {
            snprintf(integers[i], INTEGER_SIZE, "%" PRId64, values[i].integer);
            texts[i] = integers[i];
        } else if (values[i].kind != R3_STORE_NULL) {
            texts[i] = values[i].kind == R3_STORE_TEXT ? values[i].text : values[i].digits;
        }
    }
    if (!libpq.PQsendQueryParams(connection, sql, (int)count, NULL, texts, NULL, NULL, 0)) {
        fail(connection, NULL, failure, error);
        return NULL;
    }
    PGresult *answer = take_answer(connection, failure, error);
    if (!answer)
        return NULL;
    ExecStatusType status = libpq.PQresultStatus(answer);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return answer;
    fail(connection, answer, failure, error);
    libpq.PQclear(answer);
    return NULL;
}

static bool is_integer(const PGresult *answer, int column) {
    Oid type = libpq.PQftype(answer, column);
    return type == OID_INT8 || type == OID_INT4 || type == OID_INT2;
}

static int hand_over(const PGresult *answer, r3_store_row_function *row, void *context, enum r3_store_failure *failure,
                     struct r3_error *error) {
    struct r3_store_value columns[PARAMETERS_MAX];
    const struct r3_store_row found = { columns, (size_t)libpq.PQnfields(answer) };
    int result = found.count > PARAMETERS_MAX ? r3_fail(error, R3_BUG, "more than %d columns", PARAMETERS_MAX) : 0;
    for (int line = 0; line < libpq.PQntuples(answer) && result == 0; line++) {
        for (int i = 0; i < (int)found.count; i++) {
            const char *text = libpq.PQgetvalue(answer, line, i);
            columns[i] = libpq.PQgetisnull(answer, line, i) ? r3_store_null()
                         : is_integer(answer, i)            ? r3_store_integer(strtoimax(text, NULL, 10))
                                                            : r3_store_text(text);
        }
        result = row(&found, context, error);
    }
    if (result < 0)
        *failure = R3_STORE_FINAL;
    return result;
}

static int run(void *connection, const char *sql, const struct r3_store_value *values, size_t count,
               r3_store_row_function *row, void *context, int64_t *changed, enum r3_store_failure *failure,
               struct r3_error *error) {
    PGresult *answer = execute(connection, sql, values, count, failure, error);
    if (!answer)
        return -1;
    if (changed) /* of a SELECT it is the number of rows */
        *changed =
            libpq.PQresultStatus(answer) == PGRES_COMMAND_OK ? strtoimax(libpq.PQcmdTuples(answer), NULL, 10) : 0;
    int result = row ? hand_over(answer, row, context, failure, error) : 0;
    libpq.PQclear(answer);
    return result;
}

static int stream(void *connection, const char *sql, r3_store_row_function *row, void *context,
                  enum r3_store_failure *failure, struct r3_error *error) {
    char fetch[64];
    struct r3_buffer declare = R3_BUFFER_INIT;
    /* Who takes the rows may be slow. */
    if (run(connection, "SET LOCAL idle_in_transaction_session_timeout = 0", NULL, 0, NULL, NULL, NULL, failure,
            error) < 0)
        return -1;
    r3_buffer_printf(&declare, "DECLARE r3_rows NO SCROLL CURSOR FOR %s", sql);
    snprintf(fetch, sizeof fetch, "FETCH %d FROM r3_rows", ROWS_AT_ONCE);
    int result = run(connection, declare.data, NULL, 0, NULL, NULL, NULL, failure, error);
    int rows = ROWS_AT_ONCE;
    while (result == 0 && rows == ROWS_AT_ONCE) {
        PGresult *answer = execute(connection, fetch, NULL, 0, failure, error);
        rows = answer ? libpq.PQntuples(answer) : 0;
        result = answer ? hand_over(answer, row, context, failure, error) : -1;
        libpq.PQclear(answer);
    }
    if (result == 0)
        result = run(connection, "CLOSE r3_rows", NULL, 0, NULL, NULL, NULL, failure, error);
    r3_buffer_release(&declare);
    return result;
}

static int describe(void *connection, const char *sql,
                    int (*column)(void *context, const char *name, bool integer, struct r3_error *error), void *context,
                    enum r3_store_failure *failure, struct r3_error *error) {
    struct r3_buffer none = R3_BUFFER_INIT;
    r3_buffer_printf(&none, "%s LIMIT 0", sql);
    PGresult *answer = execute(connection, none.data, NULL, 0, failure, error);
    int result = answer ? 0 : -1;
    for (int i = 0; i < libpq.PQnfields(answer) && result == 0; i++)
        result = column(context, libpq.PQfname(answer, i), is_integer(answer, i), error);
    libpq.PQclear(answer);
    r3_buffer_release(&none);
    return result;
}

static void ignore_notice(void *context, const PGresult *answer) {
    (void)context;
    (void)answer;
}

/* What a connection has to be before it is used. */
static int prepare(PGconn *connection, enum r3_store_failure *failure, struct r3_error *error) {
    const char *encoding = libpq.PQparameterStatus(connection, "server_encoding");
    if (libpq.PQserverVersion(connection) < 150000) {
        *failure = R3_STORE_FINAL;
        return r3_fail(error, R3_CONFIG, "PostgreSQL 15 or newer is wanted, this is version %d",
                       libpq.PQserverVersion(connection) / 10000);
    }
    if (!encoding || strcmp(encoding, "UTF8") != 0) {
        *failure = R3_STORE_FINAL;
        return r3_fail(error, R3_CONFIG, "the database's encoding is %s, not UTF8", encoding ? encoding : "unknown");
    }
    /* What the server does by itself where this end has gone silent: a transaction that nobody ends holds its rows. It waits a little
     * longer than this end does, which knows more. */
    const struct r3_store_value limits[] = { r3_store_integer(longest_answer),
                                             r3_store_integer(longest_answer + 2 * GRACE) };
    return run(connection,
               "SELECT set_config('lock_timeout', '10000', false), set_config('statement_timeout', $1::text, false),"
               " set_config('idle_in_transaction_session_timeout', $2::text, false)",
               limits, 2, NULL, NULL, NULL, failure, error);
}

static int open_connection(void **out, const char *where, bool create, enum r3_store_failure *failure,
                           struct r3_error *error) {
    /* Those before dbname give way to what the address says. */
    static const char *const names[] = { "connect_timeout",     "tcp_user_timeout",          "keepalives_idle",
                                         "keepalives_interval", "keepalives_count",          "dbname",
                                         "client_encoding",     "fallback_application_name", NULL };
    char limit[INTEGER_SIZE];
    const char *values[] = { "10", limit, "30", "10", "3", where, "UTF8", "r3", NULL };
    (void)create;
    *out = NULL;
    if (load(error) < 0 ||
        r3_duration_from_environment(&longest_answer, "R3_DB_TIMEOUT", 5 * R3_MINUTE, INT_MAX / 2 - 1, error) < 0) {
        *failure = R3_STORE_FINAL;
        return -1;
    }
    snprintf(limit, sizeof limit, "%" PRId64, longest_answer);
    PGconn *connection = libpq.PQconnectdbParams(names, values, 1);
    int result = 0;
    if (!connection) {
        *failure = R3_STORE_FINAL;
        return r3_fail(error, R3_SYSTEM, "out of memory");
    }
    libpq.PQsetNoticeReceiver(connection, ignore_notice, NULL);
    libpq.PQsetnonblocking(connection, 1);
    result = libpq.PQstatus(connection) == CONNECTION_OK ? prepare(connection, failure, error)
                                                         : fail_connection(connection, names, values, failure, error);
    if (result < 0) {
        libpq.PQfinish(connection);
        connection = NULL;
    }
    *out = connection;
    return result;
}

static void close_connection(void *connection) {
    libpq.PQfinish(connection);
}

const struct r3_store_driver r3_store_postgresql = {
    .begin = { [R3_STORE_READ] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
               [R3_STORE_WRITE] = "BEGIN ISOLATION LEVEL REPEATABLE READ",
               [R3_STORE_SCHEMA] = "BEGIN ISOLATION LEVEL READ COMMITTED" },
    .lock_schema = "SELECT pg_advisory_xact_lock(x'7233736368656d61'::bigint)", /* "r3schema" */
    .now = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint",
    .has_table = "SELECT 1 WHERE to_regclass($1) IS NOT NULL",
    .text = "text COLLATE \"C\"",
    .integer = "bigint",
    .decimal_check = "numeric CHECK (@ NOT IN ('NaN', 'Infinity', '-Infinity') AND scale(@) = min_scale(@)"
                     " AND scale(@) <= 18 AND length(translate(@::text, '-.', '')) <= 34)",
    .table_end = ")",
    .open = open_connection,
    .close = close_connection,
    .run = run,
    .stream = stream,
    .describe = describe,
};
