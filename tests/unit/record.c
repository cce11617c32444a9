#include "lib/base/io.h"
#include "lib/record/scan_wide.h"
#include "tests/unit/check.h"
#include "tests/unit/record_compare.h"

/* Records ⇄ lines: random records of every type go out and come back by both decoders, the spellings that only the JSON decoder
 * takes mean the same, and what must be refused is refused, by name. */

static struct r3_decoder *decoder;
static struct r3_error error;

static uint64_t random_state = 20131125;
static uint64_t pick(uint64_t below) { /* xorshift64* (Vigna 2016) */
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return ((random_state * UINT64_C(2685821657736338717)) >> 11) % below;
}

static int decode(struct r3_record *record, const char *line) {
    memset(&error, 0, sizeof error);
    return r3_record_decode(decoder, record, line, strlen(line), &error);
}

/* Random records. */

static void fill_text(struct r3_record *record, const struct r3_member *member) {
    static const char word[] = "ABCxyz019_", any[] = "aZ09 _-./:;,'{}[]()%!\"\\\n\t\x01\x7f";
    char *out = r3_member_in(record, member);
    if (member->names) {
        const struct r3_name *name = &member->names->name[1 + pick(member->names->count - 1)];
        memcpy(out, name->text, name->length + 1);
        return;
    }
    size_t length = 1 + pick(pick(4) ? 12 : member->size - 1u);
    bool is_plain = pick(2);
    for (size_t i = 0; i < length; i++) {
        if (member->class != R3_CLASS_PLAIN || is_plain)
            out[i] = word[pick(sizeof word - 1)];
        else
            out[i] = any[pick(sizeof any - 1)];
    }
    if (member->class == R3_CLASS_PLAIN && !is_plain && length > 3)
        memcpy(out, "\xe2\x82\xac", 3);
    out[length] = '\0';
}

static struct r3_decimal random_decimal(int rule) {
    static const int64_t limit[] = { 10, 1000, 1000000, 100000000, 1000000000000, 1000000000000000000 };
    struct r3_decimal value = R3_DECIMAL((r3_int128)pick((uint64_t)limit[pick(6)]), (int32_t)pick(19));
    if (pick(16) == 0)
        value.coefficient = value.coefficient * 1000000000000000 + (r3_int128)pick(1000000000000000);
    if (rule == R3_SIGN_ANY && pick(3) == 0)
        value.coefficient = -value.coefficient;
    if (rule == R3_SIGN_POSITIVE && value.coefficient == 0)
        value.coefficient = 1;
    r3_decimal_normalize(&value);
    return value;
}

static double random_double(void) {
    union {
        uint64_t bits;
        double value;
    } any = { .bits = pick(UINT64_MAX) };
    switch (pick(4)) {
    case 0:
        return (double)(int64_t)pick(1000000) / 100;
    case 1:
        return -(double)pick(1000) / 3;
    case 2:
        return 0;
    default:
        return any.value - any.value == 0 ? any.value : 1.5;
    }
}

static void fill_member(struct r3_record *record, const struct r3_member *member) {
    void *place = r3_member_in(record, member);
    switch ((enum r3_member_kind)member->kind) {
    case R3_MEMBER_TEXT:
        fill_text(record, member);
        break;
    case R3_MEMBER_BORROWED:
        *(const char **)place =
            pick(2) ? "r3-collect a.csv | r3-strategy -e 'long = \"x\"'" : "Strategy1-Kucoin-BTCUSD-1H";
        break;
    case R3_MEMBER_ENUM:
        *(unsigned *)place = (unsigned)(1 + pick(member->names->count - 1));
        break;
    case R3_MEMBER_TIMEFRAME:
        *(unsigned *)place = (unsigned)(1 + pick(R3_TIMEFRAME_COUNT - 1));
        break;
    case R3_MEMBER_DECIMAL:
        *(struct r3_decimal *)place = random_decimal(member->rule);
        break;
    case R3_MEMBER_INTEGER:
        *(int64_t *)place = member->minimum + (int64_t)pick(pick(8) ? 1000 : INT64_MAX - 1);
        break;
    case R3_MEMBER_TIME:
        *(int64_t *)place = (int64_t)pick(pick(4) ? UINT64_C(2000000000000) : (uint64_t)R3_TIME_END);
        break;
    case R3_MEMBER_DOUBLE:
        *(double *)place = random_double();
        break;
    }
}

static void order_prices(struct r3_candle *candle) {
    const struct r3_decimal *all[] = { &candle->open, &candle->high, &candle->low, &candle->close };
    struct r3_decimal high = candle->high, low = candle->low;
    for (int i = 0; i < 4; i++) {
        high = *r3_decimal_maximum(&high, all[i]);
        low = *r3_decimal_minimum(&low, all[i]);
    }
    candle->high = high;
    candle->low = low;
}

