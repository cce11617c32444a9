#include "lib/strategy/program.h"

#include <endian.h>

#include "lib/base/decimal_wide.h"
#include "lib/market/indicator_exact.h"

size_t r3_rules_state_size(const struct r3_rules *rules) {
    return rules->size;
}
uint64_t r3_rules_hash(const struct r3_rules *rules) {
    return rules->hash;
}

uint64_t r3_rules_meaning(const struct r3_rules *rules) {
    return rules->meaning;
}

void r3_rules_start(const struct r3_rules *rules, void *state) {
    struct rules_state *head = state;
    memset(state, 0, rules->size);
    head->hash = rules->hash;
    head->size = rules->size;
    for (int32_t i = 0; i < rules->instruction_count; i++) {
        const struct r3_instruction *instruction = &rules->instructions[i];
        if (instruction->operation == R3_OP_INDICATOR)
            instruction->indicator->start((char *)state + instruction->state, &instruction->setup);
    }
}

bool r3_rules_state_matches(const struct r3_rules *rules, const void *state, size_t size) {
    const struct rules_state *head = state;
    return size == rules->size && head->hash == rules->hash && head->size == size;
}

/* k0·a + k1·b in integers. */
static void run_exact(const struct r3_instruction *instruction, size_t count, const struct r3_column *const *in,
                      const struct r3_column *out) {
    const int64_t a = (int64_t)instruction->setup.numbers[0], b = (int64_t)instruction->setup.numbers[1];
    r3_ready_all(out->ready, in, b ? 2 : 1, count);
    if (out->wide) {
        for (size_t i = 0; i < count; i++)
            out->wide[i] = in[0]->wide[i] * a + (b ? in[1]->wide[i] * b : 0);
        return;
    }
    const int64_t *x = in[0]->fixed, *y = in[1]->fixed;
    int64_t *sum = out->fixed;
    if (b == 0)
        for (size_t i = 0; i < count; i++)
            sum[i] = x[i] * a;
    else if (a == 1 && b == 1)
        for (size_t i = 0; i < count; i++)
            sum[i] = x[i] + y[i];
    else if (a == 1 && b == -1)
        for (size_t i = 0; i < count; i++)
            sum[i] = x[i] - y[i];
    else
        for (size_t i = 0; i < count; i++)
            sum[i] = x[i] * a + y[i] * b;
}

/* A coarser frame's values hold from the candle that they are complete on until the next of them. */
static void run_copy(const struct r3_coarse_row *row, struct r3_held *held, size_t count, const struct r3_column *in,
                     const struct r3_column *out) {
    size_t next = 0;
    for (size_t i = 0; i < count; i++) {
        for (; next < row->count && row->candles[next].at <= i; next++)
            *held = (struct r3_held) { in->value[next], in->ready[next] };
        out->value[i] = held->value;
        out->ready[i] = held->ready;
    }
}

static inline __attribute__((always_inline)) void run(struct r3_rules_block *block, void *state, int32_t index,
                                                      size_t count, int scale) {
    const struct r3_instruction *instruction = &block->rules->instructions[index];
    const struct r3_column *const *in = block->operands[index].in, *out = block->operands[index].out;
    void *own = (char *)state + instruction->state;
    if (instruction->operation == R3_OP_INDICATOR)
        instruction->indicator->run(own, &instruction->setup, count, scale, in, out);
    else if (instruction->operation == R3_OP_EXACT)
        run_exact(instruction, count, in, out);
    else if (instruction->operation == R3_OP_COPY)
        run_copy(&block->coarse[instruction->frame], own, count, in[0], out);
    else
        r3_operate(instruction->operation, count, in, out);
    if (!block->operands[index].divides)
        return;
    r3_uint128 divisor = r3_powers[scale] * (uint32_t)instruction->setup.divisor;
    if (out->fixed)
        r3_quotients(out->value, out->fixed, count, divisor);
    else
        r3_quotients_wide(out->value, out->wide, count, divisor);
}

void r3_rules_run_instruction(struct r3_rules_block *block, void *state, int32_t index) {
    run(block, state, index, block->count, ((const struct rules_state *)state)->scale);
}

