/* Standard input: records pass, orders and cancels go into the journal. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "lib/live/gateway.h"
#include "lib/stage/signals.h"

enum { ADDED_MAX = 1 << 20 };

static int reject(struct r3_live *live, const char *line, size_t length, struct r3_error *error) {
    struct r3_writer *file = live->options->reject;
    if (!file || error->status != R3_DATA)
        return -1;
    *error = (struct r3_error) { 0 };
    return r3_writer_put(file, line, length, error) < 0 || r3_writer_put(file, "\n", 1, error) < 0 ? -1 : 0;
}

/* An order that something ahead of us has ended, as r3-order --book that refused it, is not for the exchange. */
static void forget_order(struct r3_live *live, const char *id) {
    char key[R3_ID_SIZE + 32];
    snprintf(key, sizeof key, "{\"type\":\"order\",\"id\":\"%s\",", id);
    char *at = live->orders.data;
    while (live->orders.length && *at) {
        size_t length = strcspn(at, "\n") + 1;
        if (strncmp(at, key, strlen(key)) != 0) {
            at += length;
            continue;
        }
        live->orders.length -= length;
        memmove(at, at + length, live->orders.length - (size_t)(at - live->orders.data) + 1);
    }
}

static int take_record(struct r3_live *live, const struct r3_record *record, struct r3_error *error) {
    switch (record->type) {
    case R3_ORDER:
        if (strlen(record->order.id) > R3_LIVE_ID_MAX)
            return r3_fail(error, R3_DATA, "order %s: its id is longer than %d characters", record->order.id,
                           R3_LIVE_ID_MAX);
        return r3_record_encode(&live->orders, record, error);
    case R3_CANCEL:
        return r3_record_encode(&live->cancels, record, error);
    case R3_UPDATE:
        if (record->update.status != R3_OPENED)
            forget_order(live, record->update.order);
        return 0;
    default:
        return 0;
    }
}

static int take_line(struct r3_live *live, const char *line, size_t length, struct r3_error *error) {
    struct r3_record record;
    if (r3_record_decode(live->decoder, &record, line, length, error) < 0 ||
        (!live->options->held && take_record(live, &record, error) < 0)) {
        r3_error_at(error, "%s:%" PRIu64 ": ", live->in->name, live->in->line);
        return reject(live, line, length, error);
    }
    return live->options->quiet ? 0 : r3_writer_put(live->out, line, length + 1, error);
}

/* One of them cannot be taken: the others are. */
static int journal_each(struct r3_live *live, struct r3_buffer *text, bool orders, struct r3_error *first) {
    static const struct r3_buffer none = R3_BUFFER_INIT;
    struct r3_buffer line = R3_BUFFER_INIT;
    struct r3_error error;
    size_t unknown;
    int result = 0;
    for (const char *at = text->data; at && *at; at += strcspn(at, "\n") + 1) {
        r3_buffer_reset(&line);
        r3_buffer_append(&line, at, strcspn(at, "\n") + 1);
        error = (struct r3_error) { 0 };
        if (r3_live_journal(live->store, orders ? &line : &none, orders ? &none : &line, &live->added, &unknown,
                            &error) == 0)
            continue;
        if (reject(live, line.data, line.length - 1, &error) == 0)
            continue;
        result = -1;
        if (first->status == 0)
            *first = error;
        if (error.status != R3_DATA)
            break;
    }
    r3_buffer_release(&line);
    return result;
}

static int journal(struct r3_live *live, struct r3_error *error) {
    size_t unknown = 0;
    int result;
    if ((live->orders.length == 0 && live->cancels.length == 0) || live->options->dry_run)
        return 0;
    if (live->added.length > ADDED_MAX) /* of sessions that others run; what is forgotten is asked for */
        r3_buffer_reset(&live->added);
    result = r3_live_journal(live->store, &live->orders, &live->cancels, &live->added, &unknown, error);
    if (result < 0 && error->status == R3_DATA) {
        *error = (struct r3_error) { 0 };
        result = journal_each(live, &live->orders, true, error);
        if (result == 0 || error->status == R3_DATA)
            result = journal_each(live, &live->cancels, false, error) < 0 ? -1 : result;
    }
    if (unknown)
        live_say(live, "%zu cancel%s of orders that are not in the journal", unknown, unknown == 1 ? "" : "s");
    r3_buffer_reset(&live->orders);
    r3_buffer_reset(&live->cancels);
    return result;
}

static bool is_readable(const struct r3_live *live) {
    struct pollfd watched = { .fd = live->in->fd, .events = POLLIN };
    size_t held;
    const char *text = r3_reader_held(live->in, &held);
    if (held && memchr(text, '\n', held))
        return true;
    return poll(&watched, 1, 0) > 0 && watched.revents;
}

/* A bad line ends the input; what came before it is worked, and the error told at the end. */
static void end_input(struct r3_live *live, const struct r3_error *error) {
    live->input_ended = true;
    if (live->input_error.status == 0)
        live->input_error = *error;
}

/* In the middle of a line that does not end. */
static int before_read(void *context, struct r3_error *error) {
    (void)context;
    return r3_signals_stop_asked() ? r3_fail(error, R3_DATA, "the last line has no end") : 0;
}

int live_take_input(struct r3_live *live, bool wait, struct r3_error *error) {
    struct r3_error trouble = { 0 };
    const char *line;
    size_t length;
    live->in->before_read = wait ? NULL : before_read;
    while (!live->input_ended && (wait || is_readable(live))) {
        int got = r3_reader_line(live->in, &line, &length, &trouble);
        if (got == 0)
            live->input_ended = true;
        else if (got < 0 || take_line(live, line, length, &trouble) < 0)
            end_input(live, &trouble);
    }
    if (journal(live, &trouble) < 0) {
        if (trouble.status != R3_DATA) {
            *error = trouble;
            return -1;
        }
        end_input(live, &trouble);
    }
    return r3_writer_flush(live->out, error);
}