static void fill_record(struct r3_record *record, enum r3_record_type type, bool all) {
    const struct r3_record_table *table = &r3_record_tables[type];
    r3_record_init(record, type);
    for (size_t i = 0; i < table->count; i++)
        if (table->members[i].required || all || pick(2))
            fill_member(record, &table->members[i]);
    if (type == R3_CANDLE)
        order_prices(&record->candle);
    if (type == R3_ORDER) {
        struct r3_order *order = &record->order;
        if (pick(2) || !r3_decimal_is_present(&order->funds)) {
            order->size = random_decimal(R3_SIGN_POSITIVE);
            order->funds = r3_decimal_absent;
        } else {
            order->size = r3_decimal_absent;
        }
    }
    if (type == R3_STATE && record->state.part > record->state.parts)
        record->state.parts = record->state.part;
    if (type == R3_STREAM)
        record->stream.version = R3_STREAM_VERSION;
}

static bool is_plain_line(const struct r3_buffer *line) {
    for (size_t i = 0; i + 1 < line->length; i++)
        if ((unsigned char)line->data[i] < 0x20 || (unsigned char)line->data[i] > 0x7e || line->data[i] == '\\')
            return false;
    return true;
}

/* Whether the canonical decoder must know this line: no escapes, no integer of 19 digits, no command. */
static bool is_easy(const struct r3_record *record, const struct r3_buffer *line) {
    const struct r3_record_table *table = &r3_record_tables[record->type];
    for (size_t i = 0; i < table->count; i++) {
        const struct r3_member *member = &table->members[i];
        const void *place = r3_member_of(record, member);
        if (member->kind == R3_MEMBER_BORROWED || member->kind == R3_MEMBER_DOUBLE)
            return false;
        if (member->kind == R3_MEMBER_INTEGER && *(const int64_t *)place > INT64_C(999999999999999999))
            return false;
    }
    return is_plain_line(line);
}

static void check_round_trip(enum r3_record_type type, bool all) {
    struct r3_record record, by_hand, by_json, copy;
    struct r3_buffer line = R3_BUFFER_INIT, again = R3_BUFFER_INIT;
    fill_record(&record, type, all);
    memset(&error, 0, sizeof error);
    if (r3_record_encode(&line, &record, &error)) {
        CHECK_TEXT(error.text, "");
        r3_buffer_release(&line);
        return;
    }
    memset(&by_json, 0x5a, sizeof by_json);
    if (r3_record_decode_json(decoder, &by_json, line.data, line.length - 1, &error))
        CHECK_TEXT(error.text, line.data);
    const char *difference = first_difference(&record, &by_json);
    if (difference)
        CHECK_TEXT(difference, line.data);
    CHECK(r3_record_encode(&again, &by_json, &error) == 0);
    CHECK_TEXT(again.data ? again.data : "", line.data);
    for (int turn = 0; turn < 3; turn++) { /* a candle's second time is the remembered way, and there are two of it */
        memset(&by_hand, turn ? 0xa5 : 0x33, sizeof by_hand);
        decoder->wide = turn != 1 && r3_scan_has_wide();
        int known = r3_record_decode_canonical(decoder, &by_hand, line.data, line.length - 1);
        if (!known && is_easy(&record, &line))
            CHECK_TEXT("not decoded by hand", line.data);
        difference = known ? first_difference(&record, &by_hand) : NULL;
        if (difference)
            CHECK_TEXT(difference, line.data);
    }
    memcpy(&copy, &record, r3_record_size(type));
    CHECK(first_difference(&copy, &record) == NULL);
    r3_buffer_release(&line);
    r3_buffer_release(&again);
}

