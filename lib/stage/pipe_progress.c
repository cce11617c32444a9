/* Progress of a source, for a person at a terminal: nothing for the first second, then one line that is written over itself
 * five times a second. */

#include <inttypes.h>
#include <unistd.h>

#include "lib/stage/pipe.h"

static int64_t monotonic_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void r3_pipe_progress(struct r3_port *port, uint64_t done, uint64_t total) {
    struct r3_pipe *pipe = port->context;
    if (pipe->progress_start < 0)
        return; /* not a terminal */
    int64_t now = monotonic_ms();
    if (pipe->progress_start == 0) {
        if (!isatty(STDERR_FILENO)) {
            pipe->progress_start = -1;
            return;
        }
        pipe->progress_start = now;
        pipe->progress_next = now + 1000;
    }
    if (now < pipe->progress_next)
        return;
    pipe->progress_next = now + 200;
    double seconds = (double)(now - pipe->progress_start) / 1000;
    double rate = (double)pipe->records / seconds;
    char text[128];
    int length;
    if (total > 0 && done > 0) {
        double left = seconds * ((double)total / (double)done - 1);
        length = snprintf(text, sizeof text, "\r\033[K%s: %3.0f %%  %" PRIu64 " records  %.2f M/s  %.0f s left",
                          pipe->stage->name, 100 * (double)done / (double)total, pipe->records, rate / 1e6,
                          left < 0 ? 0 : left);
    } else {
        length = snprintf(text, sizeof text, "\r\033[K%s: %" PRIu64 " records  %.2f M/s", pipe->stage->name,
                          pipe->records, rate / 1e6);
    }
    if (length > 0 && write(STDERR_FILENO, text, (size_t)length) < 0)
        pipe->progress_start = -1;
    pipe->progress_shown = true;
}

void r3_pipe_progress_clear(struct r3_pipe *pipe) {
    if (pipe->progress_shown && write(STDERR_FILENO, "\r\033[K", 4) < 0)
        pipe->progress_start = -1;
    pipe->progress_shown = false;
}
