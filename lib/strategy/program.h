#ifndef R3_STRATEGY_PROGRAM_H
#define R3_STRATEGY_PROGRAM_H

#include "lib/market/indicator.h"
#include "lib/market/resample.h"
#include "lib/strategy/parser.h"
#include "lib/strategy/rules.h"

/* The compiled form. Private to lib/strategy.
 *
 * A state is: struct rules_state; a struct r3_resample for each coarser frame; the cells; the indicators' states. A frame is a
 * timeframe: frame 0 the stream's own candles, each other one an at(). Each frame has its own row of instructions, run once
 * a candle of that timeframe; cells keep what the last run left, so frame 0 reads a coarser frame's cell as it stands. */

enum { R3_FRAMES_MAX = R3_TIMEFRAME_COUNT, R3_NODE_INPUTS = 4, R3_WORD_SIZE = 64 };

enum r3_input {
    R3_INPUT_OPEN,
    R3_INPUT_HIGH,
    R3_INPUT_LOW,
    R3_INPUT_CLOSE,
    R3_INPUT_VOLUME, /* decimals */
    R3_INPUT_MINUTE,
    R3_INPUT_HOUR,
    R3_INPUT_WEEKDAY,
    R3_INPUT_DAY,
    R3_INPUT_MONTH,
    R3_INPUT_DATE,
    R3_INPUTS
};

struct r3_instruction {
    enum r3_operation operation;
    bool wants_value; /* R3_OP_EXACT: somebody reads the double */
    int32_t out;      /* cell */
    int32_t in[R3_NODE_INPUTS];
    uint32_t state; /* offset in the block */
    const struct r3_indicator *indicator;
    struct r3_indicator_setup setup; /* R3_OP_EXACT: fixed = numbers[0] × in[0] + numbers[1] × in[1], over divisor */
};

struct r3_frame {
    enum r3_timeframe timeframe; /* NONE: the stream's own */
    struct r3_place place;       /* of the at() */
    int32_t first, count;        /* instructions */
    int32_t inputs[R3_INPUTS];   /* cells, -1: not used */
    bool wants_value[R3_INPUTS];
    int32_t warm_up; /* candles of this frame before all is ready */
};

struct r3_rules {
    char name[R3_TEXT_SIZE];
    struct r3_frame frames[R3_FRAMES_MAX];
    int32_t frame_count;
    struct r3_instruction *instructions;
    int32_t instruction_count;
    struct r3_constant {
        int32_t cell;
        double value;
    } * constants;
    int32_t constant_count, cell_count;
    uint32_t cells_at, size; /* offsets in the state */
    uint64_t hash;
    int32_t outputs[R3_RULES_OUTPUTS]; /* cells, -1: not defined */
    struct r3_plot {
        char name[R3_NAME_SIZE];
        int32_t cell;
    } * plots;
    int32_t plot_count;
    struct r3_parameter {
        char name[R3_WORD_SIZE];
        double value;
        bool set;
    } * parameters;
    int32_t parameter_count;
    bool *functions_used; /* by row of r3_functions */
};

/* Parts of a state stand at multiples of 16. */
#define R3_STATE_ALIGNED(size) (((size) + 15) / 16 * 16)

struct rules_state {
    uint64_t hash;
    uint64_t size;
    int32_t scale; /* of every fixed in the block; grows with the candles' own */
    bool began;    /* a first candle came */
    bool was[3], turned[3];
    r3_int128 largest; /* of the coefficients that came in, at this scale */
};

/* One elementary operation on 1 to 3 cells; used to fold constants as well, so both give the same. */
void r3_operate(enum r3_operation operation, const struct r3_cell *const *in, struct r3_cell *out);

#endif