static void run_frame(struct r3_rules_block *block, void *state, const struct r3_source *source, int32_t index) {
    const int32_t first = block->rules->frames[index].first, end = first + block->rules->frames[index].count;
    if (index == 0 && block->sharing) {
        r3_rules_run_shared(block, state, source);
        return;
    }
    r3_rules_load(block, state, source, index);
    const size_t count = index ? block->coarse[index].count : block->count;
    const int scale = ((const struct rules_state *)state)->scale;
    for (int32_t i = first; i < end; i++)
        run(block, state, i, count, scale);
}

/* Which of eight values are not zero, of either sign: a bit each, the first one lowest. */
static inline unsigned find_two_nonzero(const double *value) {
    const r3_pair zero = { 0, 0 };
    r3_pair two;
    memcpy(&two, value, sizeof two);
    return r3_pair_signs((r3_pair_integer)(two != zero));
}
static inline unsigned find_nonzero(const double *value) {
    return find_two_nonzero(value) | find_two_nonzero(value + 2) << 2 | find_two_nonzero(value + 4) << 4 |
           find_two_nonzero(value + 6) << 6;
}

/* Eight bytes, each 0 or 1, as bits, the first one lowest: the factor brings each to the highest byte, and none to another's place. */
static inline unsigned bits_of_bytes(const uint8_t *bytes) {
    uint64_t eight;
    memcpy(&eight, bytes, sizeof eight);
    return (unsigned)(le64toh(eight) * UINT64_C(0x0102040810204080) >> 56);
}

/* Where a truth turns true. Most conditions are rarely true, which eight tell at a time; where one of them is, their bits tell the rest:
 * 114 instructions less a decision than one by one. */
static bool find_turns_of(const struct r3_column *column, size_t count, bool was, uint8_t bit, uint8_t *turned) {
    const double *value = column->value;
    const uint8_t *ready = column->ready;
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        unsigned is = find_nonzero(value + i);
        if (is)
            is &= bits_of_bytes(ready + i);
        for (unsigned turns = is & ~(is << 1 | was); turns; turns &= turns - 1)
            turned[i + (unsigned)__builtin_ctz(turns)] |= bit;
        was = is >> 7;
    }
    for (; i < count; i++) {
        bool is = ready[i] & (value[i] != 0);
        turned[i] |= is && !was ? bit : 0;
        was = is;
    }
    return was;
}

static void find_turns(struct r3_rules_block *block, struct rules_state *head) {
    r3_ready_fill(block->turned, false, 0, block->count);
    for (int k = R3_RULES_LONG; k <= R3_RULES_FLAT; k++)
        if (block->rules->outputs[k] >= 0)
            head->was[k] = find_turns_of(&block->columns[block->rules->outputs[k]], block->count, head->was[k],
                                         (uint8_t)(1U << k), block->turned);
}

/* The integers of decimal series, in 64 bits or in 128. */
static void set_width(struct r3_rules_block *block, bool wide) {
    for (int32_t i = 0; i < block->rules->cell_count; i++) {
        if (!block->rules->cells[i].exact)
            continue;
        block->columns[i].wide = wide ? block->integers[i] : NULL;
        block->columns[i].fixed = wide ? NULL : (int64_t *)block->integers[i];
    }
}

static int evaluate(struct r3_rules_block *block, void *state, const struct r3_source *source, struct r3_error *error) {
    bool was_wide = block->wide;
    if (r3_rules_plan(block, state, source, error) < 0)
        return -1;
    if (block->wide != was_wide)
        set_width(block, block->wide);
    for (int32_t i = block->rules->frame_count; i-- > 0;) { /* the stream's own last */
        if (i && !block->coarse[i].count)
            continue;
        run_frame(block, state, source, i);
    }
    find_turns(block, state);
    if (block->sharing)
        block->sharing->at += block->count;
    return 0;
}

