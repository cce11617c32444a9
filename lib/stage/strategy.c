/* r3-strategy: rules over each closed candle, signals where they turn true. */
#include "lib/base/append.h"
#include "lib/base/buffer.h"
#include "lib/base/hash.h"
#include "lib/market/market_name.h"
#include "lib/stage/strategy_library.h"
#include "lib/stage/strategy_private.h"

#include <endian.h>
#include <inttypes.h>

static const struct r3_option options[] = {
    { .name = "expression",
      .letter = 'e',
      .kind = R3_OPTION_TEXT,
      .argument = "TEXT",
      .repeat = true,
      .help = "the rules themselves, in place of NAME or FILE" },
    { .name = "set",
      .kind = R3_OPTION_TEXT,
      .argument = "NAME=NUMBER",
      .repeat = true,
      .help = "give a param of the rules a value" },
    { .name = "plot",
      .kind = R3_OPTION_TEXT,
      .argument = "NAME,...",
      .repeat = true,
      .help = "plot these names of the rules too" },
    { .name = "session",
      .kind = R3_OPTION_TEXT,
      .argument = "NAME",
      .fallback = "main",
      .help = "session of the signals" },
    { .name = "market", .kind = R3_OPTION_TEXT, .argument = "MARKET", .help = "only this market's candles" },
    { .name = "timeframe", .kind = R3_OPTION_TEXT, .argument = "TF", .help = "only candles of this timeframe" },
    { .name = "from", .kind = R3_OPTION_TIME, .argument = "TIME", .help = "candles that open before it are warm-up" },
    { .name = "state", .kind = R3_OPTION_FLAG, .help = "go on from a state record, and end with one" },
    { .name = "list", .kind = R3_OPTION_FLAG, .help = "list the bundled strategies" },
    { .name = "explain",
      .kind = R3_OPTION_TEXT,
      .argument = "NAME",
      .help = "show a strategy, its parameters and warm-up" },
    { .name = NULL },
};

enum { DEFAULT_PRICE_SCALE = 8, CONFIDENCE_SCALE = 8 };

