#include "lib/session/command.h"

#include <inttypes.h>
#include <string.h>

static const char *action_name(enum r3_action action) {
    return action == R3_START ? "start" : action == R3_STOP_SESSION ? "stop" : action == R3_PAUSE ? "pause" : "resume";
}

static void tell_session(struct r3_command *command, const struct r3_session *session) {
    command->pipeline = session->pipeline;
    memcpy(command->platform, session->platform, sizeof command->platform);
    memcpy(command->market, session->market, sizeof command->market);
    memcpy(command->mode, session->mode, sizeof command->mode);
    command->timeframe = session->timeframe;
    command->refresh = session->refresh;
}

int r3_session_command(struct r3_store *store, const struct r3_session *session, enum r3_action action,
                       enum r3_command_position position, int64_t now, struct r3_buffer *lines,
                       struct r3_error *error) {
    struct r3_record record;
    struct r3_buffer line = R3_BUFFER_INIT;
    char counter[32];
    int64_t number;
    snprintf(counter, sizeof counter, "command/%s", session->id);
    if (r3_store_numbers(store, counter, 1, &number, error) < 0)
        return -1;
    r3_record_init(&record, R3_COMMAND);
    struct r3_command *command = &record.command;
    snprintf(command->id, sizeof command->id, "%s-%s-%" PRId64, session->id, action_name(action), number);
    command->time = now;
    command->action = action;
    memcpy(command->session, session->id, sizeof command->session);
    command->label = session->label;
    command->position = position;
    if (action == R3_START)
        tell_session(command, session);
    int result = r3_record_encode(&line, &record, error);
    if (result == 0) {
        r3_buffer_append(lines, line.data, line.length);
        line.data[line.length - 1] = '\0'; /* the outbox holds lines without their newline */
        result = r3_store_send(store, "r3-session", session->id, line.data, &number, error);
    }
    r3_buffer_release(&line);
    return result;
}

struct stop {
    struct r3_decoder *decoder;
    enum r3_command_position position;
};

static int take_stop(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct stop *stop = context;
    struct r3_record record;
    const char *text = r3_store_row_text(row, 1);
    if (r3_record_decode(stop->decoder, &record, text, strlen(text), error) < 0)
        return -1;
    if (record.type == R3_COMMAND && record.command.action == R3_STOP_SESSION)
        stop->position = record.command.position == R3_KEEP_POSITION ? R3_KEEP_POSITION : R3_CLOSE_POSITION;
    return 0;
}

int r3_session_waiting_stop(enum r3_command_position *out, struct r3_store *store, const char *id,
                            struct r3_error *error) {
    struct stop stop = { r3_decoder_new(), R3_COMMAND_POSITION_NONE };
    int result = r3_store_waiting(store, "r3-session", id, take_stop, &stop, error);
    r3_decoder_free(stop.decoder);
    *out = stop.position;
    return result;
}
