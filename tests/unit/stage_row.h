#ifndef R3_TESTS_UNIT_STAGE_ROW_H
#define R3_TESTS_UNIT_STAGE_ROW_H

/* A row of stages in one process, as plain as can be: each record, or range of candles, goes through one stage after the other. What
 * each stage is given may be written down, and what the report prints. */

#include <stdarg.h>
#include <stdlib.h>

#include "lib/base/buffer.h"
#include "lib/stage/kept.h"
#include "lib/stage/stage.h"

enum { SEATS_MAX = 8 };

struct row;

struct seat {
    const struct r3_stage *stage;
    struct r3_arguments *arguments;
    void *state;
    struct r3_port port;
    struct row *row;
    size_t index;
    const struct r3_record *record; /* that it steps; NULL: candles */
    bool passed;
    const struct r3_candles *candles;
    size_t next, at; /* candles before `next` were passed on */
    struct r3_kept kept;
};

struct row {
    struct seat seats[SEATS_MAX];
    size_t count;
    bool taps;                          /* write down what each stage is given */
    struct r3_buffer tapped[SEATS_MAX]; /* the lines of it */
    struct r3_buffer printed;
    int64_t syncs;
};

static int give(struct row *row, size_t index, const struct r3_record *record, struct r3_error *error);

static int give_candles(struct row *row, size_t index, const struct r3_candles *candles, size_t from, size_t to,
                        struct r3_error *error) {
    struct seat *seat = &row->seats[index];
    if (from == to || index == row->count)
        return 0;
    struct r3_record record;
    if (row->taps)
        for (size_t i = from; i < to; i++) {
            r3_candles_record(candles, i, &record);
            if (r3_record_encode(&row->tapped[index], &record, error) < 0)
                return -1;
        }
    if (!r3_stage_step_of(seat->stage, R3_CANDLE)) /* as the engine does */
        return give_candles(row, index + 1, candles, from, to, error);
    seat->record = NULL;
    seat->candles = candles;
    seat->next = seat->at = from;
    if (seat->stage->candles(seat->state, candles, from, to, &seat->at, error) < 0)
        return -1;
    return seat->stage->sink ? 0 : give_candles(row, index + 1, candles, seat->next, to, error);
}

static int give(struct row *row, size_t index, const struct r3_record *record, struct r3_error *error) {
    struct seat *seat = &row->seats[index];
    if (index == row->count)
        return 0;
    if (row->taps && r3_record_encode(&row->tapped[index], record, error) < 0)
        return -1;
    seat->record = record;
    seat->passed = seat->stage->sink || seat->stage->swallows & R3_BIT(record->type);
    r3_stage_step *const step = r3_stage_step_of(seat->stage, record->type);
    if (step && step(seat->state, record, error) < 0)
        return -1;
    return seat->passed ? 0 : give(row, index + 1, record, error);
}

/* Pass on what is being stepped; of a range of candles, those before `end`. */
static int pass_stepped(struct seat *seat, size_t end, struct r3_error *error) {
    if (!seat->record) {
        size_t from = seat->next;
        seat->next = end > from ? end : from;
        return give_candles(seat->row, seat->index + 1, seat->candles, from, seat->next, error);
    }
    if (seat->passed || seat->record->type == R3_END)
        return 0;
    seat->passed = true;
    return give(seat->row, seat->index + 1, seat->record, error);
}

static int row_emit(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    struct seat *seat = port->context;
    if (pass_stepped(seat, seat->at + 1, error) < 0)
        return -1;
    return give(seat->row, seat->index + 1, record, error);
}

static int row_emit_ahead(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    struct seat *seat = port->context;
    if (!seat->record && pass_stepped(seat, seat->at, error) < 0)
        return -1;
    return give(seat->row, seat->index + 1, record, error);
}

static int row_sync(struct r3_port *port, struct r3_error *error) {
    struct seat *seat = port->context;
    struct r3_record sync;
    r3_record_init(&sync, R3_SYNC);
    sync.sync.id = seat->row->syncs++;
    return row_emit(port, &sync, error);
}

static int row_answer(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    struct seat *seat = port->context;
    for (size_t i = 0; i < seat->row->count; i++)
        if (seat->row->seats[i].stage->update)
            return seat->row->seats[i].stage->update(seat->row->seats[i].state, record, error);
    return 0;
}

static int row_keep(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    struct seat *seat = port->context;
    (void)error;
    r3_kept_add(&seat->kept, record);
    return 0;
}

static int row_emit_kept(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    return row_emit(port, record, error) < 0 ? -1 : row_keep(port, record, error);
}

static int row_answer_kept(struct r3_port *port, struct r3_error *error) {
    struct seat *seat = port->context;
    const struct r3_record *record;
    for (size_t at = 0; (record = r3_kept_next(&seat->kept, &at));)
        if (row_answer(port, record, error) < 0)
            return -1;
    r3_kept_forget(&seat->kept);
    return 0;
}

static int row_print(struct r3_port *port, const char *text, size_t length, struct r3_error *error) {
    struct seat *seat = port->context;
    (void)error;
    r3_buffer_append(&seat->row->printed, text, length);
    return 0;
}

static void row_warn(struct r3_port *port, const char *format, ...) {
    (void)port, (void)format;
}

/* Add a stage with its words, split at blanks. */
static int row_add(struct row *row, const struct r3_stage *stage, const char *words, struct r3_error *error) {
    static char storage[SEATS_MAX][512];
    static char *argv[SEATS_MAX][32];
    static char name[] = "program";
    struct seat *seat = &row->seats[row->count];
    const struct r3_option *tables[] = { stage->options, stage->sink ? r3_sink_options : r3_filter_options, NULL };
    int argc = 0;
    snprintf(storage[row->count], sizeof storage[0], "%s", words);
    argv[row->count][argc++] = name;
    for (char *save, *word = strtok_r(storage[row->count], " ", &save); word && argc < 31;
         word = strtok_r(NULL, " ", &save))
        argv[row->count][argc++] = word;
    argv[row->count][argc] = NULL;
    *seat = (struct seat) { .stage = stage, .row = row, .index = row->count };
    seat->port = (struct r3_port) { .emit = row_emit,
                                    .emit_ahead = row_emit_ahead,
                                    .sync = row_sync,
                                    .answer = row_answer,
                                    .emit_kept = row_emit_kept,
                                    .keep = row_keep,
                                    .answer_kept = row_answer_kept,
                                    .print = row_print,
                                    .warn = row_warn,
                                    .context = seat };
    if (r3_arguments_parse(&seat->arguments, tables, argc, argv[row->count], error) < 0)
        return -1;
    row->count++;
    return stage->init(&seat->state, seat->arguments, &seat->port, error);
}

static int row_finish(struct row *row, struct r3_error *error) {
    for (size_t i = 0; i < row->count; i++)
        if (row->seats[i].stage->finish && row->seats[i].stage->finish(row->seats[i].state, true, error) < 0)
            return -1;
    return 0;
}

static void row_release(struct row *row) {
    for (size_t i = 0; i < row->count; i++) {
        row->seats[i].stage->free(row->seats[i].state);
        r3_arguments_free(row->seats[i].arguments);
        r3_buffer_release(&row->tapped[i]);
        r3_kept_release(&row->seats[i].kept);
    }
    r3_buffer_release(&row->printed);
}

#endif
