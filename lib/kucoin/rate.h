#ifndef R3_KUCOIN_RATE_H
#define R3_KUCOIN_RATE_H

#include <stdbool.h>
#include <stdint.h>

/* KuCoin's rate limit (https://www.kucoin.com/docs-new/rate-limit): each pool has a quota for 30 s from the first call on, public ones an
 * address, the others a user; a call weighs 1 to 30 of it. What is left is kept in a file that the processes of one user share, and is
 * corrected by what each answer says, so that other machines' calls count too. A tenth is for urgent calls alone: cancellations and orders
 * that leave a position.
 *
 * The file is $XDG_STATE_HOME/r3/kucoin-HASH, else in ~/.local/state/r3: cron and a login find the same one. HASH is of the address and the
 * key. Where it cannot be had, or its lock not in time, a process counts for itself: a limit that is passed costs a wait, a stop that does
 * not go out costs more. */

enum r3_kucoin_pool { R3_KUCOIN_PUBLIC, R3_KUCOIN_SPOT, R3_KUCOIN_MANAGEMENT, R3_KUCOIN_POOLS };

/* One pool's quota; times of r3_clock_monotonic. */
struct r3_kucoin_quota {
    int64_t limit, remaining;
    int64_t until; /* when it is whole again */
};

struct r3_kucoin_limits {
    int64_t blocked; /* nothing is to be sent before */
    struct r3_kucoin_quota pools[R3_KUCOIN_POOLS];
};

void r3_kucoin_limits_init(struct r3_kucoin_limits *limits);
/* Take a call's weight. 0, or ms to wait before it is worth asking again: nothing was taken then. */
int64_t r3_kucoin_limits_take(struct r3_kucoin_limits *limits, enum r3_kucoin_pool pool, int64_t weight, bool urgent,
                              int64_t now);
/* What an answer said: the whole quota, what is left, ms until it is whole again. Any below 0: not told, and nothing changes. */
void r3_kucoin_limits_told(struct r3_kucoin_limits *limits, enum r3_kucoin_pool pool, int64_t limit, int64_t remaining,
                           int64_t reset, int64_t now);
/* Send nothing for so many ms. */
void r3_kucoin_limits_block(struct r3_kucoin_limits *limits, int64_t wait, int64_t now);

/* The same, shared. */
struct r3_kucoin_rate;
/* New, freed with r3_kucoin_rate_free, which accepts NULL. key: NULL for public calls. */
struct r3_kucoin_rate *r3_kucoin_rate_new(const char *address, const char *key);
void r3_kucoin_rate_free(struct r3_kucoin_rate *rate);
/* Whether other processes see it. */
bool r3_kucoin_rate_is_shared(const struct r3_kucoin_rate *rate);
int64_t r3_kucoin_rate_take(struct r3_kucoin_rate *rate, enum r3_kucoin_pool pool, int64_t weight, bool urgent);
void r3_kucoin_rate_told(struct r3_kucoin_rate *rate, enum r3_kucoin_pool pool, int64_t limit, int64_t remaining,
                         int64_t reset);
void r3_kucoin_rate_block(struct r3_kucoin_rate *rate, int64_t wait);

#endif