/* Other spellings of one candle, with the same meaning. */
static void check_spellings(void) {
    static const char canonical[] =
        "{\"type\":\"candle\",\"platform\":\"csv\",\"market\":\"BTC-USD\",\"timeframe\":\"1H\",\"time\":1385337600000,"
        "\"open\":\"785.54\",\"high\":\"800\",\"low\":\"781\",\"close\":\"795.01\",\"volume\":\"0\"}";
    static const char *const others[] = {
        "{\"type\":\"candle\",\"platform\":\"csv\",\"market\":\"BTC-USD\",\"timeframe\":\"1H\",\"time\":1385337600000,"
        "\"open\":\"785.540\",\"high\":\"800.00\",\"low\":\"781.0\",\"close\":\"795.01\",\"volume\":\"-0.00\"}",
        "{\"type\":\"candle\",\"platform\":\"csv\",\"market\":\"BTC-USD\",\"timeframe\":\"1H\",\"time\":1385337600000,"
        "\"open\":785.54,\"high\":8e2,\"low\":781,\"close\":79501e-2,\"volume\":-0}",
        " {\"type\": \"candle\", \"volume\": \"0\", \"close\": \"795.01\", \"low\": \"781\", \"high\": \"800\", \"open\": \"785.54\", "
        "\"time\": 1385337600000, \"timeframe\": \"1H\", \"market\": \"BTC\\u002dUSD\", \"platform\": \"csv\"}\r",
        "{\"type\":\"candle\",\"trades\":12,\"platform\":\"csv\",\"market\":\"BTC-USD\",\"timeframe\":\"1H\",\"time\":1385337600000,"
        "\"open\":\"785.54\",\"high\":\"800\",\"low\":\"781\",\"close\":\"795.01\",\"volume\":\"0\",\"deep\":{\"a\":[1e9]}}",
        "{\"ty\\u0070e\":\"candl\\u0065\",\"platform\":\"csv\",\"market\":\"BTC-USD\",\"timeframe\":\"1H\",\"time\":1385337600000,"
        "\"open\":\"785.54000000000000000000000000000000\",\"high\":\"800\",\"low\":\"781\",\"close\":\"795.01\",\"volume\":\"0\"}",
    };
    struct r3_buffer line = R3_BUFFER_INIT;
    struct r3_record record;
    CHECK(decode(&record, canonical) == 0);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        r3_buffer_reset(&line);
        if (decode(&record, others[i]))
            CHECK_TEXT(error.text, others[i]);
        CHECK(r3_record_encode(&line, &record, &error) == 0);
        line.data[line.length - 1] = '\0';
        CHECK_TEXT(line.data, canonical);
    }
    r3_buffer_release(&line);
}

static void refuse(const char *line, enum r3_status status, const char *reason) {
    struct r3_record record;
    struct r3_error by_json = { 0 };
    CHECK(decode(&record, line) == -1);
    CHECK_INT(error.status, status);
    CHECK_TEXT(error.text, reason);
    CHECK(r3_record_decode_json(decoder, &record, line, strlen(line), &by_json) == -1);
    CHECK(!r3_record_decode_canonical(decoder, &record, line, strlen(line)));
}

#define HEAD "{\"type\":\"candle\",\"platform\":\"csv\",\"market\":\"BTC-USD\",\"timeframe\":\"1H\",\"time\":"
#define CANDLE(OPEN, HIGH, LOW, CLOSE, VOLUME)                                                                         \
    HEAD "0,\"open\":" OPEN ",\"high\":" HIGH ",\"low\":" LOW ",\"close\":" CLOSE ",\"volume\":" VOLUME "}"

