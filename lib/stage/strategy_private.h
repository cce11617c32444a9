#ifndef R3_STAGE_STRATEGY_PRIVATE_H
#define R3_STAGE_STRATEGY_PRIVATE_H

#include "lib/record/state.h"
#include "lib/stage/stage.h"
#include "lib/strategy/rules.h"

/* The inside of r3-strategy: strategy.c runs the rules, strategy_state.c puts its state into records and takes it out. */

/* One market's evaluator. It runs on one timeframe: the one asked for, else the first that came. */
struct strategy_instance {
    char platform[R3_PLATFORM_SIZE], market[R3_MARKET_SIZE];
    enum r3_timeframe timeframe;
    int64_t span;    /* of the timeframe; 0: a month */
    int price_scale; /* digits after the point of prices that the rules computed */
    int64_t time;    /* of the last candle */
    uint64_t candles;
    bool warned, answered;            /* answered: a signal or a value was emitted */
    void *state;                      /* NULL before the first candle */
    struct r3_rules_sharing *sharing; /* of its series with other runs; NULL: none */
    struct r3_record signal;          /* what all its signals have in common */
    size_t id_length;                 /* of their ids; 0: too long */
    size_t id_timed;                  /* of the last id with its seconds */
    int64_t head;                     /* these seconds without their last five digits; 0: none */
};

struct strategy {
    struct r3_port *port;
    struct r3_rules *rules;
    struct r3_rules_block *block;
    size_t plots;
    bool computes; /* prices or the like, and not signals alone */
    char label[R3_NAME_SIZE];
    const char *session;
    char market[R3_MARKET_SIZE]; /* "": each */
    enum r3_timeframe timeframe;
    int64_t from; /* candles that open before it are not answered; R3_TIME_ABSENT: none */
    struct strategy_instance *instances;
    size_t count, last; /* last: where the last candle went */
    bool evaluated;
    struct r3_record record; /* on its way out */
    bool keeps;              /* --state: what was read of it */
    struct r3_state_parts parts;
};

/* The instance of a market, made where it is not there. */
struct strategy_instance *r3_strategy_instance(struct strategy *strategy, const char *platform, const char *market);
/* What all signals of an instance have in common; its timeframe is known. */
void r3_strategy_prepare_signal(const struct strategy *strategy, struct strategy_instance *instance);

/* strategy_state.c: a state record, taken up where it is this program's and this session's; and the state as records. R3_DATA: damaged; R3_CONFIG:
 * of another release, or of other rules. */
int r3_strategy_take_state(struct strategy *strategy, const struct r3_state *state, struct r3_error *error);
int r3_strategy_emit_state(struct strategy *strategy, struct r3_error *error);

#endif
