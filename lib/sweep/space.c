#include "lib/sweep/space.h"

#include "lib/base/buffer.h"
#include "lib/json/json.h"

void r3_sweep_space_init(struct r3_sweep_space *space) {
    memset(space, 0, sizeof *space);
    space->combinations = 1;
}

static void release_parameter(struct r3_sweep_parameter *parameter) {
    for (size_t i = 0; i < parameter->count; i++)
        free(parameter->values[i].text);
    free(parameter->values);
}

void r3_sweep_space_release(struct r3_sweep_space *space) {
    for (size_t i = 0; i < space->count; i++)
        release_parameter(&space->parameters[i]);
    r3_sweep_space_init(space);
}

struct r3_decimal r3_sweep_number(const char *text, size_t length) {
    static const struct r3_decimal hundredth = { 1, 2 };
    struct r3_error ignored = { 0 };
    struct r3_decimal number;
    bool percent = length > 0 && text[length - 1] == '%';
    if (r3_decimal_parse(&number, text, length - percent, &ignored) != 0 ||
        (percent && r3_decimal_multiply(&number, &number, &hundredth, &ignored) != 0))
        return r3_decimal_absent;
    return number;
}

static bool is_name(const char *text, size_t length) {
    if (length == 0 || length >= R3_SWEEP_NAME_SIZE || (*text >= '0' && *text <= '9'))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!(text[i] == '_' || (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'z') ||
              (text[i] >= 'A' && text[i] <= 'Z')))
            return false;
    return true;
}

int r3_sweep_space_find(const struct r3_sweep_space *space, const char *name, size_t length) {
    for (size_t i = 0; i < space->count; i++)
        if (strlen(space->parameters[i].name) == length && memcmp(space->parameters[i].name, name, length) == 0)
            return (int)i;
    return -1;
}

static int add_value(struct r3_sweep_parameter *parameter, const char *text, size_t length, struct r3_error *error) {
    size_t count = parameter->count;
    if (length == 0)
        return r3_fail(error, R3_USAGE, "a value is empty");
    if (length > R3_SWEEP_VALUE_LENGTH_MAX)
        return r3_fail(error, R3_USAGE, "a value is longer than %d bytes", R3_SWEEP_VALUE_LENGTH_MAX);
    if (!r3_json_is_utf8(text, length))
        return r3_fail(error, R3_USAGE, "a value is not UTF-8");
    if (count == R3_SWEEP_VALUES_MAX)
        return r3_fail(error, R3_USAGE, "more than %d values", R3_SWEEP_VALUES_MAX);
    if ((count & (count - 1)) == 0)
        parameter->values = r3_reallocate(parameter->values, (count ? 2 * count : 1) * sizeof parameter->values[0]);
    char *copy = r3_allocate(length + 1);
    memcpy(copy, text, length);
    parameter->values[count] = (struct r3_sweep_value) { copy, r3_sweep_number(text, length) };
    parameter->count++;
    return 0;
}

/* "a,b,c". A comma cannot be part of a value. */
static int add_list(struct r3_sweep_parameter *parameter, const char *text, struct r3_error *error) {
    for (;;) {
        size_t length = strcspn(text, ",");
        for (size_t i = 0; i < parameter->count; i++)
            if (strlen(parameter->values[i].text) == length && memcmp(parameter->values[i].text, text, length) == 0)
                return r3_fail(error, R3_USAGE, "the value %.*s comes twice", (int)length, text);
        if (add_value(parameter, text, length, error) != 0)
            return -1;
        if (!text[length])
            return 0;
        text += length + 1;
    }
}

struct range {
    struct r3_decimal first, last, step;
    bool percent;
};

