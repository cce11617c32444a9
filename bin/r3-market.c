/* r3-market: candles of the store, their history and indicators. A word is a stage of lib/session/. */
#include <string.h>

#include "lib/session/market.h"

static const struct {
    const char *name;
    const struct r3_stage *stage;
} words[] = {
    { "history", &r3_market_history_stage }, { "indicator", &r3_market_indicator_stage },
    { "symbols", &r3_market_symbols_stage }, { "keep", &r3_market_keep_stage },
    { "answer", &r3_market_answer_stage },
};

int main(int argc, char **argv) {
    for (size_t i = 0; argc > 1 && i < sizeof words / sizeof words[0]; i++)
        if (strcmp(argv[1], words[i].name) == 0)
            return r3_stage_main(words[i].stage, argc - 1, argv + 1);
    return r3_stage_main(&r3_market_stage, argc, argv);
}
