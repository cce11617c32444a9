#include "lib/json/json.h"
#include "tests/unit/check.h"

/* Strict JSON: what is refused and why, what the tree gives back, and how texts are written. */

enum { LIMIT = 65536 };

static int parse(struct r3_json_document **out, const char *text, struct r3_error *error) {
    memset(error, 0, sizeof *error);
    return r3_json_parse(out, text, strlen(text), LIMIT, error);
}

static void check_refused(void) {
    static const struct {
        const char *text, *reason;
    } cases[] = {
        { "", "not JSON" },
        { "{", "not JSON" },
        { "{} {}", "end of file expected" },
        { "[1,2,]", "not JSON" },
        { "{\"a\":1,\"a\":1}", "duplicate" },
        { "{\"x\":{\"a\":1,\"\\u0061\":1}}", "duplicate" },
        { "{\"a\":\"\\u0000\"}", "not JSON" },
        { "{\"a\\u0000\":1}", "not JSON" },
        { "{\"a\":\"\xff\"}", "unable to decode byte" },
        { "{\"a\":\"\xc0\xaf\"}", "unable to decode byte" },
        { "{\"a\":\"\xed\xa0\x80\"}", "unable to decode byte" },
        { "{\"a\":\"\xf4\x90\x80\x80\"}", "unable to decode byte" },
        { "{\"a\":\"\\ud800\"}", "not JSON" },
        { "\xef\xbb\xbf{}", "not JSON" },
        { "{\"a\":NaN}", "not JSON" },
        { "{\"a\":Infinity}", "not JSON" },
        { "{\"a\":1e999}", "overflow" },
        { "{\"a\":9223372036854775808}", "too big" },
        { "{\"a\":-9223372036854775809}", "too big" },
        { "{\"a\":007}", "not JSON" },
        { "{\"a\":1.}", "not JSON" },
        { "{\"a\":.5}", "not JSON" },
        { "{\"a\":+1}", "not JSON" },
        { "{\"a\":0x1}", "not JSON" },
        { "{'a':1}", "not JSON" },
        { "{\"a\":1} // c", "not JSON" },
        { "{\"a\":\"tab\there\"}", "not JSON" },
        { "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "nested deeper than 16" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct r3_json_document *document = NULL;
        struct r3_error error;
        CHECK(parse(&document, cases[i].text, &error) == -1);
        CHECK(document == NULL);
        CHECK_INT(error.status, R3_DATA);
        if (!strstr(error.text, cases[i].reason) || strncmp(error.text, "not JSON: ", 10) != 0)
            CHECK_TEXT(error.text, cases[i].reason);
        r3_json_free(document);
    }
    struct r3_json_document *document = NULL;
    struct r3_error error = { 0 };
    CHECK(r3_json_parse(&document, "{\"a\":\0001}", 8, LIMIT, &error) == -1);
    CHECK_TEXT(error.text, "not JSON: NUL at byte 6");
    CHECK(r3_json_parse(&document, "[1,2]", 5, 4, &error) == -1);
    CHECK_TEXT(error.text, "not JSON: longer than 4 bytes");
    CHECK(r3_json_parse(&document, "[1]   {", 3, LIMIT, &error) == 0); /* the length is the text's end */
    r3_json_free(document);
}

static int join_name(void *context, const char *name, const struct r3_json *value) {
    (void)value;
    r3_buffer_append_text(context, name);
    return strcmp(name, "stop") == 0 ? 7 : 0;
}

static void check_tree(void) {
    static const char text[] =
        "{\"z\":1,\"a\":\"x\\u00e9\",\"n\":[1.50,-0,1e2,12345678901234567890.5,\"2\"],\"t\":true,\"o\":"
        "{\"p\":null,\"q\":42283.6},\"stop\":false,\"last\":9007199254740993}";
    struct r3_json_document *document = NULL;
    struct r3_error error;
    size_t length = 0;
    CHECK(parse(&document, text, &error) == 0);
    const struct r3_json *root = r3_json_root(document), *list = r3_json_member(root, "n");
    CHECK_INT(r3_json_kind(root), R3_JSON_OBJECT);
    CHECK_TEXT(r3_json_first_name(root), "z");
    CHECK_TEXT(r3_json_text(r3_json_member(root, "a"), &length), "x\xc3\xa9");
    CHECK_INT(length, 3);
    CHECK(r3_json_member(root, "absent") == NULL);
    CHECK(r3_json_text(list, &length) == NULL);
    CHECK_INT(r3_json_count(list), 5);
    CHECK_INT(r3_json_kind(r3_json_at(list, 0)), R3_JSON_REAL);
    CHECK_INT(r3_json_kind(r3_json_at(list, 1)), R3_JSON_INTEGER);
    static const char *const spellings[] = { "1.50", "-0", "1e2", "12345678901234567890.5" };
    for (size_t i = 0; i < 4; i++) {
        const char *got = r3_json_number_text(document, r3_json_at(list, i), &length);
        CHECK(got && length == strlen(spellings[i]) && memcmp(got, spellings[i], length) == 0);
    }
    CHECK(r3_json_number_text(document, r3_json_at(list, 4), &length) == NULL);
    CHECK(r3_json_is_true(r3_json_member(root, "t")));
    CHECK(!r3_json_is_true(r3_json_member(root, "stop")));
    CHECK_INT(r3_json_kind(r3_json_member(r3_json_member(root, "o"), "p")), R3_JSON_NULL);
    CHECK_INT(r3_json_integer(r3_json_member(root, "last")), INT64_C(9007199254740993));
    CHECK(r3_json_real(r3_json_member(root, "z")) == 1.0);
    CHECK(r3_json_real(r3_json_at(list, 2)) == 100.0);
    struct r3_buffer names = R3_BUFFER_INIT, written = R3_BUFFER_INIT;
    CHECK_INT(r3_json_each(root, join_name, &names), 7);
    CHECK_TEXT(names.data, "zantostop");
    r3_json_write(&written, document, root);
    CHECK_TEXT(written.data, "{\"z\":1,\"a\":\"x\xc3\xa9\",\"n\":[1.50,-0,1e2,12345678901234567890.5,\"2\"],\"t\":true,"
                             "\"o\":{\"p\":null,\"q\":42283.6},\"stop\":false,\"last\":9007199254740993}");
    r3_buffer_release(&names);
    r3_buffer_release(&written);
    r3_json_free(document);
    CHECK(parse(&document, "[[[[[[[[[[[[[[[[\"[[[[\"]]]]]]]]]]]]]]]]", &error) ==
          0); /* 16; brackets in a text do not count */
    r3_json_free(document);
    CHECK(parse(&document, "{\"a\":\"\\\"1,2\\\\\",\"b\":3}", &error) == 0); /* digits in a text are no number */
    CHECK_INT(r3_json_integer(r3_json_member(r3_json_root(document), "b")), 3);
    r3_json_free(document);
    CHECK(parse(&document, "[]", &error) == 0);
    CHECK(r3_json_first_name(r3_json_root(document)) == NULL);
    r3_json_free(document);
    r3_json_free(NULL);
}

static void check_writing(void) {
    struct r3_buffer out = R3_BUFFER_INIT;
    static const char text[] = "a\"b\\c\nd\te\x01\x1f\x7f/\xc3\xa9";
    r3_json_write_text(&out, text, sizeof text - 1);
    CHECK_TEXT(out.data, "\"a\\\"b\\\\c\\nd\\u0009e\\u0001\\u001f\x7f/\xc3\xa9\"");
    r3_buffer_release(&out);
    static const char *const good[] = { "",
                                        "abc",
                                        "\xc2\x80",
                                        "\xdf\xbf",
                                        "\xe0\xa0\x80",
                                        "\xed\x9f\xbf",
                                        "\xee\x80\x80",
                                        "\xef\xbf\xbf",
                                        "\xf0\x90\x80\x80",
                                        "\xf4\x8f\xbf\xbf" };
    static const char *const bad[] = { "\x80",
                                       "\xbf",
                                       "\xc0\x80",
                                       "\xc1\xbf",
                                       "\xc2",
                                       "\xc2\x41",
                                       "\xe0\x9f\xbf",
                                       "\xe2\x82",
                                       "\xed\xa0\x80",
                                       "\xf0\x8f\xbf\xbf",
                                       "\xf4\x90\x80\x80",
                                       "\xf5\x80\x80\x80",
                                       "\xfe",
                                       "\xff",
                                       "\xe2\x82\x41" };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        CHECK(r3_json_is_utf8(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!r3_json_is_utf8(bad[i], strlen(bad[i])));
}

/* Doubles as text: the same as printf's %g at the first of 15, 16 and 17 digits that strtod reads back. */
static void check_real(double value) {
    char got[R3_JSON_REAL_SIZE], want[64];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(want, sizeof want, "%.*g", precision, value == 0 ? 0 : value);
        if (strtod(want, NULL) == value)
            break;
    }
    CHECK_INT(r3_json_format_real(got, value), strlen(want));
    CHECK_TEXT(got, want);
}

static void check_reals(void) {
    static const double some[] = { 0,
                                   -0.0,
                                   1,
                                   2,
                                   0.5,
                                   10,
                                   100,
                                   1e14,
                                   1e15,
                                   1e16,
                                   999999999999999,
                                   999999999999999.9,
                                   0.1,
                                   0.01,
                                   0.001,
                                   1e-4,
                                   9.9999e-5,
                                   0.1 + 0.2,
                                   1.0 / 3,
                                   2.0 / 3,
                                   785.54,
                                   788.41333333333333,
                                   42283.6,
                                   93250.12,
                                   5e-324,
                                   1.7976931348623157e308,
                                   9007199254740992.0,
                                   4503599627370496.5,
                                   123456.5,
                                   0.3,
                                   99999.99999999999,
                                   0.99999999999999989,
                                   0.099999999999999992 };
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        check_real(some[i]);
        check_real(-some[i]);
    }
    uint64_t state = 42;
    for (int i = 0; i < 30000; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407); /* Knuth's MMIX */
        double unit = (double)(state >> 11) / 9007199254740992.0;
        static const double scale[] = { 1e-3, 1e-2, 1, 100, 100000, 1e9, 1e15, 1e18 };
        double value = unit * scale[i % 8];
        check_real(i % 3 == 0 ? value : i % 3 == 1 && value < 1e15 ? (double)(int64_t)(value * 100) / 100 : -value / 3);
    }
}

int main(void) {
    check_refused();
    check_tree();
    check_writing();
    check_reals();
    return check_done();
}