/* The three numbers of a range. */
static int parse_range(struct range *range, const char *text, struct r3_error *error) {
    static const char *const names[3] = { "FIRST", "LAST", "STEP" };
    struct r3_decimal *numbers[3] = { &range->first, &range->last, &range->step };
    size_t percents = 0;
    for (size_t i = 0; i < 3; i++) {
        size_t length = strcspn(text, ":");
        bool percent = length > 0 && text[length - 1] == '%';
        struct r3_error reason = { 0 };
        if (r3_decimal_parse(numbers[i], text, length - percent, &reason) != 0)
            return r3_fail(error, R3_USAGE, "%s: %s", names[i], reason.text);
        percents += percent;
        text += length + (i < 2);
    }
    if (percents % 3 != 0)
        return r3_fail(error, R3_USAGE, "all of FIRST:LAST:STEP with %%, or none");
    range->percent = percents > 0;
    return 0;
}

static int add_range(struct r3_sweep_parameter *parameter, const char *text, struct r3_error *error) {
    struct range range;
    if (parse_range(&range, text, error) != 0)
        return -1;
    int sign = r3_decimal_sign(&range.step), way = r3_decimal_compare(&range.last, &range.first);
    if (sign == 0)
        return r3_fail(error, R3_USAGE, "STEP is 0");
    if ((sign > 0 && way < 0) || (sign < 0 && way > 0))
        return r3_fail(error, R3_USAGE, "STEP leads from FIRST away from LAST");
    for (struct r3_decimal at = range.first; sign * r3_decimal_compare(&at, &range.last) <= 0;) {
        char value[R3_DECIMAL_TEXT_SIZE + 1];
        size_t length = r3_decimal_format(value, &at);
        if (range.percent)
            value[length++] = '%';
        if (add_value(parameter, value, length, error) != 0)
            return -1;
        if (r3_decimal_add(&at, &at, &range.step, error) != 0) {
            error->status = R3_USAGE;
            return -1;
        }
    }
    return 0;
}

/* Two colons and no comma. */
static bool is_range(const char *text) {
    const char *colon = strchr(text, ':');
    return colon && !strchr(text, ',') && (colon = strchr(colon + 1, ':')) && !strchr(colon + 1, ':');
}

int r3_sweep_space_add(struct r3_sweep_space *space, const char *text, struct r3_error *error) {
    size_t length = strcspn(text, "=");
    struct r3_sweep_parameter *parameter = &space->parameters[space->count];
    uint64_t combinations;
    if (text[length] != '=' || !is_name(text, length))
        return r3_fail(error, R3_USAGE, "--vary wants NAME=FIRST:LAST:STEP or NAME=a,b,c, not \"%.80s\"", text);
    if (r3_sweep_space_find(space, text, length) >= 0)
        return r3_fail(error, R3_USAGE, "--vary %.*s: given twice", (int)length, text);
    if (space->count == R3_SWEEP_PARAMETERS_MAX)
        return r3_fail(error, R3_USAGE, "--vary: more than %d parameters", R3_SWEEP_PARAMETERS_MAX);
    *parameter = (struct r3_sweep_parameter) { .count = 0 };
    memcpy(parameter->name, text, length);
    const char *values = text + length + 1;
    if ((is_range(values) ? add_range : add_list)(parameter, values, error) != 0) {
        release_parameter(parameter);
        return r3_error_at(error, "--vary %.*s: ", (int)length, text);
    }
    if (__builtin_mul_overflow(space->combinations, parameter->count, &combinations) || combinations > INT64_MAX) {
        release_parameter(parameter);
        return r3_fail(error, R3_USAGE, "--vary: more than 2^63 combinations");
    }
    space->combinations = combinations;
    space->count++;
    return 0;
}

void r3_sweep_space_combination(const struct r3_sweep_space *space, uint64_t number, uint32_t *indices) {
    for (size_t i = space->count; i-- > 0; number /= space->parameters[i].count)
        indices[i] = (uint32_t)(number % space->parameters[i].count);
}

uint64_t r3_sweep_space_number(const struct r3_sweep_space *space, const uint32_t *indices) {
    uint64_t number = 0;
    for (size_t i = 0; i < space->count; i++)
        number = number * space->parameters[i].count + indices[i];
    return number;
}
