#ifndef R3_STRATEGY_PROGRAM_H
#define R3_STRATEGY_PROGRAM_H

#include "lib/market/indicator.h"
#include "lib/market/resample.h"
#include "lib/strategy/parser.h"
#include "lib/strategy/rules.h"
#include "lib/strategy/series.h"

/* The compiled form. Private to lib/strategy.
 *
 * A cell is a series. A block of candles is evaluated instruction by instruction, each over the whole block, from columns to
 * columns: a candle costs each instruction one turn of a plain loop. What lives from one block to the next is in the state:
 * struct rules_state; a struct r3_resample for each coarser frame; the instructions' own states. A frame is a timeframe: frame 0
 * the stream's own candles, each other one an at(). Each frame has its own row of instructions, run over the candles of that
 * timeframe which were completed within the block; R3_OP_COPY spreads their values over the stream's candles. */

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
    R3_INPUTS,
    R3_INPUT_DECIMALS = R3_INPUT_VOLUME + 1
};

struct r3_instruction {
    enum r3_operation operation;
    int32_t out; /* cell */
    int32_t in[R3_NODE_INPUTS];
    int32_t operands; /* how many of in[] */
    int32_t frame;    /* R3_OP_COPY: that of the operand */
    uint32_t state;   /* offset in the state */
    const struct r3_indicator *indicator;
    struct r3_indicator_setup setup; /* R3_OP_EXACT: numbers[0] × in[0] + numbers[1] × in[1], over divisor */
};

struct r3_frame {
    enum r3_timeframe timeframe; /* NONE: the stream's own */
    struct r3_place place;       /* of the at() */
    int32_t first, count;        /* instructions */
    int32_t inputs[R3_INPUTS];   /* cells, -1: not used */
    bool uses_time;              /* one of the inputs from R3_INPUT_MINUTE on */
    int32_t warm_up;             /* candles of this frame before all is ready */
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
    int32_t constant_count;
    struct r3_cell {
        bool exact;       /* a decimal series: has integers */
        bool wants_value; /* somebody reads its doubles */
    } * cells;
    int32_t cell_count;
    int8_t decimals_used[R3_INPUT_DECIMALS]; /* inputs, in any frame */
    int8_t decimals_count;
    int32_t growth; /* bits by which a decimal series can exceed the inputs */
    uint32_t size;  /* of a state */
    uint64_t hash, meaning;
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
    bool was[3];
    r3_int128
        largest; /* of the coefficients that came in, at this scale; integers have 64 bits until it is too large */
};

/* What a coarser frame's cell was on its last candle; the state of an R3_OP_COPY. */
struct r3_held {
    double value;
    bool ready;
};

/* One elementary operation on 1 to 3 series; used to fold constants as well, so both give the same. */
void r3_operate(enum r3_operation operation, size_t count, const struct r3_column *const *in,
                const struct r3_column *out);

extern const char *const r3_input_names[R3_INPUT_DECIMALS];

/* A candle of a coarser frame, complete as of candle `at` of the block. Its decimals are at the state's scale. */
struct r3_coarse {
    r3_int128 decimals[R3_INPUT_DECIMALS];
    int64_t time;
    size_t at;
};

struct r3_rules_block {
    const struct r3_rules *rules;
    size_t capacity, count;
    bool wide;                 /* decimal series have 128-bit integers in this block */
    struct r3_column *columns; /* a cell each */
    r3_int128 **integers;      /* of each decimal series: room for either size */
    struct r3_operands {
        const struct r3_column *in[R3_NODE_INPUTS], *out;
        bool divides; /* the doubles of its decimal series are wanted too */
    } * operands;     /* an instruction each */
    uint8_t turned[R3_BLOCK_MAX];
    struct r3_coarse_row {
        struct r3_coarse *candles; /* capacity of them; NULL in frame 0 */
        size_t count;
    } coarse[R3_FRAMES_MAX];
    struct r3_resample *saved;        /* of the coarser frames, while candles are put in */
    struct r3_rules_sharing *sharing; /* NULL: none */
    struct r3_column *own_columns;    /* the columns, when none of them is shared */
    bool *needed, *runs; /* with sharing: cells that somebody reads in this block, instructions that run for them */
    void *memory;
};

/* Candles on their way in: part of a block of columns, or one record. */
struct r3_source {
    enum r3_timeframe timeframe;
    size_t count;
    const int64_t *time;
    struct r3_source_decimal {
        const int64_t *narrow;
        const r3_int128 *wide; /* where 64 bits do not hold it: one */
        int32_t scale;
    } decimals[R3_INPUT_DECIMALS];
    const struct r3_candle *record; /* NULL: columns */
};

/* An evaluation whose series are shared with others. */
struct r3_rules_sharing {
    const struct r3_rules *rules;
    struct r3_series_cache *cache;
    uint64_t at;               /* candles evaluated */
    struct r3_series **series; /* an instruction each; NULL: computed in the evaluation's own state */
};
/* Frame 0 with sharing: take what the series have, load and run what the others need. */
void r3_rules_run_shared(struct r3_rules_block *block, void *state, const struct r3_source *source);
/* One instruction of frame 0 over the block, in the state's own. */
void r3_rules_run_instruction(struct r3_rules_block *block, void *state, int32_t index);

/* How many of the source's first candles can be evaluated in one block: *count, at least one. The state's scale has grown to
 * what they need, and the coarser frames have what they completed. R3_DATA when the first cannot be. */
int r3_rules_plan(struct r3_rules_block *block, void *state, const struct r3_source *source, struct r3_error *error);
/* The columns of a frame's inputs, of those that are needed, with block->count candles or those of its coarser ones. */
void r3_rules_load(struct r3_rules_block *block, void *state, const struct r3_source *source, int32_t frame);

#endif
