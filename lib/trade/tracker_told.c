/* The trades that an exchange has told. Whoever carries them here may bring one twice, as a topic does that delivers at least once; booked twice
 * it would make a position that nobody holds. So the last ones are known by their ids. On paper none comes twice, and nothing is
 * remembered. */

#include "lib/base/base64.h"
#include "lib/record/state_members.h"
#include "lib/trade/paper_ids.h"
#include "lib/trade/tracker_private.h"

bool r3_tracker_came_before(struct r3_tracker *tracker, const struct r3_trade *trade) {
    struct r3_tracker_told *told = &tracker->told;
    const uint64_t id = r3_paper_mix_text(0, trade->id);
    for (size_t i = told->count; i-- > 0;)
        if (told->trades[i] == id)
            return true;
    if (!told->trades)
        told->trades = r3_allocate(R3_TRACKER_TOLD * sizeof *told->trades);
    if (told->count == R3_TRACKER_TOLD)
        memmove(told->trades, told->trades + 1, --told->count * sizeof *told->trades);
    told->trades[told->count++] = id;
    return false;
}

void r3_tracker_put_told(const struct r3_tracker *tracker, struct r3_buffer *out) {
    struct r3_buffer text = R3_BUFFER_INIT;
    if (!tracker->told.begun)
        return;
    uint64_t *ids = r3_allocate((tracker->told.count + 1) * sizeof *ids);
    for (size_t i = 0; i < tracker->told.count; i++)
        ids[i] = htole64(tracker->told.trades[i]);
    r3_base64_append(&text, ids, tracker->told.count * sizeof *ids);
    r3_state_put_text(out, "told", text.data, text.length);
    r3_buffer_release(&text);
    free(ids);
}

int r3_tracker_take_told(struct r3_tracker *tracker, const struct r3_json *object, struct r3_error *error) {
    struct r3_tracker_told *told = &tracker->told;
    struct r3_buffer bytes = R3_BUFFER_INIT;
    size_t length = 0;
    const struct r3_json *value = r3_json_member(object, "told");
    const char *text = r3_json_text(value, &length);
    if (!value)
        return 0;
    int result = text ? r3_base64_parse(&bytes, text, length, error) : r3_fail(error, R3_DATA, "not a text");
    if (result == 0 &&
        (bytes.length % sizeof *told->trades != 0 || bytes.length / sizeof *told->trades > R3_TRACKER_TOLD))
        result = r3_fail(error, R3_DATA, "%zu bytes, of %zu each", bytes.length, sizeof *told->trades);
    if (result == 0) {
        free(told->trades);
        *told = (struct r3_tracker_told) { .begun = true,
                                           .trades = r3_allocate(R3_TRACKER_TOLD * sizeof *told->trades),
                                           .count = bytes.length / sizeof *told->trades };
        if (bytes.length)
            memcpy(told->trades, bytes.data, bytes.length);
        for (size_t i = 0; i < told->count; i++)
            told->trades[i] = le64toh(told->trades[i]);
    }
    r3_buffer_release(&bytes);
    return result < 0 ? r3_error_at(error, "told: ") : 0;
}
