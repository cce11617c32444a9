#include "lib/record/state.h"

#include <string.h>

/* Bytes of a line that the text takes; a line has room for R3_STATE_SIZE of them beside the other members. */
static size_t room_of(char letter) {
    return (unsigned char)letter < 0x20 ? 6 : letter == '"' || letter == '\\' ? 2 : 1;
}

/* Where the part that begins at `from` ends: not inside a character. */
static size_t end_of_part(const struct r3_buffer *text, size_t from) {
    size_t to = from;
    for (size_t room = 0; to < text->length; to++) {
        room += room_of(text->data[to]);
        if (room >= R3_STATE_SIZE)
            break;
    }
    while (to < text->length && to > from + 1 && ((unsigned char)text->data[to] & 0xc0) == 0x80)
        to--;
    return to;
}

int r3_state_emit(const char *session, const char *program, int64_t version, const struct r3_buffer *text,
                  int (*emit)(void *context, const struct r3_record *record, struct r3_error *error), void *context,
                  struct r3_error *error) {
    struct r3_buffer part = R3_BUFFER_INIT;
    struct r3_record record;
    struct r3_state *state = &record.state;
    int result = -1;
    r3_record_init(&record, R3_STATE);
    r3_copy_text(state->session, sizeof state->session, session, strlen(session));
    r3_copy_text(state->program, sizeof state->program, program, strlen(program));
    state->version = version;
    for (size_t at = 0; at < text->length; at = end_of_part(text, at))
        state->parts++;
    if (state->parts > R3_STATE_PARTS_MAX) {
        r3_fail(error, R3_DATA, "the state of session \"%s\" is too large: %zu bytes", session, text->length);
        goto out;
    }
    for (size_t at = 0, end; at < text->length; at = end) {
        end = end_of_part(text, at);
        r3_buffer_reset(&part);
        r3_buffer_append(&part, text->data + at, end - at);
        state->data = part.data;
        state->part++;
        if (emit(context, &record, error) < 0)
            goto out;
    }
    result = 0;
out:
    r3_buffer_release(&part);
    return result;
}

int r3_state_join(struct r3_state_parts *parts, const struct r3_state *state, int64_t version, struct r3_error *error) {
    if (state->version != version)
        return r3_fail(
            error, R3_CONFIG,
            "state: version %lld is another release's, this one writes %lld: run the session with that release, "
            "or start it anew",
            (long long)state->version, (long long)version);
    if (parts->parts && parts->seen == parts->parts)
        return r3_fail(error, R3_DATA, "state: a second one of %s", state->program);
    if (state->part != parts->seen + 1 || (parts->parts && state->parts != parts->parts))
        return r3_fail(error, R3_DATA, "state: part %lld of %lld, where part %lld was to come", (long long)state->part,
                       (long long)state->parts, (long long)parts->seen + 1);
    if (state->parts > R3_STATE_PARTS_MAX)
        return r3_fail(error, R3_DATA, "state: more than %d parts", R3_STATE_PARTS_MAX);
    parts->parts = state->parts;
    parts->seen++;
    r3_buffer_append_text(&parts->text, state->data);
    return parts->seen == parts->parts;
}

int r3_state_check_whole(const struct r3_state_parts *parts, struct r3_error *error) {
    if (parts->seen == parts->parts)
        return 0;
    return r3_fail(error, R3_DATA, "state: part %lld of %lld is missing", (long long)parts->seen + 1,
                   (long long)parts->parts);
}

void r3_state_parts_release(struct r3_state_parts *parts) {
    r3_buffer_release(&parts->text);
}
