#include "lib/strategy/program.h"

#include "lib/base/decimal_wide.h"
#include "lib/market/indicator_exact.h"
#include "lib/market/indicator_wide.h"

/* Candles → columns.
 *
 * Every integer of a state and its columns is at one scale, which is that of the candle with the most digits so far. A block ends
 * before a candle that has more of them, so that within a block the scale is one. Where the candles come with digits that they
 * do not need, their coefficients are divided; so nothing depends on how they were written. */

const char *const r3_input_names[R3_INPUT_DECIMALS] = { "open", "high", "low", "close", "volume" };

/* Division of 64-bit integers by 10^digits, where it leaves no rest: 10^k = 2^k × 5^k, and an odd factor is divided out by
 * multiplying with its inverse modulo 2^64 (Granlund and Montgomery, PLDI 1994, section 9), in a tenth of a division's time. */
struct tens {
    uint64_t inverse, most; /* most: the greatest quotient */
    int digits;
};

static struct tens tens_of(int digits) {
    uint64_t odd = 1; /* 5^digits */
    for (int k = 0; k < digits; k++)
        odd *= 5;
    uint64_t inverse = odd; /* right in three bits; each turn doubles them */
    for (int bits = 3; bits < 64; bits *= 2)
        inverse *= 2 - odd * inverse;
    return (struct tens) { inverse, UINT64_MAX / (odd << digits), digits };
}

/* More than `most` where there is a rest. */
static inline uint64_t tenth(const struct tens *tens, uint64_t value) {
    uint64_t product = value * tens->inverse;
    return tens->digits ? product >> tens->digits | product << (64 - tens->digits) : product;
}

/* Digits after the point that the first candle's decimal needs, from `scale` on. */
static int32_t digits_needed(const struct r3_source_decimal *decimal, int32_t scale) {
    r3_int128 coefficient = decimal->wide ? *decimal->wide : *decimal->narrow;
    int32_t digits = decimal->scale;
    while (digits > scale && coefficient % 10 == 0) {
        coefficient /= 10;
        digits--;
    }
    return digits;
}

/* A candle with more digits came: every integer in the indicators' states moves to the new scale. */
static int grow_scale(const struct r3_rules *rules, struct rules_state *head, int scale) {
    r3_int128 factor = (r3_int128)r3_powers[scale - head->scale];
    if (r3_magnitude(head->largest) > ((r3_uint128)1 << R3_INPUT_BITS) / (r3_uint128)factor)
        return -1;
    head->largest *= factor;
    head->scale = scale;
    for (int32_t i = 0; i < rules->instruction_count; i++) {
        const struct r3_instruction *instruction = &rules->instructions[i];
        if (instruction->operation == R3_OP_INDICATOR && instruction->setup.decimal && instruction->indicator->rescale)
            instruction->indicator->rescale((char *)head + instruction->state, &instruction->setup, factor);
    }
    return 0;
}

/* Whether coefficient × 10^(scale − from) is within what sums are exact for; scale >= from. */
static bool is_within(r3_uint128 magnitude, int32_t from, int32_t scale) {
    const r3_uint128 limit = (r3_uint128)1 << R3_INPUT_BITS;
    return magnitude < limit &&
           (magnitude <= limit >> 60 || magnitude <= limit / r3_powers[scale - from]); /* the power is below 2^60 */
}

/* At the state's scale, which is enough for it. */
static r3_int128 coefficient_at(r3_int128 coefficient, int32_t from, int32_t scale) {
    return from > scale ? coefficient / (r3_int128)r3_powers[from - scale]
                        : coefficient * (r3_int128)r3_powers[scale - from];
}

/* Four at a time, of which none waits for another: a third of the time. Whole numbers below 2^52 stand in the order of the doubles whose
 * last bits they are, and of two of these the larger is one instruction: 4.5 instructions a candle in place of 11.5. */
