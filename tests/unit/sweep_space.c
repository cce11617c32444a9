#include "lib/sweep/plan.h"
#include "lib/sweep/space.h"
#include "lib/sweep/where.h"

#include "tests/unit/check.h"

/* Parameters, conditions and the choice of combinations. */

static struct r3_error error;

/* The values of NAME=… joined by blanks, or the message. */
static const char *values(const char *text) {
    static char out[4096];
    struct r3_sweep_space space;
    r3_sweep_space_init(&space);
    out[0] = '\0';
    if (r3_sweep_space_add(&space, text, &error) != 0) {
        CHECK_INT(error.status, R3_USAGE);
        CHECK_INT(space.count, 0);
        snprintf(out, sizeof out, "%s", error.text);
    } else {
        size_t length = 0;
        for (size_t i = 0; i < space.parameters[0].count; i++)
            length += (size_t)snprintf(out + length, sizeof out - length, i ? " %s" : "%s",
                                       space.parameters[0].values[i].text);
        CHECK_INT(space.combinations, space.parameters[0].count);
    }
    r3_sweep_space_release(&space);
    return out;
}

static void test_values(void) {
    CHECK_TEXT(values("fast=5:20:5"), "5 10 15 20");
    CHECK_TEXT(values("fast=5:19:5"), "5 10 15");
    CHECK_TEXT(values("x=0.1:0.5:0.1"), "0.1 0.2 0.3 0.4 0.5"); /* doubles would end at 0.4 */
    CHECK_TEXT(values("x=1:-1:-0.5"), "1 0.5 0 -0.5 -1");
    CHECK_TEXT(values("x=0.5%:1.5%:0.5%"), "0.5% 1% 1.5%");
    CHECK_TEXT(values("x=7:7:1"), "7");
    CHECK_TEXT(values("rule=sma-cross,ema-cross"), "sma-cross ema-cross");
    CHECK_TEXT(values("risk=0.5%,1%"), "0.5% 1%");
    CHECK_TEXT(values("x=1.0,1"), "1.0 1"); /* texts as they are */
    CHECK_TEXT(values("t=4h"), "4h");
    CHECK_TEXT(values("e=a=b,c"), "a=b c");
    CHECK_TEXT(values("t=12:30,13:30"), "12:30 13:30");
    CHECK_TEXT(values("x=5:5o:5"), "--vary x: LAST: not a decimal: \"5o\"");
    CHECK_TEXT(values("x=5:10:0"), "--vary x: STEP is 0");
    CHECK_TEXT(values("x=5:10:-1"), "--vary x: STEP leads from FIRST away from LAST");
    CHECK_TEXT(values("x=10:5:1"), "--vary x: STEP leads from FIRST away from LAST");
    CHECK_TEXT(values("x=1%:5:1"), "--vary x: all of FIRST:LAST:STEP with %, or none");
    CHECK_TEXT(values("x=a,,b"), "--vary x: a value is empty");
    CHECK_TEXT(values("x="), "--vary x: a value is empty");
    CHECK_TEXT(values("x=a,b,a"), "--vary x: the value a comes twice");
    CHECK_TEXT(values("x=\xff"), "--vary x: a value is not UTF-8");
    CHECK_TEXT(values("x=1:1000000:1"), "--vary x: more than 100000 values");
    CHECK_TEXT(values("5x=1"), "--vary wants NAME=FIRST:LAST:STEP or NAME=a,b,c, not \"5x=1\"");
    CHECK_TEXT(values("fast"), "--vary wants NAME=FIRST:LAST:STEP or NAME=a,b,c, not \"fast\"");
    CHECK_TEXT(values("a-b=1"), "--vary wants NAME=FIRST:LAST:STEP or NAME=a,b,c, not \"a-b=1\"");
}

static void add(struct r3_sweep_space *space, const char *text) {
    CHECK_INT(r3_sweep_space_add(space, text, &error), 0);
}

