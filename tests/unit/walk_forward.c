/* The parts of a walk-forward that are plain arithmetic or text: windows, changed words, simulation on threads. What
 * a whole one comes to is tested with the program, in tests/walk-forward.bats. */
#include <math.h>
#include <stdlib.h>

#include "lib/base/time.h"
#include "lib/sweep/simulation.h"
#include "lib/sweep/windows.h"
#include "lib/sweep/words.h"
#include "tests/unit/check.h"

static const int64_t day = R3_DAY;

/* ---- windows ---- */

/* "0-2-3": train from, test from, test to, in days. */
static void check_windows(int64_t days, int64_t train, int64_t test, bool anchored, const char *want) {
    struct r3_sweep_window *windows = NULL;
    struct r3_buffer got = R3_BUFFER_INIT;
    struct r3_error error = { 0 };
    size_t count = 0;
    int64_t first = r3_time_from_civil(2020, 1, 1);
    if (r3_sweep_windows(&windows, &count, first, first + days * day, train * day, test * day, anchored, &error) != 0)
        r3_buffer_append_text(&got, error.text);
    for (size_t i = 0; i < count; i++)
        r3_buffer_printf(&got, "%s%lld-%lld-%lld", i ? " " : "", (long long)((windows[i].train_from - first) / day),
                         (long long)((windows[i].train_to - first) / day),
                         (long long)((windows[i].test_to - first) / day));
    CHECK_TEXT(got.data, want);
    r3_buffer_release(&got);
    free(windows);
}

static void check_all_windows(void) {
    check_windows(7, 3, 2, false, "0-3-5 2-5-7");
    check_windows(7, 3, 2, true, "0-3-5 0-5-7");
    check_windows(8, 3, 2, false, "0-3-5 2-5-7 4-7-8"); /* the last is shorter */
    check_windows(8, 3, 2, true, "0-3-5 0-5-7 0-7-8");
    check_windows(4, 3, 2, false, "0-3-4");
    check_windows(9, 1, 4, false, "0-1-5 4-5-9"); /* a test longer than the training */
    check_windows(3, 3, 2, false,
                  "--train: the candles span 3 days 00:00:00: nothing is left to test behind 3 days 00:00:00");
    check_windows(2, 3, 2, false,
                  "--train: the candles span 2 days 00:00:00: nothing is left to test behind 3 days 00:00:00");
    check_windows(10002, 1, 1, false, "--test: more than 10000 windows");
}

/* ---- words ---- */

/* Set an option in a program; what the words then are, or the error. */
static void check_set(const char *program, const char *name, const char *value, const char *want) {
    struct r3_pipeline_text text = R3_PIPELINE_TEXT_INIT;
    struct r3_buffer got = R3_BUFFER_INIT;
    struct r3_error error = { 0 };
    CHECK(r3_pipeline_text_parse(&text, program, strlen(program), false, &error) == 0);
    if (r3_sweep_words_set(&text.programs[0], name, value, &error) != 0)
        r3_buffer_append_text(&got, error.text);
    else {
        r3_pipeline_text_write(&got, &text);
        CHECK(text.programs[0].words[text.programs[0].count] == NULL);
    }
    CHECK_TEXT(got.data, want);
    if (error.status == 0 && value) {
        char *read = NULL;
        CHECK(r3_sweep_words_get(&read, &text.programs[0], name, &error) == 0);
        CHECK_TEXT(read ? read : "", value);
        free(read);
    }
    r3_buffer_release(&got);
    r3_pipeline_text_release(&text);
}

static void check_words(void) {
    check_set("r3-order --paper", "cash", "12.5", "r3-order --cash 12.5 --paper");
    check_set("r3-order", "cash", "12.5", "r3-order --cash 12.5");
    check_set("r3-order --paper --cash 5 --fee 1%", "cash", "12.5", "r3-order --paper --cash 12.5 --fee 1%");
    check_set("r3-order --cash=5 --paper", "cash", "12.5", "r3-order --cash=12.5 --paper");
    check_set("r3-collect -- --from", "from", "2020", "r3-collect --from 2020 -- --from");
    check_set("r3-collect a.csv --market=--from", "from", "2020", "r3-collect --from 2020 a.csv --market=--from");
    check_set("r3-strategy -e 'long = close > 1' --session=--from", "from", "2020",
              "r3-strategy --from 2020 -e 'long = close > 1' --session=--from");
    check_set("r3-track", "close-at-end", NULL, "r3-track --close-at-end");
    check_set("r3-track --short --close-at-end", "close-at-end", NULL, "r3-track --short --close-at-end");
    check_set("r3-track --shrt", "close-at-end", NULL, "r3-track: unknown option --shrt (did you mean --short?)");
    check_set("awk 1", "from", "2020", "awk: only the shell can run this");
    char *read = NULL;
    struct r3_error error = { 0 };
    char *words[] = { (char[]) { "r3-report" }, (char[]) { "--json" }, NULL };
    const struct r3_pipeline_program report = { words, 2 };
    CHECK(r3_sweep_words_get(&read, &report, "session", &error) == 0 && read == NULL);
}

/* ---- simulation ---- */

static void check_threads(void) {
    static double profits[300];
    struct r3_monte_carlo_figures alone, many;
    for (int i = 0; i < 300; i++)
        profits[i] = (i * 7919 % 601 - 290) * 0.5;
    r3_sweep_simulate(&alone, profits, 300, 10000, 1000, 9, 1);
    for (unsigned threads = 2; threads <= 5; threads++) {
        r3_sweep_simulate(&many, profits, 300, 10000, 1000, 9, threads);
        CHECK(memcmp(&alone, &many, sizeof alone) == 0);
    }
    r3_sweep_simulate(&many, profits, 300, 10000, 1000, 10, 2);
    CHECK(memcmp(&alone, &many, sizeof alone) != 0); /* another seed */
}

static void check_shown(void) {
    struct r3_buffer out = R3_BUFFER_INIT;
    struct r3_monte_carlo_figures figures;
    const double profits[] = { 500, -250 };
    r3_sweep_simulate(&figures, profits, 2, 1000, 1, 4, 1);
    r3_sweep_simulation_json(&out, &figures);
    CHECK(strstr(out.data, "{\"trades\":2,\"runs\":1,\"seed\":4,\"return\":0.25,\"max_drawdown\":-0.16666666666666663,"
                           "\"bands\":[0.05,0.25,0.5,0.75,0.95],\"bootstrap_return\":[") == out.data);
    r3_buffer_reset(&out);
    r3_sweep_simulation_table(&out, &figures);
    CHECK(strstr(out.data, "Monte-Carlo: 2 trades, 1 runs, seed 4\n") == out.data);
    CHECK(strstr(out.data, "     25.00\n") != NULL && strstr(out.data, "    -16.67\n") != NULL);
    r3_sweep_simulate(&figures, NULL, 0, 1000, 10, 4, 1);
    r3_buffer_reset(&out);
    r3_sweep_simulation_json(&out, &figures);
    CHECK_TEXT(
        out.data,
        "{\"trades\":0,\"runs\":10,\"seed\":4,\"return\":0,\"max_drawdown\":0,\"bands\":[0.05,0.25,0.5,0.75,0.95],"
        "\"bootstrap_return\":[null,null,null,null,null],\"bootstrap_drawdown\":[null,null,null,null,null],"
        "\"reshuffle_drawdown\":[null,null,null,null,null],\"losing\":null}");
    r3_buffer_release(&out);
}

int main(void) {
    check_all_windows();
    check_words();
    check_threads();
    check_shown();
    return check_done();
}