static uint64_t largest_of(const int64_t *values, size_t count) {
    const double base = 0x1p52;
    r3_pair most[2] = { { base, base }, { base, base } };
    r3_pair_unsigned seen = { 0, 0 }, bits;
    uint64_t largest = 0, wide_largest = 0, base_bits;
    const size_t done = r3_wide_largest(&wide_largest, values, count);
    size_t i = done;
    memcpy(&base_bits, &base, sizeof base_bits);
    for (; i + 4 <= count; i += 4) {
        for (size_t k = 0; k < 2; k++) {
            memcpy(&bits, values + i + 2 * k, sizeof bits);
            seen |= bits;
            most[k] = r3_pair_larger((r3_pair)(bits | base_bits), most[k]);
        }
    }
    if ((seen[0] | seen[1]) >> 52 == 0) {
        most[0] = r3_pair_larger(most[0], most[1]);
        largest = (uint64_t)((most[0][0] > most[0][1] ? most[0][0] : most[0][1]) - base);
    } else { /* some are larger: one by one */
        i = done;
    }
    largest = wide_largest > largest ? wide_largest : largest;
    for (; i < count; i++)
        largest = (uint64_t)values[i] > largest ? (uint64_t)values[i] : largest;
    return largest;
}

/* Candles of a decimal that fit the state's scale and the limits: *count falls to the first that does not. The largest of them. */
static r3_uint128 measure(const struct r3_source_decimal *decimal, int32_t scale, size_t *count) {
    uint64_t largest = 0;
    size_t i = 0;
    if (decimal->wide) {
        r3_uint128 magnitude = r3_magnitude(*decimal->wide);
        int32_t from = decimal->scale;
        if (from > scale) {
            magnitude /= r3_powers[from - scale];
            from = scale;
        }
        *count = is_within(magnitude, from, scale);
        return *count ? magnitude * r3_powers[scale - from] : 0;
    }
    if (decimal->scale > scale) {
        struct tens tens = tens_of(decimal->scale - scale);
        for (; i < *count; i++) {
            uint64_t value = tenth(&tens, (uint64_t)decimal->narrow[i]);
            if (value > tens.most)
                break;
            largest = value > largest ? value : largest;
        }
        *count = i;
        return largest;
    }
    largest = largest_of(decimal->narrow, *count);
    if (!is_within(largest, decimal->scale, scale)) {
        for (i = 0, largest = 0; is_within((uint64_t)decimal->narrow[i], decimal->scale, scale); i++)
            largest = (uint64_t)decimal->narrow[i] > largest ? (uint64_t)decimal->narrow[i] : largest;
        *count = i;
    }
    return largest * r3_powers[scale - decimal->scale];
}

/* Of all inputs that the rules use. An error when not even the first candle fits. */
static int measure_all(const struct r3_rules *rules, const struct r3_source *source, int32_t scale, size_t *count,
                       r3_uint128 *largest, struct r3_error *error) {
    size_t before;
    do {
        before = *count;
        *largest = 0;
        for (int i = 0; i < rules->decimals_count; i++) {
            int k = rules->decimals_used[i];
            r3_uint128 here = measure(&source->decimals[k], scale, count);
            if (*count == 0)
                return r3_fail(error, R3_DATA, "%s: too many digits for exact sums", r3_input_names[k]);
            *largest = here > *largest ? here : *largest;
        }
    } while (*count < before); /* of fewer candles the largest may be less */
    return 0;
}

/* ---- coarser frames ---- */

static struct r3_resample *resample_of(void *state, int32_t frame) {
    char *first = (char *)state + R3_STATE_ALIGNED(sizeof(struct rules_state));
    return (struct r3_resample *)(first + (size_t)(frame - 1) * R3_STATE_ALIGNED(sizeof(struct r3_resample)));
}

void r3_rules_state_clean(const struct r3_rules *rules, void *state) {
    for (int32_t i = 1; i < rules->frame_count; i++)
        r3_resample_clean(resample_of(state, i));
}

/* Candles from *at on that lie within one interval of the coarser timeframe, put together; *at is then the last of them. A
 * record is itself. */
