/* Transactions of the store, on whichever database R3_STORE_TEST names: what is undone, what is done once, who waits for whom. */
#include <signal.h>
#include <sys/wait.h>

#include "tests/unit/store.h"

/* ---- inputs, records on their way out, leases ---- */

struct booking {
    const char *input;
    bool fresh;
    int fails, calls;
    int64_t number;
};

static int book(struct r3_store *store, void *context, struct r3_error *error) {
    struct booking *booking = context;
    booking->calls++;
    if (r3_store_note_input(store, "r3-track", "s1", booking->input, 5, &booking->fresh, error) < 0)
        return -1;
    if (!booking->fresh)
        return 0;
    if (r3_store_send(store, "r3-track", "s1", "{\"type\":\"order\"}", &booking->number, error) < 0)
        return -1;
    return booking->fails ? r3_fail(error, R3_REFUSED, "on purpose") : 0;
}

static void inputs(struct r3_store *store) {
    struct booking booking = { .input = "i1", .fails = 1 };
    struct r3_error error = { 0 };
    CHECK_INT(r3_store_write(store, book, &booking, &error), -1);
    CHECK_TEXT(error.text, "on purpose");
    CHECK_INT(booking.calls, 1);
    CHECK_INT(store_number(store, "SELECT count(*) FROM seen_inputs"), 0);
    CHECK_INT(store_number(store, "SELECT count(*) FROM outbox"), 0);
    booking.fails = 0;
    CHECK_INT(r3_store_write(store, book, &booking, &error), 0);
    CHECK(booking.fresh);
    CHECK_INT(booking.number, 1);
    CHECK_INT(r3_store_write(store, book, &booking, &error), 0);
    CHECK(!booking.fresh);
    booking.input = "i2";
    CHECK_INT(r3_store_write(store, book, &booking, &error), 0);
    CHECK_INT(booking.number, 2);
    CHECK_INT(store_number(store, "SELECT count(*) FROM outbox"), 2);
}

static int count_row(const struct r3_store_row *row, void *context, struct r3_error *error) {
    (void)error;
    CHECK_TEXT(r3_store_row_text(row, 1), "{\"type\":\"order\"}");
    *(int64_t *)context = *(int64_t *)context * 10 + row->columns[0].integer;
    return 0;
}

static int count_waiting(struct r3_store *store, void *context, struct r3_error *error) {
    return r3_store_waiting(store, "r3-track", "s1", count_row, context, error);
}

static int acknowledge_first(struct r3_store *store, void *context, struct r3_error *error) {
    (void)context;
    return r3_store_acknowledge(store, "r3-track", "s1", 1, error);
}

static int acknowledge_all(struct r3_store *store, void *context, struct r3_error *error) {
    (void)context;
    return r3_store_acknowledge(store, "r3-track", "s1", 2, error);
}

static int send_lines(struct r3_store *store, void *context, struct r3_error *error) {
    struct r3_buffer lines = R3_BUFFER_INIT;
    int64_t last = 0;
    (void)context;
    CHECK_INT(r3_store_send_lines(store, "r3-track", "s1", &lines, &last, error), 0);
    CHECK_INT(last, 0); /* none */
    r3_buffer_append_text(&lines, "{\"type\":\"order\"}\n{\"type\":\"order\"}\n");
    int result = r3_store_send_lines(store, "r3-track", "s1", &lines, &last, error);
    CHECK_INT(last, 5);
    r3_buffer_release(&lines);
    return result;
}

