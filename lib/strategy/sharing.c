#include "lib/base/buffer.h"
#include "lib/base/hash.h"
#include "lib/strategy/program.h"

/* Evaluation with series that others computed (series.h).
 *
 * In each block, from the answers back to the inputs: what a series has is taken, and what it is computed of is not needed for that;
 * all else is computed, from the inputs on. Two kinds of instructions run in every block, needed or not, since their state
 * has to follow the stream: those that are not shared, and those whose series ends here. So a series is never behind an
 * evaluation that uses it. */

/* ---- names ---- */

/* Of no series: it comes from a coarser timeframe. */
static const struct r3_series_key nameless;

static bool is_nameless(const struct r3_series_key *key) {
    return (key->words[0] | key->words[1]) == 0;
}

static struct r3_series_key key_of(const void *data, size_t size, uint64_t seed) {
    return (struct r3_series_key) { { r3_hash(data, size, seed), r3_hash(data, size, ~seed) } };
}

/* What an instruction computes, of what. Decimal inputs and growth decide scale and width of integers, of all series alike. */
struct description {
    int64_t operation, output, divisor, decimal;
    uint64_t stream, inputs, growth;
    char indicator[32];
    double numbers[R3_INDICATOR_NUMBERS];
    struct r3_series_key in[R3_NODE_INPUTS];
};

static struct description describe(const struct r3_rules *rules, uint64_t stream) {
    struct description all;
    memset(&all, 0, sizeof all); /* the bytes between members too */
    all.stream = stream;
    all.growth = (uint64_t)rules->growth;
    for (int i = 0; i < rules->decimals_count; i++)
        all.inputs |= UINT64_C(1) << rules->decimals_used[i];
    return all;
}

static struct r3_series_key name_instruction(const struct r3_instruction *instruction,
                                             const struct r3_series_key *cells, struct description own) {
    own.operation = instruction->operation;
    own.divisor = instruction->setup.divisor;
    own.decimal = instruction->setup.decimal;
    memcpy(own.numbers, instruction->setup.numbers, sizeof own.numbers);
    if (instruction->operation == R3_OP_INDICATOR)
        r3_copy_text(own.indicator, sizeof own.indicator, instruction->indicator->name,
                     strlen(instruction->indicator->name));
    for (int32_t k = 0; k < instruction->operands; k++) {
        own.in[k] = cells[instruction->in[k]];
        if (is_nameless(&own.in[k]))
            return nameless;
    }
    return instruction->operation == R3_OP_COPY ? nameless : key_of(&own, sizeof own, 0);
}

/* A key for each cell of frame 0; new. */
static struct r3_series_key *name_cells(const struct r3_rules *rules, uint64_t stream) {
    struct r3_series_key *keys = r3_allocate(((size_t)rules->cell_count + 1) * sizeof *keys);
    const struct description empty = describe(rules, stream);
    for (int k = 0; k < R3_INPUTS; k++) {
        struct description input = empty;
        input.operation = R3_OP_INPUT;
        input.output = k;
        if (rules->frames[0].inputs[k] >= 0)
            keys[rules->frames[0].inputs[k]] = key_of(&input, sizeof input, 0);
    }
    for (int32_t i = 0; i < rules->constant_count; i++) {
        struct description constant = empty;
        constant.operation = R3_OP_CONSTANT;
        constant.numbers[0] = rules->constants[i].value;
        keys[rules->constants[i].cell] = key_of(&constant, sizeof constant, 0);
    }
    for (int32_t i = rules->frames[0].first; i < rules->frames[0].first + rules->frames[0].count; i++) {
        const struct r3_instruction *instruction = &rules->instructions[i];
        int32_t outputs = instruction->operation == R3_OP_INDICATOR ? instruction->indicator->outputs : 1;
        struct r3_series_key key = name_instruction(instruction, keys, empty);
        for (int32_t k = 0; k < outputs; k++) {
            keys[instruction->out + k] = key;
            if (!is_nameless(&key))
                keys[instruction->out + k].words[0] += (uint64_t)k;
        }
    }
    return keys;
}