static struct r3_candle merge(const struct r3_source *source, enum r3_timeframe coarse, size_t *at) {
    if (source->record)
        return *source->record;
    const int64_t *high = source->decimals[R3_INPUT_HIGH].narrow, *low = source->decimals[R3_INPUT_LOW].narrow,
                  *volume = source->decimals[R3_INPUT_VOLUME].narrow;
    size_t first = *at, i = first;
    int64_t close = r3_timeframe_close(coarse, r3_timeframe_open(coarse, source->time[i]));
    int64_t highest = high[i], lowest = low[i];
    r3_int128 total = volume[i];
    for (i++; i < source->count && source->time[i] < close; i++) {
        highest = high[i] > highest ? high[i] : highest;
        lowest = low[i] < lowest ? low[i] : lowest;
        total += volume[i];
    }
    *at = i - 1;
    struct r3_candle candle = { .timeframe = source->timeframe, .time = source->time[first] };
    candle.open = r3_candles_decimal(source->decimals[R3_INPUT_OPEN].narrow[first], source->decimals[0].scale);
    candle.high = r3_candles_decimal(highest, source->decimals[R3_INPUT_HIGH].scale);
    candle.low = r3_candles_decimal(lowest, source->decimals[R3_INPUT_LOW].scale);
    candle.close =
        r3_candles_decimal(source->decimals[R3_INPUT_CLOSE].narrow[i - 1], source->decimals[R3_INPUT_CLOSE].scale);
    candle.volume = R3_DECIMAL(total, source->decimals[R3_INPUT_VOLUME].scale);
    r3_decimal_normalize(&candle.volume);
    return candle;
}

static int add_coarse(struct r3_rules_block *block, struct rules_state *head, int32_t index,
                      const struct r3_candle *whole, size_t at, struct r3_error *error) {
    const struct r3_decimal *const decimals[] = { &whole->open, &whole->high, &whole->low, &whole->close,
                                                  &whole->volume };
    const struct r3_frame *frame = &block->rules->frames[index];
    struct r3_coarse_row *row = &block->coarse[index];
    struct r3_coarse *coarse = &row->candles[row->count++];
    coarse->time = whole->time;
    coarse->at = at;
    for (int k = 0; k < R3_INPUT_DECIMALS; k++) {
        if (frame->inputs[k] < 0)
            continue;
        if (decimals[k]->scale <= head->scale &&
            !is_within(r3_magnitude(decimals[k]->coefficient), decimals[k]->scale, head->scale))
            return r3_fail(error, R3_DATA, "%s: too many digits for exact sums", r3_input_names[k]);
        coarse->decimals[k] = coefficient_at(decimals[k]->coefficient, decimals[k]->scale, head->scale);
    }
    return 0;
}

/* Put the source's candles into the coarser ones in the making. On an error *failed is a candle at or before which it came. */
static int feed_frame(struct r3_rules_block *block, struct rules_state *head, const struct r3_source *source,
                      int32_t index, size_t *failed, struct r3_error *error) {
    struct r3_resample *resample = resample_of(head, index);
    enum r3_timeframe timeframe = block->rules->frames[index].timeframe;
    block->coarse[index].count = 0;
    for (size_t i = 0; i < source->count; i++) {
        size_t first = i;
        struct r3_candle candle = merge(source, timeframe, &i), whole;
        *failed = first;
        if (r3_resample_put_run(resample, &candle, r3_timeframe_close(source->timeframe, source->time[i]), error) < 0)
            return -1;
        /* one from before ends with the first candle after it, the interval's own with its last */
        int64_t own = r3_timeframe_open(timeframe, candle.time);
        while (r3_resample_take(resample, &whole))
            if (add_coarse(block, head, index, &whole, whole.time == own ? i : first, error) < 0)
                return -1;
    }
    return 0;
}

/* All frames; where one fails, as many candles as none fails on, and at the first an error. A block that holds fewer candles than
 * were asked for is fed again, from the saved states. */