int r3_rules_step(struct r3_rules_block *block, void *state, const struct r3_candle *candle, struct r3_error *error) {
    const struct r3_decimal *const decimals[] = { &candle->open, &candle->high, &candle->low, &candle->close,
                                                  &candle->volume };
    struct r3_source source; /* not all of it is read: see merge() */
    source.timeframe = candle->timeframe;
    source.count = 1;
    source.time = &candle->time;
    source.record = candle;
    int64_t narrow[R3_INPUT_DECIMALS];
    for (int i = 0; i < block->rules->decimals_count; i++) {
        int k = block->rules->decimals_used[i];
        struct r3_source_decimal *decimal = &source.decimals[k];
        decimal->scale = decimals[k]->scale;
        narrow[k] = (int64_t)decimals[k]->coefficient;
        decimal->narrow = &narrow[k];
        decimal->wide = narrow[k] != decimals[k]->coefficient || narrow[k] < 0 ? &decimals[k]->coefficient : NULL;
    }
    return evaluate(block, state, &source, error);
}

int r3_rules_candles(struct r3_rules_block *block, void *state, const struct r3_candles *candles, size_t from,
                     size_t to, size_t *count, struct r3_error *error) {
    const int64_t *const columns[] = { candles->open, candles->high, candles->low, candles->close, candles->volume };
    struct r3_source source = { .timeframe = candles->timeframe, .count = to - from, .time = candles->time + from };
    for (int k = 0; k < R3_INPUT_DECIMALS; k++)
        source.decimals[k] =
            (struct r3_source_decimal) { .narrow = columns[k] + from,
                                         .scale = k == R3_INPUT_VOLUME ? candles->volume_scale : candles->price_scale };
    if (evaluate(block, state, &source, error) < 0)
        return -1;
    *count = block->count;
    return 0;
}

static bool value_of(const struct r3_rules_block *block, int32_t cell, size_t index, double *value) {
    *value = block->columns[cell].value[index];
    return block->columns[cell].ready[index];
}

bool r3_rules_value(const struct r3_rules_block *block, size_t index, enum r3_rules_output output, double *value) {
    return block->rules->outputs[output] >= 0 && value_of(block, block->rules->outputs[output], index, value);
}

bool r3_rules_defines(const struct r3_rules *rules, enum r3_rules_output output) {
    return rules->outputs[output] >= 0;
}

bool r3_rules_plot_value(const struct r3_rules_block *block, size_t index, size_t plot, double *value) {
    return value_of(block, block->rules->plots[plot].cell, index, value);
}

const uint8_t *r3_rules_turned(const struct r3_rules_block *block) {
    return block->turned;
}

/* ---- blocks ---- */

enum { CELLS_MOST = 1 << 16, CAPACITY_LEAST = 16 }; /* values of a block; candles, however many cells there are */

/* Where the next part of the memory begins; `memory` NULL: only its size is asked for. */
static void *take(char *memory, size_t *at, size_t size) {
    void *part = memory ? memory + *at : NULL;
    *at += R3_STATE_ALIGNED(size);
    return part;
}

static size_t lay_out(struct r3_rules_block *block, char *memory) {
    const struct r3_rules *rules = block->rules;
    size_t at = 0, cells = (size_t)rules->cell_count, capacity = block->capacity;
    block->columns = take(memory, &at, cells * sizeof *block->columns);
    block->own_columns = take(memory, &at, cells * sizeof *block->columns);
    block->needed = take(memory, &at, cells * sizeof *block->needed);
    block->runs = take(memory, &at, (size_t)rules->instruction_count * sizeof *block->runs);
    block->integers = take(memory, &at, cells * sizeof(r3_int128 *));
    block->operands = take(memory, &at, (size_t)rules->instruction_count * sizeof *block->operands);
    block->saved = take(memory, &at, (size_t)rules->frame_count * sizeof *block->saved);
    for (int32_t i = 1; i < rules->frame_count; i++)
        block->coarse[i].candles = take(memory, &at, capacity * sizeof(struct r3_coarse));
    for (size_t i = 0; i < cells; i++) {
        const struct r3_cell *cell = &rules->cells[i];
        struct r3_column column = { .value = cell->wants_value ? take(memory, &at, capacity * sizeof(double)) : NULL,
                                    .ready = take(memory, &at, capacity) };
        r3_int128 *integers = cell->exact ? take(memory, &at, capacity * sizeof(r3_int128)) : NULL;
        if (!memory)
            continue;
        block->columns[i] = block->own_columns[i] = column;
        block->integers[i] = integers;
    }
    return at;
}