static void check_refused(void) {
    struct r3_record record;
    CHECK(decode(&record, CANDLE("\"5\"", "\"6\"", "\"4\"", "\"5\"", "\"1\"")) ==
          0); /* so that the head is remembered */
    refuse("{\"type\":\"stream\",\"version\":2}", R3_PROTOCOL, "stream: version 2 is newer than this program's 1");
    refuse("{\"type\":\"stream\",\"version\":0}", R3_DATA, "version: 0 is below 1");
    refuse("{\"type\":\"stream\"}", R3_DATA, "stream: version is missing");
    refuse("{\"type\":\"stream\",\"version\":\"1\"}", R3_DATA, "version: not an integer");
    refuse("{\"type\":\"stream\",\"version\":1.0}", R3_DATA, "version: not an integer");
    refuse("{\"version\":1,\"type\":\"stream\"}", R3_DATA, "type: not the first member");
    refuse("{\"type\":7}", R3_DATA, "type: not a text");
    refuse("{}", R3_DATA, "type: not the first member");
    refuse("[\"type\"]", R3_DATA, "not a JSON object");
    refuse("null", R3_DATA, "not a JSON object");
    refuse(CANDLE("\"5\"", "\"5\"", "\"6\"", "\"5\"", "\"1\""), R3_DATA, "candle: high 5 is below low 6");
    refuse(CANDLE("\"5.1\"", "\"5\"", "\"4\"", "\"5\"", "\"1\""), R3_DATA, "candle: high 5 is below open 5.1");
    refuse(CANDLE("\"5\"", "\"5\"", "\"4\"", "\"5.00001\"", "\"1\""), R3_DATA, "candle: high 5 is below close 5.00001");
    refuse(CANDLE("\"3.9\"", "\"5\"", "\"4\"", "\"5\"", "\"1\""), R3_DATA, "candle: open 3.9 is below low 4");
    refuse(CANDLE("\"5\"", "\"5\"", "\"4\"", "\"3.99\"", "\"1\""), R3_DATA, "candle: close 3.99 is below low 4");
    refuse(CANDLE("\"0\"", "\"5\"", "\"4\"", "\"5\"", "\"1\""), R3_DATA, "open: 0 is not above 0");
    refuse(CANDLE("\"5\"", "\"5\"", "\"-4\"", "\"5\"", "\"1\""), R3_DATA, "low: -4 is not above 0");
    refuse(CANDLE("\"5\"", "\"5\"", "\"4\"", "\"5\"", "\"-1\""), R3_DATA, "volume: -1 is not 0 or more");
    refuse(CANDLE("\"abc\"", "\"5\"", "\"4\"", "\"5\"", "\"1\""), R3_DATA, "open: not a decimal: \"abc\"");
    refuse(CANDLE("\"\"", "\"5\"", "\"4\"", "\"5\"", "\"1\""), R3_DATA, "open: not a decimal: \"\"");
    refuse(CANDLE("\"5\"", "\"007\"", "\"4\"", "\"5\"", "\"1\""), R3_DATA, "high: not a decimal: \"007\"");
    refuse(CANDLE("\"5\"", "\"7.\"", "\"4\"", "\"5\"", "\"1\""), R3_DATA, "high: not a decimal: \"7.\"");
    refuse(CANDLE("\"5\"", "\"+7\"", "\"4\"", "\"5\"", "\"1\""), R3_DATA, "high: not a decimal: \"+7\"");
    refuse(CANDLE("\"5\"", "\"1e3\"", "\"4\"", "\"5\"", "\"1\""), R3_DATA, "high: not a decimal: \"1e3\"");
    refuse(CANDLE("\"5\"", "\" 7\"", "\"4\"", "\"5\"", "\"1\""), R3_DATA, "high: not a decimal: \" 7\"");
    refuse(CANDLE("\"5\"", "\"NaN\"", "\"4\"", "\"5\"", "\"1\""), R3_DATA, "high: not a decimal: \"NaN\"");
    refuse(CANDLE("\"5\"", "7.123456789012345678", "\"4\"", "\"5\"", "\"1\""), R3_DATA,
           "high: a plain number of more than 15 digits is not exact, write it as a string: \"7.123456789012345678\"");
    refuse(CANDLE("\"5\"", "1234567890123456", "\"4\"", "\"5\"", "\"1\""), R3_DATA,
           "high: a plain number of more than 15 digits is not exact, write it as a string: \"1234567890123456\"");
    refuse(CANDLE("\"5\"", "true", "\"4\"", "\"5\"", "\"1\""), R3_DATA, "high: not a decimal");
    refuse(CANDLE("\"5\"", "null", "\"4\"", "\"5\"", "\"1\""), R3_DATA, "high: not a decimal");
    refuse(HEAD "253402300800000}", R3_DATA, "time: 253402300800000 is outside 1970 to 9999");
    refuse(HEAD "-1}", R3_DATA, "time: -1 is outside 1970 to 9999");
    refuse(HEAD "1.5}", R3_DATA, "time: not an integer");
    refuse(HEAD "\"2013-11-25\"}", R3_DATA, "time: not an integer");
    refuse(HEAD "0,\"open\":\"1\"}", R3_DATA, "candle: high is missing");
    refuse("{\"type\":\"candle\",\"platform\":\"\"}", R3_DATA, "platform: empty");
    refuse("{\"type\":\"candle\",\"platform\":\"a b\"}", R3_DATA, "platform: not allowed: \"a b\"");
    refuse("{\"type\":\"candle\",\"platform\":\"abcdefghijklmnopq\"}", R3_DATA, "platform: longer than 16 bytes");
    refuse("{\"type\":\"candle\",\"platform\":3}", R3_DATA, "platform: not a text");
    refuse("{\"type\":\"candle\",\"platform\":\"a\",\"market\":\"A\",\"timeframe\":\"1h\"}", R3_DATA,
           "timeframe: not a timeframe: \"1h\"");
    refuse("{\"type\":\"tick\",\"session\":\"a-b\",\"every\":1,\"time\":0,\"missed\":0}", R3_DATA,
           "session: not allowed: \"a-b\"");
    refuse("{\"type\":\"notice\",\"time\":0,\"level\":\"info\",\"program\":\"x\",\"text\":\"y\"}", R3_DATA,
           "level: not one of its names: \"info\"");
    refuse("{\"type\":\"command\",\"id\":\"a\",\"time\":0,\"action\":\"start\",\"session\":\"s\",\"mode\":\"dry\"}",
           R3_DATA, "mode: not allowed: \"dry\"");
    refuse("{\"type\":\"value\",\"market\":\"A\",\"timeframe\":\"1H\",\"time\":0,\"name\":\"x\",\"value\":\"1\"}",
           R3_DATA, "value: not a number");
#define ORDER                                                                                                          \
    "{\"type\":\"order\",\"id\":\"a-1\",\"session\":\"a\",\"platform\":\"p\",\"market\":\"A-B\",\"time\":0,\"role\":\"ENTRY\",\"side\":\"BUY\",\"kind\":\"MARKET\""
    refuse(ORDER "}", R3_DATA, "order: size or funds is missing");
    refuse(ORDER ",\"size\":\"1\",\"funds\":\"2\"}", R3_DATA, "order: both size and funds are given");
    refuse(ORDER ",\"size\":\"0\"}", R3_DATA, "size: 0 is not above 0");
}

