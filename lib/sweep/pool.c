#include "lib/sweep/pool.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>

/* A ring of slots. The calling thread fills the slot at `tail` and takes the one at `head`; workers claim those in between in order.
 * A slot belongs to one side at a time, which its state says; only the states and counters need the lock. */

enum { SLOTS_A_THREAD = 8, TICK_MS = 200 };

enum slot_state { EMPTY, WAITING, RUNNING, DONE };

struct slot {
    enum slot_state state;
    struct r3_sweep_run run;
    struct r3_error error; /* status 0: the run was made */
};

struct work {
    const struct r3_sweep_pool *pool;
    pthread_mutex_t lock;
    pthread_cond_t waiting, done;
    struct slot *slots;
    uint64_t size, head, tail, claimed;
    bool ends; /* workers are to return */
};

unsigned r3_sweep_cpus(void) {
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count > 0 ? (unsigned)count : 1;
}

/* Move on to the first slot that nobody has claimed; those that were filled as ready are passed over. */
static void skip_ready(struct work *work) {
    if (work->claimed < work->head)
        work->claimed = work->head;
    while (work->claimed < work->tail && work->slots[work->claimed % work->size].state != WAITING)
        work->claimed++;
}

/* Whether the caller wants to stop; then what nobody has claimed is not begun. The lock is held. */
static bool check_stop(struct work *work) {
    if (!work->pool->stopped || !work->pool->stopped(work->pool->context))
        return false;
    skip_ready(work);
    for (; work->tail > work->claimed; work->tail--)
        work->slots[(work->tail - 1) % work->size].state = EMPTY;
    return true;
}

static void *worker(void *context) {
    struct work *work = context;
    pthread_mutex_lock(&work->lock);
    for (;;) {
        skip_ready(work);
        if (work->ends)
            break;
        if (work->claimed == work->tail) {
            pthread_cond_wait(&work->waiting, &work->lock);
            continue;
        }
        struct slot *slot = &work->slots[work->claimed++ % work->size];
        slot->state = RUNNING;
        pthread_mutex_unlock(&work->lock);
        slot->error.status = 0;
        r3_sweep_run(&slot->run, work->pool->pipeline, &slot->error);
        pthread_mutex_lock(&work->lock);
        slot->state = DONE;
        pthread_cond_signal(&work->done);
    }
    pthread_mutex_unlock(&work->lock);
    return NULL;
}

/* Fill slots while there is room and something to begin: 1 or 2; 0: there is nothing more; -1. */
static int fill(struct work *work, struct r3_error *error) {
    const struct r3_sweep_pool *pool = work->pool;
    while (work->tail - work->head < work->size) {
        struct slot *slot = &work->slots[work->tail % work->size];
        bool ready = false;
        pthread_mutex_lock(&work->lock);
        bool stops = check_stop(work);
        pthread_mutex_unlock(&work->lock);
        if (stops)
            return 0;
        slot->run = (struct r3_sweep_run) { .from = R3_TIME_ABSENT, .to = R3_TIME_ABSENT };
        int more = pool->next(pool->context, &slot->run, work->head == work->tail, &ready, error);
        if (more != 1) {
            r3_sweep_run_release(&slot->run);
            return more;
        }
        slot->error.status = 0;
        pthread_mutex_lock(&work->lock);
        slot->state = ready ? DONE : WAITING;
        work->tail++;
        if (!ready)
            pthread_cond_signal(&work->waiting);
        pthread_mutex_unlock(&work->lock);
    }
    return 1;
}

/* Wait a moment until the slot at `head` is done: whether it is. */
static bool wait_for_head(struct work *work) {
    const struct slot *slot = &work->slots[work->head % work->size];
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += TICK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&work->lock);
    int waited = 0;
    while (slot->state != DONE && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&work->done, &work->lock, &until);
    bool done = slot->state == DONE;
    pthread_mutex_unlock(&work->lock);
    if (!done && work->pool->tick)
        work->pool->tick(work->pool->context);
    return done;
}

static int take_head(struct work *work, struct r3_error *error) {
    struct slot *slot = &work->slots[work->head % work->size];
    int result = -1;
    if (slot->error.status != 0)
        *error = slot->error;
    else
        result = work->pool->take(work->pool->context, &slot->run, error);
    r3_sweep_run_release(&slot->run);
    if (work->pool->tick)
        work->pool->tick(work->pool->context);
    pthread_mutex_lock(&work->lock);
    slot->state = EMPTY;
    work->head++;
    pthread_mutex_unlock(&work->lock);
    return result;
}

static int work_off(struct work *work, struct r3_error *error) {
    int more = 1;
    while (more > 0 || work->head < work->tail) {
        if (more > 0)
            more = fill(work, error);
        if (more < 0)
            return -1;
        if (work->head < work->tail && wait_for_head(work) && take_head(work, error) != 0)
            return -1;
    }
    return 0;
}

int r3_sweep_pool_run(const struct r3_sweep_pool *pool, struct r3_error *error) {
    struct work work = { .pool = pool, .size = (uint64_t)pool->threads * SLOTS_A_THREAD };
    pthread_t *threads = r3_allocate(pool->threads * sizeof *threads);
    pthread_condattr_t monotonic;
    unsigned started = 0;
    int result = 0;
    work.slots = r3_allocate(work.size * sizeof *work.slots);
    pthread_mutex_init(&work.lock, NULL);
    pthread_cond_init(&work.waiting, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&work.done, &monotonic);
    sigset_t all, before; /* signals are for the calling thread, which waits where they must wake it */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (; started < pool->threads && result == 0; started += result == 0)
        result = pthread_create(&threads[started], NULL, worker, &work);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started == 0) /* with fewer than asked for it goes on */
        result = r3_fail(error, R3_SYSTEM, "no thread can be started");
    else
        result = work_off(&work, error);
    pthread_mutex_lock(&work.lock);
    work.ends = true;
    pthread_cond_broadcast(&work.waiting);
    pthread_mutex_unlock(&work.lock);
    while (started > 0)
        pthread_join(threads[--started], NULL);
    for (uint64_t i = 0; i < work.size; i++)
        r3_sweep_run_release(&work.slots[i].run);
    pthread_cond_destroy(&work.done);
    pthread_condattr_destroy(&monotonic);
    pthread_cond_destroy(&work.waiting);
    pthread_mutex_destroy(&work.lock);
    free(work.slots);
    free(threads);
    return result;
}
