#ifndef R3_SESSION_MARKET_H
#define R3_SESSION_MARKET_H

#include "lib/stage/stage.h"

/* r3-market, a stage a word: history, indicator and symbols are sources, keep and answer filters. The first one stands for the program itself,
 * with the options of all words, for --help and the like. */
extern const struct r3_stage r3_market_stage, r3_market_history_stage, r3_market_indicator_stage, r3_market_keep_stage,
    r3_market_answer_stage, r3_market_symbols_stage;

/* Rows of the words' option tables. */
#define R3_MARKET_OPTION_PLATFORM                                                                                      \
    { .name = "platform", .kind = R3_OPTION_TEXT, .argument = "NAME", .help = "where the candles are from" }
#define R3_MARKET_OPTION_LAST                                                                                          \
    { .name = "last", .kind = R3_OPTION_INTEGER, .argument = "N", .minimum = 1, .help = "how many, up to the newest" }
#define R3_MARKET_OPTION_TO                                                                                            \
    { .name = "to", .kind = R3_OPTION_TIME, .argument = "TIME", .help = "only candles that open before it" }
#define R3_MARKET_OPTION_FROM                                                                                          \
    { .name = "from", .kind = R3_OPTION_TIME, .argument = "TIME", .help = "history: only candles that open from it on" }
#define R3_MARKET_OPTION_STREAM                                                                                        \
    { .name = "stream", .kind = R3_OPTION_FLAG, .help = "history: with head and end, for other programs" }
#define R3_MARKET_OPTION_DAYS                                                                                          \
    {                                                                                                                  \
        .name = "days", .kind = R3_OPTION_INTEGER, .argument = "N", .fallback = "10", .minimum = 1,                    \
        .help = "keep: how long, if no session needs more"                                                             \
    }

#define R3_MARKET_OPTION_MAX_AGE                                                                                       \
    {                                                                                                                  \
        .name = "max-age", .kind = R3_OPTION_DURATION, .argument = "DURATION", .fallback = "1d",                       \
        .help = "symbols: older ones are asked for again"                                                              \
    }

#endif
