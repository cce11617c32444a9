#include "lib/record/scan_wide.h"
#include "tests/unit/check.h"
#include "tests/unit/record_compare.h"

/* The two ways to read a candle line by hand, the plain and the wide: what either takes, the JSON decoder takes as the same record, and
 * the wide one takes what it is for. On a processor without the wide one, all is by the plain one. */

static struct r3_decoder *decoder;
static int taken_wide;

static uint64_t random_state = 20131125;
static uint64_t pick(uint64_t below) { /* xorshift64* (Vigna 2016) */
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return ((random_state * UINT64_C(2685821657736338717)) >> 11) % below;
}

/* What r3_record_decode_ahead takes of the first `held` bytes, which stand in memory of just that size, so that the address sanitizer
 * sees a read beyond. */
static size_t ahead(const char *text, size_t held) {
    size_t taken;
    char *copy = r3_allocate(held);
    memcpy(copy, text, held);
    const char *fault = ahead_fault(decoder, copy, held, &taken);
    CHECK_TEXT(fault ? fault : "", "");
    fault = candles_fault(decoder, copy, held, taken > 0);
    CHECK_TEXT(fault ? fault : "", "");
    free(copy);
    return taken;
}

/* Where the end of the line is known: by both ways and by JSON. Returns whether the wide way took it. */
static bool known(const char *line, size_t length) {
    struct r3_record plain, wide, json;
    struct r3_error error;
    char *copy = r3_allocate(length + 1);
    memcpy(copy, line, length + 1);
    bool refused = r3_record_decode_json(decoder, &json, copy, length, &error) != 0;
    bool by_plain = r3_record_decode_candle(decoder, &plain, copy, length);
    bool by_wide = decoder->wide &&
                   r3_record_decode_candle_wide(decoder, &wide, copy, length + 1, copy + length - 1) == copy + length;
    CHECK(!refused || (!by_plain && !by_wide));
    CHECK(by_plain || !by_wide);
    const char *difference = !refused && by_plain ? first_difference(&plain, &json) : NULL;
    CHECK_TEXT(difference ? difference : "", "");
    difference = !refused && by_wide ? first_difference(&wide, &json) : NULL;
    CHECK_TEXT(difference ? difference : "", "");
    free(copy);
    return by_wide;
}

/* Both, with nothing and with the same line again behind it. line[length] is a newline. */
static bool check_line(const char *line, size_t length) {
    char twice[2048];
    remember_head(decoder, line, length);
    memcpy(twice, line, length + 1);
    memcpy(twice + length + 1, line, length + 1);
    size_t taken = ahead(twice, 2 * length + 2);
    CHECK(taken == 0 || taken == length || memchr(line, '\n', length) != NULL);
    bool wide = known(line, length);
    taken_wide += wide;
    return wide && taken == length;
}

/* Up to 9 digits ahead of the point and as many behind it, at most 16 characters, often fewer. */
static struct r3_decimal random_price(int64_t level, unsigned places) {
    int64_t power = 1;
    for (unsigned i = 0; i < places; i++)
        power *= 10;
    struct r3_decimal value = R3_DECIMAL(level * power + (int64_t)pick((uint64_t)power), (int32_t)places);
    if (value.coefficient == 0)
        value.coefficient = 1;
    if (pick(2))
        r3_decimal_normalize(&value);
    return value;
}

static size_t random_line(char line[1024]) {
    static const int64_t levels[] = { 1, 2, 10, 100, 1000, 100000, 1000000, 10000000 };
    static const char *const markets[] = { "BTC-USDT", "A", "1INCH-USD", "PEPE-1000000000000000000000-USDT" };
    struct r3_record record;
    struct r3_candle *candle = &record.candle;
    r3_record_init(&record, R3_CANDLE);
    r3_copy_text(candle->platform, sizeof candle->platform, "csv", 3);
    const char *market = markets[pick(4)];
    r3_copy_text(candle->market, sizeof candle->market, market, strlen(market));
    candle->timeframe = R3_TIMEFRAME_NONE + 1;
    candle->time = INT64_C(1000000000000) + (int64_t)pick(UINT64_C(9000000000000));
    int64_t level = (int64_t)pick((uint64_t)levels[pick(8)]);
    unsigned places = (unsigned)pick(9);
    struct r3_decimal *price[4] = { &candle->open, &candle->high, &candle->low, &candle->close };
    for (int i = 0; i < 4; i++)
        *price[i] = random_price(level, pick(2) ? places : (unsigned)pick(9));
    struct r3_decimal high = candle->high, low = candle->low;
    for (int i = 0; i < 4; i++) {
        high = *r3_decimal_maximum(&high, price[i]);
        low = *r3_decimal_minimum(&low, price[i]);
    }
    candle->high = high;
    candle->low = low;
    candle->volume = pick(4) ? random_price((int64_t)pick(9999999), (unsigned)pick(9)) : r3_decimal_zero;
    CHECK(r3_record_encode_candle(line, candle) != NULL);
    return strlen(line) - 1;
}