/* Lines of unknown types are echoed, but only when they are JSON. */
static void check_unknown(void) {
    struct r3_record record;
    CHECK(decode(&record, "{\"type\":\"orderbook\",\"bids\":[[1,2]]}") == 0);
    CHECK_INT(record.type, R3_UNKNOWN);
    CHECK_TEXT(r3_record_type_name(record.type), "unknown");
    CHECK(decode(&record, "{\"type\":\"\"}") == 0 && record.type == R3_UNKNOWN);
    CHECK(decode(&record, "{\"type\":\"candles\",\"a\":1,\"a\":1}") == -1);
    struct r3_buffer out = R3_BUFFER_INIT;
    CHECK(r3_record_encode(&out, &record, &error) == -1);
    r3_buffer_release(&out);
}

static void check_borrowed(void) {
    struct r3_record record;
    CHECK(
        decode(
            &record,
            "{\"type\":\"command\",\"id\":\"c\",\"time\":1,\"action\":\"stop\",\"session\":\"s\",\"label\":\"\",\"pipeline\":\"a | b\\n\\u00e9\"}") ==
        0);
    CHECK(record.command.label == NULL);
    CHECK_TEXT(record.command.pipeline, "a | b\n\xc3\xa9");
    CHECK_INT(record.command.action, R3_STOP_SESSION);
    CHECK_INT(record.command.position, R3_COMMAND_POSITION_NONE);
    CHECK(decode(&record, "{\"type\":\"command\",\"id\":\"c\",\"time\":1,\"action\":\"stop\",\"session\":\"s\","
                          "\"position\":\"keep\"}") == 0);
    CHECK_INT(record.command.position, R3_KEEP_POSITION);
}

/* What the encoder refuses: it never writes a line that a reader would not take. */
static void refuse_to_write(struct r3_record *record, const char *reason) {
    struct r3_buffer out = R3_BUFFER_INIT;
    r3_buffer_append_text(&out, "before");
    CHECK(r3_record_encode(&out, record, &error) == -1);
    CHECK_INT(error.status, R3_BUG);
    CHECK_TEXT(error.text, reason);
    CHECK_INT(out.length, 6);
    r3_buffer_release(&out);
}

#define STATE "{\"type\":\"state\",\"session\":\"s\",\"program\":\"r3-order\",\"version\":1,"

/* A state's data: as long as it may be, escapes and all, and no longer. */
static void check_state(void) {
    struct r3_record record;
    struct r3_buffer line = R3_BUFFER_INIT, again = R3_BUFFER_INIT;
    CHECK(decode(&record, STATE "\"part\":2,\"parts\":3,\"data\":\"{\\\"a\\\":1}\"}") == 0);
    CHECK_TEXT(record.state.data, "{\"a\":1}");
    CHECK_INT(record.state.parts, 3);
    refuse(STATE "\"part\":2,\"parts\":3}", R3_DATA, "state: data is missing");
    refuse(STATE "\"part\":2,\"parts\":3,\"data\":\"\"}", R3_DATA, "data: empty");
    refuse(STATE "\"part\":2,\"parts\":3,\"data\":{}}", R3_DATA, "data: not a text");
    refuse(STATE "\"part\":4,\"parts\":3,\"data\":\"a\"}", R3_DATA, "state: part 4 of 3");
    refuse(STATE "\"part\":0,\"parts\":3,\"data\":\"a\"}", R3_DATA, "part: 0 is below 1");
    char *data = r3_allocate(R3_STATE_SIZE + 1);
    memset(data, 'x', R3_STATE_SIZE);
    data[R3_STATE_SIZE - 1] = '\0';
    record.state.data = data;
    CHECK(r3_record_encode(&line, &record, &error) == 0);
    CHECK(decode(&record, line.data) == 0 && strlen(record.state.data) == R3_STATE_SIZE - 1);
    CHECK(r3_record_encode(&again, &record, &error) == 0);
    CHECK_TEXT(again.data, line.data);
    data[R3_STATE_SIZE - 1] = 'x';
    record.state.data = data;
    refuse_to_write(&record, "state: data: too long");
    char *middle = strstr(line.data, "xx");
    *middle = '\\';
    middle[1] = 'u';
    memcpy(middle + 2, "0078", 4); /* as many bytes, five characters fewer */
    CHECK(decode(&record, line.data) == 0 && strlen(record.state.data) == R3_STATE_SIZE - 6);
    r3_buffer_reset(&line);
    r3_buffer_append_text(&line, STATE "\"part\":1,\"parts\":1,\"data\":\"");
    r3_buffer_append(&line, data, R3_STATE_SIZE);
    r3_buffer_append_text(&line, "\"}");
    refuse(line.data, R3_DATA, "data: longer than 49152 bytes");
    free(data);
    r3_buffer_release(&line);
    r3_buffer_release(&again);
}

