#include "lib/base/decimal.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "tests/unit/check.h"

/* tests/vectors/decimal.txt has the answers of Python's decimal module; the rest are properties over seeded random values. */

static struct r3_error error;

static struct r3_decimal read_decimal(const char *text) {
    struct r3_decimal value = r3_decimal_absent;
    if (r3_decimal_parse(&value, text, strlen(text), &error) != 0)
        fprintf(stderr, "%s: %s\n", text, error.text);
    return value;
}

static const char *spell(const struct r3_decimal *value) {
    static char text[R3_DECIMAL_TEXT_SIZE];
    size_t length = r3_decimal_format(text, value);
    CHECK_INT(strlen(text), length);
    return text;
}

/* ---- vectors ---- */

enum { FIELDS_MAX = 6 };

static const char *answer(int result, const struct r3_decimal *value) {
    if (result == 0)
        return spell(value);
    CHECK_INT(result, -1);
    CHECK_INT(error.status, R3_DATA);
    return "error";
}

static enum r3_rounding rounding_of(const char *name) {
    static const char *const names[] = { "FLOOR", "CEILING", "DOWN", "UP", "HALF_EVEN", "HALF_UP" };
    for (int i = 0; i < 6; i++)
        if (strcmp(names[i], name) == 0)
            return (enum r3_rounding)i;
    CHECK_TEXT(name, "a rounding");
    return R3_ROUND_FLOOR;
}

static void run_exact(char **field) {
    struct r3_decimal a = read_decimal(field[1]), b = read_decimal(field[2]), out;
    if (strcmp(field[0], "add") == 0)
        CHECK_TEXT(answer(r3_decimal_add(&out, &a, &b, &error), &out), field[3]);
    else if (strcmp(field[0], "subtract") == 0)
        CHECK_TEXT(answer(r3_decimal_subtract(&out, &a, &b, &error), &out), field[3]);
    else if (strcmp(field[0], "multiply") == 0)
        CHECK_TEXT(answer(r3_decimal_multiply(&out, &a, &b, &error), &out), field[3]);
    else if (strcmp(field[0], "compare") == 0)
        CHECK_INT(r3_decimal_compare(&a, &b), strtol(field[3], NULL, 10));
    else
        CHECK_INT(r3_decimal_is_multiple(&a, &b), strtol(field[3], NULL, 10));
}

static void run_rounded(char **field) {
    enum r3_rounding rounding = rounding_of(field[1]);
    struct r3_decimal out;
    if (strcmp(field[0], "round_to") == 0) {
        struct r3_decimal a = read_decimal(field[2]), increment = read_decimal(field[3]);
        CHECK_TEXT(answer(r3_decimal_round_to(&out, &a, &increment, rounding, &error), &out), field[4]);
        return;
    }
    int scale = (int)strtol(field[2], NULL, 10);
    if (strcmp(field[0], "from_double") == 0) {
        CHECK_TEXT(answer(r3_decimal_from_double(&out, strtod(field[3], NULL), scale, rounding, &error), &out),
                   field[4]);
        return;
    }
    struct r3_decimal a = read_decimal(field[3]);
    if (strcmp(field[0], "round") == 0) {
        CHECK_TEXT(answer(r3_decimal_round(&out, &a, scale, rounding, &error), &out), field[4]);
        return;
    }
    struct r3_decimal b = read_decimal(field[4]);
    if (strcmp(field[0], "multiply_round") == 0)
        CHECK_TEXT(answer(r3_decimal_multiply_round(&out, &a, &b, scale, rounding, &error), &out), field[5]);
    else
        CHECK_TEXT(answer(r3_decimal_divide_round(&out, &a, &b, scale, rounding, &error), &out), field[5]);
}

static void run_text(char **field) {
    struct r3_decimal out;
    size_t length = strlen(field[1]);
    if (strcmp(field[0], "to_double") == 0) {
        out = read_decimal(field[1]);
        CHECK(r3_decimal_to_double(&out) == strtod(field[2], NULL));
    } else if (strcmp(field[0], "parse") == 0) {
        CHECK_TEXT(answer(r3_decimal_parse(&out, field[1], length, &error), &out), field[2]);
    } else {
        CHECK_TEXT(answer(r3_decimal_parse_number(&out, field[1], length, &error), &out), field[2]);
    }
}