static bool is_session_name(const char *text) {
    size_t length = strlen(text);
    return length >= 1 && length < R3_SESSION_SIZE &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

static void strategy_free(void *state) {
    struct strategy *strategy = state;
    if (!strategy)
        return;
    for (size_t i = 0; i < strategy->count; i++) {
        r3_rules_sharing_free(strategy->instances[i].sharing);
        free(strategy->instances[i].state);
    }
    free(strategy->instances);
    r3_state_parts_release(&strategy->parts);
    r3_rules_block_free(strategy->block);
    r3_rules_free(strategy->rules);
    free(strategy);
}

static int strategy_init(void **state, const struct r3_arguments *arguments, struct r3_port *port,
                         struct r3_error *error) {
    struct strategy *strategy = r3_allocate(sizeof *strategy);
    const char *timeframe = r3_arguments_text(arguments, "timeframe"), *market = r3_arguments_text(arguments, "market");
    *state = strategy;
    strategy->port = port;
    strategy->keeps = r3_arguments_given(arguments, "state");
    strategy->session = r3_arguments_text(arguments, "session");
    strategy->from =
        r3_arguments_given(arguments, "from") ? r3_arguments_get(arguments, "from", 0)->integer : R3_TIME_ABSENT;
    if (r3_arguments_given(arguments, "list") || r3_arguments_given(arguments, "explain"))
        return r3_fail(error, R3_USAGE, "--list and --explain stand alone, in no pipeline");
    if (!is_session_name(strategy->session))
        return r3_fail(error, R3_USAGE, "--session wants 1 to %d of A-Z a-z 0-9 _, not \"%.60s\"", R3_SESSION_SIZE - 1,
                       strategy->session);
    if (market && r3_market_parse(strategy->market, market, error) < 0)
        return r3_error_at(error, "--market: ");
    if (timeframe && r3_timeframe_parse(&strategy->timeframe, timeframe, strlen(timeframe), error) < 0) {
        error->status = R3_USAGE;
        return r3_error_at(error, "--timeframe: ");
    }
    if (r3_strategy_rules(&strategy->rules, strategy->label, arguments, error) < 0)
        return -1;
    strategy->block = r3_rules_block_new(strategy->rules);
    strategy->plots = r3_rules_plots(strategy->rules);
    for (int i = R3_RULES_STOP; i < R3_RULES_OUTPUTS; i++)
        strategy->computes |= r3_rules_defines(strategy->rules, (enum r3_rules_output)i);
    return 0;
}

struct strategy_instance *r3_strategy_instance(struct strategy *strategy, const char *platform, const char *market) {
    for (size_t k = 0, i = strategy->last; k < strategy->count; k++, i = i + 1 < strategy->count ? i + 1 : 0) {
        struct strategy_instance *instance = &strategy->instances[i];
        if (strcmp(instance->market, market) == 0 && strcmp(instance->platform, platform) == 0) {
            strategy->last = i;
            return instance;
        }
    }
    strategy->instances = r3_reallocate(strategy->instances, (strategy->count + 1) * sizeof *strategy->instances);
    struct strategy_instance *instance = &strategy->instances[strategy->last = strategy->count++];
    *instance = (struct strategy_instance) { .price_scale = DEFAULT_PRICE_SCALE, .time = R3_TIME_ABSENT };
    r3_copy_text(instance->platform, sizeof instance->platform, platform, strlen(platform));
    r3_copy_text(instance->market, sizeof instance->market, market, strlen(market));
    return instance;
}

/* A price that the rules computed, at the market's digits. Absent where it is not above zero. */
static int set_computed(struct strategy *strategy, struct strategy_instance *instance, enum r3_rules_output output,
                        double value, struct r3_decimal *out, struct r3_error *error) {
    int scale = output == R3_RULES_CONFIDENCE ? CONFIDENCE_SCALE : instance->price_scale;
    if (r3_decimal_from_double(out, value, scale, R3_ROUND_HALF_EVEN, error) < 0)
        return r3_error_at(error, "%s: ", r3_rules_output_names[output]);
    r3_decimal_normalize(out);
    if (output == R3_RULES_CONFIDENCE || r3_decimal_sign(out) > 0)
        return 0;
    *out = r3_decimal_absent;
    if (!instance->warned)
        strategy->port->warn(strategy->port, "%s %s: %s is not above zero and left out (said once)", instance->market,
                             r3_timeframe_name(instance->timeframe), r3_rules_output_names[output]);
    instance->warned = true;
    return 0;
}

/* The same, where the rules say one and it is ready; else absent. */
static inline int set_price(struct strategy *strategy, struct strategy_instance *instance, size_t index,
                            enum r3_rules_output output, struct r3_decimal *out, struct r3_error *error) {
    double value;
    if (r3_rules_value(strategy->block, index, output, &value))
        return set_computed(strategy, instance, output, value, out, error);
    *out = r3_decimal_absent;
    return 0;
}

/* What a signal of such rules says beside its direction. */
__attribute__((noinline)) static int set_prices(struct strategy *strategy, struct strategy_instance *instance,
                                                size_t index, struct r3_error *error) {
    struct r3_signal *signal = &instance->signal.signal;
    signal->stop = signal->target = r3_decimal_absent;
    if (set_price(strategy, instance, index, R3_RULES_CONFIDENCE, &signal->confidence, error) < 0 ||
        set_price(strategy, instance, index, R3_RULES_VOLATILITY, &signal->volatility, error) < 0)
        return -1;
    if (signal->direction == R3_FLAT)
        return 0;
    return set_price(strategy, instance, index, R3_RULES_STOP, &signal->stop, error) < 0 ||
                   set_price(strategy, instance, index, R3_RULES_TARGET, &signal->target, error) < 0
               ? -1
               : 0;
}

void r3_strategy_prepare_signal(const struct strategy *strategy, struct strategy_instance *instance) {
    struct r3_signal *signal = &instance->signal.signal;
    r3_record_init(&instance->signal, R3_SIGNAL);
    instance->span = instance->timeframe == R3_1M ? 0 : r3_timeframe_span(instance->timeframe);
    instance->head = 0;
    signal->timeframe = instance->timeframe;
    r3_copy_text(signal->session, sizeof signal->session, strategy->session, strlen(strategy->session));
    r3_copy_text(signal->strategy, sizeof signal->strategy, strategy->label, strlen(strategy->label));
    memcpy(signal->platform, instance->platform, sizeof signal->platform);
    memcpy(signal->market, instance->market, sizeof signal->market);
    const char *end = signal->id + sizeof signal->id;
    char *at = r3_append_text(signal->id, end, strategy->session);
    at = r3_append_text(at, end, "-");
    at = r3_append_text(at, end, instance->market);
    at = r3_append_text(at, end, "-");
    at = r3_append_text(at, end, r3_timeframe_name(instance->timeframe));
    at = r3_append_text(at, end, "-");
    instance->id_length = at ? (size_t)(at - signal->id) : 0;
}

/* The seconds of a signal's id. The next signal comes mostly within a day, and differs in the last five digits alone: writing these takes
 * 30 instructions, all of them 85. */
static inline char *append_seconds(struct strategy_instance *instance, const char *end, int64_t seconds) {
    char *const id = instance->signal.signal.id;
    const int64_t head = seconds / 100000;
    if (head != instance->head || head <= 0) {
        char *at = r3_append_integer(id + instance->id_length, end, seconds);
        instance->head = at ? head : 0;
        instance->id_timed = at ? (size_t)(at - id) : 0;
        return at;
    }
    const uint32_t rest = (uint32_t)(seconds - head * 100000);
    char *at = id + instance->id_timed;
    at[-5] = (char)('0' + rest / 10000);
    memcpy(at - 4, r3_digit_pairs + rest / 100 % 100 * 2, 2);
    memcpy(at - 2, r3_digit_pairs + rest % 100 * 2, 2);
    return at;
}

static int emit_signal(struct strategy *strategy, struct strategy_instance *instance, const struct r3_candle *candle,
                       enum r3_rules_output output, size_t index, struct r3_error *error) {
    static const enum r3_direction directions[] = { R3_LONG, R3_SHORT, R3_FLAT };
    static const char letters[][3] = { "-L", "-S", "-F" };
    struct r3_signal *signal = &instance->signal.signal;
    instance->answered = true;
    signal->time = instance->span ? candle->time + instance->span : r3_timeframe_close(R3_1M, candle->time);
    signal->direction = directions[output];
    signal->reference = candle->close;
    const char *end = signal->id + sizeof signal->id;
    char *at = instance->id_length ? append_seconds(instance, end, signal->time / R3_SECOND) : NULL;
    at = r3_append_piece(at, end, letters[output], 2);
    if (!at)
        return r3_fail(error, R3_DATA, "%s-%s-%s: too long for a signal's id: choose a shorter session name",
                       strategy->session, candle->market, r3_timeframe_name(candle->timeframe));
    if (strategy->computes && set_prices(strategy, instance, index, error) < 0)
        return -1;
    return strategy->port->emit(strategy->port, &instance->signal, error);
}

__attribute__((noinline)) static int emit_plots(struct strategy *strategy, struct strategy_instance *instance,
                                                const struct r3_candle *candle, size_t index, struct r3_error *error) {
    for (size_t i = 0; i < strategy->plots; i++) {
        double number;
        if (!r3_rules_plot_value(strategy->block, index, i, &number))
            continue;
        r3_record_init(&strategy->record, R3_VALUE);
        struct r3_value *value = &strategy->record.value;
        const char *name = r3_rules_plot_name(strategy->rules, i);
        r3_copy_text(value->session, sizeof value->session, strategy->session, strlen(strategy->session));
        memcpy(value->market, candle->market, sizeof value->market);
        value->timeframe = candle->timeframe;
        value->time = candle->time;
        r3_copy_text(value->name, sizeof value->name, name, strlen(name));
        value->value = number;
        instance->answered = true;
        if (strategy->port->emit(strategy->port, &strategy->record, error) < 0)
            return -1;
    }
    return 0;
}

/* What the rules say of candle `index` of the block that was evaluated. FLAT first: it outranks an entry of the same candle, and
 * the tracker reads one line at a time. */
static int answer(struct strategy *strategy, struct strategy_instance *instance, const struct r3_candle *candle,
                  size_t index, struct r3_error *error) {
    static const enum r3_rules_output order[] = { R3_RULES_FLAT, R3_RULES_LONG, R3_RULES_SHORT };
    const unsigned turned = r3_rules_turned(strategy->block)[index];
    if (candle->time < strategy->from) /* warm-up */
        return 0;
    if (strategy->plots && emit_plots(strategy, instance, candle, index, error) < 0)
        return -1;
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (turned & 1U << order[i] && emit_signal(strategy, instance, candle, order[i], index, error) < 0)
            return -1;
    return 0;
}

/* Runs over the same candles have the series of a market and timeframe in common. */
static void share_series(const struct strategy *strategy, struct strategy_instance *instance) {
    if (!strategy->port->series || strategy->keeps) /* what is shared is in no state */
        return;
    const char *timeframe = r3_timeframe_name(instance->timeframe);
    uint64_t stream = r3_hash(instance->platform, strlen(instance->platform) + 1, strategy->port->stream);
    stream = r3_hash(instance->market, strlen(instance->market) + 1, stream);
    stream = r3_hash(timeframe, strlen(timeframe), stream);
    instance->sharing = r3_rules_sharing_new(strategy->rules, strategy->port->series, stream);
}

/* The instance that candles of this market and timeframe belong to, started by its first candle; NULL in *out where they are
 * none of ours. */
static int choose_instance(struct strategy *strategy, struct strategy_instance **out, const char *platform,
                           const char *market, enum r3_timeframe timeframe, struct r3_error *error) {
    *out = NULL;
    if ((*strategy->market && strcmp(strategy->market, market) != 0) ||
        (strategy->timeframe && strategy->timeframe != timeframe))
        return 0;
    struct strategy_instance *instance = r3_strategy_instance(strategy, platform, market);
    if (!instance->state) {
        if (r3_rules_check_timeframe(strategy->rules, timeframe, error) < 0)
            return -1;
        instance->timeframe = timeframe;
        instance->state = r3_allocate(r3_rules_state_size(strategy->rules));
        r3_rules_start(strategy->rules, instance->state);
        r3_strategy_prepare_signal(strategy, instance);
        share_series(strategy, instance);
    }
    if (timeframe != instance->timeframe)
        return 0;
    r3_rules_block_share(strategy->block, instance->sharing);
    *out = instance;
    return 0;
}

/* Whether a candle of this time is a new one: 1; 0: a repeated one, which changes nothing; -1. */
static int is_new(const struct strategy_instance *instance, int64_t time, struct r3_error *error) {
    if (time < instance->time)
        return r3_fail(error, R3_DATA, "the %s candle is older than the one before", instance->market);
    return time > instance->time;
}

static int step_candle(void *state, const struct r3_record *record, struct r3_error *error) {
    struct strategy *strategy = state;
    const struct r3_candle *candle = &record->candle;
    struct strategy_instance *instance;
    if (choose_instance(strategy, &instance, candle->platform, candle->market, candle->timeframe, error) < 0)
        return -1;
    int new = instance ? is_new(instance, candle->time, error) : 0;
    if (new <= 0)
        return new;
    instance->time = candle->time;
    instance->candles++;
    strategy->evaluated = true;
    if (r3_rules_step(strategy->block, instance->state, candle, error) < 0)
        return -1;
    return answer(strategy, instance, candle, 0, error);
}

/* The next candle of the block, from `index` on, of which there is something to say. */
static size_t next_answer(const struct strategy *strategy, size_t index, size_t count) {
    const uint8_t *turned = r3_rules_turned(strategy->block);
    if (strategy->plots)
        return index;
    for (uint64_t eight; index + 8 <= count; index += 8) {
        memcpy(&eight, turned + index, sizeof eight);
        if (eight) /* the first byte that is not 0; a loop over them, whose end no processor foresees, took 0.6 % of a run */
            return index + (size_t)__builtin_ctzll(le64toh(eight)) / 8;
    }
    while (index < count && !turned[index])
        index++;
    return index;
}

/* The candle that is answered next, which comes from memory: asked for one answer ahead, it is there by then: 2 % of a run over a million
 * candles. */
__attribute__((always_inline)) static inline void ask_for(const struct r3_candles *candles, size_t next) {
    if (next < candles->count) {
        __builtin_prefetch(&candles->time[next]);
        __builtin_prefetch(&candles->close[next]);
    }
}

static int strategy_candles(void *state, const struct r3_candles *candles, size_t from, size_t to, size_t *at,
                            struct r3_error *error) {
    struct strategy *strategy = state;
    struct strategy_instance *instance;
    *at = from;
    if (choose_instance(strategy, &instance, candles->platform, candles->market, candles->timeframe, error) < 0)
        return -1;
    if (!instance)
        return 0;
    struct r3_candle candle = {
        .timeframe = candles->timeframe
    }; /* what an answer says of one: its other prices do not matter */
    memcpy(candle.platform, candles->platform, sizeof candle.platform);
    memcpy(candle.market, candles->market, sizeof candle.market);
    for (size_t count; from < to; from += count) {
        *at = from;
        int new = is_new(instance, candles->time[from], error);
        if (new < 0)
            return -1;
        count = 1;
        if (new == 0)
            continue;
        strategy->evaluated = true;
        if (r3_rules_candles(strategy->block, instance->state, candles, from, to, &count, error) < 0)
            return -1;
        for (size_t i = next_answer(strategy, 0, count), next; i < count; i = next) {
            next = next_answer(strategy, i + 1, count);
            ask_for(candles, from + next);
            *at = from + i;
            candle.time = candles->time[from + i];
            candle.close = r3_candles_decimal(candles->close[from + i], candles->price_scale);
            if (answer(strategy, instance, &candle, i, error) < 0)
                return -1;
        }
        instance->time = candles->time[from + count - 1];
        instance->candles += count;
    }
    return 0;
}

static int step_state(void *state, const struct r3_record *record, struct r3_error *error) {
    struct strategy *strategy = state;
    return strategy->keeps ? r3_strategy_take_state(strategy, &record->state, error) : 0;
}

static int step_end(void *state, const struct r3_record *record, struct r3_error *error) {
    struct strategy *strategy = state;
    (void)record;
    return strategy->keeps ? r3_strategy_emit_state(strategy, error) : 0;
}

static int step_instrument(void *state, const struct r3_record *record, struct r3_error *error) {
    struct strategy *strategy = state;
    const struct r3_instrument *instrument = &record->instrument;
    struct r3_decimal increment = instrument->price_increment;
    (void)error;
    r3_decimal_normalize(&increment);
    r3_strategy_instance(strategy, instrument->platform, instrument->market)->price_scale = increment.scale;
    return 0;
}

static int strategy_finish(void *state, bool ended, struct r3_error *error) {
    (void)error;
    struct strategy *strategy = state;
    if (strategy->keeps) /* one run of many may have few candles, or none */
        return 0;
    if (ended && !strategy->evaluated)
        strategy->port->warn(strategy->port, "no candle%s%s%s%s came", *strategy->market ? " of " : "",
                             strategy->market, strategy->timeframe ? " " : "", r3_timeframe_name(strategy->timeframe));
    int32_t warm_up = r3_rules_warm_up(strategy->rules);
    for (size_t i = 0; i < strategy->count; i++) {
        const struct strategy_instance *instance = &strategy->instances[i];
        if (ended && instance->candles && !instance->answered && instance->candles <= (uint64_t)warm_up)
            strategy->port->warn(strategy->port,
                                 "%s %s: no signal: the rules are ready after %d candles, and %" PRIu64 " came",
                                 instance->market, r3_timeframe_name(instance->timeframe), warm_up, instance->candles);
    }
    return 0;
}

const struct r3_stage r3_strategy_stage = {
    .name = "r3-strategy",
    .operands = "NAME|FILE|-e TEXT",
    .summary = "evaluate trading rules on each closed candle",
    .options = options,
    .init = strategy_init,
    .steps = { [R3_CANDLE] = step_candle,
               [R3_STATE] = step_state,
               [R3_END] = step_end,
               [R3_INSTRUMENT] = step_instrument },
    .candles = strategy_candles,
    .finish = strategy_finish,
    .free = strategy_free,
};
