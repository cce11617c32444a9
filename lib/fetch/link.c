#include "lib/fetch/link.h"

#include <ctype.h>
#include <inttypes.h>

#include "lib/base/clock.h"
#include "lib/base/time.h"
#include "lib/exchange/shared_clock.h"
#include "lib/kucoin/history.h"

enum {
    ATTEMPTS = 5,
    FIRST_WAIT = 500, /* ms; twice as much after each failure */
    LONGEST_WAIT = 60000,
    TELL_AFTER = 3,          /* failures, with --follow */
    FIRST_WAIT_OFTEN = 5000, /* where it was asked too often, and does not say how long it is to be left alone */
    LONGEST_WAIT_OFTEN =
        10000, /* unless it is patient: all of them outlast a window of 30 s, and who waits for candles is told soon after */
    SLICE = 250,
    CLOCK_VALID = 10 * R3_MINUTE,
    VARIABLE_SIZE = 32
};

static const struct r3_exchange *const exchanges[] = { &r3_kucoin_exchange, &r3_binance_exchange, &r3_kraken_exchange };

const struct r3_exchange *r3_exchange_find(const char *name) {
    for (size_t i = 0; i < sizeof exchanges / sizeof exchanges[0]; i++)
        if (strcmp(exchanges[i]->name, name) == 0)
            return exchanges[i];
    return NULL;
}

static const char *address(const struct r3_exchange *exchange) {
    char name[VARIABLE_SIZE];
    int length = snprintf(name, sizeof name, "R3_%s_URL", exchange->name);
    for (int i = 0; i < length && i < VARIABLE_SIZE - 1; i++)
        name[i] = (char)toupper((unsigned char)name[i]);
    const char *url = getenv(name);
    return url && *url ? url : exchange->url;
}

int r3_fetch_link_open(struct r3_fetch_link *link, const struct r3_exchange *exchange, struct r3_port *port,
                       struct r3_error *error) {
    *link = (struct r3_fetch_link) {
        .exchange = exchange, .port = port, .url = address(exchange), .timed = R3_TIME_ABSENT, .fixed = R3_TIME_ABSENT
    };
    if (r3_clock_is_set() && r3_clock_now(&link->fixed, error) < 0)
        return -1;
    return exchange->open(&link->client, link->url, error);
}

void r3_fetch_link_close(struct r3_fetch_link *link) {
    if (link->client)
        link->exchange->close(link->client);
    link->client = NULL;
}

int64_t r3_fetch_link_pause(const struct r3_fetch_link *link) {
    int64_t left = link->next - r3_clock_monotonic();
    return left > 0 ? left : 0;
}

int r3_fetch_link_wait(struct r3_fetch_link *link, int64_t milliseconds, struct r3_error *error) {
    int64_t slice = milliseconds < SLICE ? milliseconds : SLICE;
    return link->port->wait(link->port, slice, error) < 0 ? -1 : 2;
}

static int64_t wait_of(const struct r3_fetch_link *link, const struct r3_error *error) {
    bool often = error->status == R3_RETRY;
    int64_t told = often && link->exchange->wait ? link->exchange->wait(link->client) : 0;
    int64_t wait = (int64_t)(often ? FIRST_WAIT_OFTEN : FIRST_WAIT) << (link->failures < 8 ? link->failures - 1 : 7);
    int64_t longest = often && !link->patient ? LONGEST_WAIT_OFTEN : LONGEST_WAIT;
    return told > 0 ? told : wait < longest ? wait : longest;
}

static int give_place(const struct r3_fetch_link *link, struct r3_error *error) {
    return r3_error_at(error, "%s (%s): ", link->exchange->name, link->url);
}

static void tell_back(struct r3_fetch_link *link) {
    if (link->told)
        link->port->warn(link->port, "%s: it answers again, after %" PRId64 " seconds", link->exchange->name,
                         (r3_clock_monotonic() - link->failing) / R3_SECOND);
    link->failures = 0;
    link->told = false;
}

int r3_fetch_link_take(struct r3_fetch_link *link, int result, struct r3_error *error) {
    int64_t now = r3_clock_monotonic();
    link->next = now + link->exchange->pause;
    if (result == 0) {
        tell_back(link);
        return 1;
    }
    if (error->status != R3_UNAVAILABLE && error->status != R3_RETRY)
        return give_place(link, error);
    if (link->failures++ == 0)
        link->failing = now;
    int64_t wait = wait_of(link, error);
    if (!link->patient && (link->failures == ATTEMPTS || wait > LONGEST_WAIT))
        return give_place(link, error);
    if (link->patient && !link->told && (link->failures == TELL_AFTER || wait > LONGEST_WAIT)) {
        link->port->warn(link->port, "%s (%s): %s; it goes on when it answers again", link->exchange->name, link->url,
                         error->text);
        link->told = true;
    }
    link->next = now + wait;
    error->status = 0;
    return 0;
}

int r3_fetch_link_measure(struct r3_fetch_link *link, struct r3_error *error) {
    int64_t now = 0, trip, before = r3_clock_monotonic();
    int result = r3_fetch_link_take(link, link->exchange->time(link->client, &now, error), error);
    if (result <= 0)
        return result;
    /* What it says is taken to be as old as half the time between question and answer. A client that tells its clock has made several
     * questions, or none: how good its clock is, and how old, is known to that one alone. */
    link->timed = r3_clock_monotonic();
    trip = link->exchange->tells_clock ? 0 : link->timed - before;
    link->ahead = now - (link->timed - trip + trip / 2);
    if (link->shared && !link->exchange->tells_clock)
        r3_exchange_clock_save(&(struct r3_exchange_clock) { link->ahead, trip, link->timed }, link->url);
    return 1;
}

bool r3_fetch_link_recall(struct r3_fetch_link *link) {
    struct r3_exchange_clock clock;
    bool known = r3_exchange_clock_load(&clock, link->url, CLOCK_VALID);
    if (known)
        link->ahead = clock.ahead;
    return known;
}

int64_t r3_fetch_link_now(const struct r3_fetch_link *link) {
    static const char loopback[] = "http:"; /* without TLS it is nothing else */
    int64_t now = r3_clock_monotonic() + link->ahead;
    if (link->fixed == R3_TIME_ABSENT)
        return now;
    return link->fixed < now || strncmp(link->url, loopback, sizeof loopback - 1) == 0 ? link->fixed : now;
}