static void outgoing(struct r3_store *store) {
    struct r3_error error = { 0 };
    int64_t waiting = 0;
    CHECK_INT(r3_store_read(store, count_waiting, &waiting, &error), 0);
    CHECK_INT(waiting, 12);
    CHECK_INT(r3_store_write(store, acknowledge_first, NULL, &error), 0);
    waiting = 0;
    CHECK_INT(r3_store_read(store, count_waiting, &waiting, &error), 0);
    CHECK_INT(waiting, 2);
    /* What has arrived is gone, and its number is not given again. */
    struct booking booking = { .input = "i3" };
    CHECK_INT(r3_store_write(store, acknowledge_all, NULL, &error), 0);
    CHECK_INT(store_number(store, "SELECT count(*) FROM outbox"), 0);
    CHECK_INT(r3_store_write(store, book, &booking, &error), 0);
    CHECK_INT(booking.number, 3);
    CHECK_INT(r3_store_write(store, send_lines, NULL, &error), 0);
    waiting = 0;
    CHECK_INT(r3_store_read(store, count_waiting, &waiting, &error), 0);
    CHECK_INT(waiting, 345);
}

struct leasing {
    const char *owner;
    int64_t span, epoch;
    bool holds;
};

static int lease(struct r3_store *store, void *context, struct r3_error *error) {
    struct leasing *leasing = context;
    return r3_store_lease(store, "s1", leasing->owner, leasing->span, &leasing->epoch, error);
}

static int holds(struct r3_store *store, void *context, struct r3_error *error) {
    struct leasing *leasing = context;
    return r3_store_lease_holds(store, "s1", leasing->owner, leasing->epoch, error);
}

static void leases(struct r3_store *store) {
    struct leasing a = { .owner = "a", .span = 60000 }, b = { .owner = "b", .span = 60000 };
    struct r3_error error = { 0 };
    CHECK_INT(store_add_session(store, "s1", r3_store_integer(100)), 0);
    CHECK_INT(r3_store_write(store, lease, &a, &error), 0);
    CHECK_INT(a.epoch, 1);
    CHECK_INT(r3_store_write(store, lease, &b, &error), 0);
    CHECK_INT(b.epoch, 0);
    a.span = 1; /* ends at once */
    CHECK_INT(r3_store_write(store, lease, &a, &error), 0);
    CHECK_INT(a.epoch, 1);
    CHECK_INT(r3_store_write(store, holds, &a, &error), 0);
    usleep(20000);
    CHECK_INT(r3_store_write(store, lease, &b, &error), 0);
    CHECK_INT(b.epoch, 2);
    CHECK_INT(r3_store_write(store, holds, &a, &error), -1);
    CHECK_INT(error.status, R3_RETRY);
    CHECK_INT(r3_store_write(store, holds, &b, &error), 0);
}

/* ---- every query is understood ---- */

static int run_query(struct r3_store *store, void *context, struct r3_error *error) {
    const char *text = r3_query_text(*(enum r3_query *)context);
    struct r3_store_value values[32];
    size_t count = 0;
    for (const char *at = text; (at = strchr(at, '$')); at++) {
        size_t number = (size_t)strtoul(at + 1, NULL, 10);
        count = number > count ? number : count;
    }
    for (size_t i = 0; i < count; i++)
        values[i] = r3_store_integer(1);
    if (r3_store_run(store, *(enum r3_query *)context, values, count, NULL, NULL, NULL, error) < 0)
        return -1;
    return r3_fail(error, R3_REFUSED, "undone");
}

static void queries(struct r3_store *store) {
    for (int i = 0; i < R3_QUERY_COUNT; i++) {
        enum r3_query query = (enum r3_query)i;
        struct r3_error error = { 0 };
        CHECK(r3_query_text(query) != NULL);
        CHECK_INT(r3_store_write(store, run_query, &query, &error), -1);
        if (error.status != R3_DATA) /* a row that the tables refuse: the query was understood */
            CHECK_TEXT(error.text, "undone");
    }
}

/* ---- wrong use ---- */

static int nest(struct r3_store *store, void *context, struct r3_error *error) {
    return r3_store_write(store, book, context, error);
}

static int pass_over(struct r3_store *store, void *context, struct r3_error *error) {
    (void)context;
    (void)r3_store_statement(store, "INSERT INTO no_such_table VALUES (1)", NULL, 0, NULL, NULL, NULL, error);
    return 0;
}

