#include "lib/base/option.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buffer.h"
#include "lib/base/time.h"

/* One entry for each row of the tables holds what was typed for it; a command line has few options, so names are looked up one by one. */

struct entry {
    const struct r3_option *option;
    struct r3_argument *values;
    size_t count;
    struct r3_argument fallback;
    bool has_fallback;
};

struct r3_arguments {
    struct entry *entries;
    size_t count;
    const char **operands;
    size_t operand_count;
};

enum { NAME_MAX_LENGTH = 63, QUOTED_MAX = 80 };

/* ---- values ---- */

/* What an option wants, in words that can follow "--name wants". */
static void describe_wanted(struct r3_buffer *out, const struct r3_option *option) {
    static const char *const words[] = {
        [R3_OPTION_FLAG] = "no argument",
        [R3_OPTION_TEXT] = "a text",
        [R3_OPTION_INTEGER] = "a whole number",
        [R3_OPTION_DECIMAL] = "a decimal number",
        [R3_OPTION_FRACTION] = "a fraction (like 0.01 or 1%)",
        [R3_OPTION_TIME] = "a time (like 2024-01-31T13:45, or ms since 1970)",
        [R3_OPTION_DURATION] = "a span of time (like 90s, 5m, 4h, 2d or 1w)",
        [R3_OPTION_CHOICE] = "one of ",
    };
    r3_buffer_append_text(out, words[option->kind]);
    if (option->kind == R3_OPTION_INTEGER && option->minimum != INT64_MIN)
        r3_buffer_printf(out, " of at least %" PRId64, option->minimum);
    if ((option->kind == R3_OPTION_DECIMAL || option->kind == R3_OPTION_FRACTION) && option->minimum >= 0)
        r3_buffer_append_text(out, " of at least 0");
    if (option->kind != R3_OPTION_CHOICE)
        return;
    for (const char *p = option->argument; *p; p++)
        r3_buffer_append_text(out, *p == '|' ? ", " : (char[2]) { *p, '\0' });
}

static int fail_value(const struct r3_option *option, const char *text, struct r3_error *error) {
    struct r3_buffer wanted = R3_BUFFER_INIT;
    describe_wanted(&wanted, option);
    size_t length = strlen(text);
    r3_fail(error, R3_USAGE, "--%s wants %s, not \"%.*s%s\"", option->name, wanted.data,
            length > QUOTED_MAX ? QUOTED_MAX : (int)length, text, length > QUOTED_MAX ? "..." : "");
    r3_buffer_release(&wanted);
    return -1;
}

/* -?digits within 64 bits. */
static int parse_integer(int64_t *out, const char *text, size_t length) {
    bool negative = length > 0 && *text == '-';
    size_t at = negative;
    if (at == length)
        return -1;
    int64_t value = 0; /* kept negative, as INT64_MIN has no positive */
    for (; at < length; at++) {
        unsigned digit = (unsigned)(unsigned char)text[at] - '0';
        if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, (int64_t)digit, &value))
            return -1;
    }
    if (!negative && value == INT64_MIN)
        return -1;
    *out = negative ? value : -value;
    return 0;
}

static int parse_fraction(struct r3_decimal *out, const char *text, size_t length) {
    bool percent = length > 0 && text[length - 1] == '%';
    if (r3_decimal_parse_number(out, text, length - percent, NULL) != 0)
        return -1;
    const struct r3_decimal hundredth = R3_DECIMAL(1, 2);
    return percent ? r3_decimal_multiply(out, out, &hundredth, NULL) : 0;
}

int r3_option_parse_time(int64_t *out, const char *text, size_t length) {
    if (length < 11 || strspn(text, "0123456789") != length)
        return r3_time_parse(out, text, length, NULL);
    return parse_integer(out, text, length) == 0 && *out < r3_time_from_civil(10000, 1, 1) ? 0 : -1;
}

static int parse_choice(int64_t *out, const char *choices, const char *text, size_t length) {
    for (int64_t index = 0;; index++) {
        size_t width = strcspn(choices, "|");
        if (width == length && memcmp(choices, text, length) == 0) {
            *out = index;
            return 0;
        }
        if (!choices[width])
            return -1;
        choices += width + 1;
    }
}

static int parse_value(struct r3_argument *out, const struct r3_option *option, const char *text,
                       struct r3_error *error) {
    size_t length = strlen(text);
    int result = 0;
    *out = (struct r3_argument) { .text = text, .decimal = r3_decimal_absent };
    switch (option->kind) {
    case R3_OPTION_FLAG:
    case R3_OPTION_TEXT:
        break;
    case R3_OPTION_INTEGER:
        result = parse_integer(&out->integer, text, length);
        if (result == 0 && out->integer < option->minimum)
            result = -1;
        break;
    case R3_OPTION_DECIMAL:
        result = r3_decimal_parse_number(&out->decimal, text, length, NULL);
        break;
    case R3_OPTION_FRACTION:
        result = parse_fraction(&out->decimal, text, length);
        break;
    case R3_OPTION_TIME:
        result = r3_option_parse_time(&out->integer, text, length);
        break;
    case R3_OPTION_DURATION:
        result = r3_duration_parse(&out->integer, text, length, NULL);
        break;
    case R3_OPTION_CHOICE:
        result = parse_choice(&out->integer, option->argument, text, length);
        break;
    }
    if (result == 0 && r3_decimal_is_present(&out->decimal) && option->minimum >= 0 &&
        r3_decimal_sign(&out->decimal) < 0)
        result = -1;
    return result == 0 ? 0 : fail_value(option, text, error);
}