static void check_usual(void) {
    for (int turn = 0; turn < 20000; turn++) {
        char line[1024];
        size_t length = random_line(line);
        bool taken = check_line(line, length);
        CHECK(taken || !r3_scan_has_wide());
        for (size_t held = length; held > 0 && turn % 100 == 0; held--)
            CHECK_INT(ahead(line, held), 0);
    }
}

/* One byte changed, left out or put in. */
static void check_damage(void) {
    static const char bytes[] = "0123456789.,\"{}:-+e \n\t\\a\x01\xff";
    for (int turn = 0; turn < 50000; turn++) {
        char line[1024 + 1];
        size_t length = random_line(line), numbers = (size_t)(strstr(line, "\"time\":") - line) + 7;
        size_t at = pick(8) ? numbers + pick(length - numbers) : pick(length);
        switch (pick(3)) {
        case 0:
            line[at] = bytes[pick(sizeof bytes - 1)];
            break;
        case 1:
            memmove(line + at, line + at + 1, length - at);
            length--;
            break;
        default:
            memmove(line + at + 1, line + at, length + 1 - at);
            line[at] = bytes[pick(sizeof bytes - 1)];
            length++;
        }
        check_line(line, length);
    }
}

/* Each number in turn replaced by odd ones, and whether the wide way is there for the line. */
static void check_numbers(void) {
    static const struct {
        const char *text;
        bool wide;
    } numbers[] = {
        { "5", true },
        { "0.5", true },
        { "123456789012345.6", false }, /* 17 characters */
        { "1234567890123456", true },
        { "12345678901234567", false },
        { "0.00000000000001", true },
        { "0.000000000000001", false },
        { "5.", false },
        { ".5", false },
        { ".", false },
        { "", false },
        { "5.0", false },
        { "5.50", false },
        { "05", false },
        { "00.5", false },
        { "5.5.5", false },
        { "5..5", false },
        { "-5", false },
        { "+5", false },
        { "5e3", false },
        { "5:", false },
        { "5;5", false },
        { "5\",\"5", false },
        { "/5", false },
    };
    static const char head[] = "{\"type\":\"candle\",\"platform\":\"csv\",\"market\":\"BTC-USDT\",\"timeframe\":\"1m\","
                               "\"time\":1483228800000,\"open\":\"";
    static const char *const around[6] = {
        head, "\",\"high\":\"", "\",\"low\":\"", "\",\"close\":\"", "\",\"volume\":\"", "\"}\n"
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char line[512];
        int length = 0;
        for (int part = 0; part < 6; part++)
            length += snprintf(line + length, sizeof line - (size_t)length, "%s%s", around[part],
                               part < 5 ? numbers[i].text : "");
        CHECK(check_line(line, (size_t)length - 1) == (numbers[i].wide && r3_scan_has_wide()));
        for (int odd = 0; odd < 5; odd++) {
            length = 0;
            for (int part = 0; part < 6; part++)
                length += snprintf(line + length, sizeof line - (size_t)length, "%s%s", around[part],
                                   part == odd ? numbers[i].text
                                   : part < 5  ? "7"
                                               : "");
            check_line(line, (size_t)length - 1);
        }
    }
}

int main(void) {
    decoder = r3_decoder_new();
    check_usual();
    check_damage();
    check_numbers();
    CHECK(taken_wide > 20000 || !r3_scan_has_wide());
    decoder->wide = false;
    char line[1024];
    size_t length = random_line(line);
    CHECK(!check_line(line, length));
    r3_decoder_free(decoder);
    return check_done();
}
