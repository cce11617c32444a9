/* r3-strategy's state: the evaluator's bytes of each market, with the hash of the rules and parameters that they belong to. A
 * digest tells that they came back whole, since nothing in them could show that they did not. */
#include "lib/base/base64.h"
#include "lib/base/hash.h"
#include "lib/record/state_members.h"
#include "lib/stage/strategy_library.h"
#include "lib/stage/strategy_private.h"

enum { VERSION = 1, MARKETS_MAX = 4096, HEX_SIZE = 17 };

#define T struct strategy_instance
static const struct r3_state_member members[] = {
    { R3_STATE_ROW(T, platform, R3_STATE_WORD) },
    { R3_STATE_ROW(T, market, R3_STATE_WORD) },
    { R3_STATE_ROW(T, timeframe, R3_STATE_NAME), .names = &r3_state_timeframes, .optional = true },
    { R3_STATE_ROW(T, price_scale, R3_STATE_SMALL), .most = R3_DECIMAL_SCALE_MAX },
    { R3_STATE_ROW(T, time, R3_STATE_TIME), .optional = true },
    { R3_STATE_ROW(T, candles, R3_STATE_COUNT) },
    { R3_STATE_ROW(T, warned, R3_STATE_FLAG) },
    { R3_STATE_ROW(T, answered, R3_STATE_FLAG) },
};
#undef T
static const struct r3_state_table table = R3_STATE_TABLE(members), nothing = { NULL, 0 };
static const char *const others[] = { "digest", "memory", NULL };
static const char *const names[] = { "rules", "markets", NULL };

static void put_hash(struct r3_buffer *out, const char *name, uint64_t hash) {
    char text[HEX_SIZE];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
    r3_state_put_text(out, name, text, sizeof text - 1);
}

static void put_instance(struct r3_buffer *out, const struct strategy *strategy,
                         const struct strategy_instance *instance) {
    struct r3_buffer memory = R3_BUFFER_INIT;
    size_t size = r3_rules_state_size(strategy->rules);
    r3_state_open(out, NULL, '{');
    r3_state_put_members(out, &table, instance);
    if (instance->state) { /* else an instrument is all that came */
        r3_rules_state_clean(strategy->rules, instance->state);
        r3_base64_append(&memory, instance->state, size);
        put_hash(out, "digest", r3_hash(instance->state, size, 0));
        r3_state_put_text(out, "memory", memory.data, memory.length);
    }
    r3_state_close(out, '}');
    r3_buffer_release(&memory);
}

static int emit(void *context, const struct r3_record *record, struct r3_error *error) {
    struct strategy *strategy = context;
    return strategy->port->emit(strategy->port, record, error);
}

int r3_strategy_emit_state(struct strategy *strategy, struct r3_error *error) {
    struct r3_buffer text = R3_BUFFER_INIT;
    if (r3_state_check_whole(&strategy->parts, error) < 0)
        return -1;
    r3_state_open(&text, NULL, '{');
    put_hash(&text, "rules", r3_rules_hash(strategy->rules));
    r3_state_open(&text, "markets", '[');
    for (size_t i = 0; i < strategy->count; i++)
        put_instance(&text, strategy, &strategy->instances[i]);
    r3_state_close(&text, ']');
    r3_state_close(&text, '}');
    int result = r3_state_emit(strategy->session, r3_strategy_stage.name, VERSION, &text, emit, strategy, error);
    r3_buffer_release(&text);
    return result;
}

static int take_hash(uint64_t *out, const struct r3_json *object, const char *name, struct r3_error *error) {
    const char *text;
    if (r3_state_take_word(&text, object, name, error) < 0)
        return -1;
    if (strlen(text) != HEX_SIZE - 1 || strspn(text, "0123456789abcdef") != HEX_SIZE - 1)
        return r3_fail(error, R3_DATA, "%s: not 16 of 0-9a-f", name);
    *out = strtoull(text, NULL, 16);
    return 0;
}

static int take_memory(void **out, const struct strategy *strategy, const struct r3_json *object,
                       struct r3_error *error) {
    struct r3_buffer bytes = R3_BUFFER_INIT;
    uint64_t digest = 0;
    size_t length = 0;
    const char *text = r3_json_text(r3_json_member(object, "memory"), &length);
    int result =
        text ? r3_base64_parse(&bytes, text, length, error) : r3_fail(error, R3_DATA, "missing, or not a text");
    if (result < 0)
        r3_error_at(error, "memory: ");
    if (result == 0)
        result = take_hash(&digest, object, "digest", error);
    if (result == 0 && bytes.length != r3_rules_state_size(strategy->rules))
        result = r3_fail(error, R3_DATA, "memory: %zu bytes, where the rules need %zu", bytes.length,
                         r3_rules_state_size(strategy->rules));
    if (result == 0 && digest != r3_hash(bytes.data, bytes.length, 0))
        result = r3_fail(error, R3_DATA, "memory: damaged, its digest is another");
    if (result == 0) {
        *out = r3_allocate(bytes.length);
        memcpy(*out, bytes.data, bytes.length);
        if (!r3_rules_state_matches(strategy->rules, *out, bytes.length))
            result = r3_fail(error, R3_DATA, "memory: not of these rules");
    }
    r3_buffer_release(&bytes);
    return result;
}