static void misuse(struct r3_store *store) {
    struct booking booking = { .input = "i9" };
    struct r3_error error = { 0 };
    CHECK_INT(r3_store_write(store, nest, &booking, &error), -1);
    CHECK_INT(error.status, R3_BUG);
    CHECK_INT(r3_store_run(store, R3_QUERY_VERSION, NULL, 0, NULL, NULL, NULL, &error), -1);
    CHECK_INT(error.status, R3_BUG);
    CHECK_INT(r3_store_write(store, pass_over, NULL, &error), -1);
    CHECK_INT(r3_store_read(store, book, &booking, &error), -1); /* a reader changes nothing */
    CHECK_INT(store_number(store, "SELECT count(*) FROM seen_inputs WHERE input = 'i9'"), 0);
}

/* ---- several processes ---- */

static int reader_end, writer_end;

static int insert_and_wait(struct r3_store *store, void *context, struct r3_error *error) {
    struct booking booking = { .input = "half" };
    (void)context;
    if (book(store, &booking, error) < 0 || write(writer_end, "x", 1) != 1)
        return -1;
    pause();
    return 0;
}

static void killed(struct r3_store *store) {
    int ends[2];
    char byte;
    if (pipe(ends) != 0)
        exit(71);
    reader_end = ends[0];
    writer_end = ends[1];
    pid_t child = fork();
    if (child == 0) {
        struct r3_error error;
        struct r3_store *own = store_open();
        r3_store_write(own, insert_and_wait, NULL, &error);
        _exit(1);
    }
    CHECK_INT(read(reader_end, &byte, 1), 1);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    CHECK_INT(store_number(store, "SELECT count(*) FROM seen_inputs WHERE input = 'half'"), 0);
    struct booking booking = { .input = "half" };
    struct r3_error error = { 0 };
    CHECK_INT(r3_store_write(store, book, &booking, &error), 0);
    CHECK(booking.fresh);
    close(ends[0]);
    close(ends[1]);
}

/* Read, then write what was read and one: an update is lost where two do so at once. */
static int increment(struct r3_store *store, void *context, struct r3_error *error) {
    int64_t before = -1;
    (void)context;
    if (r3_store_statement(store, "SELECT epoch FROM sessions WHERE id = 'counter'", NULL, 0, r3_store_take_integer,
                           &before, NULL, error) < 0)
        return -1;
    const struct r3_store_value after = r3_store_integer(before + 1);
    return r3_store_statement(store, "UPDATE sessions SET epoch = $1 WHERE id = 'counter'", &after, 1, NULL, NULL, NULL,
                              error);
}

static void two_writers(struct r3_store *store) {
    enum { WRITERS = 2, TIMES = 60 };
    pid_t children[WRITERS];
    CHECK_INT(store_add_session(store, "counter", r3_store_integer(1)), 0);
    for (int i = 0; i < WRITERS; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            struct r3_store *own = store_open();
            struct r3_error error;
            int failed = 0;
            for (int k = 0; k < TIMES; k++)
                failed |= r3_store_write(own, increment, NULL, &error) < 0;
            if (failed)
                fprintf(stderr, "%s\n", error.text);
            r3_store_close(own);
            _exit(failed ? 1 : 0);
        }
    }
    for (int i = 0; i < WRITERS; i++) {
        int status;
        waitpid(children[i], &status, 0);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    CHECK_INT(store_number(store, "SELECT epoch FROM sessions WHERE id = 'counter'"), WRITERS * TIMES);
}

/* A reader sees one moment, whatever is committed meanwhile. */
static int look_twice(struct r3_store *store, void *context, struct r3_error *error) {
    static const char sql[] = "SELECT epoch FROM sessions WHERE id = 'counter'";
    int64_t first, second;
    if (r3_store_statement(store, sql, NULL, 0, r3_store_take_integer, &first, NULL, error) < 0)
        return -1;
    CHECK_INT(store_do(context, "UPDATE sessions SET epoch = epoch + 1 WHERE id = 'counter'", NULL, 0), 0);
    if (r3_store_statement(store, sql, NULL, 0, r3_store_take_integer, &second, NULL, error) < 0)
        return -1;
    CHECK_INT(first, second);
    return 0;
}