static void test_order(void) {
    struct r3_sweep_space space;
    uint32_t indices[R3_SWEEP_PARAMETERS_MAX];
    r3_sweep_space_init(&space);
    CHECK_INT(space.combinations, 1);
    add(&space, "a=1,2");
    add(&space, "b=x,y,z");
    CHECK_INT(space.combinations, 6);
    CHECK_INT(r3_sweep_space_add(&space, "a=3", &error), -1);
    CHECK_TEXT(error.text, "--vary a: given twice");
    for (uint64_t number = 0; number < 6; number++) { /* the last varies fastest */
        r3_sweep_space_combination(&space, number, indices);
        CHECK_INT(indices[0], number / 3);
        CHECK_INT(indices[1], number % 3);
        CHECK_INT(r3_sweep_space_number(&space, indices), number);
    }
    CHECK_INT(r3_sweep_space_find(&space, "b", 1), 1);
    CHECK_INT(r3_sweep_space_find(&space, "bb", 2), -1);
    r3_sweep_space_release(&space);
    for (int i = 0; i < 3; i++) {
        char text[32];
        snprintf(text, sizeof text, "p%d=1:100000:1", i);
        add(&space, text);
    }
    CHECK(space.combinations == UINT64_C(1000000000000000));
    add(&space, "p3=1:9223:1");
    CHECK_INT(r3_sweep_space_add(&space, "p4=1,2", &error), -1);
    CHECK_TEXT(error.text, "--vary: more than 2^63 combinations");
    r3_sweep_space_combination(&space, space.combinations - 1, indices);
    CHECK_INT(indices[0], 99999);
    CHECK_INT(indices[3], 9222);
    CHECK(r3_sweep_space_number(&space, indices) == space.combinations - 1);
    r3_sweep_space_release(&space);
}

/* '1' or '0' for each combination of a = 5 10 20, b = 10 20, word = none x; or the message. */
static const char *holds(const char *text) {
    static char out[512];
    struct r3_sweep_space space;
    struct r3_sweep_where *where = NULL;
    uint32_t indices[3];
    r3_sweep_space_init(&space);
    add(&space, "a=5,10,20");
    add(&space, "b=10,20.0");
    add(&space, "word=none,1%");
    if (r3_sweep_where_parse(&where, text, &space, &error) != 0) {
        CHECK_INT(error.status, R3_USAGE);
        snprintf(out, sizeof out, "%s", error.text);
    } else {
        for (uint64_t number = 0; number < 12; number++) {
            r3_sweep_space_combination(&space, number, indices);
            int result = r3_sweep_where_holds(where, indices, &error);
            if (result < 0) {
                CHECK_INT(error.status, R3_USAGE);
                snprintf(out, sizeof out, "%s", error.text);
                break;
            }
            out[number] = result ? '1' : '0';
            out[number + 1] = '\0';
        }
    }
    r3_sweep_where_free(where);
    r3_sweep_space_release(&space);
    return out;
}

