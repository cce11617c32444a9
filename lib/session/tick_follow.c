/* r3-tick --follow: a timer on the clock that people set, which wakes also when they set it. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/time.h"
#include "lib/session/tick.h"
#include "lib/stage/signals.h"

/* No longer than that without a look at the tasks: a session may be started or stopped, and a lease run out, at any moment. */
enum { LOOK_AGAIN = R3_SECOND };

/* Wait for market time `until`. The timer may tell another time than this program's clock (libfaketime); then what is left
 * is waited for without it. */
static int wait_until(int timer, int64_t now, int64_t until, int out, struct r3_error *error) {
    const struct itimerspec moment = { .it_value = { .tv_sec = until / R3_SECOND,
                                                     .tv_nsec = until % R3_SECOND * 1000000 } };
    struct pollfd watched[2] = { { .fd = timer, .events = POLLIN }, { .fd = out, .events = 0 } };
    uint64_t times;
    if (timerfd_settime(timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &moment, NULL) < 0 && errno != ECANCELED)
        return r3_fail_errno(error, R3_SYSTEM, "timer");
    int64_t start = r3_clock_monotonic(), rest = until - now;
    while (rest > 0 && !r3_signals_stop_asked()) {
        int ready = poll(watched, 2, (int)rest);
        if (ready < 0 && errno != EINTR)
            return r3_fail_errno(error, R3_SYSTEM, "poll");
        if (ready > 0 && watched[1].revents & (POLLERR | POLLHUP | POLLNVAL)) {
            raise(SIGPIPE);
            return r3_fail(error, R3_IO, "standard output: its reader is gone");
        }
        if (ready > 0 && watched[0].revents) {
            if (read(timer, &times, sizeof times) < 0 && errno == ECANCELED)
                return 0; /* the clock was set */
            watched[0].fd = -1;
        }
        rest = until - now - (r3_clock_monotonic() - start);
    }
    return 0;
}

/* Write what is due. */
static int hand_out(struct r3_store *store, const char *owner, int64_t span, int64_t now, struct r3_writer *out,
                    struct r3_error *error) {
    struct r3_buffer lines = R3_BUFFER_INIT;
    int result = r3_ticks_lease(store, owner, span, now, &lines, error);
    if (result == 0)
        result = r3_writer_put(out, lines.data, lines.length, error);
    if (result == 0)
        result = r3_writer_flush(out, error);
    r3_buffer_release(&lines);
    return result;
}

static int follow(struct r3_store *store, const char *owner, int64_t span, int timer, struct r3_writer *out,
                  struct r3_error *error) {
    int result = 0;
    while (result == 0 && !r3_signals_stop_asked()) {
        int64_t now, next;
        if (r3_clock_now(&now, error) < 0 || r3_ticks_next(store, now, &next, error) < 0)
            return -1;
        if (next == now) {
            result = hand_out(store, owner, span, now, out, error);
            continue;
        }
        int64_t until = next == R3_TIME_ABSENT || next > now + LOOK_AGAIN ? now + LOOK_AGAIN : next;
        result = wait_until(timer, now, until, out->fd, error);
    }
    return result;
}

int r3_ticks_follow(struct r3_store *store, const char *owner, int64_t span, struct r3_writer *out,
                    struct r3_error *error) {
    if (r3_clock_is_set())
        return r3_fail(error, R3_CONFIG, "R3_NOW stands still, and --follow waits: unset it");
    int timer = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (timer < 0)
        return r3_fail_errno(error, R3_SYSTEM, "timer");
    r3_signals_prepare(true);
    signal(SIGPIPE, SIG_DFL);
    int result = follow(store, owner, span, timer, out, error);
    close(timer);
    return result;
}
