#include "lib/base/write_behind.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/buffer.h"

struct r3_write_behind {
    int fd;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t handed, written;
    char *data; /* of the size of the program's buffer; NULL: none yet */
    size_t length;
    int failed; /* errno */
    bool busy, stopped;
    cpu_set_t processors;
};

static int write_all(int fd, const char *data, size_t length) {
    while (length > 0) {
        ssize_t count = write(fd, data, length);
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            struct pollfd watched = { .fd = fd, .events = POLLOUT };
            if (poll(&watched, 1, -1) >= 0)
                continue;
        }
        if (count < 0 && errno != EINTR)
            return errno;
        if (count > 0) {
            data += count;
            length -= (size_t)count;
        }
    }
    return 0;
}

static void *write_handed(void *context) {
    struct r3_write_behind *behind = context;
    sched_setaffinity(0, sizeof behind->processors, &behind->processors);
    pthread_mutex_lock(&behind->lock);
    for (;;) {
        while (!behind->busy && !behind->stopped)
            pthread_cond_wait(&behind->handed, &behind->lock);
        if (!behind->busy)
            break;
        bool skip = behind->failed != 0;
        pthread_mutex_unlock(&behind->lock);
        int failed = skip ? 0 : write_all(behind->fd, behind->data, behind->length);
        pthread_mutex_lock(&behind->lock);
        behind->failed = failed ? failed : behind->failed;
        behind->busy = false;
        pthread_cond_signal(&behind->written);
    }
    pthread_mutex_unlock(&behind->lock);
    return NULL;
}

static void destroy(struct r3_write_behind *behind) {
    pthread_cond_destroy(&behind->handed);
    pthread_cond_destroy(&behind->written);
    pthread_mutex_destroy(&behind->lock);
    free(behind->data);
    free(behind);
}

struct r3_write_behind *r3_write_behind_new(int fd, const cpu_set_t *processors) {
    struct r3_write_behind *behind = r3_allocate(sizeof *behind);
    sigset_t all, before;
    *behind = (struct r3_write_behind) { .fd = fd, .processors = *processors };
    pthread_mutex_init(&behind->lock, NULL);
    pthread_cond_init(&behind->handed, NULL);
    pthread_cond_init(&behind->written, NULL);
    sigfillset(&all); /* signals are the program's, but for that of a reader that is gone: it is for who writes */
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    if (!sigismember(&before, SIGPIPE))
        sigdelset(&all, SIGPIPE);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    int failed = pthread_create(&behind->thread, NULL, write_handed, behind);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!failed)
        return behind;
    destroy(behind);
    return NULL;
}

int r3_write_behind_wait(struct r3_write_behind *behind) {
    pthread_mutex_lock(&behind->lock);
    while (behind->busy)
        pthread_cond_wait(&behind->written, &behind->lock);
    int failed = behind->failed;
    pthread_mutex_unlock(&behind->lock);
    return failed;
}

int r3_write_behind_look(struct r3_write_behind *behind) {
    pthread_mutex_lock(&behind->lock);
    int failed = behind->failed;
    pthread_mutex_unlock(&behind->lock);
    return failed;
}

int r3_write_behind_hand(struct r3_write_behind *behind, char **data, size_t length, size_t size) {
    int failed = r3_write_behind_wait(behind);
    char *other = behind->data ? behind->data : r3_allocate(size);
    pthread_mutex_lock(&behind->lock);
    behind->data = *data;
    behind->length = length;
    behind->busy = true;
    pthread_cond_signal(&behind->handed);
    pthread_mutex_unlock(&behind->lock);
    *data = other;
    return failed;
}

void r3_write_behind_free(struct r3_write_behind *behind) {
    if (!behind)
        return;
    pthread_mutex_lock(&behind->lock);
    behind->stopped = true;
    pthread_cond_signal(&behind->handed);
    pthread_mutex_unlock(&behind->lock);
    pthread_join(behind->thread, NULL);
    destroy(behind);
}