static void check_writing(void) {
    struct r3_record record;
    r3_record_init(&record, R3_TRADE);
    refuse_to_write(&record, "trade: id: missing");
    fill_record(&record, R3_TRADE, true);
    record.trade.price = r3_decimal_zero;
    refuse_to_write(&record, "trade: price: not above 0");
    fill_record(&record, R3_TRADE, true);
    memcpy(record.trade.session, "a-b", 4);
    refuse_to_write(&record, "trade: session: characters that are not allowed");
    fill_record(&record, R3_NOTICE, true);
    memcpy(record.notice.text, "\xff", 2);
    refuse_to_write(&record, "notice: text: characters that are not allowed");
    fill_record(&record, R3_NOTICE, true);
    memset(record.notice.text, 'x', sizeof record.notice.text);
    refuse_to_write(&record, "notice: text: no end");
    fill_record(&record, R3_SYNC, true);
    record.sync.id = -1;
    refuse_to_write(&record, "sync: id: out of range");
    fill_record(&record, R3_CANDLE, true);
    record.candle.high = R3_DECIMAL(1, 18);
    record.candle.low = R3_DECIMAL(2, 18);
    refuse_to_write(&record, "candle: high 0.000000000000000001 is below low 0.000000000000000002");
    fill_record(&record, R3_CANDLE, true);
    record.candle.time = R3_TIME_ABSENT;
    refuse_to_write(&record, "candle: time: missing");
    fill_record(&record, R3_VALUE, true);
    record.value.value = strtod("nan", NULL);
    refuse_to_write(&record, "value: value: not finite");
    fill_record(&record, R3_COMMAND, true);
    char *text = r3_allocate(R3_LINE_MAX + 1);
    memset(text, 'x', R3_LINE_MAX);
    record.command.pipeline = text;
    refuse_to_write(&record, "command: a line longer than 65536 bytes");
    free(text);
}

/* Both decoders on one line: what the canonical one takes, the other takes as the same record. */
static void check_agreement(const char *line, size_t length) {
    struct r3_record by_hand, by_json;
    memset(&by_hand, 0x5a, sizeof by_hand);
    memset(&by_json, 0xa5, sizeof by_json);
    int refused = r3_record_decode_json(decoder, &by_json, line, length, &error);
    remember_head(decoder, line, length);
    for (int turn = 0; turn < 2; turn++) {
        decoder->wide = turn && r3_scan_has_wide();
        if (!r3_record_decode_canonical(decoder, &by_hand, line, length))
            continue;
        CHECK(!refused);
        if (refused)
            CHECK_TEXT(error.text, line);
        else if (first_difference(&by_hand, &by_json))
            CHECK_TEXT(first_difference(&by_hand, &by_json), line);
    }
    check_passed++;
}

/* Candles take a shorter way: the same line as by the table, or the same error. */
static void check_candle_ways(const struct r3_record *record) {
    struct r3_buffer shorter = R3_BUFFER_INIT, table = R3_BUFFER_INIT;
    struct r3_error unused = { 0 };
    memset(&error, 0, sizeof error);
    int failed = r3_record_encode(&shorter, record, &error);
    CHECK_INT(r3_record_encode_members(&table, record, &unused), failed);
    CHECK_INT(shorter.length, table.length);
    CHECK_TEXT(failed ? error.text : shorter.data, failed ? unused.text : table.data);
    CHECK_INT(error.status, unused.status);
    r3_buffer_release(&shorter);
    r3_buffer_release(&table);
}

/* As markets have them: four prices of like size, each with its own number of decimals, and some volume. */
static void fill_market_candle(struct r3_record *record) {
    static const int64_t power[] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000 };
    struct r3_candle *candle = &record->candle;
    struct r3_decimal *price[4] = { &candle->open, &candle->high, &candle->low, &candle->close };
    int64_t level = 1 + (int64_t)pick((uint64_t)power[pick(9)]);
    for (int i = 0; i < 4; i++) {
        unsigned scale = (unsigned)pick(9);
        *price[i] = R3_DECIMAL(level * power[scale] + (int64_t)pick((uint64_t)power[scale]), (int32_t)scale);
        if (pick(2))
            r3_decimal_normalize(price[i]);
    }
    order_prices(candle);
    candle->volume = pick(4) ? R3_DECIMAL((int64_t)pick(1000000000000), (int32_t)pick(9)) : r3_decimal_zero;
}

