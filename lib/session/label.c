#include "lib/session/label.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "lib/base/time.h"
#include "lib/json/json.h"
#include "lib/market/market_name.h"

static const char REFRESH[] = "refresh", FORM[] = "a label is STRATEGY-PLATFORM-MARKET-TIMEFRAME-refreshTIME, as "
                                                  "sma-cross-Kucoin-BTCUSDT-1H-refresh5mn";

/* The part of text[0..*length) behind its last '-'; *length is then what stands ahead of that. NULL: there is none. */
static const char *take_last(const char *text, size_t *length, size_t *part_length) {
    size_t at = *length;
    while (at > 0 && text[at - 1] != '-')
        at--;
    if (at == 0)
        return NULL;
    *part_length = *length - at;
    *length = at - 1;
    return text + at;
}

static int parse_refresh(int64_t *out, const char *text, size_t length, struct r3_error *error) {
    const size_t prefix = strlen(REFRESH);
    if (length <= prefix || strncasecmp(text, REFRESH, prefix) != 0)
        return r3_fail(error, R3_USAGE, "no refreshTIME at its end");
    if (r3_duration_parse(out, text + prefix, length - prefix, error) < 0)
        return r3_fail(error, R3_USAGE, "%.*s: not a time, as refresh5mn", (int)length, text);
    return 0;
}

static int parse_market(char out[R3_MARKET_SIZE], const char *text, size_t length, struct r3_error *error) {
    char word[R3_MARKET_SIZE];
    if (r3_copy_text(word, sizeof word, text, length) < 0)
        return r3_fail(error, R3_USAGE, "not a market: \"%.*s\"", (int)(length < 64 ? length : 64), text);
    return r3_market_parse(out, word, error);
}

/* BTC-USDT, which was cut at its '-': where the word without that would be read as the same two currencies. */
static bool take_two(char out[R3_MARKET_SIZE], const char *base, size_t base_length, const char *quote,
                     size_t quote_length) {
    char joined[R3_MARKET_SIZE];
    struct r3_error unused;
    if (base_length + quote_length >= sizeof joined)
        return false;
    memcpy(joined, base, base_length);
    memcpy(joined + base_length, quote, quote_length);
    joined[base_length + quote_length] = '\0';
    return r3_market_parse(out, joined, &unused) == 0 && strcspn(out, "-") == base_length;
}

static int take_market(struct r3_session_label *out, const char *text, size_t *length, struct r3_error *error) {
    size_t quote_length = 0, base_length = 0;
    const char *quote = take_last(text, length, &quote_length);
    if (!quote)
        return r3_fail(error, R3_USAGE, "no market");
    size_t ahead = *length;
    const char *base = take_last(text, &ahead, &base_length);
    if (!base || !take_two(out->market, base, base_length, quote, quote_length))
        return parse_market(out->market, quote, quote_length, error);
    *length = ahead;
    return 0;
}

int r3_session_platform(char out[R3_PLATFORM_SIZE], const char *text, size_t length, struct r3_error *error) {
    bool valid = length > 0 && length < R3_PLATFORM_SIZE;
    for (size_t i = 0; valid && i < length; i++) {
        valid = isalnum((unsigned char)text[i]) || text[i] == '_';
        out[i] = (char)tolower((unsigned char)text[i]);
    }
    if (!valid)
        return r3_fail(error, R3_USAGE, "not a platform: \"%.*s\", which is 1 to %d of A-Z a-z 0-9 _",
                       (int)(length < 64 ? length : 64), text, R3_PLATFORM_SIZE - 1);
    out[length] = '\0';
    return 0;
}

static int take_strategy(struct r3_session_label *out, const char *text, size_t length, struct r3_error *error) {
    bool valid = length > 0 && text[0] != '-' && r3_json_is_utf8(text, length);
    for (size_t i = 0; valid && i < length; i++)
        valid = (unsigned char)text[i] > ' ' && text[i] != 0x7f && text[i] != '/';
    if (!valid || r3_copy_text(out->strategy, sizeof out->strategy, text, length) < 0)
        return r3_fail(error, R3_USAGE, "not the name of a strategy: \"%.*s\"", (int)(length < 80 ? length : 80), text);
    return 0;
}

static int parse_parts(struct r3_session_label *out, const char *text, struct r3_error *error) {
    size_t length = strlen(text), part_length = 0;
    const char *part;
    if (length > R3_LABEL_MAX)
        return r3_fail(error, R3_USAGE, "longer than %d bytes", R3_LABEL_MAX);
    if (!(part = take_last(text, &length, &part_length)))
        return r3_fail(error, R3_USAGE, "no refreshTIME at its end");
    if (parse_refresh(&out->refresh, part, part_length, error) < 0)
        return -1;
    if (!(part = take_last(text, &length, &part_length)))
        return r3_fail(error, R3_USAGE, "no timeframe");
    if (r3_timeframe_parse(&out->timeframe, part, part_length, error) < 0 || take_market(out, text, &length, error) < 0)
        return -1;
    if (!(part = take_last(text, &length, &part_length)))
        return r3_fail(error, R3_USAGE, "no strategy and platform");
    if (r3_session_platform(out->platform, part, part_length, error) < 0)
        return -1;
    return take_strategy(out, text, length, error);
}

int r3_session_label_parse(struct r3_session_label *out, const char *text, struct r3_error *error) {
    struct r3_error reason = { 0 };
    *out = (struct r3_session_label) { 0 };
    if (parse_parts(out, text, &reason) == 0)
        return 0;
    return r3_fail(error, R3_USAGE, "%.100s: %.160s; %s", text, reason.text, FORM);
}

void r3_session_write_span(struct r3_buffer *out, int64_t span, const char *minute) {
    const struct {
        int64_t span;
        const char *name;
    } units[] = { { R3_DAY, "d" }, { R3_HOUR, "h" }, { R3_MINUTE, minute }, { R3_SECOND, "s" } };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (span % units[i].span == 0) {
            r3_buffer_printf(out, "%" PRId64 "%s", span / units[i].span, units[i].name);
            return;
        }
    r3_buffer_printf(out, "%" PRId64 "ms", span);
}

void r3_session_label_write(struct r3_buffer *out, const struct r3_session_label *label) {
    r3_buffer_printf(out, "%s-%c%s-", label->strategy, toupper((unsigned char)label->platform[0]), label->platform + 1);
    for (const char *p = label->market; *p; p++)
        if (*p != '-')
            r3_buffer_append(out, p, 1);
    r3_buffer_printf(out, "-%s-%s", r3_timeframe_name(label->timeframe), REFRESH);
    r3_session_write_span(out, label->refresh, "mn");
}