/* An instance that is there knows its digits by an instrument of this stream. */
static int take_instance(struct strategy *strategy, const struct r3_json *object, struct r3_error *error) {
    struct strategy_instance came;
    size_t before = strategy->count;
    if (r3_state_take_members(&came, object, &table, others, error) < 0)
        return -1;
    if ((came.timeframe != R3_TIMEFRAME_NONE) != (came.time != R3_TIME_ABSENT))
        return r3_fail(error, R3_DATA, "timeframe and time: one without the other");
    struct strategy_instance *instance = r3_strategy_instance(strategy, came.platform, came.market);
    if (instance->state)
        return r3_fail(error, R3_DATA, "market: a second %s", came.market);
    if (strategy->count > before)
        instance->price_scale = came.price_scale;
    if (!came.timeframe)
        return 0;
    if (strategy->timeframe && came.timeframe != strategy->timeframe)
        return r3_fail(error, R3_CONFIG, "%s: it is of %s candles, --timeframe says %s: start the session anew",
                       came.market, r3_timeframe_name(came.timeframe), r3_timeframe_name(strategy->timeframe));
    if (r3_rules_check_timeframe(strategy->rules, came.timeframe, error) < 0 ||
        take_memory(&instance->state, strategy, object, error) < 0)
        return -1;
    instance->timeframe = came.timeframe;
    instance->time = came.time;
    instance->candles = came.candles;
    instance->warned = came.warned;
    instance->answered = came.answered;
    r3_strategy_prepare_signal(strategy, instance);
    return 0;
}

static int take_all(struct strategy *strategy, const struct r3_json *object, struct r3_error *error) {
    const struct r3_json *array;
    uint64_t hash;
    if (r3_state_take_members(strategy, object, &nothing, names, error) < 0 ||
        take_hash(&hash, object, "rules", error) < 0 ||
        r3_state_take_array(&array, object, "markets", MARKETS_MAX, error) < 0)
        return -1;
    if (hash != r3_rules_hash(strategy->rules))
        return r3_fail(error, R3_CONFIG,
                       "it is of other rules, parameters or release (%016llx) than %s (%016llx): go on with those, or "
                       "start the session anew",
                       (unsigned long long)hash, strategy->label, (unsigned long long)r3_rules_hash(strategy->rules));
    for (size_t i = 0; i < r3_json_count(array); i++)
        if (take_instance(strategy, r3_json_at(array, i), error) < 0)
            return r3_error_at(error, "markets[%zu]: ", i);
    return 0;
}

int r3_strategy_take_state(struct strategy *strategy, const struct r3_state *state, struct r3_error *error) {
    struct r3_json_document *document = NULL;
    if (strcmp(state->program, r3_strategy_stage.name) != 0 || strcmp(state->session, strategy->session) != 0)
        return 0;
    int result = r3_state_join(&strategy->parts, state, VERSION, error);
    if (result <= 0)
        return result;
    result = strategy->evaluated ? r3_fail(error, R3_DATA, "it comes behind candles") : 0;
    if (result == 0)
        result = r3_json_parse(&document, strategy->parts.text.data, strategy->parts.text.length,
                               strategy->parts.text.length, error);
    if (result == 0)
        result = take_all(strategy, r3_json_root(document), error);
    r3_json_free(document);
    r3_buffer_release(&strategy->parts.text);
    return result < 0 ? r3_error_at(error, "state: ") : 0;
}

bool r3_strategy_state_fits(struct r3_rules *rules, const char *session, const char *lines) {
    struct strategy strategy = { .rules = rules, .session = session };
    struct r3_decoder *decoder = r3_decoder_new();
    struct r3_record record;
    struct r3_error error;
    bool fits = true;
    for (const char *at = lines, *end; fits && *at; at = end + 1) {
        end = strchr(at, '\n');
        fits = r3_record_decode(decoder, &record, at, (size_t)(end - at), &error) == 0 && record.type == R3_STATE &&
               r3_strategy_take_state(&strategy, &record.state, &error) == 0;
    }
    fits = fits && strategy.parts.parts > 0 && r3_state_check_whole(&strategy.parts, &error) == 0;
    for (size_t i = 0; i < strategy.count; i++)
        free(strategy.instances[i].state);
    free(strategy.instances);
    r3_state_parts_release(&strategy.parts);
    r3_decoder_free(decoder);
    return fits;
}
