/* States as text: what is written is what was read, and a damaged one is refused with the place of the damage. The texts are the
 * fuzzer's seeds: real states. */

#include "lib/record/state.h"
#include "lib/trade/paper_state.h"
#include "lib/trade/tracker_state.h"
#include "tests/unit/check.h"

static struct r3_error error;

static struct r3_buffer seed_text(const char *name) {
    struct r3_buffer text = R3_BUFFER_INIT;
    char path[256], part[4096];
    snprintf(path, sizeof path, "tests/fuzz/seeds/state/%s", name);
    FILE *file = fopen(path, "r");
    CHECK(file != NULL);
    for (size_t length; file && (length = fread(part, 1, sizeof part, file)) > 0;)
        r3_buffer_append(&text, part, length);
    if (file)
        fclose(file);
    r3_buffer_append(&text, "", 0);
    return text;
}

/* The text with the first `from` replaced; the caller frees it. */
static struct r3_buffer replaced(const struct r3_buffer *text, const char *from, const char *to) {
    struct r3_buffer out = R3_BUFFER_INIT;
    const char *found = strstr(text->data, from);
    if (!found)
        CHECK_TEXT("not in the seed", from);
    size_t at = found ? (size_t)(found - text->data) : 0;
    r3_buffer_append(&out, text->data, at);
    r3_buffer_append_text(&out, to);
    r3_buffer_append_text(&out, text->data + at + (found ? strlen(from) : 0));
    return out;
}

static int emit(void *context, const struct r3_record *record, struct r3_error *unused) {
    (void)context, (void)record, (void)unused;
    return 0;
}

static int sync(void *context, struct r3_error *unused) {
    (void)context, (void)unused;
    return 0;
}

/* What is loaded and saved again, in *out; or -1 and the error. */
static int pass_tracker(const struct r3_buffer *text, struct r3_buffer *out) {
    const struct r3_tracker_options options = { .limit_candles = 1,
                                                .stop_loss = r3_decimal_absent,
                                                .take_profit = r3_decimal_absent,
                                                .trailing_stop = r3_decimal_absent,
                                                .break_even = r3_decimal_absent,
                                                .limit = r3_decimal_absent };
    const struct r3_tracker_outlet outlet = { emit, sync, NULL };
    struct r3_tracker *tracker = r3_tracker_new(&options, &outlet);
    struct r3_tracker_heard heard = { 0 };
    int result = r3_tracker_load(tracker, &heard, text->data, text->length, &error);
    if (result == 0) {
        r3_tracker_save(tracker, out);
        result = r3_tracker_save_heard(&heard, out, &error);
        struct r3_error late;
        CHECK(r3_tracker_load(tracker, &heard, text->data, text->length, &late) == -1);
        CHECK_TEXT(late.text, "state: it comes behind candles or signals");
        CHECK_TEXT(r3_tracker_first_session(tracker), "main");
    }
    r3_tracker_heard_release(&heard);
    r3_tracker_free(tracker);
    return result;
}

static int pass_paper(const struct r3_buffer *text, struct r3_buffer *out) {
    const struct r3_paper_options options = { .cash = R3_DECIMAL(1000, 0),
                                              .taker_fee = r3_decimal_absent,
                                              .maker_fee = r3_decimal_absent,
                                              .slippage = r3_decimal_zero,
                                              .spread = r3_decimal_zero,
                                              .volume_share = r3_decimal_absent,
                                              .through = r3_decimal_zero };
    struct r3_paper *paper;
    bool opened = false;
    CHECK(r3_paper_new(&paper, &options, emit, NULL, &error) == 0);
    int result = r3_paper_load(paper, &opened, text->data, text->length, &error);
    if (result == 0) {
        struct r3_error late;
        r3_paper_save(paper, opened, out);
        CHECK(r3_paper_load(paper, &opened, text->data, text->length, &late) == -1);
        CHECK_TEXT(late.text, "state: it comes behind candles or orders");
    }
    r3_paper_free(paper);
    return result;
}