static int feed_frames(struct r3_rules_block *block, struct rules_state *head, const struct r3_source *source,
                       size_t *count, struct r3_error *error) {
    const struct r3_rules *rules = block->rules;
    struct r3_source part = *source;
    for (int32_t i = 1; i < rules->frame_count; i++) {
        struct r3_resample *resample = resample_of(head, i);
        if (!head->began && r3_resample_init(resample, source->timeframe, rules->frames[i].timeframe, error) < 0)
            return -1;
        block->saved[i] = *resample;
    }
    for (int32_t i = 1; i < rules->frame_count;) {
        size_t failed;
        part.count = *count;
        if (feed_frame(block, head, &part, i, &failed, error) == 0) {
            i++;
            continue;
        }
        if (*count == 1)
            return -1;
        *count = failed ? failed : 1;
        for (int32_t k = 1; k <= i; k++)
            *resample_of(head, k) = block->saved[k];
        i = 1;
    }
    return 0;
}

/* 128 bits from the first large number on, for good: history may hold it. */
static bool is_wide(const struct r3_rules *rules, const struct rules_state *head) {
    return head->largest >> (R3_NARROW_BITS - rules->growth) != 0;
}

/* Whether a single candle asks for nothing: no more digits, no greater number than there was, no coarser frame. */
static bool is_plain(const struct r3_rules *rules, const struct rules_state *head, const struct r3_source *source) {
    if (source->count > 1 || rules->frame_count > 1 || !head->began)
        return false;
    for (int i = 0; i < rules->decimals_count; i++) {
        const struct r3_source_decimal *decimal = &source->decimals[rules->decimals_used[i]];
        int32_t digits = head->scale - decimal->scale;
        if (decimal->wide || digits < 0)
            return false;
        if (digits ? *decimal->narrow * (r3_int128)r3_powers[digits] > head->largest : *decimal->narrow > head->largest)
            return false;
    }
    return true;
}

int r3_rules_plan(struct r3_rules_block *block, void *state, const struct r3_source *source, struct r3_error *error) {
    const struct r3_rules *rules = block->rules;
    struct rules_state *head = state;
    if (is_plain(rules, head, source)) {
        block->count = 1;
        block->wide = is_wide(rules, head);
        return 0;
    }
    /* two coarser candles may end with one of the stream's, though never with two in a row */
    size_t most = rules->frame_count > 1 ? block->capacity - 1 : block->capacity;
    if (block->sharing) { /* parts of series are not reached over */
        size_t left = R3_SERIES_PART - (size_t)(block->sharing->at % R3_SERIES_PART);
        most = left < most ? left : most;
    }
    size_t count = source->count < most ? source->count : most;
    r3_uint128 largest = 0;
    for (int i = 0; i < rules->decimals_count; i++) {
        int k = rules->decimals_used[i];
        if (source->decimals[k].scale <= head->scale)
            continue;
        int32_t digits = digits_needed(&source->decimals[k], head->scale);
        if (digits > head->scale && grow_scale(rules, head, digits) < 0)
            return r3_fail(error, R3_DATA, "%s: too many digits, beside the greatest value so far, for exact sums",
                           r3_input_names[k]);
    }
    if (measure_all(rules, source, head->scale, &count, &largest, error) < 0)
        return -1;
    if (rules->frame_count > 1 && (feed_frames(block, head, source, &count, error) < 0 ||
                                   measure_all(rules, source, head->scale, &count, &largest, error) < 0))
        return -1;
    for (int32_t i = 1; i < rules->frame_count; i++) {
        for (size_t c = 0; c < block->coarse[i].count; c++) {
            for (int k = 0; k < R3_INPUT_DECIMALS; k++) {
                r3_uint128 here =
                    rules->frames[i].inputs[k] < 0 ? 0 : r3_magnitude(block->coarse[i].candles[c].decimals[k]);
                largest = here > largest ? here : largest;
            }
        }
    }
    if (r3_magnitude(head->largest) < largest)
        head->largest = (r3_int128)largest;
    head->began = true;
    block->count = count;
    block->wide = is_wide(rules, head);
    return 0;
}

/* ---- columns ---- */