/* By the operation's name: who runs it, and with how many fields. */
static const struct {
    const char *name;
    void (*run)(char **field);
    int fields;
} operations[] = {
    { "add", run_exact, 4 },
    { "subtract", run_exact, 4 },
    { "multiply", run_exact, 4 },
    { "compare", run_exact, 4 },
    { "is_multiple", run_exact, 4 },
    { "round", run_rounded, 5 },
    { "multiply_round", run_rounded, 6 },
    { "divide_round", run_rounded, 6 },
    { "round_to", run_rounded, 5 },
    { "from_double", run_rounded, 5 },
    { "to_double", run_text, 3 },
    { "parse", run_text, 3 },
    { "parse_number", run_text, 3 },
};

static void run_vector(char *line, int number) {
    char *field[FIELDS_MAX] = { NULL }, *place = NULL;
    int count = 0, failed = check_failed;
    for (char *word = strtok_r(line, " \n", &place); word && count < FIELDS_MAX; word = strtok_r(NULL, " \n", &place))
        field[count++] = word;
    size_t i = 0, known = sizeof operations / sizeof operations[0];
    while (i < known && (count == 0 || strcmp(operations[i].name, field[0]) != 0))
        i++;
    CHECK(i < known && operations[i].fields == count);
    if (i < known && operations[i].fields == count)
        operations[i].run(field);
    if (check_failed != failed)
        fprintf(stderr, "  in decimal.txt:%d\n", number);
}

static void test_vectors(void) {
    FILE *file = fopen("tests/vectors/decimal.txt", "r");
    CHECK(file != NULL);
    if (!file)
        return;
    char line[512];
    int number = 0;
    while (fgets(line, sizeof line, file)) {
        number++;
        if (line[0] != '#')
            run_vector(line, number);
    }
    CHECK(number > 3000);
    fclose(file);
}

/* ---- texts ---- */

static void test_texts(void) {
    static const char *const good[][2] = {
        { "0", "0" },
        { "-0", "0" },
        { "0.0", "0" },
        { "-0.00", "0" },
        { "1.50", "1.5" },
        { "46319.0", "46319" },
        { "100", "100" },
        { "-0.5", "-0.5" },
        { "0.000000000000000001", "0.000000000000000001" },
        { "1.5000000000000000000000", "1.5" },
        { "9999999999999999999999999999999999", "9999999999999999999999999999999999" },
        { "-9999999999999999.999999999999999999", "-9999999999999999.999999999999999999" },
        { "12345678901234567.000000000000000000", "12345678901234567" },
        { "18446744073709551615", "18446744073709551615" },
        { "18446744073709551616", "18446744073709551616" },
        { "10000000000000000000", "10000000000000000000" },
    };
    static const char *const bad[] = { "",         "-",     "+1",  ".",  "1.",       ".5",    "-.5", "007",
                                       "00",       "-01",   "1e5", " 1", "1 ",       "1,5",   "0x1", "NaN",
                                       "Infinity", "1.2.3", "--1", "1-", "\xd9\xa1", "1_000", "abc", "00.5" };
    static const char *const wide[] = { "10000000000000000000000000000000000", "0.0000000000000000001",
                                        "1.0000000000000000001", "99999999999999999.999999999999999999" };
    struct r3_decimal value;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK_INT(r3_decimal_parse(&value, good[i][0], strlen(good[i][0]), &error), 0);
        CHECK_TEXT(spell(&value), good[i][1]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_INT(r3_decimal_parse(&value, bad[i], strlen(bad[i]), &error), -1);
        CHECK_INT(error.status, R3_DATA);
        CHECK(strncmp(error.text, "not a decimal: \"", 16) == 0);
    }
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
        CHECK_INT(r3_decimal_parse(&value, wide[i], strlen(wide[i]), &error), -1);
        CHECK(strncmp(error.text, "too many digits: \"", 18) == 0);
    }
    CHECK_INT(r3_decimal_parse(&value, "1\0002", 3, &error), -1); /* the length counts, not a NUL */
    CHECK_INT(r3_decimal_parse(&value, "12345", 2, &error), 0);
    CHECK_TEXT(spell(&value), "12");
}