typedef int pass_state(const struct r3_buffer *text, struct r3_buffer *out);

static void check_same(const char *name, pass_state *pass) {
    struct r3_buffer text = seed_text(name), out = R3_BUFFER_INIT;
    error.text[0] = '\0';
    CHECK(pass(&text, &out) == 0);
    CHECK_TEXT(error.text, "");
    CHECK_TEXT(out.data ? out.data : "", text.data);
    r3_buffer_release(&text);
    r3_buffer_release(&out);
}

static void refuse(const char *name, pass_state *pass, const char *from, const char *to, const char *why) {
    struct r3_buffer text = seed_text(name), damaged = replaced(&text, from, to), out = R3_BUFFER_INIT;
    error = (struct r3_error) { 0 };
    CHECK(pass(&damaged, &out) == -1);
    CHECK_INT(error.status, R3_DATA);
    CHECK_TEXT(error.text, why);
    r3_buffer_release(&text);
    r3_buffer_release(&damaged);
    r3_buffer_release(&out);
}

static void check_tracker(void) {
    static const char *const seeds[] = { "tracker-exchange", "tracker-guards", "tracker-limit", "tracker-turn" };
    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++)
        check_same(seeds[i], pass_tracker);
#define REFUSE(from, to, why) refuse("tracker-limit", pass_tracker, from, to, "state: " why)
    REFUSE("{\"now\"", "[\"now\"", "not JSON: ']' expected near ':' at byte 7");
    REFUSE("\"now\":18000000,", "", "now is missing");
    REFUSE("\"now\":18000000", "\"now\":\"18000000\"", "now: not an integer");
    REFUSE("\"now\":18000000", "\"now\":18000000.5", "now: not an integer");
    REFUSE("\"now\":18000000", "\"now\":-1", "now: -1 is not 0 to 253402300799999");
    REFUSE("\"candles\":0", "\"candle\":0", "candle: not a member of it");
    REFUSE("\"candles\":0", "\"candles\":0,\"candles\":0",
           "not JSON: duplicate object key near '\"candles\"' at byte 37");
    REFUSE("\"heard\":[]", "\"heard\":{}", "heard: not an array");
    REFUSE("\"heard\":[]", "\"heard\":[{}]", "heard[0]: type: not the first member");
    REFUSE("\"heard\":[]", "\"heard\":[{\"type\":\"sync\",\"id\":1}]", "heard[0]: neither an update nor a trade");
    REFUSE("\"name\":\"main\"", "\"name\":\"ma in\"", "sessions[0]: name: not a word of A-Za-z0-9_-");
    REFUSE("\"name\":\"main\"", "\"name\":\"ma-in\"", "sessions[0]: name: not a session's");
    REFUSE("\"name\":\"main\"", "\"name\":\"abcdefghijklmnopq\"", "sessions[0]: name: too long");
    REFUSE("\"name\":\"main\"", "\"name\":\"other\"", "positions[0]: session: there is no main");
    REFUSE("\"equity\":\"10000\"", "\"equity\":10000", "sessions[0]: equity: not a decimal");
    REFUSE("\"equity\":\"10000\"", "\"equity\":\"1e4\"", "sessions[0]: equity: not a decimal: \"1e4\"");
    REFUSE("\"total_loss\":\"0\"", "\"total_loss\":\"-1\"", "sessions[0]: total_loss: not 0 or more");
    REFUSE("\"paused\":false", "\"paused\":0", "sessions[0]: paused: not true or false");
    REFUSE("\"paused\":false,", "", "sessions[0]: paused is missing");
    REFUSE("\"timeframe\":\"1H\"", "\"timeframe\":\"1h\"", "markets[0]: timeframe: not one of its names");
    REFUSE("\"price\":\"92\"", "\"price\":\"0\"", "markets[0]: price: not above 0");
    REFUSE("\"day\":0,", "", "markets[0]: day and midnight: one without the other");
    REFUSE("\"market\":\"BTC-USD\"", "\"market\":\"ETH-USD\"", "positions[0]: market: there is no ETH-USD");
    REFUSE("\"state\":\"ENTERING\"", "\"state\":\"STRANGE\"", "positions[0]: state: not one of its names");
    REFUSE("\"seen\":2", "\"seen\":15", "positions[0]: seen: 15 is not 0 to 14");
    REFUSE("\"attempt\":1", "\"attempt\":1000000001",
           "positions[0]: entry: attempt: 1000000001 is not 0 to 1000000000");
    REFUSE("\"levels\":{\"stop\":\"89.18\"}", "\"levels\":{\"stop\":\"89.1.8\"}",
           "positions[0]: entry: levels: stop: not a decimal: \"89.1.8\"");
    REFUSE("\"cash\":\"0\"", "\"cash\":\"1\"", "positions[0]: ledger: it does not add up");
    REFUSE("\"positions\":[]}",
           "\"positions\":[{\"market\":\"ETH-USD\",\"size\":\"0\",\"cost\":\"0\",\"realized\":\"0\"}]}",
           "positions[0]: ledger: not of BTC-USD alone");
    REFUSE("\"role\":\"ENTRY\"", "\"role\":\"ENTR", "not JSON: '}' expected near 'kind' at byte 1003");