/* ---- names ---- */

static struct entry *find_entry(const struct r3_arguments *arguments, const char *name, size_t length) {
    for (size_t i = 0; i < arguments->count; i++) {
        const char *candidate = arguments->entries[i].option->name;
        if (strlen(candidate) == length && memcmp(candidate, name, length) == 0)
            return &arguments->entries[i];
    }
    return NULL;
}

static struct entry *find_letter(const struct r3_arguments *arguments, char letter) {
    for (size_t i = 0; letter && i < arguments->count; i++)
        if (arguments->entries[i].option->letter == letter)
            return &arguments->entries[i];
    return NULL;
}

/* Edit distance, with the swap of two neighbours as one edit: Damerau, "A technique for computer detection and correction of spelling
 * errors" (1964), by the row method of Wagner and Fischer (1974); three rows are kept. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length) {
    size_t rows[3][NAME_MAX_LENGTH + 1];
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);
            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && two_above[j - 2] + 1 < best)
                best = two_above[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[a_length % 3][b_length];
}

/* The option that was probably meant: one that begins so, or one at most two letters away. NULL: none. */
static const char *nearest_name(const struct r3_arguments *arguments, const char *name, size_t length) {
    const char *best = NULL;
    size_t best_distance = length > 4 ? 3 : 2;
    if (length < 2 || length > NAME_MAX_LENGTH)
        return NULL;
    for (size_t i = 0; i < arguments->count; i++) {
        const char *candidate = arguments->entries[i].option->name;
        size_t candidate_length = strlen(candidate);
        if (candidate_length > NAME_MAX_LENGTH)
            continue;
        size_t far = candidate_length > length && memcmp(candidate, name, length) == 0
                         ? 1
                         : distance(name, length, candidate, candidate_length);
        if (far < best_distance) {
            best = candidate;
            best_distance = far;
        }
    }
    return best;
}

static int fail_unknown(const struct r3_arguments *arguments, const char *name, size_t length, struct r3_error *error) {
    const char *meant = nearest_name(arguments, name, length);
    int shown = length > QUOTED_MAX ? QUOTED_MAX : (int)length;
    if (meant)
        return r3_fail(error, R3_USAGE, "unknown option --%.*s (did you mean --%s?)", shown, name, meant);
    return r3_fail(error, R3_USAGE, "unknown option --%.*s", shown, name);
}

/* ---- the command line ---- */

struct walk {
    struct r3_arguments *arguments;
    int argc, at;
    char *const *argv;
};

static int add_value(struct entry *entry, const char *text, struct r3_error *error) {
    const struct r3_option *option = entry->option;
    struct r3_argument value;
    if (entry->count > 0 && !option->repeat)
        return r3_fail(error, R3_USAGE, "--%s is given twice", option->name);
    if (parse_value(&value, option, text, error) != 0)
        return -1;
    entry->values = r3_reallocate(entry->values, (entry->count + 1) * sizeof *entry->values);
    entry->values[entry->count++] = value;
    return 0;
}

/* The next word as the argument of an option. A number may be negative; what looks like an option is taken for a forgotten argument. */
static int take_next(struct walk *walk, struct entry *entry, struct r3_error *error) {
    const struct r3_option *option = entry->option;
    const char *next = walk->at < walk->argc ? walk->argv[walk->at] : NULL;
    if (!next)
        return r3_fail(error, R3_USAGE, "--%s needs an argument: %s", option->name, option->argument);
    if (next[0] == '-' && next[1] == '-')
        return r3_fail(error, R3_USAGE,
                       "--%s needs an argument (%s) ahead of %.*s; if that is the argument, write --%s=%.*s",
                       option->name, option->argument, QUOTED_MAX, next, option->name, QUOTED_MAX, next);
    walk->at++;
    return add_value(entry, next, error);
}

static int take_long(struct walk *walk, const char *name, struct r3_error *error) {
    size_t length = strcspn(name, "=");
    struct entry *entry = find_entry(walk->arguments, name, length);
    if (!entry)
        return fail_unknown(walk->arguments, name, length, error);
    bool flag = entry->option->kind == R3_OPTION_FLAG;
    if (name[length] == '=') {
        if (flag)
            return r3_fail(error, R3_USAGE, "--%s takes no argument", entry->option->name);
        return add_value(entry, name + length + 1, error);
    }
    return flag ? add_value(entry, "", error) : take_next(walk, entry, error);
}