static void test_where(void) {
    CHECK_TEXT(holds("a < b"), "111100110000");
    CHECK_TEXT(holds("a <= b"), "111111110011");
    CHECK_TEXT(holds("a == b"), "000011000011");
    CHECK_TEXT(holds("a != b"), "111100111100");
    CHECK_TEXT(holds("a>b"), "000000001100");
    CHECK_TEXT(holds("a >= b"), "000011001111");
    CHECK_TEXT(holds("not a < b"), "000011001111");
    CHECK_TEXT(holds("not not a < b"), "111100110000");
    CHECK_TEXT(holds("a < b and b == 10"), "110000000000");
    CHECK_TEXT(holds("a < b and b == 10 or a == 20"), "110000001111");
    CHECK_TEXT(holds("a < b and (b == 10 or a == 20)"), "110000000000");
    CHECK_TEXT(holds("2 * a + 5 <= b"), "001100000000");
    CHECK_TEXT(holds("a - b - 5 == 5"), "000000001100"); /* from left to right */
    CHECK_TEXT(holds("a / b / 2 == 0.5"), "000011000011");
    CHECK_TEXT(holds("a / 3 * 3 == a and 1/3 + 1/6 == 0.5 and a / -3 < 0"), "111111111111");
    CHECK_TEXT(holds("a - -5 == 10"), "111100000000");
    CHECK_TEXT(holds("(a + b) * 2 == 30"), "110000000000");
    CHECK_TEXT(holds("word == 'none'"), "101010101010");
    CHECK_TEXT(holds("word != \"none\" and word * 1000 == b"), "010001000100");
    CHECK_TEXT(holds("word == 0.01"), "010101010101");
    CHECK_TEXT(holds("word == 1%"), "010101010101");
    CHECK_TEXT(holds("0.1 + 0.2 == 0.3"), "111111111111");
    CHECK_TEXT(holds("word < 5"), "--where: column 6: words are compared by == and != alone");
    CHECK_TEXT(holds("word + 1 == 5"), "--where: column 6: a word is no number to reckon with");
    CHECK_TEXT(holds("1 / (a - 10) < 5"), "--where: column 3: division by 0");
    CHECK_TEXT(holds("a != 10 and 1 / (a - 10) < 5"), "111100001111");
    CHECK_TEXT(holds("9999999999999999999999999999999999 * a > 0"),
               "--where: column 36: a number needs more than 34 digits, or 18 behind the point");
    CHECK_TEXT(holds("a"), "--where: column 1: a comparison is wanted here");
    CHECK_TEXT(holds("a < b < 20"), "--where: column 7: two comparisons are joined by and");
    CHECK_TEXT(holds("a = b"), "--where: column 3: equality is ==");
    CHECK_TEXT(holds("a < c"), "--where: column 5: no --vary names c");
    CHECK_TEXT(holds("a < b)"), "--where: column 6: the condition has ended before this");
    CHECK_TEXT(holds("(a < b"), "--where: column 7: ) is missing");
    CHECK_TEXT(holds(""), "--where: column 1: the condition ends too early");
    CHECK_TEXT(holds("a < "), "--where: column 5: the condition ends too early");
    CHECK_TEXT(holds("a < 1x"), "--where: column 5: not a number");
    CHECK_TEXT(holds("a < 1.2.3"), "--where: column 5: not a number");
    CHECK_TEXT(holds("a & b"), "--where: column 3: the condition has ended before this");
    CHECK_TEXT(holds("(a < b) + 1 < 2"), "--where: column 1: a number is wanted here, not a condition");
    CHECK_TEXT(holds("a and b"), "--where: column 1: a comparison is wanted here");
    CHECK_TEXT(holds("not a"), "--where: column 4: a comparison is wanted here");
    CHECK_TEXT(holds("word == 'x"), "--where: column 9: the quote is not closed");
    CHECK_TEXT(holds("nota < 5"), "--where: column 1: no --vary names nota");
    char deep[400];
    memset(deep, '(', 200);
    snprintf(deep + 200, sizeof deep - 200, "a < b");
    CHECK(strstr(holds(deep), "nested too deep") != NULL);
    char many[4096] = "a < b";
    for (size_t i = 0; i < 100; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), " or a < b");
    CHECK(strstr(holds(many), "the condition is too long") != NULL);
}

static uint64_t drawn[4096];

/* The combinations of a plan, into drawn; returns how many, or -1. */
static int plan(const struct r3_sweep_space *space, const char *text, enum r3_sweep_choice choice, uint64_t draws,
                uint64_t seed, uint64_t *omitted) {
    struct r3_sweep_where *where = NULL;
    struct r3_sweep_plan *it = NULL;
    int count = 0, more = -1;
    if (text)
        CHECK_INT(r3_sweep_where_parse(&where, text, space, &error), 0);
    if (r3_sweep_plan_new(&it, space, where, choice, draws, seed, &error) == 0) {
        while ((more = r3_sweep_plan_next(it, &drawn[count], &error)) > 0)
            count++;
        if (r3_sweep_plan_count(it))
            CHECK_INT(r3_sweep_plan_count(it), count);
        if (omitted)
            *omitted = r3_sweep_plan_omitted(it);
    }
    r3_sweep_plan_free(it);
    r3_sweep_where_free(where);
    return more < 0 ? -1 : count;
}

static void check_ascending(int count) {
    for (int i = 1; i < count; i++)
        CHECK(drawn[i - 1] < drawn[i]);
}

