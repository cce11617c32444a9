#include "lib/stage/collect_pace.h"

#include <string.h>

#include "lib/base/clock.h"

/* No longer at a time, so that a signal that comes just ahead of the wait is seen soon. */
enum { SLICE = 100 /* ms */ };

int r3_collect_pace_start(struct r3_collect_pace *pace, const char *text, struct r3_error *error) {
    struct r3_decimal times;
    *pace = (struct r3_collect_pace) { 0 };
    if (!text)
        return 0;
    size_t length = strlen(text);
    if (length > 1 && text[length - 1] == 'x')
        length--;
    if (r3_decimal_parse(&times, text, length, error) < 0 || r3_decimal_sign(&times) <= 0)
        return r3_fail(error, R3_USAGE, "--pace: wants a number above 0, as in 60x, not \"%.40s\"", text);
    pace->times = r3_decimal_to_double(&times);
    return 0;
}

int r3_collect_pace_wait(struct r3_collect_pace *pace, struct r3_port *port, int64_t close, struct r3_error *error) {
    int64_t now;
    if (!r3_collect_paces(pace) || !port->wait)
        return 0;
    now = r3_clock_monotonic();
    if (!pace->started) {
        pace->started = true;
        pace->market = close;
        pace->wall = now;
        return 0;
    }
    double left = (double)(close - pace->market) / pace->times - (double)(now - pace->wall);
    if (left < 1)
        return 0;
    return port->wait(port, left < SLICE ? (int64_t)left : SLICE, error) < 0 ? -1 : 1;
}