static void test_numbers(void) {
    static const char *const good[][2] = {
        { "+1", "1" },
        { ".5", "0.5" },
        { "5.", "5" },
        { "-.5", "-0.5" },
        { "007.5", "7.5" },
        { "1e-8", "0.00000001" },
        { "1E+3", "1000" },
        { "1.5e1", "15" },
        { "0e999999999999999999999", "0" },
        { "-0.0e-99", "0" },
        { "1200e-2", "12" },
        { "0.00001e5", "1" },
        { "1e33", "1000000000000000000000000000000000" },
        { "46319.0", "46319" },
    };
    static const char *const bad[] = { "",
                                       ".",
                                       "+",
                                       "-",
                                       "e5",
                                       ".e5",
                                       "1e",
                                       "1e+",
                                       "1e5.",
                                       "+-1",
                                       "1e5 ",
                                       "nan",
                                       "inf",
                                       "1e999",
                                       "1e34",
                                       "1e-19",
                                       "1e-99999999999999999999",
                                       "1e99999999999999999999" };
    struct r3_decimal value;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK_INT(r3_decimal_parse_number(&value, good[i][0], strlen(good[i][0]), &error), 0);
        CHECK_TEXT(spell(&value), good[i][1]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_INT(r3_decimal_parse_number(&value, bad[i], strlen(bad[i]), &error), -1);
        CHECK_INT(error.status, R3_DATA);
    }
}

/* ---- properties ---- */

static uint64_t state = 20261123;

static uint64_t draw(void) { /* xorshift64*, Vigna 2016 */
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(2685821657736338717);
}

/* Any width up to `digits`, any scale, either sign, sometimes equal digits at another scale. */
static struct r3_decimal draw_decimal(unsigned digits) {
    r3_int128 coefficient = 0;
    for (uint64_t left = 1 + draw() % digits; left; left--)
        coefficient = coefficient * 10 + (int)(draw() % 10);
    if (draw() % 4 == 0)
        coefficient = (int64_t)(draw() % 7) - 3;
    return R3_DECIMAL(draw() % 2 ? coefficient : -coefficient, (int32_t)(draw() % (R3_DECIMAL_SCALE_MAX + 1)));
}

static void test_properties(void) {
    for (int i = 0; i < 20000; i++) {
        struct r3_decimal a = draw_decimal(i % 2 ? 34 : 15), b = draw_decimal(i % 2 ? 34 : 15), out, back;
        char text[R3_DECIMAL_TEXT_SIZE];
        size_t length = r3_decimal_format(text, &a);
        CHECK_INT(r3_decimal_parse(&back, text, length, &error), 0);
        CHECK(r3_decimal_equal(&a, &back));
        CHECK_TEXT(spell(&back), text);
        if (r3_decimal_add(&out, &a, &b, &error) == 0) {
            CHECK_INT(r3_decimal_subtract(&back, &out, &b, &error), 0);
            CHECK(r3_decimal_equal(&back, &a));
        }
        if (b.coefficient != 0 && r3_decimal_multiply(&out, &a, &b, &error) == 0) {
            CHECK_INT(r3_decimal_divide_round(&back, &out, &b, R3_DECIMAL_SCALE_MAX, R3_ROUND_DOWN, &error), 0);
            CHECK(r3_decimal_equal(&back, &a)); /* a has at most 18 decimals, so the division is exact */
        }
        struct r3_decimal normal = a;
        r3_decimal_normalize(&normal);
        CHECK(r3_decimal_equal(&normal, &a));
        CHECK(normal.scale == 0 || normal.coefficient % 10 != 0);
    }
}

static int sign_of(int value) {
    return (value > 0) - (value < 0);
}

static void test_order(void) {
    for (int i = 0; i < 20000; i++) {
        struct r3_decimal a = draw_decimal(34), b = draw_decimal(i % 3 ? 34 : 17), c = draw_decimal(5);
        CHECK_INT(sign_of(r3_decimal_compare(&a, &b)), -sign_of(r3_decimal_compare(&b, &a)));
        CHECK_INT(r3_decimal_compare(&a, &a), 0);
        CHECK(r3_decimal_is_less(&a, &b) == (r3_decimal_compare(&a, &b) < 0));
        CHECK(r3_decimal_equal(&a, &b) == (r3_decimal_compare(&a, &b) == 0));
        CHECK_INT(r3_decimal_sign(&a), r3_decimal_is_positive(&a) - r3_decimal_is_negative(&a));
        if (r3_decimal_compare(&a, &b) <= 0 && r3_decimal_compare(&b, &c) <= 0)
            CHECK(r3_decimal_compare(&a, &c) <= 0);
        CHECK(r3_decimal_compare(r3_decimal_minimum(&a, &b), r3_decimal_maximum(&a, &b)) <= 0);
        struct r3_decimal difference;
        if (r3_decimal_subtract(&difference, &a, &b, &error) == 0)
            CHECK_INT(r3_decimal_sign(&difference), sign_of(r3_decimal_compare(&a, &b)));
    }
}