static void test_plan(void) {
    struct r3_sweep_space space;
    uint32_t indices[3];
    r3_sweep_space_init(&space);
    add(&space, "a=1:20:1");
    add(&space, "b=1:20:1");
    CHECK_INT(plan(&space, NULL, R3_SWEEP_ALL, 0, 0, NULL), 400);
    check_ascending(400);
    CHECK_INT(plan(&space, "a < b", R3_SWEEP_ALL, 0, 0, NULL), 190);
    check_ascending(190);
    CHECK_INT(plan(&space, "a > 20", R3_SWEEP_ALL, 0, 0, NULL), -1);
    CHECK_TEXT(error.text, "--where: no combination satisfies it");
    CHECK_INT(plan(&space, "1 / (a - b) < 2", R3_SWEEP_ALL, 0, 0, NULL), -1);
    CHECK_TEXT(error.text, "--where: column 3: division by 0 (for a=1 b=1)");

    CHECK_INT(plan(&space, "a < b", R3_SWEEP_RANDOM, 50, 1, NULL), 50);
    check_ascending(50);
    uint64_t first = drawn[0], last = drawn[49];
    for (int i = 0; i < 50; i++) {
        r3_sweep_space_combination(&space, drawn[i], indices);
        CHECK(indices[0] < indices[1]);
    }
    CHECK_INT(plan(&space, "a < b", R3_SWEEP_RANDOM, 50, 1, NULL), 50);
    CHECK(drawn[0] == first && drawn[49] == last);
    uint64_t sum = drawn[25];
    plan(&space, "a < b", R3_SWEEP_RANDOM, 50, 2, NULL);
    CHECK(drawn[25] != sum || drawn[0] != first || drawn[49] != last);
    CHECK_INT(plan(&space, "a < b", R3_SWEEP_RANDOM, 190, 1, NULL), 190);
    CHECK_INT(plan(&space, "a < b", R3_SWEEP_RANDOM, 1000, 1, NULL), 190);

    /* Each combination is as likely as any other: 4,000 samples of 40 from 400 take each about 400 times (variance 360). */
    static unsigned times[400];
    for (uint64_t seed = 0; seed < 4000; seed++) {
        plan(&space, NULL, R3_SWEEP_RANDOM, 40, seed, NULL);
        for (int i = 0; i < 40; i++)
            times[drawn[i]]++;
    }
    for (int i = 0; i < 400; i++)
        CHECK(times[i] > 300 && times[i] < 500); /* five standard deviations */
    r3_sweep_space_release(&space);
}

static void test_huge(void) {
    struct r3_sweep_space space;
    uint32_t indices[3];
    unsigned low = 0;
    r3_sweep_space_init(&space);
    add(&space, "a=1:100000:1");
    add(&space, "b=1:100000:1");
    add(&space, "c=1:100000:1");
    CHECK_INT(plan(&space, "a < b and b < c", R3_SWEEP_RANDOM, 2000, 9, NULL), 2000);
    check_ascending(2000);
    for (int i = 0; i < 2000; i++) {
        r3_sweep_space_combination(&space, drawn[i], indices);
        CHECK(indices[0] < indices[1] && indices[1] < indices[2]);
        low += indices[1] < 50000; /* the middle of three: symmetric about the half */
    }
    CHECK(low > 888 && low < 1112); /* five standard deviations */
    CHECK_INT(plan(&space, NULL, R3_SWEEP_RANDOM, 3000, 9, NULL), 3000);
    check_ascending(3000);
    r3_sweep_space_release(&space);
}

/* Draws that are a multiple of a parameter's values take each value equally often. */
static void test_latin(void) {
    struct r3_sweep_space space;
    uint32_t indices[3];
    unsigned times[3][100] = { { 0 } };
    uint64_t omitted = 99;
    r3_sweep_space_init(&space);
    add(&space, "a=1:100:1");
    add(&space, "b=1:50:1");
    add(&space, "c=x,y,z,u");
    CHECK_INT(plan(&space, NULL, R3_SWEEP_LATIN, 100, 7, &omitted), 100);
    CHECK_INT(omitted, 0);
    check_ascending(100);
    for (int i = 0; i < 100; i++) {
        r3_sweep_space_combination(&space, drawn[i], indices);
        for (int k = 0; k < 3; k++)
            times[k][indices[k]]++;
    }
    for (int i = 0; i < 100; i++)
        CHECK_INT(times[0][i], 1);
    for (int i = 0; i < 50; i++)
        CHECK_INT(times[1][i], 2);
    for (int i = 0; i < 4; i++)
        CHECK_INT(times[2][i], 25);
    uint64_t tenth = drawn[10];
    plan(&space, NULL, R3_SWEEP_LATIN, 100, 7, NULL);
    CHECK(drawn[10] == tenth);
    int kept = plan(&space, "a < b", R3_SWEEP_LATIN, 100, 7, &omitted);
    CHECK(kept > 0 && kept < 60);
    CHECK_INT((uint64_t)kept + omitted, 100);
    r3_sweep_space_release(&space);
    add(&space, "a=1,2"); /* fewer combinations than draws: repeats are left out */
    CHECK_INT(plan(&space, NULL, R3_SWEEP_LATIN, 10, 7, &omitted), 2);
    CHECK_INT(omitted, 8);
    r3_sweep_space_release(&space);
}

int main(void) {
    test_values();
    test_order();
    test_where();
    test_plan();
    test_huge();
    test_latin();
    return check_done();
}
