#include "lib/exchange/names.h"

#include <string.h>

#define BIT(timeframe) (1U << (timeframe))
#define UP_TO_DAYS (BIT(R3_1W) - BIT(R3_1m))

static const struct {
    const char *name;
    unsigned timeframes; /* a BIT each */
    int64_t depth;
} known[] = {
    { "kucoin", UP_TO_DAYS, 0 },
    { "binance", UP_TO_DAYS | BIT(R3_1W) | BIT(R3_1M), 0 },
    { "kraken", BIT(R3_1m) | BIT(R3_5m) | BIT(R3_15m) | BIT(R3_30m) | BIT(R3_1H) | BIT(R3_4H) | BIT(R3_1D), 720 },
};
enum { KNOWN = sizeof known / sizeof known[0] };

static size_t find(const char *name) {
    size_t i = 0;
    while (i < KNOWN && strcmp(name, known[i].name) != 0)
        i++;
    return i;
}

bool r3_exchange_is_known(const char *name) {
    return find(name) < KNOWN;
}

bool r3_exchange_has(const char *name, enum r3_timeframe timeframe) {
    size_t i = find(name);
    return i < KNOWN && known[i].timeframes & BIT(timeframe);
}

int64_t r3_exchange_depth(const char *name) {
    size_t i = find(name);
    return i < KNOWN ? known[i].depth : 0;
}

/* Of r3-collect and r3-fetch: options without a value, or with it in the same word; any other has it in the next. */
static bool stands_alone(const char *word) {
    static const char *const flags[] = {
        "--both", "--growing", "--quiet", "--follow", "--store", "--help", "--version"
    };
    if (word[1] != '-') {
        const char *letter = word + 1 + strspn(word + 1, "fhV");
        return *letter == '\0' || letter[1] != '\0';
    }
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (strcmp(word, flags[i]) == 0)
            return true;
    return strchr(word, '=') != NULL;
}

/* NULL: there is none. */
static const char *first_operand(size_t count, char *const *words) {
    for (size_t i = 1; i < count; i++) {
        if (strcmp(words[i], "--") == 0)
            return i + 1 < count ? words[i + 1] : NULL;
        if (words[i][0] != '-' || words[i][1] == '\0')
            return words[i];
        i += !stands_alone(words[i]);
    }
    return NULL;
}

bool r3_exchange_is_asked(size_t count, char *const *words) {
    const char *operand = first_operand(count, words);
    return operand && r3_exchange_is_known(operand);
}

const char *r3_exchange_names(void) {
    return "kucoin, binance or kraken";
}
