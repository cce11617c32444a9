/* A ring of blocks between the two threads. Waking a thread takes about as long as reading a block, so the one that reads fills all
 * slots before it sleeps, and is woken when half of them are empty again. (A candle that takes 50 ns to use, of a file of a
 * million: 87 ns with its reading in one thread, 51 with this one, 96 with one slot in place of eight.) All that both sides see
 * is exchanged under the lock. */

#include "lib/stage/collect_ahead.h"

#include <pthread.h>
#include <signal.h>

#include "lib/base/buffer.h"

enum { SLOTS = 8 };

struct slot {
    struct r3_collect_output output;
    int result;
    struct r3_error error;
};

struct r3_collect_ahead {
    struct r3_collect_series *series;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t emptied, filled;
    struct slot slots[SLOTS];
    uint64_t head, tail; /* slots taken and slots filled so far */
    bool resting;        /* nothing is read: all slots are full, or the last result was no candles */
    bool stopped;
};

static void *read_ahead(void *context) {
    struct r3_collect_ahead *ahead = context;
    pthread_mutex_lock(&ahead->lock);
    for (;;) {
        while (ahead->resting && !ahead->stopped)
            pthread_cond_wait(&ahead->emptied, &ahead->lock);
        if (ahead->stopped)
            break;
        struct slot *slot = &ahead->slots[ahead->tail % SLOTS];
        pthread_mutex_unlock(&ahead->lock);
        slot->result = r3_collect_series_fill(ahead->series, &slot->output, &slot->error);
        pthread_mutex_lock(&ahead->lock);
        ahead->tail++;
        ahead->resting = slot->result != R3_INPUT_MORE || ahead->tail - ahead->head == SLOTS;
        pthread_cond_signal(&ahead->filled);
    }
    pthread_mutex_unlock(&ahead->lock);
    return NULL;
}

static void destroy(struct r3_collect_ahead *ahead) {
    pthread_cond_destroy(&ahead->emptied);
    pthread_cond_destroy(&ahead->filled);
    pthread_mutex_destroy(&ahead->lock);
    for (size_t i = 0; i < SLOTS; i++)
        r3_collect_output_release(&ahead->slots[i].output);
    free(ahead);
}

struct r3_collect_ahead *r3_collect_ahead_new(struct r3_collect_series *series) {
    struct r3_collect_ahead *ahead = r3_allocate(sizeof *ahead);
    sigset_t all, before;
    ahead->series = series;
    for (size_t i = 0; i < SLOTS; i++)
        r3_collect_output_init(&ahead->slots[i].output, series);
    pthread_mutex_init(&ahead->lock, NULL);
    pthread_cond_init(&ahead->emptied, NULL);
    pthread_cond_init(&ahead->filled, NULL);
    sigfillset(&all); /* signals are the caller's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&ahead->thread, NULL, read_ahead, ahead);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!failed)
        return ahead;
    destroy(ahead);
    return NULL;
}

int r3_collect_ahead_fill(struct r3_collect_ahead *ahead, struct r3_collect_output *out, struct r3_error *error) {
    pthread_mutex_lock(&ahead->lock);
    if (ahead->resting && ahead->tail - ahead->head <= SLOTS / 2) {
        const struct slot *last = &ahead->slots[(ahead->tail - 1) % SLOTS];
        /* What was no candles is given first; then reading goes on, if it is asked to. */
        if (last->result == R3_INPUT_MORE || ahead->tail == ahead->head) {
            ahead->resting = false;
            pthread_cond_signal(&ahead->emptied);
        }
    }
    while (ahead->head == ahead->tail)
        pthread_cond_wait(&ahead->filled, &ahead->lock);
    struct slot *slot = &ahead->slots[ahead->head++ % SLOTS];
    struct r3_collect_output filled = slot->output;
    slot->output = *out;
    *out = filled;
    int result = slot->result;
    if (result < 0)
        *error = slot->error;
    pthread_mutex_unlock(&ahead->lock);
    return result;
}

void r3_collect_ahead_free(struct r3_collect_ahead *ahead) {
    if (!ahead)
        return;
    pthread_mutex_lock(&ahead->lock);
    ahead->stopped = true;
    pthread_cond_signal(&ahead->emptied);
    pthread_mutex_unlock(&ahead->lock);
    pthread_join(ahead->thread, NULL);
    destroy(ahead);
}