static void spoil_candle(struct r3_candle *candle) {
    struct r3_decimal *all[5] = { &candle->open, &candle->high, &candle->low, &candle->close, &candle->volume };
    struct r3_decimal *one = all[pick(5)];
    switch (pick(9)) {
    case 0:
        *one = r3_decimal_absent;
        break;
    case 1:
        *one = r3_decimal_zero;
        break;
    case 2:
        one->coefficient = -one->coefficient;
        break;
    case 3:
        *one = random_decimal(R3_SIGN_ANY);
        break;
    case 4:
        one->coefficient = (r3_int128)INT64_MAX * 1000 + (r3_int128)pick(1000);
        break;
    case 5:
        candle->time = pick(2) ? R3_TIME_END : -(int64_t)pick(2) - 1;
        break;
    case 6:
        candle->timeframe = pick(2) ? R3_TIMEFRAME_NONE : R3_TIMEFRAME_COUNT;
        break;
    case 7: {
        char *text = pick(2) ? candle->platform : candle->market;
        text[0] = "\0 \"\\\x80."[pick(6)];
        break;
    }
    default:
        if (pick(2))
            memset(candle->platform, 'x', sizeof candle->platform);
        else
            memset(candle->market, 'x', sizeof candle->market);
    }
}

static void check_candles(void) {
    for (int turn = 0; turn < 20000; turn++) {
        struct r3_record record;
        fill_record(&record, R3_CANDLE, true);
        if (turn % 2) {
            char line[1024];
            fill_market_candle(&record);
            CHECK(r3_record_encode_candle(line, &record.candle) != NULL);
            check_agreement(line, strlen(line) - 1);
        }
        check_candle_ways(&record);
        spoil_candle(&record.candle);
        check_candle_ways(&record);
    }
}

static void check_doubles(void) {
    static const struct {
        double value;
        const char *text;
    } cases[] = { { 0, "0" },
                  { -0.0, "0" },
                  { 1, "1" },
                  { -2.5, "-2.5" },
                  { 0.1, "0.1" },
                  { 0.1 + 0.2, "0.30000000000000004" },
                  { 788.41333333333333, "788.4133333333333" },
                  { 1e300, "1e+300" },
                  { 5e-324, "4.94065645841247e-324" },
                  { 123456789012345678.0, "1.2345678901234568e+17" } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct r3_record record = { .type = R3_VALUE }, again;
        struct r3_buffer out = R3_BUFFER_INIT;
        fill_record(&record, R3_VALUE, false);
        record.value.value = cases[i].value;
        CHECK(r3_record_encode(&out, &record, &error) == 0);
        char *from = strstr(out.data, ",\"value\":");
        out.data[out.length - 2] = '\0'; /* the brace */
        CHECK_TEXT(from ? from + 9 : "", cases[i].text);
        out.data[out.length - 2] = '}';
        CHECK(r3_record_decode(decoder, &again, out.data, out.length - 1, &error) == 0);
        CHECK(again.value.value == cases[i].value);
        r3_buffer_release(&out);
    }
}

/* The line with each of its values in turn replaced by each of many odd ones. */
static void check_replacements(const char *line, size_t length) {
    /* clang-format off */
    static const char *const values[] = {
        "\"\"", "\"0\"", "\"-0\"", "\"-1\"", "\"-1.5\"", "\"007\"", "\"0.50\"", "\"00\"", "\"00.5\"", "\"1.\"",
        "\".5\"", "\".\"", "\"-\"", "\"1.5.\"", "\"1.50\"", "\"800.0\"", "\"1.000\"", "\"12345678\"", "\"123456789\"",
        "\"123456.7\"", "\"1234567.8\"", "\"12345678.12345678\"", "\"12345678.123456789\"", "\"1.12345678\"",
        "\"1.123456780\"", "\"1.1234567890\"", "\"0.00000001\"", "\"0.000000000000000001\"",
        "\"0.0000000000000000001\"", "\"999999999999999999\"", "\"1000000000000000000\"", "\"123456789.1234567890\"",
        "\"123456789012345678.10\"", "\"9999999999999999999999999999999999\"",
        "\"99999999999999999999999999999999999\"", "\"1234567890123456.123456789012345678\"", "\"1e3\"", "\"+1\"",
        "\" 1\"", "\"1 \"", "\"1,5\"", "\"a b\"", "\"a-b\"", "\"a_b\"", "\"\xc3\xa9\"", "\"\\u0041\"", "\"a\\nb\"",
        "\"\xff\"", "\"\x7f\"", "\"1H\"", "\"1h\"", "\"1M\"", "\"BUY\"", "\"BUYS\"", "\"BU\"", "\"LONG\"",
        "\"CLOSE\"", "\"INFO\"", "\"1234567890abcdef\"", "\"1234567890abcdefg\"",
        "\"1234567890123456789012345678901234567890\"", "\"12345678901234567890123456789012345678901\"", "0", "-0",
        "-1", "1", "00", "007", "1.0", "1.5", "1.50", "-1.5", "1.", ".5", "1e3", "1E+3", "1e-400", "1e999", "1e",
        "0.1", "0.10", "1.7976931348623157e308", "0.30000000000000004", "123456789012345.6", "1234567890123456.7",
        "12345678901234567", "253402300799999", "253402300800000", "999999999999999999", "1000000000000000000",
        "9223372036854775807", "9223372036854775808", "true", "null", "[]", "{}", "", "\"", "\"a", "-0.0", "NaN", "1 ", " 1",
    };
    /* clang-format on */
    struct r3_buffer changed = R3_BUFFER_INIT;
    for (const char *at = line; (at = memchr(at, ':', (size_t)(line + length - at))) != NULL; at++) {
        /* A colon behind a quote begins a value: texts of these lines hold none. */
        if (at[-1] != '"')
            continue;
        const char *behind = at + 1;
        bool is_text = *behind == '"';
        for (behind += is_text; is_text ? *behind != '"' || behind[-1] == '\\' : *behind != ',' && *behind != '}';
             behind++)
            ;
        behind += is_text;
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
            r3_buffer_reset(&changed);
            r3_buffer_append(&changed, line, (size_t)(at + 1 - line));
            r3_buffer_append_text(&changed, values[i]);
            r3_buffer_append(&changed, behind, (size_t)(line + length - behind));
            check_agreement(changed.data, changed.length);
        }
    }
    r3_buffer_release(&changed);
}