struct r3_rules_sharing *r3_rules_sharing_new(const struct r3_rules *rules, struct r3_series_cache *cache,
                                              uint64_t stream) {
    struct r3_rules_sharing *sharing = r3_allocate(sizeof *sharing);
    struct r3_series_key *keys = name_cells(rules, stream);
    sharing->rules = rules;
    sharing->cache = cache;
    sharing->series = r3_allocate(((size_t)rules->instruction_count + 1) * sizeof(struct r3_series *));
    for (int32_t i = rules->frames[0].first; i < rules->frames[0].first + rules->frames[0].count; i++) {
        const struct r3_instruction *instruction = &rules->instructions[i];
        if (instruction->operation == R3_OP_INDICATOR && !rules->cells[instruction->out].exact &&
            !is_nameless(&keys[instruction->out]))
            sharing->series[i] =
                cache->attach(cache, &keys[instruction->out], instruction->indicator, &instruction->setup);
    }
    free(keys);
    return sharing;
}

void r3_rules_sharing_free(struct r3_rules_sharing *sharing) {
    if (!sharing)
        return;
    for (int32_t i = 0; i < sharing->rules->instruction_count; i++)
        if (sharing->series[i])
            sharing->cache->detach(sharing->series[i], sharing->at);
    free(sharing->series);
    free(sharing);
}

/* ---- evaluation ---- */

static bool is_read(const struct r3_rules_block *block, const struct r3_instruction *instruction) {
    int32_t outputs = instruction->operation == R3_OP_INDICATOR ? instruction->indicator->outputs : 1;
    for (int32_t k = 0; k < outputs; k++)
        if (block->needed[instruction->out + k])
            return true;
    return false;
}

/* Which instructions have to run, and which cells are read by them. */
static void find_needed(struct r3_rules_block *block, int32_t first, int32_t end) {
    const struct r3_rules *rules = block->rules;
    const struct r3_rules_sharing *sharing = block->sharing;
    memset(block->needed, false, (size_t)rules->cell_count * sizeof *block->needed);
    for (int i = 0; i < R3_RULES_OUTPUTS; i++)
        if (rules->outputs[i] >= 0)
            block->needed[rules->outputs[i]] = true;
    for (int32_t i = 0; i < rules->plot_count; i++)
        block->needed[rules->plots[i].cell] = true;
    for (int32_t i = end; i-- > first;) {
        const struct r3_instruction *instruction = &rules->instructions[i];
        bool follows = instruction->operation == R3_OP_INDICATOR || instruction->operation == R3_OP_COPY;
        if (sharing->series[i])
            block->runs[i] =
                !sharing->cache->take(sharing->series[i], sharing->at, block->count, &block->columns[instruction->out]);
        else
            block->runs[i] = follows || is_read(block, instruction);
        for (int32_t k = 0; block->runs[i] && k < instruction->operands; k++)
            block->needed[instruction->in[k]] = true;
    }
}

void r3_rules_run_shared(struct r3_rules_block *block, void *state, const struct r3_source *source) {
    const struct r3_frame *frame = &block->rules->frames[0];
    struct r3_rules_sharing *sharing = block->sharing;
    int scale = ((const struct rules_state *)state)->scale;
    find_needed(block, frame->first, frame->first + frame->count);
    r3_rules_load(block, state, source, 0);
    for (int32_t i = frame->first; i < frame->first + frame->count; i++) {
        if (!block->runs[i])
            continue;
        if (sharing->series[i])
            sharing->cache->extend(sharing->series[i], sharing->at, block->count, scale, block->operands[i].in,
                                   &block->columns[block->rules->instructions[i].out]);
        else
            r3_rules_run_instruction(block, state, i);
    }
}
