#include "lib/session/last_instrument.h"

#include <string.h>

#include "lib/json/json.h"
#include "lib/record/state.h"
#include "lib/record/state_members.h"
#include "lib/trade/paper_state.h"

/* A session has one market. */
static int take(struct r3_record *out, bool *found, const char *text, size_t length, struct r3_error *error) {
    struct r3_json_document *document = NULL;
    int result = r3_json_parse(&document, text, length, length, error);
    const struct r3_json *rules = NULL;
    if (result == 0)
        rules = r3_json_member(r3_json_at(r3_json_member(r3_json_root(document), "markets"), 0), "rules");
    if (rules)
        result = r3_state_take_record(out, document, rules, error);
    *found = rules && result == 0 && out->type == R3_INSTRUMENT;
    r3_json_free(document);
    return result < 0 ? r3_error_at(error, "state of r3-order: ") : 0;
}

/* Join the record's part, where it is one of the program's. As r3_state_join. */
static int join(struct r3_state_parts *parts, struct r3_decoder *decoder, const char *line, size_t length,
                struct r3_error *error) {
    struct r3_record record;
    if (r3_record_decode(decoder, &record, line, length, error) < 0)
        return -1;
    if (record.type != R3_STATE || strcmp(record.state.program, "r3-order") != 0)
        return 0;
    return r3_state_join(parts, &record.state, R3_PAPER_STATE_VERSION, error);
}

int r3_last_instrument(struct r3_record *out, bool *found, struct r3_decoder *decoder, const char *lines,
                       struct r3_error *error) {
    struct r3_state_parts parts = { .seen = 0 };
    int whole = 0;
    *found = false;
    for (const char *at = lines, *end; at && *at && whole == 0; at = end + 1) {
        end = strchr(at, '\n');
        whole = join(&parts, decoder, at, (size_t)(end - at), error);
    }
    if (whole > 0)
        whole = take(out, found, parts.text.data, parts.text.length, error);
    r3_state_parts_release(&parts);
    return whole < 0 ? -1 : 0;
}
