#ifndef R3_TESTS_UNIT_RECORD_COMPARE_H
#define R3_TESTS_UNIT_RECORD_COMPARE_H

/* For the tests of lib/record: whether two records say the same, member by member. */

#include <stdbool.h>
#include <string.h>

#include "lib/record/candles.h"
#include "lib/record/members.h"

static inline bool same_borrowed(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static inline bool same_member(const struct r3_record *a, const struct r3_record *b, const struct r3_member *member) {
    const void *x = r3_member_of(a, member), *y = r3_member_of(b, member);
    switch ((enum r3_member_kind)member->kind) {
    case R3_MEMBER_TEXT:
        return strcmp(x, y) == 0;
    case R3_MEMBER_BORROWED:
        return same_borrowed(*(const char *const *)x, *(const char *const *)y);
    case R3_MEMBER_ENUM:
    case R3_MEMBER_TIMEFRAME:
        return *(const unsigned *)x == *(const unsigned *)y;
    case R3_MEMBER_DECIMAL: {
        const struct r3_decimal *left = x, *right = y;
        return left->scale == right->scale && (left->scale < 0 || left->coefficient == right->coefficient);
    }
    case R3_MEMBER_INTEGER:
    case R3_MEMBER_TIME:
        return *(const int64_t *)x == *(const int64_t *)y;
    case R3_MEMBER_DOUBLE:
        return memcmp(x, y, sizeof(double)) == 0;
    }
    return false;
}

/* NULL when equal, otherwise the name of the first member that differs ("type" for the type). */
static inline const char *first_difference(const struct r3_record *a, const struct r3_record *b) {
    if (a->type != b->type)
        return "type";
    const struct r3_record_table *table = &r3_record_tables[a->type];
    for (size_t i = 0; i < table->count; i++)
        if (!same_member(a, b, &table->members[i]))
            return table->members[i].name;
    return NULL;
}

/* Have the decoder remember how this line begins, by a plain candle that begins so, where there is one. */
static inline void remember_head(struct r3_decoder *decoder, const char *line, size_t length) {
    static const char time[] = ",\"time\":",
                      rest[] =
                          "1483228800000,\"open\":\"1\",\"high\":\"1\",\"low\":\"1\",\"close\":\"1\",\"volume\":\"1\"}";
    const char *found = memmem(line, length, time, sizeof time - 1);
    struct r3_record record;
    if (!found)
        return;
    struct r3_buffer first = R3_BUFFER_INIT;
    r3_buffer_append(&first, line, (size_t)(found - line) + sizeof time - 1);
    r3_buffer_append_text(&first, rest);
    r3_record_decode_canonical(decoder, &record, first.data, first.length);
    r3_buffer_release(&first);
}

/* NULL, or what is wrong: whatever r3_record_decode_ahead takes of text[0..length) is a line that the JSON decoder takes, as the same
 * record. *taken: bytes of that line, or 0. */
static inline const char *ahead_fault(struct r3_decoder *decoder, const char *text, size_t length, size_t *taken) {
    struct r3_record ahead, json;
    struct r3_error error;
    memset(&ahead, 0x3c, sizeof ahead);
    memset(&json, 0xc3, sizeof json);
    *taken = r3_record_decode_ahead(decoder, &ahead, text, length);
    if (*taken == 0)
        return NULL;
    if (*taken >= length || text[*taken] != '\n')
        return "ahead: not the end of a line";
    if (r3_record_decode_json(decoder, &json, text, *taken, &error))
        return "ahead: a line that is to be refused";
    return first_difference(&ahead, &json);
}

/* Whether a column's number is this value. */
static inline bool is_number(int64_t number, int32_t scale, const struct r3_decimal *value) {
    return r3_decimal_compare(&R3_DECIMAL(number, scale), value) == 0;
}

/* NULL, or what is wrong: the candles that r3_record_decode_candles takes at the start of text[0..length) are those that the JSON decoder
 * takes, and the first is there where r3_record_decode_ahead `took` it and it fits. */
static inline const char *candles_fault(struct r3_decoder *decoder, const char *text, size_t length, bool took) {
    enum { MOST = 4, SCALE = 8 };
    int64_t columns[6][MOST];
    uint32_t ends[MOST];
    const struct r3_candle_room room = { .price_scale = SCALE,
                                         .volume_scale = SCALE,
                                         .after = INT64_MIN,
                                         .most = MOST,
                                         .time = columns[0],
                                         .open = columns[1],
                                         .high = columns[2],
                                         .low = columns[3],
                                         .close = columns[4],
                                         .volume = columns[5],
                                         .ends = ends };
    size_t count = r3_record_decode_candles(decoder, NULL, &room, text, length), at = 0;
    struct r3_record json;
    struct r3_error error;
    for (size_t i = 0; i < count; at = ends[i++]) {
        if (ends[i] > length || ends[i] <= at || text[ends[i] - 1] != '\n')
            return "candles: not the end of a line";
        if (r3_record_decode_json(decoder, &json, text + at, ends[i] - 1 - at, &error) || json.type != R3_CANDLE)
            return "candles: a line that is to be refused";
        const struct r3_candle *candle = &json.candle;
        if (columns[0][i] != candle->time || !is_number(columns[1][i], SCALE, &candle->open) ||
            !is_number(columns[2][i], SCALE, &candle->high) || !is_number(columns[3][i], SCALE, &candle->low) ||
            !is_number(columns[4][i], SCALE, &candle->close) || !is_number(columns[5][i], SCALE, &candle->volume))
            return "candles: another number";
    }
    if (count > 0 || !took || r3_record_decode(decoder, &json, text, strcspn(text, "\n"), &error))
        return NULL;
    const struct r3_decimal *const numbers[] = { &json.candle.high, &json.candle.open, &json.candle.low,
                                                 &json.candle.close, &json.candle.volume };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (numbers[i]->scale > SCALE || numbers[i]->coefficient > INT64_MAX / 100000000)
            return NULL;
    return "candles: the first was not taken";
}

#endif
