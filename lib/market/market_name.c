#include "lib/market/market_name.h"

#include <ctype.h>

#include "lib/base/buffer.h"

/* Where a word can be split in two ways and no base is known, the first fits: DOTUSD is against USD, not TUSD. */
static const char *const quotes[] = { "FDUSD", "USDT", "USDC", "USDP", "USDD", "USD", "TUSD", "BUSD", "EURT", "EUR",
                                      "GBP",   "JPY",  "CHF",  "CAD",  "AUD",  "NZD", "TRY",  "BRL",  "KRW",  "PLN",
                                      "ZAR",   "DAI",  "BTC",  "WBTC", "XBT",  "ETH", "BNB",  "KCS",  NULL };
static const char *const bases[] = { "BTC",  "XBT",  "ETH",   "LTC",  "XRP",  "BCH", "ADA", "SOL",  "DOGE", "DOT",
                                     "AVAX", "LINK", "MATIC", "BNB",  "TRX",  "XLM", "XMR", "ETC",  "EOS",  "UNI",
                                     "ATOM", "KCS",  "SHIB",  "TON",  "NEAR", "FIL", "ZEC", "DASH", "ALGO", "APT",
                                     "ARB",  "OP",   "SUI",   "PEPE", "EUR",  "GBP", "XAU", NULL };

enum { WORD_SIZE = 24, WORDS_MAX = 16, BASE_MIN = 2, BASE_MAX = 6, STEM_MIN = 2, STEM_MAX = 10 };

static bool is_quote(const char *word) {
    for (const char *const *quote = quotes; *quote; quote++)
        if (strcmp(*quote, word) == 0)
            return true;
    return false;
}

static bool is_known_base(const char *word, size_t length) {
    for (const char *const *base = bases; *base; base++)
        if (strlen(*base) == length && memcmp(*base, word, length) == 0)
            return true;
    return false;
}

/* How many bytes of an upper-case word are its base when a known quote ends it, a known base going first; 0: none. */
static size_t base_length(const char *word) {
    size_t length = strlen(word), found = 0;
    for (const char *const *quote = quotes; *quote; quote++) {
        size_t size = strlen(*quote);
        if (length < size + BASE_MIN || strcmp(word + length - size, *quote) != 0)
            continue;
        if (is_known_base(word, length - size))
            return length - size;
        if (!found)
            found = length - size;
    }
    return found;
}

static int join(char out[R3_MARKET_SIZE], const char *base, size_t base_size, const char *quote, size_t quote_size) {
    if (base_size == 0 || quote_size == 0 || base_size >= R3_CURRENCY_SIZE || quote_size >= R3_CURRENCY_SIZE)
        return -1;
    memcpy(out, base, base_size);
    out[base_size] = '-';
    memcpy(out + base_size + 1, quote, quote_size);
    out[base_size + 1 + quote_size] = '\0';
    return 0;
}

int r3_market_parse(char out[R3_MARKET_SIZE], const char *text, struct r3_error *error) {
    char word[R3_MARKET_SIZE];
    size_t length = strlen(text), split = 0, marks = 0;
    bool valid = length > 0 && length < sizeof word;
    for (size_t i = 0; valid && i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte == '-' || byte == '/' || byte == '_') {
            split = i;
            marks++;
        } else if (!isalnum(byte)) {
            valid = false;
        }
        word[i] = (char)toupper(byte);
    }
    if (valid && marks == 0) {
        word[length] = '\0';
        split = base_length(word);
        valid = split && join(out, word, split, word + split, length - split) == 0;
    } else if (valid) {
        valid = marks == 1 && join(out, word, split, word + split + 1, length - split - 1) == 0;
    }
    return valid ? 0 : r3_fail(error, R3_USAGE, "not a market: \"%.64s\"; spell it as BTC-USDT", text);
}

int r3_market_split(char base[R3_CURRENCY_SIZE], char quote[R3_CURRENCY_SIZE], const char *market) {
    const char *mark = strchr(market, '-');
    if (!mark)
        return -1;
    return r3_copy_text(base, R3_CURRENCY_SIZE, market, (size_t)(mark - market)) < 0 ||
                   r3_copy_text(quote, R3_CURRENCY_SIZE, mark + 1, strlen(mark + 1)) < 0
               ? -1
               : 0;
}

/* The runs of letters and digits of the file's name up to its first dot, in upper case. */
static size_t split_words(char words[WORDS_MAX][WORD_SIZE], const char *stem, size_t length) {
    size_t count = 0, size = 0;
    for (size_t i = 0; i <= length; i++) {
        bool inside = i < length && isalnum((unsigned char)stem[i]);
        if (inside && count < WORDS_MAX && size < WORD_SIZE - 1)
            words[count][size] = (char)toupper((unsigned char)stem[i]);
        size += inside;
        if (inside || size == 0 || count == WORDS_MAX)
            continue;
        if (size < WORD_SIZE) /* a longer one is no currency */
            words[count++][size] = '\0';
        size = 0;
    }
    return count;
}

static bool known_pair(char words[WORDS_MAX][WORD_SIZE], size_t count, char out[R3_MARKET_SIZE]) {
    for (size_t i = 0; i < count; i++) {
        size_t split = base_length(words[i]);
        if (split && is_known_base(words[i], split))
            return join(out, words[i], split, words[i] + split, strlen(words[i]) - split) == 0;
        if (i + 1 < count && is_known_base(words[i], strlen(words[i])) && is_quote(words[i + 1]))
            return join(out, words[i], strlen(words[i]), words[i + 1], strlen(words[i + 1])) == 0;
    }
    return false;
}

static bool word_with_quote(char words[WORDS_MAX][WORD_SIZE], size_t count, char out[R3_MARKET_SIZE]) {
    for (size_t i = 0; i < count; i++) {
        size_t split = base_length(words[i]);
        if (split && split <= BASE_MAX)
            return join(out, words[i], split, words[i] + split, strlen(words[i]) - split) == 0;
    }
    return false;
}

int r3_market_guess(char out[R3_MARKET_SIZE], const char *path, struct r3_error *error) {
    char words[WORDS_MAX][WORD_SIZE];
    const char *slash = strrchr(path, '/'), *stem = slash ? slash + 1 : path;
    size_t length = strcspn(stem, "."), letters = 0;
    size_t count = split_words(words, stem, length);
    if (known_pair(words, count, out) || word_with_quote(words, count, out))
        return 0;
    while (letters < length && isalpha((unsigned char)stem[letters]))
        letters++;
    if (letters == length && length >= STEM_MIN && length <= STEM_MAX)
        return join(out, words[0], length, "USD", 3);
    return r3_fail(error, R3_USAGE, "%s: its name does not tell the market: say --market BTC-USD", path);
}