#undef REFUSE
}

static void check_guards(void) {
#define REFUSE(from, to, why) refuse("tracker-guards", pass_tracker, from, to, "state: sessions[0]: " why)
    REFUSE("\"ended\":0,", "", "ended is missing");
    REFUSE("\"first_equity\":\"10000\"", "\"first_equity\":\"\"", "first_equity: not a decimal: \"\"");
    REFUSE("\"stop_block\":{", "\"stop_block\":{\"since\":1,", "stop_block: since: not a member of it");
    REFUSE("\"stops\":[{\"time\"", "\"stops\":[{\"since\"", "stops[0]: since: not a member of it");
    REFUSE("\"stops\":[", "\"stops\":{},\"stop\":[", "stop: not a member of it");
    REFUSE("\"peaks\":[{\"since\":", "\"peaks\":[{\"since\":-",
           "peaks[0]: since: -7200000 is not 0 to 253402300799999");
#undef REFUSE
}

static void check_paper(void) {
    static const char *const seeds[] = { "paper-brackets", "paper-limit", "paper-turn" };
    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++)
        check_same(seeds[i], pass_paper);
#define REFUSE(from, to, why) refuse("paper-brackets", pass_paper, from, to, "state: " why)
    REFUSE("\"opened\":true,", "", "opened is missing");
    REFUSE("\"cash\":\"9908.1082\"", "\"cash\":\"9908.1083\"", "sessions[0]: ledger: it does not add up");
    REFUSE("\"before\":\"\"", "\"before\":\"AAAA\"", "sessions[0]: before: 3 bytes, of 16 each");
    REFUSE("\"recent\":\"BAA5", "\"recent\":\"*AA5", "sessions[0]: recent: not base64 at byte 1");
    REFUSE("\"other\":\"\"", "\"other\":1", "sessions[0]: other: missing, or not a text");
    REFUSE("\"price_increment\":\"0.01\"", "\"price_increment\":\"0\"",
           "markets[0]: rules: price_increment: 0 is not above 0");
    REFUSE("\"type\":\"instrument\"", "\"type\":\"candle\"", "markets[0]: rules: candle: timeframe is missing");
    REFUSE("\"timeframe\":\"1H\",", "", "markets[0]: candles: without timeframe and price");
    REFUSE("\"volume\":\"3\"", "\"volume\":\"-3\"", "markets[0]: volume: not 0 or more");
    REFUSE("\"orders\":[{\"session\":\"main\"", "\"orders\":[{\"session\":\"mian\"",
           "markets[0]: orders[0]: session: there is no mian");
    REFUSE("\"funds\":\"499.5\"", "\"size\":\"1\",\"funds\":\"499.5\"",
           "markets[0]: orders[0]: its size or funds do not go with its role");
    REFUSE("\"touch\":\"101.5\",", "", "markets[0]: orders[1]: a STOP order without price and touch");
    REFUSE("\"side\":\"BUY\"", "\"side\":\"LONG\"", "markets[0]: orders[0]: order: side: not one of its names");
    REFUSE("\"entry\":0,", "\"entry\":1,", "markets[0]: brackets[0]: entry: order 1 is not it");
    REFUSE("\"stop\":1,", "\"stop\":9,", "markets[0]: brackets[0]: stop: order 9 is not it");
    REFUSE("\"stop\":1,", "", "markets[0]: orders[1]: a leg of no bracket");
    REFUSE("\"market\":\"ETH-USD\"", "\"market\":\"BTC-USD\"", "markets[1]: market: a second BTC-USD");