/* Floor <= value <= ceiling, less than one step apart, and every rounding is one of the two. */
static void test_rounding_bounds(void) {
    for (int i = 0; i < 5000; i++) {
        struct r3_decimal a = draw_decimal(15), step = draw_decimal(6), low, high, out;
        r3_decimal_absolute(&step, &step);
        if (step.coefficient == 0)
            continue;
        CHECK_INT(r3_decimal_round_to(&low, &a, &step, R3_ROUND_FLOOR, &error), 0);
        CHECK_INT(r3_decimal_round_to(&high, &a, &step, R3_ROUND_CEILING, &error), 0);
        CHECK(r3_decimal_compare(&low, &a) <= 0 && r3_decimal_compare(&a, &high) <= 0);
        CHECK(r3_decimal_is_multiple(&low, &step) && r3_decimal_is_multiple(&high, &step));
        for (int rounding = R3_ROUND_FLOOR; rounding <= R3_ROUND_HALF_UP; rounding++) {
            CHECK_INT(r3_decimal_round_to(&out, &a, &step, (enum r3_rounding)rounding, &error), 0);
            CHECK(r3_decimal_equal(&out, &low) || r3_decimal_equal(&out, &high));
        }
        CHECK_INT(r3_decimal_is_multiple(&a, &step), r3_decimal_equal(&low, &a));
    }
}

static void test_doubles(void) {
    for (int i = 0; i < 20000; i++) {
        struct r3_decimal a = draw_decimal(i % 2 ? 34 : 15), back;
        CHECK(r3_decimal_to_double(&a) == strtod(spell(&a), NULL)); /* glibc's strtod rounds correctly */
        int64_t whole = (int64_t)(draw() >> 11);
        double value = (double)whole / 1024;
        CHECK_INT(r3_decimal_from_double(&back, value, 10, R3_ROUND_DOWN, &error), 0);
        CHECK(r3_decimal_to_double(&back) == value);
    }
}

/* ---- errors ---- */

