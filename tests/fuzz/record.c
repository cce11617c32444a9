#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/io.h"
#include "lib/record/scan_wide.h"
#include "tests/unit/record_compare.h"

/* One line, decoded by hand and by jansson. What the canonical decoder takes, the JSON decoder must take too, with the same
 * record; and whatever was accepted must survive being written and read again, the second writing giving the same bytes. */

static void require(bool holds, const char *what, const char *line, size_t length) {
    if (holds)
        return;
    fprintf(stderr, "record: %s: %.*s\n", what, (int)length, line);
    abort();
}

static struct r3_buffer first_line = R3_BUFFER_INIT, second_line = R3_BUFFER_INIT;

static void check_stable(struct r3_decoder *decoder, const struct r3_record *record, const char *line, size_t length) {
    struct r3_error error = { 0 };
    struct r3_record again;
    r3_buffer_reset(&first_line);
    r3_buffer_reset(&second_line);
    if (r3_record_encode(&first_line, record, &error)) {
        /* Control characters take more room escaped: a text near the limit may not fit any more, and nothing else may fail. */
        require((record->type == R3_COMMAND || record->type == R3_REQUEST || record->type == R3_STATE) &&
                    length > R3_LINE_MAX / 6,
                error.text, line, length);
        return;
    }
    struct r3_buffer copy = R3_BUFFER_INIT;
    r3_buffer_append(&copy, first_line.data, first_line.length);
    int failed = r3_record_decode(decoder, &again, copy.data, copy.length - 1, &error);
    require(!failed, error.text, copy.data, copy.length);
    failed = r3_record_encode(&second_line, &again, &error);
    require(!failed, error.text, copy.data, copy.length);
    require(first_line.length == second_line.length &&
                memcmp(first_line.data, second_line.data, first_line.length) == 0,
            "a second writing differs", line, length);
    r3_buffer_release(&copy);
}

static void check_line(const char *line, size_t length) {
    struct r3_decoder *hand = r3_decoder_new(), *json = r3_decoder_new(), *both = r3_decoder_new();
    struct r3_record by_hand, by_json, by_both;
    struct r3_error error = { 0 }, unused = { 0 };
    memset(&by_json, 0xa5, sizeof by_json);
    int refused = r3_record_decode_json(json, &by_json, line, length, &error);
    require(!refused || (error.status == R3_DATA && error.text[0]) || error.status == R3_PROTOCOL, "no reason", line,
            length);
    for (int turn = 0; turn < 3;
         turn++) { /* later with the candle's head remembered, the second time by the plain way */
        memset(&by_hand, turn ? 0x5a : 0x0f, sizeof by_hand);
        hand->wide = turn != 1 && r3_scan_has_wide();
        if (turn == 1)
            remember_head(hand, line, length);
        if (!r3_record_decode_canonical(hand, &by_hand, line, length))
            continue;
        require(!refused, "only the canonical decoder accepts", line, length);
        const char *difference = first_difference(&by_hand, &by_json);
        require(!difference, difference, line, length);
    }
    size_t taken;
    const char *fault = ahead_fault(hand, line, length + 1, &taken);
    require(!fault, fault, line, length);
    fault = candles_fault(hand, line, length + 1, taken > 0);
    require(!fault, fault, line, length);
    require(r3_record_decode(both, &by_both, line, length, &unused) == refused, "r3_record_decode disagrees", line,
            length);
    if (!refused) {
        const char *difference = first_difference(&by_both, &by_json);
        require(!difference, difference, line, length);
        if (by_json.type != R3_UNKNOWN)
            check_stable(both, &by_json, line, length);
    }
    r3_decoder_free(hand);
    r3_decoder_free(json);
    r3_decoder_free(both);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    while (size && data[size - 1] == '\n')
        size--;
    char *line = r3_allocate(size + 1);
    if (size)
        memcpy(line, data, size);
    line[size] = '\n';
    check_line(line, size);
    line[size] = '\0';
    check_line(line, size);
    free(line);
    return 0;
}
