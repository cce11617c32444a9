/* Records that come as lines, into a node: standard input for the first, and what r3-report prints for a program behind it. The
 * same messages as lib/stage/pipe.c gives. */

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "lib/stage/engine_private.h"

static int reject(struct r3_node *node, const char *line, size_t length) {
    char text[sizeof node->error.text + 512];
    snprintf(text, sizeof text, "standard input:%" PRIu64 ": %s (put in %s)", node->lines, node->error.text,
             node->reject_name);
    r3_node_message(node, text);
    node->error = (struct r3_error) { 0 };
    node->rejected++;
    return r3_writer_put(&node->reject, line, length + 1, &node->error);
}

/* line[length] is a newline; `number` counts from 1. */
static int take_line(struct r3_node *node, uint64_t number, const char *line, size_t length) {
    struct r3_engine *engine = node->engine;
    struct r3_record record;
    node->lines = number;
    if (r3_record_decode(engine->decoder, &record, line, length, &node->error) < 0) {
        if (node->error.status == R3_DATA && node->reject_name)
            return reject(node, line, length) < 0 ? r3_node_stop(node) : 0;
        r3_error_at(&node->error, "standard input:%" PRIu64 ": ", number);
        return r3_node_stop(node);
    }
    node->lines = number - 1; /* deliver counts it */
    const struct r3_given_line before =
        engine->line; /* r3-report prints lines for the program behind it while it takes one */
    engine->line = (struct r3_given_line) { .record = &record, .text = line, .length = length };
    int result = r3_engine_deliver(engine, node->index, &record);
    engine->line = before;
    return result;
}

/* Before each read: what was written is on its way while the input is waited for, and a reader that goes away ends the run. */
static int before_read(void *context, struct r3_error *error) {
    struct r3_engine *engine = context;
    const struct r3_engine_options *options = &engine->options;
    struct r3_node *last = &engine->nodes[engine->count - 1];
    struct pollfd watched[2] = { { .fd = options->input, .events = POLLIN },
                                 { .fd = options->watch ? options->watch : -1, .events = 0 } };
    bool flushed = false;
    for (;;) {
        int ready = poll(watched, 2, flushed ? -1 : 0);
        if (ready < 0 && errno != EINTR)
            return r3_fail_errno(error, R3_IO, "poll");
        if (ready > 0 && watched[0].revents)
            return 0;
        bool gone = ready > 0 && watched[1].revents & (POLLERR | POLLHUP | POLLNVAL);
        if (!flushed && !gone) {
            int result = r3_engine_flush(engine, &last->error);
            gone = result == R3_ENGINE_GONE;
            if (result < 0) {
                r3_node_stop(last);
                return -1;
            }
            flushed = true;
        }
        if (gone) {
            for (size_t k = 0; k < engine->count; k++)
                r3_node_cut(&engine->nodes[k]);
            return -1;
        }
    }
}

int r3_engine_wait(struct r3_port *port, int64_t milliseconds, struct r3_error *error) {
    struct r3_node *node = port->context;
    struct r3_engine *engine = node->engine;
    struct pollfd watched = { .fd = engine->options.watch, .events = 0 };
    int ready = poll(&watched, 1, milliseconds < INT_MAX ? (int)milliseconds : INT_MAX);
    if (ready > 0 && watched.revents & (POLLERR | POLLHUP | POLLNVAL)) {
        for (size_t k = 0; k < engine->count; k++)
            r3_node_cut(&engine->nodes[k]);
        return r3_fail(error, R3_IO, "standard output: its reader is gone");
    }
    return ready < 0 && errno != EINTR ? r3_fail_errno(error, R3_IO, "poll") : 0;
}

int r3_engine_read(struct r3_engine *engine) {
    struct r3_node *node = &engine->nodes[0];
    struct r3_reader in;
    const char *line;
    size_t length;
    int got;
    r3_reader_init(&in, engine->options.input, "standard input");
    in.before_read = before_read;
    in.context = engine;
    struct r3_error error = { 0 };
    while ((got = r3_reader_line(&in, &line, &length, &error)) > 0)
        if (take_line(node, in.line, line, length) < 0)
            break;
    bool broken = engine->nodes[engine->count - 1].over; /* before_read has told */
    if (got < 0 && !broken) {
        node->error = error;
        if (error.status == R3_DATA)
            r3_error_at(&node->error, "standard input:%" PRIu64 ": ", in.line);
        r3_node_stop(node);
    } else if (got < 0) {
        for (size_t k = 0; k + 1 < engine->count; k++)
            r3_node_cut(&engine->nodes[k]);
    }
    r3_reader_release(&in);
    return got == 0 ? 0 : -1;
}

int r3_engine_read_text(struct r3_engine *engine, size_t k, const char *text, size_t length) {
    struct r3_node *node = &engine->nodes[k];
    const char *end = text + length;
    if (node->over)
        return -1;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        uint64_t number = node->lines + 1;
        if (!newline || newline - text > R3_LINE_MAX) {
            r3_fail(&node->error, R3_DATA, "standard input:%" PRIu64 ": line is %s", number,
                    newline ? "too long" : "cut off: no newline at its end");
            return r3_node_stop(node);
        }
        if (take_line(node, number, text, (size_t)(newline - text)) < 0)
            return -1;
        text = newline + 1;
    }
    return 0;
}