/* -q -v, -qv, -e TEXT or -eTEXT */
static int take_letters(struct walk *walk, const char *letters, struct r3_error *error) {
    for (; *letters; letters++) {
        struct entry *entry = find_letter(walk->arguments, *letters);
        if (!entry)
            return r3_fail(error, R3_USAGE, "unknown option -%.*s", QUOTED_MAX, letters);
        if (entry->option->kind != R3_OPTION_FLAG)
            return letters[1] ? add_value(entry, letters + 1, error) : take_next(walk, entry, error);
        if (add_value(entry, "", error) != 0)
            return -1;
    }
    return 0;
}

static int take_words(struct walk *walk, struct r3_error *error) {
    bool operands_only = false;
    while (walk->at < walk->argc) {
        const char *word = walk->argv[walk->at++];
        if (operands_only || word[0] != '-' || word[1] == '\0') {
            walk->arguments->operands[walk->arguments->operand_count++] = word;
        } else if (strcmp(word, "--") == 0) {
            operands_only = true;
        } else if ((word[1] == '-' ? take_long(walk, word + 2, error) : take_letters(walk, word + 1, error)) != 0) {
            return -1;
        }
    }
    return 0;
}

static int add_tables(struct r3_arguments *arguments, const struct r3_option *const *tables, struct r3_error *error) {
    size_t count = 0;
    for (const struct r3_option *const *table = tables; *table; table++)
        for (const struct r3_option *option = *table; option->name; option++)
            count++;
    arguments->entries = r3_allocate(count * sizeof *arguments->entries);
    for (; *tables; tables++)
        for (const struct r3_option *option = *tables; option->name; option++) {
            struct entry *entry = &arguments->entries[arguments->count++];
            entry->option = option;
            entry->has_fallback = option->fallback != NULL;
            if (entry->has_fallback && parse_value(&entry->fallback, option, option->fallback, error) != 0) {
                error->status = R3_BUG; /* the table itself is wrong */
                return -1;
            }
        }
    return 0;
}

static bool asks_for_help(const struct walk *walk) {
    for (int i = walk->at; i < walk->argc && strcmp(walk->argv[i], "--") != 0; i++)
        if (strcmp(walk->argv[i], "--help") == 0)
            return true;
    return false;
}

int r3_arguments_parse(struct r3_arguments **out, const struct r3_option *const *tables, int argc, char *const *argv,
                       struct r3_error *error) {
    struct r3_error ignored;
    if (!error)
        error = &ignored;
    struct r3_arguments *arguments = r3_allocate(sizeof *arguments);
    struct walk walk = { .arguments = arguments, .argc = argc, .at = 1, .argv = argv };
    int result = -1;
    *out = NULL;
    arguments->operands = r3_allocate((argc > 0 ? (size_t)argc : 1) * sizeof *arguments->operands);
    if (add_tables(arguments, tables, error) != 0)
        goto out;
    struct entry *help = find_entry(arguments, "help", strlen("help"));
    if (help && asks_for_help(&walk))
        result = add_value(help, "", error);
    else
        result = take_words(&walk, error);
out:
    if (result != 0) {
        r3_arguments_free(arguments);
        arguments = NULL;
    }
    *out = arguments;
    return result;
}

void r3_arguments_free(struct r3_arguments *arguments) {
    if (!arguments)
        return;
    for (size_t i = 0; i < arguments->count; i++)
        free(arguments->entries[i].values);
    free(arguments->entries);
    free(arguments->operands);
    free(arguments);
}

/* ---- looking up ---- */

static const struct entry *known_entry(const struct r3_arguments *arguments, const char *name) {
    const struct entry *entry = find_entry(arguments, name, strlen(name));
    if (!entry)
        abort(); /* a program asks for an option that its own table lacks */
    return entry;
}

bool r3_arguments_given(const struct r3_arguments *arguments, const char *name) {
    return known_entry(arguments, name)->count > 0;
}

size_t r3_arguments_count(const struct r3_arguments *arguments, const char *name) {
    return known_entry(arguments, name)->count;
}

const struct r3_argument *r3_arguments_get(const struct r3_arguments *arguments, const char *name, size_t index) {
    const struct entry *entry = known_entry(arguments, name);
    if (index < entry->count)
        return &entry->values[index];
    return entry->count == 0 && index == 0 && entry->has_fallback ? &entry->fallback : NULL;
}

const char *r3_arguments_text(const struct r3_arguments *arguments, const char *name) {
    const struct r3_argument *argument = r3_arguments_get(arguments, name, 0);
    return argument ? argument->text : NULL;
}

size_t r3_arguments_operands(const struct r3_arguments *arguments) {
    return arguments->operand_count;
}

const char *r3_arguments_operand(const struct r3_arguments *arguments, size_t index) {
    return index < arguments->operand_count ? arguments->operands[index] : NULL;
}
