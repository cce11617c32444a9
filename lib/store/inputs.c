/* What every program that changes the store needs: inputs that are acted on once, records that are written until they have
 * arrived. */
#include "lib/store/driver.h"

int r3_store_note_input(struct r3_store *store, const char *consumer, const char *session, const char *input,
                        int64_t time, bool *fresh, struct r3_error *error) {
    const struct r3_store_value values[] = { r3_store_text(consumer), r3_store_text(session), r3_store_text(input),
                                             r3_store_integer(time) };
    int64_t inserted = 0;
    int result = r3_store_run(store, R3_QUERY_NOTE_INPUT, values, 4, NULL, NULL, &inserted, error);
    *fresh = inserted > 0;
    return result;
}

int r3_store_numbers(struct r3_store *store, const char *counter, int64_t count, int64_t *first,
                     struct r3_error *error) {
    const struct r3_store_value values[] = { r3_store_text(counter), r3_store_integer(count) };
    int64_t last = 0;
    int result = r3_store_run(store, R3_QUERY_TAKE_NUMBERS, values, 2, r3_store_take_integer, &last, NULL, error);
    *first = last - count + 1;
    return result;
}

int r3_store_mark(int64_t *value, struct r3_store *store, const char *keeper, const char *name,
                  struct r3_error *error) {
    const struct r3_store_value key[] = { r3_store_text(keeper), r3_store_text(name) };
    return r3_store_run(store, R3_QUERY_READ_UP_TO, key, 2, r3_store_take_integer, value, NULL, error);
}

int r3_store_set_mark(struct r3_store *store, const char *keeper, const char *name, int64_t value,
                      struct r3_error *error) {
    const struct r3_store_value row[] = { r3_store_text(keeper), r3_store_text(name), r3_store_integer(value) };
    return r3_store_run(store, R3_QUERY_SET_READ_UP_TO, row, 3, NULL, NULL, NULL, error);
}

/* Rows of the outbox with these numbers; the text is cut at its newlines for a moment. */
static int put_lines(struct r3_store *store, const char *program, const char *session, char *text, int64_t number,
                     struct r3_error *error) {
    int result = 0;
    for (char *end; result == 0 && *text; text = end + 1, number++) {
        end = strchr(text, '\n');
        *end = '\0';
        const struct r3_store_value values[] = { r3_store_text(program), r3_store_text(session),
                                                 r3_store_integer(number), r3_store_text(text) };
        result = r3_store_run(store, R3_QUERY_SEND, values, 4, NULL, NULL, NULL, error);
        *end = '\n';
    }
    return result;
}

int r3_store_send_lines(struct r3_store *store, const char *program, const char *session, struct r3_buffer *lines,
                        int64_t *last, struct r3_error *error) {
    char counter[160];
    int64_t count = 0, first;
    *last = 0;
    for (size_t i = 0; i < lines->length; i++)
        count += lines->data[i] == '\n';
    if (count == 0)
        return 0;
    if (snprintf(counter, sizeof counter, "outbox/%s/%s", program, session) >= (int)sizeof counter)
        return r3_fail(error, R3_BUG, "%s: %s of session %s: too long a name", r3_store_name(store), program, session);
    if (r3_store_numbers(store, counter, count, &first, error) < 0 ||
        put_lines(store, program, session, lines->data, first, error) < 0)
        return -1;
    *last = first + count - 1;
    return 0;
}

int r3_store_add_notice(struct r3_store *store, const char *session, const char *program, int64_t time,
                        const char *level, const char *text, struct r3_error *error) {
    struct r3_buffer counter = R3_BUFFER_INIT;
    int64_t number;
    r3_buffer_printf(&counter, "notices/%s/%s", program, session);
    int result = r3_store_numbers(store, counter.data, 1, &number, error);
    r3_buffer_release(&counter);
    if (result < 0)
        return -1;
    const struct r3_store_value values[] = { r3_store_text(session), r3_store_text(program), r3_store_integer(number),
                                             r3_store_integer(time), r3_store_text(level),   r3_store_text(text) };
    return r3_store_run(store, R3_QUERY_ADD_NOTICE, values, 6, NULL, NULL, NULL, error);
}

int r3_store_send(struct r3_store *store, const char *program, const char *session, const char *record, int64_t *number,
                  struct r3_error *error) {
    struct r3_buffer line = R3_BUFFER_INIT;
    r3_buffer_printf(&line, "%s\n", record);
    int result = r3_store_send_lines(store, program, session, &line, number, error);
    r3_buffer_release(&line);
    return result;
}

int r3_store_waiting(struct r3_store *store, const char *program, const char *session, r3_store_row_function *row,
                     void *context, struct r3_error *error) {
    const struct r3_store_value values[] = { r3_store_text(program), r3_store_text(session) };
    return r3_store_run(store, R3_QUERY_WAITING, values, 2, row, context, NULL, error);
}

int r3_store_acknowledge(struct r3_store *store, const char *program, const char *session, int64_t number,
                         struct r3_error *error) {
    const struct r3_store_value values[] = { r3_store_text(program), r3_store_text(session), r3_store_integer(number) };
    return r3_store_run(store, R3_QUERY_ACKNOWLEDGE, values, 3, NULL, NULL, NULL, error);
}