struct r3_rules_block *r3_rules_block_new(const struct r3_rules *rules) {
    struct r3_rules_block *block = r3_allocate(sizeof *block);
    block->rules = rules;
    block->capacity = R3_BLOCK_MAX;
    while (block->capacity > CAPACITY_LEAST && block->capacity * (size_t)rules->cell_count > CELLS_MOST)
        block->capacity /= 2;
    block->memory = r3_allocate(lay_out(block, NULL));
    lay_out(block, block->memory);
    set_width(block, false);
    memset(block->needed, true, (size_t)rules->cell_count * sizeof *block->needed);
    for (int32_t i = 0; i < rules->instruction_count; i++) {
        const struct r3_instruction *instruction = &rules->instructions[i];
        for (int k = 0; k < R3_NODE_INPUTS; k++)
            block->operands[i].in[k] = &block->columns[instruction->in[k]];
        block->operands[i].out = &block->columns[instruction->out];
        block->operands[i].divides = rules->cells[instruction->out].exact && rules->cells[instruction->out].wants_value;
    }
    for (int32_t i = 0; i < rules->constant_count; i++) {
        const struct r3_column *column = &block->columns[rules->constants[i].cell];
        for (size_t k = 0; k < block->capacity; k++)
            column->value[k] = rules->constants[i].value;
        memset(column->ready, 1, block->capacity);
    }
    for (int32_t i = 0; i < rules->frame_count; i++)
        for (int k = 0; k < R3_INPUTS; k++)
            if (rules->frames[i].inputs[k] >= 0)
                memset(block->columns[rules->frames[i].inputs[k]].ready, 1, block->capacity);
    return block;
}

void r3_rules_block_share(struct r3_rules_block *block, struct r3_rules_sharing *sharing) {
    if (block->sharing == sharing)
        return;
    block->sharing = sharing;
    for (int32_t i = 0; i < block->rules->cell_count; i++) {
        block->columns[i].value = block->own_columns[i].value;
        block->columns[i].ready = block->own_columns[i].ready;
        block->needed[i] = true;
    }
}

void r3_rules_block_free(struct r3_rules_block *block) {
    if (!block)
        return;
    free(block->memory);
    free(block);
}

int32_t r3_rules_warm_up(const struct r3_rules *rules) {
    return rules->frames[0].warm_up;
}

static int64_t open_before(enum r3_timeframe timeframe, int64_t open, int32_t candles) {
    while (candles-- > 0 && open > 0)
        open = r3_timeframe_open(timeframe, open - 1);
    return open > 0 ? open : 0;
}

/* A coarser frame is to be ready where the stream's own candles begin to count, so it goes back from there. */
int64_t r3_rules_warm_up_from(const struct r3_rules *rules, enum r3_timeframe timeframe, int64_t time) {
    const int64_t own = open_before(timeframe, r3_timeframe_open(timeframe, time), rules->frames[0].warm_up + 1);
    int64_t first = own;
    for (int32_t i = 1; i < rules->frame_count; i++) {
        const enum r3_timeframe coarse = rules->frames[i].timeframe;
        const int64_t from = open_before(coarse, r3_timeframe_open(coarse, own), rules->frames[i].warm_up + 1);
        first = from < first ? from : first;
    }
    return first;
}

size_t r3_rules_plots(const struct r3_rules *rules) {
    return (size_t)rules->plot_count;
}
const char *r3_rules_plot_name(const struct r3_rules *rules, size_t index) {
    return rules->plots[index].name;
}

int r3_rules_check_timeframe(const struct r3_rules *rules, enum r3_timeframe timeframe, struct r3_error *error) {
    for (int32_t i = 1; i < rules->frame_count; i++) {
        const struct r3_frame *frame = &rules->frames[i];
        struct r3_resample unused;
        if (r3_resample_init(&unused, timeframe, frame->timeframe, error) < 0)
            return r3_fail_at(error, rules->name, frame->place, "at(\"%s\", …) cannot be made of %s candles",
                              r3_timeframe_name(frame->timeframe), r3_timeframe_name(timeframe));
    }
    return 0;
}