static void one_moment(struct r3_store *store) {
    struct r3_store *other = store_open();
    struct r3_error error = { 0 };
    CHECK_INT(r3_store_read(store, look_twice, other, &error), 0);
    r3_store_close(other);
}

/* ---- what a transaction only reads ---- */

struct lingering {
    r3_store_work *work;
    void *context;
    int ready; /* where a byte says that the work is done and the commit is not */
};

static int linger(struct r3_store *store, void *context, struct r3_error *error) {
    const struct lingering *lingering = context;
    int result = lingering->work(store, lingering->context, error);
    if (result == 0 && write(lingering->ready, "x", 1) != 1)
        return -1;
    usleep(300000);
    return result;
}

/* Another process does `first` and is slow to commit; meanwhile `second` is begun here. */
static void at_once(struct r3_store *store, r3_store_work *first, void *context, r3_store_work *second, void *other) {
    int ends[2], status;
    char byte;
    struct r3_error error = { 0 };
    if (pipe(ends) != 0)
        exit(71);
    pid_t child = fork();
    if (child == 0) {
        struct lingering lingering = { first, context, ends[1] };
        struct r3_store *own = store_open();
        int result = r3_store_write(own, linger, &lingering, &error);
        r3_store_close(own);
        _exit(result < 0 ? 1 : 0);
    }
    CHECK_INT(read(ends[0], &byte, 1), 1);
    CHECK_INT(r3_store_write(store, second, other, &error), 0);
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(ends[0]);
    close(ends[1]);
}

static int work_while_held(struct r3_store *store, void *context, struct r3_error *error) {
    struct booking booking = { .input = "held" };
    return holds(store, context, error) < 0 ? -1 : book(store, &booking, error);
}

struct overtaking {
    struct leasing leasing;
    int64_t seen;
};

static int overtake(struct r3_store *store, void *context, struct r3_error *error) {
    struct overtaking *overtaking = context;
    if (lease(store, &overtaking->leasing, error) < 0)
        return -1;
    return r3_store_statement(store, "SELECT count(*) FROM seen_inputs WHERE input = 'held'", NULL, 0,
                              r3_store_take_integer, &overtaking->seen, NULL, error);
}

/* Who takes the lease sees what was done under the one before. */
static void held_until_commit(struct r3_store *store) {
    struct leasing first = { .owner = "first", .span = 1 };
    struct overtaking second = { .leasing = { .owner = "second", .span = 1 } };
    struct r3_error error = { 0 };
    CHECK_INT(store_do(store, "UPDATE sessions SET lease_until = 1 WHERE id = 's1'", NULL, 0), 0);
    CHECK_INT(r3_store_write(store, lease, &first, &error), 0);
    usleep(20000);
    at_once(store, work_while_held, &first, overtake, &second);
    CHECK_INT(second.leasing.epoch, first.epoch + 1);
    CHECK_INT(second.seen, 1);
}

static const struct r3_store_value *collect_key(void) {
    static struct r3_store_value key[3];
    key[0] = r3_store_text("Kucoin");
    key[1] = r3_store_text("BTC-USDT");
    key[2] = r3_store_text("1H");
    return key;
}

static int begin_session(struct r3_store *store, void *context, struct r3_error *error) {
    const struct r3_store_value row[] = { r3_store_text(context), r3_store_integer(1), r3_store_integer(1) };
    return r3_store_run(store, R3_QUERY_START_SESSION, row, 3, NULL, NULL, NULL, error) < 0
               ? -1
               : r3_store_run(store, R3_QUERY_USE_COLLECT, collect_key(), 3, NULL, NULL, NULL, error);
}

