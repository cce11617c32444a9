#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/decimal.h"
#include "tests/fuzz/fuzz.h"

/* Any text read as a decimal, strictly and loosely; what is read must print and read back as itself, and every operation on two
 * such values must keep the laws of arithmetic. A broken law aborts. The two values are the input's two halves at the first space. */

static void require(bool holds) {
    if (!holds)
        abort();
}

static void check_round_trip(const struct r3_decimal *value) {
    struct r3_error error;
    struct r3_decimal back;
    char text[R3_DECIMAL_TEXT_SIZE], again[R3_DECIMAL_TEXT_SIZE];
    size_t length = r3_decimal_format(text, value);
    require(length == strlen(text) && length < sizeof text);
    require(r3_decimal_parse(&back, text, length, &error) == 0);
    require(r3_decimal_equal(value, &back));
    require(r3_decimal_format(again, &back) == length && memcmp(text, again, length) == 0);
    require(r3_decimal_to_double(value) == strtod(text, NULL));
}

static bool read_value(struct r3_decimal *out, const char *text, size_t length) {
    struct r3_error error;
    struct r3_decimal strict;
    bool loose_reads = r3_decimal_parse_number(out, text, length, &error) == 0;
    require(loose_reads || error.status == R3_DATA);
    if (r3_decimal_parse(&strict, text, length, &error) == 0)
        require(loose_reads && r3_decimal_equal(&strict, out));
    if (loose_reads)
        check_round_trip(out);
    return loose_reads;
}

static void check_pair(const struct r3_decimal *a, const struct r3_decimal *b, int scale, enum r3_rounding rounding) {
    struct r3_error error;
    struct r3_decimal out, back, step;
    int order = r3_decimal_compare(a, b);
    require(order == -r3_decimal_compare(b, a));
    if (r3_decimal_add(&out, a, b, &error) == 0) {
        check_round_trip(&out);
        require(r3_decimal_subtract(&back, &out, b, &error) == 0 && r3_decimal_equal(&back, a));
    }
    if (r3_decimal_subtract(&out, a, b, &error) == 0)
        require(r3_decimal_sign(&out) == order);
    if (r3_decimal_multiply(&out, a, b, &error) == 0) {
        check_round_trip(&out);
        if (!r3_decimal_is_zero(b))
            require(r3_decimal_divide_round(&back, &out, b, R3_DECIMAL_SCALE_MAX, rounding, &error) == 0 &&
                    r3_decimal_equal(&back, a));
    }
    if (r3_decimal_divide_round(&out, a, b, scale, rounding, &error) == 0)
        check_round_trip(&out);
    if (r3_decimal_multiply_round(&out, a, b, scale, rounding, &error) == 0)
        check_round_trip(&out);
    r3_decimal_absolute(&step, b);
    if (r3_decimal_round_to(&out, a, &step, rounding, &error) == 0)
        require(r3_decimal_is_multiple(&out, &step) && r3_decimal_is_multiple(a, &step) == r3_decimal_equal(&out, a));
    if (r3_decimal_from_double(&out, r3_decimal_to_double(a), scale, rounding, &error) == 0)
        check_round_trip(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    int scale = data[0] % (R3_DECIMAL_SCALE_MAX + 1);
    enum r3_rounding rounding = (enum r3_rounding)(data[1] % (R3_ROUND_HALF_UP + 1));
    const char *text = (const char *)data + 2;
    size_t length = size - 2;
    const char *space = length ? memchr(text, ' ', length) : NULL;
    size_t first = space ? (size_t)(space - text) : length;
    struct r3_decimal a, b;
    bool has_a = read_value(&a, text, first);
    if (space && has_a && read_value(&b, space + 1, length - first - 1))
        check_pair(&a, &b, scale, rounding);
    return 0;
}
