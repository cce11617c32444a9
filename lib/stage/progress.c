#include "lib/stage/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { SLOW = 10000 /* records a second */ };

static int64_t monotonic_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void r3_progress_show(struct r3_progress *progress, const char *program, uint64_t records, uint64_t done,
                      uint64_t total) {
    if (progress->start < 0)
        return; /* not a terminal */
    int64_t now = monotonic_ms();
    if (progress->start == 0) {
        if (!isatty(STDERR_FILENO)) {
            progress->start = -1;
            return;
        }
        progress->start = now;
        progress->next = now + 1000;
    }
    if (now < progress->next)
        return;
    progress->next = now + 200;
    double seconds = (double)(now - progress->start) / 1000;
    double rate = (double)records / seconds;
    char text[128], speed[32];
    if (rate < SLOW) /* candles of an exchange */
        snprintf(speed, sizeof speed, "%.0f/s", rate);
    else
        snprintf(speed, sizeof speed, "%.2f M/s", rate / 1e6);
    int length;
    if (total > 0 && done > 0) {
        double left = seconds * ((double)total / (double)done - 1);
        length = snprintf(text, sizeof text, "\r\033[K%s: %3.0f %%  %" PRIu64 " records  %s  %.0f s left", program,
                          100 * (double)done / (double)total, records, speed, left < 0 ? 0 : left);
    } else {
        length = snprintf(text, sizeof text, "\r\033[K%s: %" PRIu64 " records  %s", program, records, speed);
    }
    if (length > 0 && write(STDERR_FILENO, text, (size_t)length) < 0)
        progress->start = -1;
    progress->shown = true;
}

void r3_progress_clear(struct r3_progress *progress) {
    if (progress->shown && write(STDERR_FILENO, "\r\033[K", 4) < 0)
        progress->start = -1;
    progress->shown = false;
}
