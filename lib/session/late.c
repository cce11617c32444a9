#include "lib/session/late.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/time.h"
#include "lib/session/notice.h"

enum { VERSION = 1 };
static const char PROGRAM[] = "r3-session";

void r3_late_begin(struct r3_late *late, int64_t seen) {
    *late = (struct r3_late) { .seen = seen, .expected = seen };
}

/* ---- gaps ---- */

static void drop(struct r3_late *late, size_t index) {
    late->count--;
    memmove(&late->gaps[index], &late->gaps[index + 1], (late->count - index) * sizeof late->gaps[0]);
}

static void insert(struct r3_late *late, size_t index, int64_t from, int64_t to) {
    if (from >= to)
        return;
    if (late->count == R3_LATE_GAPS) { /* the oldest one is forgotten */
        if (index == 0)
            return;
        drop(late, 0);
        index--;
    }
    memmove(&late->gaps[index + 1], &late->gaps[index], (late->count - index) * sizeof late->gaps[0]);
    late->gaps[index] = (struct r3_late_gap) { from, to };
    late->count++;
}

/* A candle that was seen before, or one that was missing then. */
static void look_behind(struct r3_late *late, int64_t open, int64_t close) {
    for (size_t i = 0; i < late->count; i++) {
        const struct r3_late_gap gap = late->gaps[i];
        if (open < gap.from || open >= gap.to)
            continue;
        if (late->late++ == 0)
            late->first = open;
        drop(late, i);
        insert(late, i, close, gap.to);
        insert(late, i, gap.from, open);
        return;
    }
}

void r3_late_look(struct r3_late *late, const struct r3_candle *candle) {
    const int64_t open = candle->time, close = r3_timeframe_close(candle->timeframe, open);
    const int64_t span = r3_timeframe_span(candle->timeframe), finest = r3_timeframe_span(late->timeframe);
    if (finest && span > finest)
        return;
    if (!finest || span < finest) {
        late->timeframe = candle->timeframe;
        late->expected = late->seen;
        late->count = 0;
    }
    if (late->seen != R3_TIME_ABSENT && close <= late->seen) {
        look_behind(late, open, close);
        return;
    }
    if (late->expected != R3_TIME_ABSENT)
        insert(late, late->count, late->expected, open);
    late->expected = close;
}

/* ---- the state ---- */

/* "5m 1385424000000 1385424300000 …": the timeframe, and where each gap begins and ends. */
static int parse(struct r3_late *late, const char *text, struct r3_error *error) {
    size_t length = strcspn(text, " ");
    late->count = 0;
    if (r3_timeframe_from_name(&late->timeframe, text, length) < 0)
        return r3_fail(error, R3_DATA, "state of %s: no timeframe: \"%.*s\"", PROGRAM, (int)(length < 20 ? length : 20),
                       text);
    for (const char *at = text + length; *at;) {
        char *end;
        struct r3_late_gap gap;
        gap.from = strtoll(at, &end, 10);
        gap.to = strtoll(end, &end, 10);
        if (*at != ' ' || gap.from >= gap.to || late->count == R3_LATE_GAPS || (*end && *end != ' '))
            return r3_fail(error, R3_DATA, "state of %s: not a gap: \"%.40s\"", PROGRAM, at);
        late->gaps[late->count++] = gap;
        at = end;
    }
    return 0;
}

int r3_late_take(struct r3_late *late, struct r3_decoder *decoder, const char *line, struct r3_error *error) {
    static const char member[] = ",\"program\":\"r3-session\",";
    const char *program = strstr(line, ",\"program\":\""); /* ahead of the data, which is long */
    struct r3_record record;
    if (!program || strncmp(program, member, strlen(member)) != 0)
        return 0;
    if (r3_record_decode(decoder, &record, line, strlen(line), error) < 0)
        return -1;
    if (record.type != R3_STATE || record.state.version != VERSION)
        return r3_fail(error, R3_CONFIG, "state of %s: of another version", PROGRAM);
    late->stored = true;
    return parse(late, record.state.data, error) < 0 ? -1 : 1;
}

static int put_notice(const struct r3_late *late, const char *session, int64_t now,
                      int (*put)(void *context, const struct r3_record *record, struct r3_error *error), void *context,
                      struct r3_error *error) {
    struct r3_record record;
    char time[R3_TIME_TEXT_SIZE];
    r3_time_format(time, late->first);
    r3_session_notice(&record, R3_WARNING, session, now,
                      "%" PRId64 " candle%s of %s, from %s on, came when later ones had been seen: not used",
                      late->late, late->late == 1 ? "" : "s", r3_timeframe_name(late->timeframe), time);
    return put(context, &record, error);
}

int r3_late_put(struct r3_late *late, const char *session, int64_t now,
                int (*put)(void *context, const struct r3_record *record, struct r3_error *error), void *context,
                struct r3_error *error) {
    struct r3_record record;
    struct r3_buffer data = R3_BUFFER_INIT;
    if (late->late > 0 && put_notice(late, session, now, put, context, error) < 0)
        return -1;
    while (late->count > 0 && late->gaps[0].to <= late->expected - R3_LATE_CANDLES * r3_timeframe_span(late->timeframe))
        drop(late, 0);
    if (late->count == 0 && !late->stored)
        return 0;
    r3_buffer_append_text(&data, r3_timeframe_name(late->timeframe));
    for (size_t i = 0; i < late->count; i++)
        r3_buffer_printf(&data, " %" PRId64 " %" PRId64, late->gaps[i].from, late->gaps[i].to);
    r3_record_init(&record, R3_STATE);
    r3_copy_text(record.state.session, sizeof record.state.session, session, strlen(session));
    r3_copy_text(record.state.program, sizeof record.state.program, PROGRAM, strlen(PROGRAM));
    record.state.version = VERSION;
    record.state.part = record.state.parts = 1;
    record.state.data = data.data;
    int result = put(context, &record, error);
    r3_buffer_release(&data);
    return result;
}

/* ---- for who reads the source ---- */

struct search {
    struct r3_late late;
    struct r3_decoder *decoder;
};

static int take_row(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct search *search = context;
    return r3_late_take(&search->late, search->decoder, r3_store_row_text(row, 0), error) < 0 ? -1 : 0;
}

int r3_late_from(int64_t *from, struct r3_store *store, const char *session, struct r3_error *error) {
    const struct r3_store_value values[] = { r3_store_text(session), r3_store_text(PROGRAM) };
    struct search search = { .decoder = r3_decoder_new() };
    r3_late_begin(&search.late, R3_TIME_ABSENT);
    int result = r3_store_run(store, R3_QUERY_STATE_OF, values, 2, take_row, &search, NULL, error);
    *from = search.late.count ? search.late.gaps[0].from : R3_TIME_ABSENT;
    r3_decoder_free(search.decoder);
    return result;
}
