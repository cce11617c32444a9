#include "lib/strategy/program.h"

#include "lib/base/decimal_wide.h"
#include "lib/market/indicator_exact.h"

static struct r3_cell *cells_of(const struct r3_rules *rules, void *state) {
    return (struct r3_cell *)((char *)state + rules->cells_at);
}
static const struct r3_cell *cells_in(const struct r3_rules *rules, const void *state) {
    return (const struct r3_cell *)((const char *)state + rules->cells_at);
}

/* What builds the candles of frame 1 and up. */
static struct r3_resample *resample_of(void *state, int32_t frame) {
    char *first = (char *)state + R3_STATE_ALIGNED(sizeof(struct rules_state));
    return (struct r3_resample *)(first + (size_t)(frame - 1) * R3_STATE_ALIGNED(sizeof(struct r3_resample)));
}

size_t r3_rules_state_size(const struct r3_rules *rules) {
    return rules->size;
}
uint64_t r3_rules_hash(const struct r3_rules *rules) {
    return rules->hash;
}

void r3_rules_start(const struct r3_rules *rules, void *state) {
    struct rules_state *head = state;
    memset(state, 0, rules->size);
    head->hash = rules->hash;
    head->size = rules->size;
    struct r3_cell *cells = cells_of(rules, state);
    for (int32_t i = 0; i < rules->constant_count; i++)
        cells[rules->constants[i].cell] = (struct r3_cell) { .value = rules->constants[i].value, .ready = true };
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

static void run(const struct r3_rules *rules, void *state, int32_t frame) {
    struct r3_cell *cells = cells_of(rules, state);
    int scale = ((const struct rules_state *)state)->scale;
    const struct r3_instruction *instruction = &rules->instructions[rules->frames[frame].first];
    const struct r3_instruction *end = instruction + rules->frames[frame].count;
    for (; instruction < end; instruction++) {
        const struct r3_cell *const in[R3_NODE_INPUTS] = { &cells[instruction->in[0]], &cells[instruction->in[1]],
                                                           &cells[instruction->in[2]], &cells[instruction->in[3]] };
        struct r3_cell *out = &cells[instruction->out];
        switch (instruction->operation) {
        case R3_OP_INDICATOR:
            instruction->indicator->step((char *)state + instruction->state, &instruction->setup, scale, in, out);
            break;
        case R3_OP_EXACT: {
            const double *factors = instruction->setup.numbers;
            out->ready = in[0]->ready && (factors[1] == 0 || in[1]->ready);
            out->fixed =
                in[0]->fixed * (int64_t)factors[0] + (factors[1] == 0 ? 0 : in[1]->fixed * (int64_t)factors[1]);
            if (instruction->wants_value)
                out->value = r3_quotient(out->fixed, r3_powers[scale] * (uint32_t)instruction->setup.divisor);
            break;
        }
        case R3_OP_COPY:
            out->value = in[0]->value;
            out->ready = in[0]->ready;
            break;
        default:
            r3_operate(instruction->operation, in, out);
        }
    }
}

/* A candle with more digits came: every fixed in the indicators' states moves to the new scale. */
static int grow_scale(const struct r3_rules *rules, void *state, int scale) {
    struct rules_state *head = state;
    r3_int128 factor = (r3_int128)r3_powers[scale - head->scale];
    if (r3_magnitude(head->largest) > ((r3_uint128)1 << R3_INPUT_BITS) / (r3_uint128)factor)
        return -1;
    head->largest *= factor;
    head->scale = scale;
    for (int32_t i = 0; i < rules->instruction_count; i++) {
        const struct r3_instruction *instruction = &rules->instructions[i];
        if (instruction->operation == R3_OP_INDICATOR && instruction->setup.decimal && instruction->indicator->rescale)
            instruction->indicator->rescale((char *)state + instruction->state, &instruction->setup, factor);
    }
    return 0;
}

/* One of the candle's decimals into its cell. The scale has grown where that was due. */
static int load_decimal(struct rules_state *head, const struct r3_decimal *decimal, bool wants_value,
                        struct r3_cell *cell) {
    r3_uint128 factor = r3_powers[head->scale - decimal->scale], magnitude = r3_magnitude(decimal->coefficient);
    const r3_uint128 limit = (r3_uint128)1 << R3_INPUT_BITS;
    if (magnitude >= limit || (magnitude > limit >> 60 && magnitude > limit / factor)) /* factor < 2^60 */
        return -1;
    cell->fixed = decimal->coefficient * (r3_int128)factor;
    if ((r3_uint128)head->largest < magnitude * factor)
        head->largest = (r3_int128)(magnitude * factor);
    cell->ready = true;
    if (wants_value)
        cell->value = r3_quotient(cell->fixed, r3_powers[head->scale]);
    return 0;
}

static void load_time(const struct r3_frame *frame, int64_t time, struct r3_cell *cells) {
    int year, month, day, weekday;
    r3_time_civil(time, &year, &month, &day, &weekday);
    int64_t minutes = time / R3_MINUTE;
    const double parts[] = { (double)(minutes % 60),       (double)(minutes / 60 % 24), weekday + 1, day, month,
                             (double)(minutes / (24 * 60)) };
    for (int i = R3_INPUT_MINUTE; i < R3_INPUTS; i++)
        if (frame->inputs[i] >= 0)
            r3_cell_set(&cells[frame->inputs[i]], parts[i - R3_INPUT_MINUTE]);
}

static int step_frame(const struct r3_rules *rules, void *state, int32_t index, const struct r3_candle *candle,
                      struct r3_error *error) {
    static const char *const names[] = { "open", "high", "low", "close", "volume" };
    const struct r3_decimal *const decimals[] = { &candle->open, &candle->high, &candle->low, &candle->close,
                                                  &candle->volume };
    const struct r3_frame *frame = &rules->frames[index];
    struct rules_state *head = state;
    struct r3_cell *cells = cells_of(rules, state);
    for (int i = 0; i <= R3_INPUT_VOLUME; i++) {
        if (frame->inputs[i] >= 0 && decimals[i]->scale > head->scale &&
            grow_scale(rules, state, decimals[i]->scale) < 0)
            return r3_fail(error, R3_DATA, "%s: too many digits, beside the greatest value so far, for exact sums",
                           names[i]);
    }
    for (int i = 0; i <= R3_INPUT_VOLUME; i++)
        if (frame->inputs[i] >= 0 &&
            load_decimal(head, decimals[i], frame->wants_value[i], &cells[frame->inputs[i]]) < 0)
            return r3_fail(error, R3_DATA, "%s: too many digits for exact sums", names[i]);
    for (int i = R3_INPUT_MINUTE; i < R3_INPUTS; i++) {
        if (frame->inputs[i] >= 0) {
            load_time(frame, candle->time, cells);
            break;
        }
    }
    run(rules, state, index);
    return 0;
}

/* Add a candle to the coarser one in the making, and evaluate that one's frame when it is whole: with the last of its
 * candles, or, where candles lack, with the first one after it. */
static int feed_frame(const struct r3_rules *rules, void *state, int32_t index, const struct r3_candle *candle,
                      struct r3_error *error) {
    struct r3_resample *resample = resample_of(state, index);
    struct r3_candle whole;
    if (!((const struct rules_state *)state)->began &&
        r3_resample_init(resample, candle->timeframe, rules->frames[index].timeframe, error) < 0)
        return -1;
    if (r3_resample_put(resample, candle, error) < 0)
        return -1;
    while (r3_resample_take(resample, &whole))
        if (step_frame(rules, state, index, &whole, error) < 0)
            return -1;
    return 0;
}

int r3_rules_step(const struct r3_rules *rules, void *state, const struct r3_candle *candle, struct r3_error *error) {
    struct rules_state *head = state;
    for (int32_t i = 1; i < rules->frame_count; i++)
        if (feed_frame(rules, state, i, candle, error) < 0)
            return -1;
    head->began = true;
    if (step_frame(rules, state, 0, candle, error) < 0)
        return -1;
    const struct r3_cell *cells = cells_in(rules, state);
    for (int i = R3_RULES_LONG; i <= R3_RULES_FLAT; i++) {
        if (rules->outputs[i] < 0)
            continue;
        const struct r3_cell *cell = &cells[rules->outputs[i]];
        bool is = cell->ready && cell->value != 0;
        head->turned[i] = is && !head->was[i];
        head->was[i] = is;
    }
    return 0;
}

bool r3_rules_value(const struct r3_rules *rules, const void *state, enum r3_rules_output output, double *value) {
    if (rules->outputs[output] < 0)
        return false;
    const struct r3_cell *cell = &cells_in(rules, state)[rules->outputs[output]];
    *value = cell->value;
    return cell->ready;
}

bool r3_rules_turned(const struct r3_rules *rules, const void *state, enum r3_rules_output output) {
    (void)rules;
    return ((const struct rules_state *)state)->turned[output];
}

int32_t r3_rules_warm_up(const struct r3_rules *rules) {
    return rules->frames[0].warm_up;
}

size_t r3_rules_plots(const struct r3_rules *rules) {
    return (size_t)rules->plot_count;
}
const char *r3_rules_plot_name(const struct r3_rules *rules, size_t index) {
    return rules->plots[index].name;
}

bool r3_rules_plot_value(const struct r3_rules *rules, const void *state, size_t index, double *value) {
    const struct r3_cell *cell = &cells_in(rules, state)[rules->plots[index].cell];
    *value = cell->value;
    return cell->ready;
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
