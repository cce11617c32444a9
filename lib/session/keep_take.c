/* What keep takes out of the stream of a run. */
#include "lib/session/keep.h"

/* The session that a record belongs to; NULL: records of this type belong to none. */
static const char *session_of(const struct r3_record *record) {
    switch (record->type) {
    case R3_SIGNAL:
        return record->signal.session;
    case R3_RAWORDER:
        return record->raworder.session;
    case R3_ORDER:
        return record->order.session;
    case R3_CANCEL:
        return record->cancel.session;
    case R3_UPDATE:
        return record->update.session;
    case R3_TRADE:
        return record->trade.session;
    case R3_POSITION:
        return record->position.session;
    case R3_ACCOUNT:
        return record->account.session;
    case R3_COMMAND:
        return record->command.session;
    case R3_TICK:
        return record->tick.session;
    case R3_STATE:
        return record->state.session;
    case R3_NOTICE:
        return *record->notice.session ? record->notice.session : NULL;
    default:
        return NULL;
    }
}

static void take_position(struct r3_keep *keep, const struct r3_record *record) {
    size_t i = 0;
    while (i < keep->position_count && strcmp(keep->positions[i].position.market, record->position.market) != 0)
        i++;
    if (i == keep->position_count)
        keep->positions = r3_reallocate(keep->positions, ++keep->position_count * sizeof *keep->positions);
    memcpy(&keep->positions[i], record, r3_record_size(R3_POSITION));
}

static struct r3_keep_state *state_of(struct r3_keep *keep, const char *program) {
    for (size_t i = 0; i < keep->state_count; i++)
        if (strcmp(keep->states[i].program, program) == 0)
            return &keep->states[i];
    keep->states = r3_reallocate(keep->states, (keep->state_count + 1) * sizeof *keep->states);
    struct r3_keep_state *state = &keep->states[keep->state_count++];
    *state = (struct r3_keep_state) { .parts = 0 };
    r3_copy_text(state->program, sizeof state->program, program, strlen(program));
    return state;
}

/* The state that a program took up comes first, and the one that it leaves takes its place. */
static int take_state(struct r3_keep *keep, struct r3_error *error) {
    const struct r3_state *part = &keep->stream.record.state;
    struct r3_keep_state *state = state_of(keep, part->program);
    if (part->part == 1) {
        state->part = 0;
        state->parts = part->parts;
        r3_buffer_reset(&state->lines);
    }
    if (part->part != state->part + 1 || part->parts != state->parts)
        return r3_fail(error, R3_PROTOCOL, "state of %s: part %lld of %lld behind part %lld of %lld", part->program,
                       (long long)part->part, (long long)part->parts, (long long)state->part, (long long)state->parts);
    state->part++;
    r3_buffer_append(&state->lines, keep->stream.line, keep->stream.length + 1);
    return 0;
}

static void take_command(struct r3_keep *keep) {
    const struct r3_command *command = &keep->stream.record.command;
    if (keep->commands.length == 0)
        r3_buffer_append_text(&keep->commands, "\n");
    r3_buffer_append(&keep->commands, keep->stream.line, keep->stream.length + 1);
    if (command->action != R3_STOP_SESSION)
        return;
    keep->stops = true;
    keep->keeps_position = command->position == R3_KEEP_POSITION;
}

/* r3-track says so ahead of the stop that it gives. */
static void take_reason(struct r3_keep *keep, const struct r3_notice *notice) {
    static const char ahead[] = "the session ends: ";
    if (strncmp(notice->text, ahead, strlen(ahead)) == 0)
        memcpy(keep->reason, notice->text + strlen(ahead), strlen(notice->text + strlen(ahead)) + 1);
}

static void take_candle(struct r3_keep *keep) {
    const struct r3_candle *candle = &keep->stream.record.candle;
    int64_t close = r3_timeframe_close(candle->timeframe, candle->time);
    if (close > keep->seen)
        keep->seen = close;
    if (keep->candles++ == 0)
        keep->first = candle->time;
}

int r3_keep_take(struct r3_keep *keep, struct r3_error *error) {
    const struct r3_record *record = &keep->stream.record;
    const char *session = session_of(record);
    if (keep->ended)
        return r3_fail(error, R3_DATA, "a record after the end record");
    if (session && strcmp(session, keep->stream.lease.session) != 0)
        return r3_fail(error, R3_DATA, "a record of session %s in a run of session %s", session,
                       keep->stream.lease.session);
    if (record->type == R3_NOTICE)
        take_reason(keep, &record->notice);
    switch (record->type) {
    case R3_SIGNAL:
    case R3_RAWORDER:
    case R3_ORDER:
    case R3_CANCEL:
    case R3_UPDATE:
    case R3_TRADE:
    case R3_NOTICE:
        r3_buffer_append(&keep->lines, keep->stream.line, keep->stream.length + 1);
        return 0;
    case R3_CANDLE:
        take_candle(keep);
        return 0;
    case R3_POSITION:
        take_position(keep, record);
        return 0;
    case R3_ACCOUNT:
        memcpy(&keep->account, record, r3_record_size(R3_ACCOUNT));
        return 0;
    case R3_TICK:
        if (!keep->no_candles)
            memcpy(&keep->tick, record, r3_record_size(R3_TICK));
        return 0;
    case R3_COMMAND:
        take_command(keep);
        return 0;
    case R3_STATE:
        return take_state(keep, error);
    case R3_END:
        keep->ended = true;
        return 0;
    default:
        return 0;
    }
}

int r3_keep_whole(const struct r3_keep *keep, struct r3_error *error) {
    if (!keep->ended)
        return r3_fail(error, R3_DATA, "the stream has no end: nothing of the run is kept");
    for (size_t i = 0; i < keep->state_count; i++)
        if (keep->states[i].part != keep->states[i].parts)
            return r3_fail(error, R3_PROTOCOL, "state of %s: %lld of %lld parts came", keep->states[i].program,
                           (long long)keep->states[i].part, (long long)keep->states[i].parts);
    return 0;
}

void r3_keep_release(struct r3_keep *keep) {
    for (size_t i = 0; i < keep->state_count; i++)
        r3_buffer_release(&keep->states[i].lines);
    free(keep->states);
    free(keep->positions);
    free(keep->raworders);
    r3_buffer_release(&keep->lines);
    r3_buffer_release(&keep->commands);
    r3_buffer_release(&keep->fed);
    r3_buffer_release(&keep->out);
    r3_session_release(&keep->session);
    r3_decoder_free(keep->decoder);
    r3_session_stream_release(&keep->stream);
}
