/* The store's tables: made, refused to what is no exact decimal, brought from one version to the next with what they hold. */
#include "lib/store/schema.h"
#include "tests/unit/store.h"

static void versions(void) {
    static const char second[] = "-- a column and a table more\n"
                                 "ALTER TABLE sessions ADD COLUMN\n"
                                 "    budget DECIMAL;\n"
                                 "CREATE TABLE more (\n"
                                 "    id TEXT PRIMARY KEY NOT NULL,\n"
                                 "    amount DECIMAL NOT NULL\n"
                                 ") STRICT;\n"
                                 "UPDATE sessions SET label = 'second';\n";
    static const char third[] = "CREATE TABLE third (\n"
                                "    id INTEGER NOT NULL\n"
                                ") STRICT;\n"
                                "UPDATE sessions SET no_such_column = 1;\n";
    const char *steps[] = {
        r3_schema.steps[0], r3_schema.steps[1], r3_schema.steps[2], r3_schema.steps[3], second, third
    };
    const struct r3_schema oldest = { steps, 1 }, first = { steps, 4 }, two = { steps, 5 }, broken = { steps, 6 };
    const struct r3_store_value wrong[] = { r3_store_text("x"), r3_store_text("NaN") };
    struct r3_store *store = store_open();
    struct r3_error error = { 0 };
    CHECK_INT(r3_store_ready(store, &error), -1);
    CHECK_INT(error.status, R3_CONFIG);
    CHECK(strstr(error.text, "has no tables: r3-session init makes them"));
    CHECK_INT(r3_schema.version, 4);
    CHECK_INT(r3_schema_upgrade(store, &oldest, &error), 0);
    CHECK_INT(store_number(store, "SELECT version FROM r3_schema"), 1);
    CHECK_INT(store_add_session(store, "kept", r3_store_text("10000.25")), 0);
    CHECK_INT(r3_store_ready(store, &error), -1);
    CHECK(strstr(error.text, "has version 1, this r3 wants 4: r3-session init upgrades it"));
    CHECK_INT(r3_schema_upgrade(store, &first, &error), 0);
    CHECK_INT(store_number(store, "SELECT version FROM r3_schema"), 4);
    CHECK_INT(store_number(store, "SELECT count(*) FROM sessions WHERE seen IS NULL AND failures = 0"
                                  " AND last_failure IS NULL AND cash = '10000.25'"),
              1);
    CHECK_INT(store_number(store, "SELECT count(*) FROM exchange_orders WHERE epoch IS NULL"), 0);
    CHECK_INT(r3_store_ready(store, &error), 0);
    CHECK_INT(r3_schema_upgrade(store, &first, &error), 0); /* again: nothing to do */
    CHECK_INT(r3_schema_upgrade(store, &two, &error), 0);
    CHECK_INT(store_number(store, "SELECT version FROM r3_schema"), 5);
    CHECK_INT(store_number(store, "SELECT count(*) FROM r3_schema"), 1);
    CHECK_INT(store_number(store, "SELECT count(*) FROM sessions WHERE id = 'kept' AND label = 'second'"
                                  " AND budget IS NULL AND cash = '10000.25'"),
              1);
    CHECK_INT(store_do(store, "INSERT INTO more (id, amount) VALUES ($1, $2)", wrong, 2), R3_DATA);
    CHECK_INT(r3_store_ready(store, &error), -1);
    CHECK_INT(error.status, R3_CONFIG);
    CHECK(strstr(error.text, "has version 5, this r3 knows 4"));
    CHECK_INT(r3_schema_upgrade(store, &first, &error), -1);
    CHECK_INT(error.status, R3_CONFIG);
    /* A step that fails leaves nothing of itself. */
    CHECK_INT(r3_schema_upgrade(store, &broken, &error), -1);
    CHECK_INT(store_number(store, "SELECT version FROM r3_schema"), 5);
    CHECK(store_number(store, "SELECT count(*) FROM third") < 0);
    CHECK_INT(store_do(store, "DELETE FROM sessions", NULL, 0), 0);
    r3_store_close(store);
}

/* The two databases take the same decimals, and give them back as they were. */
static int same_text(const struct r3_store_row *row, void *context, struct r3_error *error) {
    (void)error;
    struct r3_decimal decimal;
    char text[R3_DECIMAL_TEXT_SIZE] = "";
    CHECK_TEXT(r3_store_row_text(row, 0), context);
    CHECK_INT(r3_store_row_decimal(&decimal, row, 0, error), 0);
    r3_decimal_format(text, &decimal);
    CHECK_TEXT(text, context);
    return 0;
}

static int read_cash(struct r3_store *store, void *context, struct r3_error *error) {
    return r3_store_statement(store, "SELECT cash FROM sessions WHERE id = 'd'", NULL, 0, same_text, context, NULL,
                              error);
}

static void decimals(void) {
    static const char *const good[] = { "0",
                                        "1",
                                        "-1",
                                        "10",
                                        "0.5",
                                        "-0.5",
                                        "10.05",
                                        "-123.456",
                                        "1.000000000000000001",
                                        "0.000000000000000001",
                                        "1234567890123456789012345678901234",
                                        "-1234567890123456.789012345678901234" };
    static const char *const bad[] = { "NaN",
                                       "nan",
                                       "Infinity",
                                       "-Infinity",
                                       "inf",
                                       "",
                                       "-",
                                       "abc",
                                       "1.50",
                                       "1.0",
                                       "--1",
                                       "1-1",
                                       "1.2.3",
                                       "1,5",
                                       " 1 2",
                                       "0x1g",
                                       "1.0000000000000000001",
                                       "12345678901234567890123456789012345" };
    struct r3_store *store = store_open();
    struct r3_error error = { 0 };
    CHECK_INT(store_add_session(store, "d", r3_store_integer(5)), 0);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct r3_decimal decimal;
        CHECK_INT(r3_decimal_parse(&decimal, good[i], strlen(good[i]), &error), 0);
        const struct r3_store_value value = r3_store_decimal(&decimal);
        CHECK_INT(store_do(store, "UPDATE sessions SET cash = $1", &value, 1), 0);
        CHECK_INT(r3_store_read(store, read_cash, (void *)(uintptr_t)good[i], &error), 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct r3_store_value value = r3_store_text(bad[i]);
        int status = store_do(store, "UPDATE sessions SET cash = $1", &value, 1);
        if (status != R3_DATA)
            fprintf(stderr, "taken: %s\n", bad[i]);
        CHECK_INT(status, R3_DATA);
    }
    const struct r3_store_value none = r3_store_decimal(&r3_decimal_absent);
    CHECK_INT(store_do(store, "UPDATE sessions SET cash = $1", &none, 1), R3_DATA);
    CHECK_INT(store_do(store, "UPDATE sessions SET state = 'RUNNING'", NULL, 0), R3_DATA);
    CHECK_INT(
        store_do(store, "INSERT INTO tasks (session, every, state, due) VALUES ('none', 1, 'ACTIVE', 1)", NULL, 0),
        R3_DATA);
    r3_store_close(store);
}

int main(void) {
    store_place();
    versions();
    decimals();
    store_remove();
    return check_done();
}
