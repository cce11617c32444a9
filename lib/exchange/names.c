#include "lib/exchange/names.h"

#include <string.h>

bool r3_exchange_is_known(const char *name) {
    static const char *const names[] = { "kucoin", "binance", "kraken" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* Options that stand alone; any other has its value in the next word, or behind a '='. */
static bool is_flag(const char *word) {
    static const char *const flags[] = { "--both",    "--quiet", "--follow", "--store", "--help",
                                         "--version", "-f",      "-h",       "-V" };
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
        i += !is_flag(words[i]);
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