/* The longest text of every member comes back by both decoders; one character more is refused, and nothing is written behind the
 * array (the next member, where there is one, is still what was there). */
static void check_longest(enum r3_record_type type) {
    const struct r3_record_table *table = &r3_record_tables[type];
    struct r3_buffer line = R3_BUFFER_INIT;
    struct r3_record record, back;
    for (size_t i = 0; i < table->count; i++) {
        const struct r3_member *member = &table->members[i];
        if (member->kind != R3_MEMBER_TEXT || member->names)
            continue;
        fill_record(&record, type, false);
        char *text = r3_member_in(&record, member);
        memset(text, 'x', member->size - 1u);
        text[member->size - 1u] = '\0';
        r3_buffer_reset(&line);
        CHECK(r3_record_encode(&line, &record, &error) == 0);
        CHECK(r3_record_decode(decoder, &back, line.data, line.length - 1, &error) == 0);
        CHECK(first_difference(&record, &back) == NULL);
        struct r3_buffer longer = R3_BUFFER_INIT;
        size_t ahead = (size_t)(strstr(line.data, text) - line.data);
        r3_buffer_append(&longer, line.data, ahead);
        r3_buffer_append_text(&longer, "x");
        r3_buffer_append(&longer, line.data + ahead, line.length - ahead);
        memset(&back, 0x5a, sizeof back);
        CHECK(r3_record_decode_canonical(decoder, &back, longer.data, longer.length - 1) == 0);
        CHECK_INT(((char *)r3_member_in(&back, member))[member->size], 0x5a);
        CHECK(r3_record_decode_json(decoder, &back, longer.data, longer.length - 1, &error) == -1);
        r3_buffer_release(&longer);
    }
    r3_buffer_release(&line);
}

/* Every example line of r3-records(5) is canonical: written again it is the same bytes. mdoc spells a backslash \\e. */
static void check_page(void) {
    FILE *page = fopen("man/r3-records.5", "r");
    char line[4096];
    int examples = 0;
    unsigned types = 0;
    CHECK(page != NULL);
    while (page && fgets(line, sizeof line, page)) {
        if (strncmp(line, "{\"type\":", 8) != 0)
            continue;
        for (char *escape = line; (escape = strstr(escape, "\\e")) != NULL; escape++)
            memmove(escape + 1, escape + 2, strlen(escape + 2) + 1);
        struct r3_record record;
        struct r3_buffer out = R3_BUFFER_INIT;
        CHECK(r3_record_decode(decoder, &record, line, strlen(line) - 1, &error) == 0);
        if (record.type == R3_UNKNOWN) { /* of r3-sweep, which stand in no stream */
            CHECK(strncmp(line + 9, "job\"", 4) == 0 || strncmp(line + 9, "result\"", 7) == 0);
            continue;
        }
        CHECK(r3_record_encode(&out, &record, &error) == 0);
        CHECK_TEXT(out.data, line);
        check_replacements(line, strlen(line) - 1);
        r3_buffer_release(&out);
        types |= R3_BIT(record.type);
        examples++;
    }
    if (page)
        fclose(page);
    CHECK(examples >= R3_RECORD_TYPES - 1);
    CHECK_INT(types, R3_BIT(R3_RECORD_TYPES) - 2); /* each but R3_UNKNOWN */
}

int main(void) {
    decoder = r3_decoder_new();
    for (unsigned type = R3_UNKNOWN + 1; type < R3_RECORD_TYPES; type++)
        for (int turn = 0; turn < 300; turn++)
            check_round_trip((enum r3_record_type)type, turn == 0);
    for (unsigned type = R3_UNKNOWN + 1; type < R3_RECORD_TYPES; type++)
        check_longest((enum r3_record_type)type);
    check_spellings();
    check_refused();
    check_unknown();
    check_borrowed();
    check_state();
    check_writing();
    check_candles();
    check_doubles();
    check_page();
    r3_decoder_free(decoder);
    r3_decoder_free(NULL);
    return check_done();
}