#undef REFUSE
}

/* ---- parts ---- */

static struct r3_record parts[8];
static char texts[8][R3_STATE_SIZE];
static size_t part_count;

static int keep_part(void *context, const struct r3_record *record, struct r3_error *unused) {
    (void)context, (void)unused;
    parts[part_count] = *record;
    r3_copy_text(texts[part_count], sizeof texts[0], record->state.data, strlen(record->state.data));
    parts[part_count].state.data = texts[part_count];
    part_count++;
    return 0;
}

static void check_parts(void) {
    struct r3_buffer text = R3_BUFFER_INIT, line = R3_BUFFER_INIT;
    struct r3_state_parts joined = { 0 };
    for (size_t i = 0; i < 40000; i++)
        r3_buffer_append_text(&text, i % 3 ? "\"\xe2\x82\xac" : "a");
    CHECK(r3_state_emit("main", "r3-test", 3, &text, keep_part, NULL, &error) == 0);
    CHECK(part_count > 2);
    CHECK(r3_state_check_whole(&joined, &error) == 0);
    for (size_t i = 0; i < part_count; i++) {
        r3_buffer_reset(&line);
        CHECK(r3_record_encode(&line, &parts[i], &error) == 0); /* no character is cut, no line too long */
        CHECK_INT(parts[i].state.parts, part_count);
        CHECK_INT(r3_state_join(&joined, &parts[i].state, 3, &error), i + 1 == part_count);
        CHECK_INT(r3_state_check_whole(&joined, &error), i + 1 == part_count ? 0 : -1);
    }
    CHECK_TEXT(joined.text.data, text.data);
    CHECK(r3_state_join(&joined, &parts[0].state, 3, &error) == -1);
    CHECK_TEXT(error.text, "state: a second one of r3-test");
    r3_state_parts_release(&joined);

    joined = (struct r3_state_parts) { 0 };
    CHECK(r3_state_join(&joined, &parts[1].state, 3, &error) == -1);
    CHECK_INT(error.status, R3_DATA);
    CHECK(strncmp(error.text, "state: part 2 of ", 17) == 0 && strstr(error.text, ", where part 1 was to come"));
    CHECK(r3_state_join(&joined, &parts[0].state, 3, &error) == 0);
    CHECK(r3_state_join(&joined, &parts[0].state, 3, &error) == -1);
    CHECK(r3_state_check_whole(&joined, &error) == -1);
    CHECK(strncmp(error.text, "state: part 2 of ", 17) == 0 && strstr(error.text, " is missing"));
    CHECK(r3_state_join(&joined, &parts[1].state, 4, &error) == -1);
    CHECK_INT(error.status, R3_CONFIG);
    CHECK_TEXT(error.text,
               "state: version 3 is another release's, this one writes 4: run the session with that release, or "
               "start it anew");
    r3_state_parts_release(&joined);
    r3_buffer_release(&text);
    r3_buffer_release(&line);
}

int main(void) {
    check_tracker();
    check_guards();
    check_paper();
    check_parts();
    return check_done();
}