static void load_narrow(int64_t *out, const struct r3_source_decimal *decimal, int32_t scale, size_t count) {
    if (count == 1 && !decimal->wide && decimal->scale <= scale) {
        out[0] = decimal->narrow[0] * (int64_t)r3_powers[scale - decimal->scale];
    } else if (decimal->wide) { /* whose digits were zeros */
        out[0] = (int64_t)coefficient_at(*decimal->wide, decimal->scale, scale);
    } else if (decimal->scale > scale) {
        struct tens tens = tens_of(decimal->scale - scale);
        for (size_t i = 0; i < count; i++)
            out[i] = (int64_t)tenth(&tens, (uint64_t)decimal->narrow[i]);
    } else if (decimal->scale == scale) {
        memcpy(out, decimal->narrow, count * sizeof *out);
    } else {
        int64_t factor = (int64_t)r3_powers[scale - decimal->scale];
        for (size_t i = 0; i < count; i++)
            out[i] = decimal->narrow[i] * factor;
    }
}

static void load_wide(r3_int128 *out, const struct r3_source_decimal *decimal, int32_t scale, size_t count) {
    for (size_t i = 0; i < count; i++)
        out[i] = coefficient_at(decimal->wide ? *decimal->wide : decimal->narrow[i], decimal->scale, scale);
}

static void load_coarse(const struct r3_column *out, const struct r3_coarse_row *row, int input) {
    for (size_t i = 0; i < row->count; i++) {
        if (out->wide)
            out->wide[i] = row->candles[i].decimals[input];
        else
            out->fixed[i] = (int64_t)row->candles[i].decimals[input];
    }
}

static void load_decimal(struct r3_rules_block *block, int32_t scale, const struct r3_source *source, int32_t frame,
                         int input) {
    const struct r3_column *out = &block->columns[block->rules->frames[frame].inputs[input]];
    size_t count = frame ? block->coarse[frame].count : block->count;
    if (frame)
        load_coarse(out, &block->coarse[frame], input);
    else if (out->wide)
        load_wide(out->wide, &source->decimals[input], scale, count);
    else
        load_narrow(out->fixed, &source->decimals[input], scale, count);
    if (!out->value)
        return;
    if (out->wide)
        r3_quotients_wide(out->value, out->wide, count, r3_powers[scale]);
    else
        r3_quotients(out->value, out->fixed, count, r3_powers[scale]);
}

static bool is_needed(const struct r3_rules_block *block, int32_t frame, int input) {
    int32_t cell = block->rules->frames[frame].inputs[input];
    return cell >= 0 && (frame || block->needed[cell]); /* coarser frames are not shared */
}

static void load_time(const struct r3_rules_block *block, const struct r3_source *source, int32_t frame) {
    const int32_t *inputs = block->rules->frames[frame].inputs;
    const struct r3_coarse_row *row = &block->coarse[frame];
    size_t count = frame ? row->count : block->count;
    int64_t midnight = 0;
    int parts[R3_INPUTS] = { 0 };
    for (size_t i = 0; i < count; i++) {
        int64_t time = frame ? row->candles[i].time : source->time[i];
        if (i == 0 || time >= midnight + R3_DAY) {
            int year;
            midnight = time / R3_DAY * R3_DAY;
            r3_time_civil(time, &year, &parts[R3_INPUT_MONTH], &parts[R3_INPUT_DAY], &parts[R3_INPUT_WEEKDAY]);
            parts[R3_INPUT_WEEKDAY]++;
            parts[R3_INPUT_DATE] = (int)(midnight / R3_DAY);
        }
        unsigned minutes = (unsigned)(time - midnight) / R3_MINUTE;
        parts[R3_INPUT_MINUTE] = (int)(minutes % 60);
        parts[R3_INPUT_HOUR] = (int)(minutes / 60);
        for (int k = R3_INPUT_MINUTE; k < R3_INPUTS; k++)
            if (is_needed(block, frame, k))
                block->columns[inputs[k]].value[i] = parts[k];
    }
}

void r3_rules_load(struct r3_rules_block *block, void *state, const struct r3_source *source, int32_t frame) {
    const struct r3_rules *rules = block->rules;
    for (int i = 0; i < rules->decimals_count; i++)
        if (is_needed(block, frame, rules->decimals_used[i]))
            load_decimal(block, ((const struct rules_state *)state)->scale, source, frame, rules->decimals_used[i]);
    if (rules->frames[frame].uses_time)
        load_time(block, source, frame);
}