static void test_errors(void) {
    struct r3_decimal greatest = read_decimal("9999999999999999999999999999999999"), one = r3_decimal_one,
                      smallest = R3_DECIMAL(1, 18), out;
    struct r3_decimal negative;
    r3_decimal_negate(&negative, &greatest);
    CHECK_INT(r3_decimal_add(&out, &greatest, &one, &error), -1);
    CHECK_INT(error.status, R3_DATA);
    CHECK_INT(r3_decimal_subtract(&out, &negative, &one, &error), -1);
    CHECK_INT(r3_decimal_add(&out, &greatest, &smallest, &error), -1);
    CHECK_INT(r3_decimal_multiply(&out, &greatest, &greatest, &error), -1);
    CHECK_INT(r3_decimal_multiply(&out, &smallest, &smallest, &error), -1);
    CHECK_INT(r3_decimal_divide_round(&out, &greatest, &smallest, 0, R3_ROUND_DOWN, &error), -1);
    CHECK_INT(r3_decimal_divide_round(&out, &one, &r3_decimal_zero, 2, R3_ROUND_DOWN, &error), -1);
    CHECK_TEXT(error.text, "division by zero");
    CHECK_INT(r3_decimal_round_to(&out, &one, &r3_decimal_zero, R3_ROUND_DOWN, &error), -1);
    CHECK_INT(r3_decimal_from_double(&out, NAN, 2, R3_ROUND_DOWN, &error), -1);
    CHECK_INT(r3_decimal_from_double(&out, -INFINITY, 2, R3_ROUND_DOWN, &error), -1);
    CHECK_INT(r3_decimal_from_double(&out, 1.1e34, 2, R3_ROUND_DOWN, &error), -1);
    CHECK_INT(r3_decimal_from_double(&out, 1e300, 2, R3_ROUND_DOWN, &error), -1);
    CHECK_INT(error.status, R3_DATA);
    CHECK_INT(r3_decimal_add(&out, &one, &r3_decimal_absent, &error), -1);
    CHECK_INT(error.status, R3_BUG);
    CHECK_INT(r3_decimal_multiply(&out, &r3_decimal_absent, &one, &error), -1);
    CHECK_INT(error.status, R3_BUG);
    CHECK(!r3_decimal_is_present(&r3_decimal_absent) && r3_decimal_is_present(&r3_decimal_zero));
    CHECK_TEXT(spell(&r3_decimal_absent), "");
    /* Zeros are dropped to the scale's end, at the ends of 64 bits too. */
    static const struct {
        int64_t coefficient, normal;
        int32_t scale, normal_scale;
    } zeros[] = { { 100000, 1, 8, 3 },
                  { 100000, 1000, 2, 0 },
                  { -4500, -45, 3, 1 },
                  { 0, 0, 5, 0 },
                  { INT64_MIN, INT64_MIN, 2, 2 },
                  { -9223372036854775800, -92233720368547758, 3, 1 },
                  { INT64_C(1000000000000000000), 1, 18, 0 } };
    for (size_t i = 0; i < sizeof zeros / sizeof zeros[0]; i++) {
        out = R3_DECIMAL(zeros[i].coefficient, zeros[i].scale);
        r3_decimal_normalize(&out);
        CHECK(out.coefficient == zeros[i].normal && out.scale == zeros[i].normal_scale);
    }
    /* What fits once its zeros are dropped is no overflow. */
    struct r3_decimal wide_zeros = R3_DECIMAL((r3_int128)greatest.coefficient - 9, 18), ten = R3_DECIMAL(10, 0);
    CHECK_INT(r3_decimal_multiply(&out, &wide_zeros, &ten, &error), 0);
    CHECK_TEXT(spell(&out), "99999999999999999.9999999999999999");
    CHECK_INT(r3_decimal_from_double(&out, 5e-324, 18, R3_ROUND_UP, &error), 0);
    CHECK_TEXT(spell(&out), "0.000000000000000001");
    CHECK_INT(r3_decimal_from_double(&out, -5e-324, 18, R3_ROUND_HALF_UP, &error), 0);
    CHECK_TEXT(spell(&out), "0");
}

/* `out` may be an argument. */
static void test_aliases(void) {
    struct r3_decimal a = read_decimal("1.25");
    CHECK_INT(r3_decimal_add(&a, &a, &a, &error), 0);
    CHECK_TEXT(spell(&a), "2.5");
    CHECK_INT(r3_decimal_multiply(&a, &a, &a, &error), 0);
    CHECK_TEXT(spell(&a), "6.25");
    CHECK_INT(r3_decimal_divide_round(&a, &a, &a, 2, R3_ROUND_DOWN, &error), 0);
    CHECK_TEXT(spell(&a), "1");
    CHECK_INT(r3_decimal_subtract(&a, &a, &a, &error), 0);
    CHECK_TEXT(spell(&a), "0");
    r3_decimal_negate(&a, &a);
    CHECK_TEXT(spell(&a), "0");
}

/* r3_int128_to_double against the compiler's own conversion: each length, and what lies about a half of the last digit. */
static void test_integers_to_double(void) {
    int same = 1;
    for (int bits = 1; bits < 123; bits++)
        for (int low = 0; low < bits; low++)
            for (int change = -1; change <= 1; change++)
                for (int sign = -1; sign <= 1; sign += 2) {
                    r3_int128 value = (((r3_int128)1 << bits) | ((r3_int128)1 << low)) + change;
                    r3_int128 dense = ((r3_int128)UINT64_C(0x9e3779b97f4a7c15) << 59 >> (123 - bits)) ^ value;
                    same &= r3_int128_to_double(sign * value) == (double)(sign * value);
                    same &= r3_int128_to_double(sign * dense) == (double)(sign * dense);
                }
    CHECK(same);
}

int main(void) {
    test_vectors();
    test_texts();
    test_numbers();
    test_properties();
    test_order();
    test_rounding_bounds();
    test_doubles();
    test_integers_to_double();
    test_errors();
    test_aliases();
    return check_done();
}