static int end_session(struct r3_store *store, void *context, struct r3_error *error) {
    const struct r3_store_value row[] = { r3_store_text(context), r3_store_integer(2), r3_store_text("stop") };
    return r3_store_run(store, R3_QUERY_END_SESSION, row, 3, NULL, NULL, NULL, error) < 0
               ? -1
               : r3_store_run(store, R3_QUERY_FREE_COLLECT, collect_key(), 3, NULL, NULL, NULL, error);
}

/* Each sees that the other still wants the candles. */
static void last_two_end(struct r3_store *store) {
    static char ids[2][4] = { "e1", "e2" };
    struct r3_error error = { 0 };
    for (size_t i = 0; i < 2; i++) {
        CHECK_INT(store_add_session(store, ids[i], r3_store_integer(1)), 0);
        CHECK_INT(r3_store_write(store, begin_session, ids[i], &error), 0);
    }
    CHECK_INT(store_number(store, "SELECT count(*) FROM collects WHERE state = 'ACTIVE'"), 1);
    at_once(store, end_session, ids[0], end_session, ids[1]);
    CHECK_INT(store_number(store, "SELECT count(*) FROM collects WHERE state = 'IDLE'"), 1);
}

/* ---- a crash ---- */

/* The server crashes between two statements of the first call. */
static int crash_inside(struct r3_store *store, void *context, struct r3_error *error) {
    struct booking *booking = context;
    char command[256];
    snprintf(command, sizeof command, "%s QUIT", getenv("R3_STORE_RESTART"));
    if (booking->calls == 0 && book(store, booking, error) == 0) {
        CHECK_INT(system(command), 0);
        return r3_store_acknowledge(store, "r3-track", "s1", 0, error);
    }
    return book(store, booking, error);
}

/* R3_STORE_RESTART is a command that restarts the server; without one there is none. */
static void restarted(struct r3_store *store) {
    const char *command = getenv("R3_STORE_RESTART");
    struct booking booking = { .input = "after" };
    struct r3_error error = { 0 };
    if (!command)
        return;
    CHECK_INT(system(command), 0);
    CHECK_INT(r3_store_write(store, book, &booking, &error), 0);
    CHECK(booking.fresh);
    CHECK_INT(system(command), 0);
    CHECK_INT(store_number(store, "SELECT count(*) FROM seen_inputs WHERE input = 'after'"), 1);
    booking = (struct booking) { .input = "inside" };
    CHECK_INT(r3_store_write(store, crash_inside, &booking, &error), 0);
    CHECK(booking.fresh); /* what the first call did is undone */
    CHECK_INT(booking.calls, 2);
    CHECK_INT(store_number(store, "SELECT count(*) FROM seen_inputs WHERE input = 'inside'"), 1);
}

int main(int argc, char **argv) {
    struct r3_error error = { 0 };
    store_place();
    struct r3_store *store = store_open();
    if (argc == 2) { /* store INPUT: one booking; prints how often it was tried */
        struct booking booking = { .input = argv[1] };
        int result = r3_store_write(store, book, &booking, &error);
        printf("%d %d %s\n", result, booking.calls, result < 0 ? error.text : "");
        r3_store_close(store);
        return 0;
    }
    CHECK_INT(r3_store_upgrade(store, &error), 0);
    CHECK_INT(r3_store_upgrade(store, &error), 0);
    CHECK_INT(r3_store_ready(store, &error), 0);
    inputs(store);
    outgoing(store);
    leases(store);
    queries(store);
    misuse(store);
    killed(store);
    two_writers(store);
    one_moment(store);
    held_until_commit(store);
    last_two_end(store);
    restarted(store);
    /* The last one's, where the end of a commit may be unknown. */
    CHECK_INT(store_number(store, "SELECT count(*) FROM transactions"), store->driver->tells_end ? 0 : 1);
    r3_store_close(store);
    store = store_open();
    CHECK_INT(store_number(store, "SELECT count(*) FROM transactions"), 0);
    r3_store_close(store);
    store_remove();
    return check_done();
}
