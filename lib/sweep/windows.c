#include "lib/sweep/windows.h"

#include "lib/base/buffer.h"
#include "lib/base/time.h"

int r3_sweep_windows(struct r3_sweep_window **out, size_t *count, int64_t first, int64_t end, int64_t train,
                     int64_t test, bool anchored, struct r3_error *error) {
    if (end - first <= train) {
        char span[R3_TIME_TEXT_SIZE], wanted[R3_TIME_TEXT_SIZE];
        r3_duration_format(span, end - first);
        r3_duration_format(wanted, train);
        return r3_fail(error, R3_USAGE, "--train: the candles span %s: nothing is left to test behind %s", span,
                       wanted);
    }
    int64_t rest = end - first - train, windows = rest / test + (rest % test != 0);
    if (windows > R3_SWEEP_WINDOWS_MAX)
        return r3_fail(error, R3_USAGE, "--test: more than %d windows", R3_SWEEP_WINDOWS_MAX);
    *count = (size_t)windows;
    *out = r3_allocate(*count * sizeof **out);
    for (size_t i = 0; i < *count; i++) {
        int64_t moved = first + (int64_t)i * test, to = moved + train;
        (*out)[i] = (struct r3_sweep_window) { .train_from = anchored ? first : moved,
                                               .train_to = to,
                                               .test_to = end - to < test ? end : to + test };
    }
    return 0;
}
