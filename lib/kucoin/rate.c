#include "lib/kucoin/rate.h"

#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "lib/base/clock.h"
#include "lib/base/shared_file.h"
#include "lib/base/time.h"
#include "lib/kucoin/sign.h"

enum {
    WINDOW = 30 * R3_SECOND,
    WINDOW_MAX = 2 * WINDOW, /* what is further away was written before the machine started anew */
    BLOCK_MAX = 5 * R3_MINUTE,
    RESERVE = 10, /* one part in so many is for urgent calls */
    LIMIT_MAX = 1000000,
    SAME_WINDOW = R3_SECOND, /* two ends that differ by less are of one window, seen through the network */
    LOCK_TRIES = 100,
    LOCK_PAUSE = 2 /* ms */
};

/* ---- arithmetic ---- */

void r3_kucoin_limits_init(struct r3_kucoin_limits *limits) {
    static const int64_t quotas[R3_KUCOIN_POOLS] = { 2000, 4000, 2000 }; /* the least, of VIP level 0 */
    *limits = (struct r3_kucoin_limits) { 0 };
    for (size_t i = 0; i < R3_KUCOIN_POOLS; i++)
        limits->pools[i] = (struct r3_kucoin_quota) { quotas[i], quotas[i], 0 };
}

int64_t r3_kucoin_limits_take(struct r3_kucoin_limits *limits, enum r3_kucoin_pool pool, int64_t weight, bool urgent,
                              int64_t now) {
    struct r3_kucoin_quota *quota = &limits->pools[pool];
    if (limits->blocked > now && limits->blocked <= now + BLOCK_MAX)
        return limits->blocked - now;
    if (quota->until <= now || quota->until > now + WINDOW_MAX) {
        quota->remaining = quota->limit;
        quota->until = now + WINDOW;
    }
    int64_t reserve = urgent ? 0 : (quota->limit + RESERVE - 1) / RESERVE;
    /* A call that weighs more than the whole quota may still be made when nothing else was. */
    if (quota->remaining - weight < reserve && quota->remaining < quota->limit)
        return quota->until - now;
    quota->remaining = quota->remaining > weight ? quota->remaining - weight : 0;
    return 0;
}

void r3_kucoin_limits_told(struct r3_kucoin_limits *limits, enum r3_kucoin_pool pool, int64_t limit, int64_t remaining,
                           int64_t reset, int64_t now) {
    struct r3_kucoin_quota *quota = &limits->pools[pool];
    if (limit <= 0 || limit > LIMIT_MAX || remaining < 0 || reset < 0 || reset > WINDOW_MAX)
        return;
    if (remaining > limit)
        remaining = limit;
    /* Calls that are under way are not in what it says, but in what was taken here. */
    bool same = quota->until > now && now + reset <= quota->until + SAME_WINDOW;
    quota->remaining = same && quota->remaining < remaining ? quota->remaining : remaining;
    quota->limit = limit;
    quota->until = now + reset;
}

void r3_kucoin_limits_block(struct r3_kucoin_limits *limits, int64_t wait, int64_t now) {
    int64_t until = now + (wait < BLOCK_MAX ? wait : BLOCK_MAX);
    if (limits->blocked < until || limits->blocked > now + BLOCK_MAX)
        limits->blocked = until;
}

/* ---- the file ---- */

static const char MAGIC[8] = "r3rate1\n";

struct file {
    char magic[sizeof MAGIC];
    struct r3_kucoin_limits limits;
};

struct r3_kucoin_rate {
    int fd; /* -1: for this process alone */
    struct r3_kucoin_limits limits;
};

/* The key itself is in no name: its hash tells keys apart. */
static int open_file(const char *address, const char *key) {
    unsigned char digest[R3_KUCOIN_DIGEST_SIZE];
    struct r3_buffer text = R3_BUFFER_INIT, name = R3_BUFFER_INIT;
    int fd = -1;
    r3_buffer_printf(&text, "r3 rate limit\n%s\n%s", address, key ? key : "");
    if (r3_kucoin_digest(digest, text.data, text.length, NULL) == 0) {
        r3_buffer_append_text(&name, "kucoin-");
        for (size_t i = 0; i < 8; i++)
            r3_buffer_printf(&name, "%02x", digest[i]);
        fd = r3_shared_open(name.data);
    }
    explicit_bzero(text.data, text.length);
    r3_buffer_release(&text);
    r3_buffer_release(&name);
    return fd;
}

