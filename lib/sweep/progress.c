#include "lib/sweep/progress.h"

#include <inttypes.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH = 80, LINE_MAX = 512, MARK_MAX = 4, FIRST_MS = 1000, STEP_MS = 200 };

static int64_t monotonic_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* "45 s", "12 min", "3.5 h". */
static void format_left(char *out, size_t size, double seconds) {
    if (seconds < 100)
        snprintf(out, size, "%.0f s", seconds);
    else if (seconds < 6000)
        snprintf(out, size, "%.0f min", seconds / 60);
    else
        snprintf(out, size, "%.1f h", seconds / 3600);
}

static size_t columns(void) {
    struct winsize window;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0)
        return window.ws_col < LINE_MAX ? window.ws_col : LINE_MAX;
    return WIDTH;
}

/* As many whole words as the terminal shows in one row, then a mark: half a number would be another number. `length` is that of the
 * whole line, of which LINE_MAX bytes are there, and room for the mark. */
static void fit(char *line, size_t length) {
    static const char mark[] = "…"; /* one column */
    size_t room = columns() - 1, at;
    if (length <= room)
        return;
    for (at = room > 2 ? room - 1 : 0; at > 0 && line[at - 1] != ' ';)
        at--;
    memcpy(line + at, at > 0 ? mark : "", at > 0 ? sizeof mark : 1);
}

bool r3_sweep_progress_due(struct r3_sweep_progress *progress) {
    int64_t now = monotonic_ms();
    if (progress->start == 0) {
        progress->start = now;
        progress->no_terminal = !isatty(STDERR_FILENO);
    }
    if (now < progress->next)
        return false;
    progress->next = now + STEP_MS;
    return true;
}

void r3_sweep_progress_write(struct r3_sweep_progress *progress, uint64_t done, uint64_t total, const char *best) {
    static const char clear[] = "\r\033[K";
    int64_t now = monotonic_ms();
    if (progress->no_terminal || now < progress->start + FIRST_MS) {
        progress->skipped = progress->begun ? progress->skipped : done;
        progress->begun = true;
        return;
    }
    double rate = (double)(done - progress->skipped) / ((double)(now - progress->start) / 1000);
    char line[LINE_MAX + MARK_MAX] = "", text[sizeof line + sizeof clear], left[32];
    int length;
    if (total > 0 && rate > 0) {
        format_left(left, sizeof left, (double)(total > done ? total - done : 0) / rate);
        length = snprintf(line, LINE_MAX, "r3-sweep: %" PRIu64 "/%" PRIu64 "  %.4g/s  %s left%s%s", done, total, rate,
                          left, *best ? "  best " : "", best);
    } else {
        length =
            snprintf(line, LINE_MAX, "r3-sweep: %" PRIu64 "  %.4g/s%s%s", done, rate, *best ? "  best " : "", best);
    }
    fit(line, (size_t)length);
    length = snprintf(text, sizeof text, "%s%s", clear, line);
    if (write(STDERR_FILENO, text, (size_t)length) < 0)
        progress->no_terminal = true;
    progress->shown = true;
}

void r3_sweep_progress_show(struct r3_sweep_progress *progress, uint64_t done, uint64_t total, const char *best) {
    if (r3_sweep_progress_due(progress))
        r3_sweep_progress_write(progress, done, total, best);
}

void r3_sweep_progress_clear(struct r3_sweep_progress *progress) {
    if (progress->shown && write(STDERR_FILENO, "\r\033[K", 4) < 0)
        progress->no_terminal = true;
    progress->shown = false;
}
