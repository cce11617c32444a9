#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/time.h"
#include "lib/kucoin/client.h"

/* The exchange's clock is the monotonic one and an offset: the server's time less the middle of the round trip (Cristian, "Probabilistic
 * clock synchronization", 1989). The error is at most half of the round trip, so a slow one, as that in which the connection is made,
 * is measured again. What is signed may be 5 s off. That error, and what the clock has drifted since, is kept beside the offset. */

enum {
    FRESH = 5 * R3_MINUTE, /* how long an offset is good */
    BEARABLE =
        R3_HOUR, /* how long it is used where a new one cannot be had: clocks drift by less than a second in it, */
    DRIFT = R3_HOUR / R3_SECOND, /* so by less than 1 ms in so many */
    AGAIN = 30 * R3_SECOND,      /* until it is tried again then */
    QUICK = 200,                 /* ms: a round trip that is good enough */
    SAMPLES = 3,
    TRIES = 2,
    PAUSE = 300 /* ms */
};

static int sample(struct r3_kucoin *kucoin, int64_t *offset, int64_t *trip, struct r3_error *error) {
    static const struct r3_kucoin_call call = {
        .method = "GET", .target = "/api/v1/timestamp", .pool = R3_KUCOIN_PUBLIC, .weight = 3, .urgent = true
    };
    struct r3_kucoin_reply reply = { 0 };
    struct r3_kucoin_answer answer;
    int64_t before = 0, after = 0, now;
    int result = -1;
    for (int i = 0; i < TRIES && result < 0; i++) {
        if (i > 0)
            nanosleep(&(struct timespec) { .tv_nsec = PAUSE * 1000000L }, NULL);
        int64_t wait = r3_kucoin_take(kucoin, &call);
        if (wait > 0) {
            r3_fail(error, R3_RETRY, "KuCoin: too many calls: try again in %lld ms", (long long)wait);
            break;
        }
        before = r3_clock_monotonic();
        if (r3_kucoin_send(kucoin, &call, 0, &reply, error) < 0)
            break;
        after = r3_clock_monotonic();
        r3_kucoin_judge(&answer, &reply);
        r3_kucoin_heed(kucoin, &call, &reply, &answer);
        if (answer.outcome != R3_KUCOIN_DONE)
            r3_kucoin_fail(&answer, &call, error);
        else
            result = r3_kucoin_read_time(&reply, &now, error);
    }
    if (result == 0) {
        *trip = after - before;
        *offset = now - (before + *trip / 2);
    }
    r3_kucoin_reply_release(&reply);
    return result;
}

int r3_kucoin_measure(struct r3_kucoin *kucoin, struct r3_error *error) {
    int64_t best = INT64_MAX;
    for (int i = 0; i < SAMPLES && best > QUICK; i++) {
        int64_t offset, trip;
        if (sample(kucoin, &offset, &trip, error) < 0) {
            if (best == INT64_MAX)
                return -1;
            break;
        }
        if (trip < best) {
            best = trip;
            kucoin->clock = (struct r3_exchange_clock) { offset, trip, r3_clock_monotonic() };
            kucoin->has_clock = true;
        }
    }
    r3_exchange_clock_save(&kucoin->clock, kucoin->url);
    return 0;
}

/* Where the quota for questions of the kind is used up, as by candles, the time is what another process has measured. */
static bool recall(struct r3_kucoin *kucoin, const struct r3_error *error) {
    if (error->status != R3_RETRY)
        return false;
    kucoin->has_clock = r3_exchange_clock_load(&kucoin->clock, kucoin->url, BEARABLE);
    return kucoin->has_clock;
}

int r3_kucoin_time(struct r3_kucoin *kucoin, int64_t *now, struct r3_error *error) {
    int64_t local = r3_clock_monotonic(), age = local - kucoin->clock.measured;
    if (!kucoin->has_clock || (age > FRESH && local >= kucoin->measure_next)) {
        if (r3_kucoin_measure(kucoin, error) < 0) {
            if ((!kucoin->has_clock || age > BEARABLE) && !recall(kucoin, error))
                return -1;
            kucoin->measure_next = local + AGAIN;
        }
        local = r3_clock_monotonic();
    }
    *now = local + kucoin->clock.ahead;
    return 0;
}

static int64_t unsure_by(const struct r3_kucoin *kucoin) {
    return (kucoin->clock.trip + 1) / 2 + (r3_clock_monotonic() - kucoin->clock.measured) / DRIFT;
}

int r3_kucoin_clock(struct r3_kucoin *kucoin, int64_t most, int64_t *now, int64_t *unsure, struct r3_error *error) {
    if (r3_kucoin_time(kucoin, now, error) < 0)
        return -1;
    if (unsure_by(kucoin) > most) {
        if (r3_kucoin_measure(kucoin, error) < 0)
            return -1;
        *now = r3_clock_monotonic() + kucoin->clock.ahead;
    }
    *unsure = unsure_by(kucoin);
    if (*unsure <= most)
        return 0;
    return r3_fail(error, R3_UNAVAILABLE, "KuCoin: its clock is known to %lld ms, and to %lld ms it must be",
                   (long long)*unsure, (long long)most);
}