struct r3_kucoin_rate *r3_kucoin_rate_new(const char *address, const char *key) {
    struct r3_kucoin_rate *rate = r3_allocate(sizeof *rate);
    rate->fd = open_file(address, key);
    r3_kucoin_limits_init(&rate->limits);
    return rate;
}

void r3_kucoin_rate_free(struct r3_kucoin_rate *rate) {
    if (!rate)
        return;
    if (rate->fd >= 0)
        close(rate->fd);
    free(rate);
}

bool r3_kucoin_rate_is_shared(const struct r3_kucoin_rate *rate) {
    return rate->fd >= 0;
}

/* A lock that is not given back, by a process that was stopped while it held it, holds nobody up for long. */
static bool lock(const struct r3_kucoin_rate *rate) {
    for (int i = 0; rate->fd >= 0 && i < LOCK_TRIES; i++) {
        if (flock(rate->fd, LOCK_EX | LOCK_NB) == 0)
            return true;
        nanosleep(&(struct timespec) { .tv_nsec = LOCK_PAUSE * 1000000L }, NULL);
    }
    return false;
}

/* What is not whole, or makes no sense, is as if nothing were there. */
static void load(struct r3_kucoin_rate *rate) {
    struct file file;
    if (pread(rate->fd, &file, sizeof file, 0) != (ssize_t)sizeof file || memcmp(file.magic, MAGIC, sizeof MAGIC) != 0)
        return;
    for (size_t i = 0; i < R3_KUCOIN_POOLS; i++) {
        const struct r3_kucoin_quota *quota = &file.limits.pools[i];
        if (quota->limit <= 0 || quota->limit > LIMIT_MAX || quota->remaining < 0 || quota->remaining > quota->limit ||
            quota->until < 0)
            return;
    }
    if (file.limits.blocked >= 0)
        rate->limits = file.limits;
}

static void save(const struct r3_kucoin_rate *rate) {
    struct file file = { .limits = rate->limits };
    memcpy(file.magic, MAGIC, sizeof MAGIC);
    if (pwrite(rate->fd, &file, sizeof file, 0) != (ssize_t)sizeof file)
        return; /* the disk is full: this process still counts for itself */
}

/* Around each change: what others did is seen, and what is done here is seen by others. */
static bool begin(struct r3_kucoin_rate *rate) {
    bool locked = lock(rate);
    if (locked)
        load(rate);
    return locked;
}

static void finish(struct r3_kucoin_rate *rate, bool locked) {
    if (!locked)
        return;
    save(rate);
    flock(rate->fd, LOCK_UN);
}

int64_t r3_kucoin_rate_take(struct r3_kucoin_rate *rate, enum r3_kucoin_pool pool, int64_t weight, bool urgent) {
    bool locked = begin(rate);
    int64_t wait = r3_kucoin_limits_take(&rate->limits, pool, weight, urgent, r3_clock_monotonic());
    finish(rate, locked);
    return wait;
}

void r3_kucoin_rate_told(struct r3_kucoin_rate *rate, enum r3_kucoin_pool pool, int64_t limit, int64_t remaining,
                         int64_t reset) {
    if (limit < 0 || remaining < 0 || reset < 0)
        return;
    bool locked = begin(rate);
    r3_kucoin_limits_told(&rate->limits, pool, limit, remaining, reset, r3_clock_monotonic());
    finish(rate, locked);
}

void r3_kucoin_rate_block(struct r3_kucoin_rate *rate, int64_t wait) {
    bool locked = begin(rate);
    r3_kucoin_limits_block(&rate->limits, wait, r3_clock_monotonic());
    finish(rate, locked);
}
