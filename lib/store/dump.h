#ifndef R3_STORE_DUMP_H
#define R3_STORE_DUMP_H

#include "lib/base/buffer.h"
#include "lib/base/io.h"
#include "lib/store/store.h"

/* The whole of a store as lines of JSON, the same for both kinds of database; r3-session(1) states the form:
 *
 *     {"type":"store","version":1}
 *     {"type":"row","table":"sessions","values":{"id":"s1","label":…}}
 *     {"type":"end","rows":1}
 *
 * Tables, rows and columns have one order, and each value one spelling, so that equal stores are equal bytes. */

enum { R3_DUMP_LINE_MAX = 1 << 20, R3_DUMP_COLUMNS_MAX = 64 };

/* The columns of a table: whether they hold integers; and a row of it, as it is written. For dump and restore. */
struct r3_dump_columns {
    char names[R3_DUMP_COLUMNS_MAX][64];
    bool integer[R3_DUMP_COLUMNS_MAX];
    size_t count;
};
int r3_dump_describe(struct r3_dump_columns *columns, struct r3_store *store, size_t table, struct r3_error *error);
int r3_dump_row(struct r3_buffer *out, size_t table, const struct r3_dump_columns *columns,
                const struct r3_store_value *values, struct r3_error *error);

/* Write it as it is at one moment; the writer is left open. */
int r3_store_dump(struct r3_store *store, struct r3_writer *out, struct r3_error *error);

/* Read what r3_store_dump wrote into a store that has no rows, or no tables yet; all of it or nothing. *rows: how many. Input in
 * another form, in another order or without its end is R3_DATA. */
int r3_store_restore(struct r3_store *store, struct r3_reader *in, uint64_t *rows, struct r3_error *error);
/* Inside `work`. Whether that was done within the last `span` ms of the database's clock, a day at most: so what happened since the dump may
 * not be in the store. */
int r3_store_restored(bool *out, struct r3_store *store, int64_t span, struct r3_error *error);
/* The same within a day, where the session was not compared with its exchange since; and that it was now. */
int r3_store_is_uncompared(bool *out, struct r3_store *store, const char *session, struct r3_error *error);
int r3_store_note_compared(struct r3_store *store, const char *session, struct r3_error *error);

#endif
