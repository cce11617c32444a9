#include "lib/session/messages.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buffer.h"

struct source {
    struct r3_buffer line;      /* a line of which the end has not come */
    char last[R3_MESSAGE_SIZE]; /* the last whole one */
};

struct r3_messages {
    struct source *sources;
    struct pollfd *watched; /* the pipes in the order of the programs, and behind them the one that ends the thread */
    size_t count;
    int bell; /* closed when the programs have ended */
    bool begun;
    pthread_t thread;
};

struct r3_messages *r3_messages_new(void) {
    struct r3_messages *messages = r3_allocate(sizeof *messages);
    messages->bell = -1;
    return messages;
}

int r3_messages_add(struct r3_messages *messages, struct r3_error *error) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return r3_fail_errno(error, R3_SYSTEM, "pipe");
    fcntl(ends[0], F_SETFL, O_NONBLOCK); /* that end alone */
    messages->sources = r3_reallocate(messages->sources, (messages->count + 1) * sizeof messages->sources[0]);
    messages->watched = r3_reallocate(messages->watched, (messages->count + 2) * sizeof messages->watched[0]);
    messages->sources[messages->count] = (struct source) { .line = R3_BUFFER_INIT };
    messages->watched[messages->count++] = (struct pollfd) { .fd = ends[0], .events = POLLIN };
    return ends[1];
}

static void write_all(const char *text, size_t length) {
    while (length > 0) {
        ssize_t written = write(STDERR_FILENO, text, length);
        if (written < 0 && errno != EINTR)
            return; /* nobody listens */
        text += written > 0 ? written : 0;
        length -= written > 0 ? (size_t)written : 0;
    }
}

/* The hint that follows a wrong option says nothing of what was wrong. */
static bool tells(const char *line) {
    return *line && !strstr(line, "--help shows ");
}

/* Whole lines go on, so that those of two programs are not mixed. */
static void take(struct source *source, const char *text, size_t length) {
    for (const char *end; length > 0 && (end = memchr(text, '\n', length));) {
        size_t part = (size_t)(end - text);
        r3_buffer_append(&source->line, text, part);
        if (source->line.length > 0 && tells(source->line.data))
            snprintf(source->last, sizeof source->last, "%s", source->line.data);
        r3_buffer_append_text(&source->line, "\n");
        write_all(source->line.data, source->line.length);
        r3_buffer_reset(&source->line);
        text = end + 1;
        length -= part + 1;
    }
    r3_buffer_append(&source->line, text, length);
}

/* True: more may come. */
static bool read_some(struct source *source, struct pollfd *watched) {
    char text[4096];
    ssize_t got = read(watched->fd, text, sizeof text);
    if (got > 0)
        take(source, text, (size_t)got);
    if (got > 0 || (got < 0 && errno == EINTR))
        return true;
    if (got == 0 || errno != EAGAIN) {
        close(watched->fd);
        watched->fd = -1; /* poll leaves it out */
    }
    return false;
}

static void *pass_on(void *context) {
    struct r3_messages *messages = context;
    for (;;) {
        bool more = false;
        int ready = poll(messages->watched, messages->count + 1, -1);
        if (ready < 0 && errno != EINTR && errno != EAGAIN)
            return NULL;
        for (size_t i = 0; ready > 0 && i < messages->count; i++)
            if (messages->watched[i].revents)
                more |= read_some(&messages->sources[i], &messages->watched[i]);
        if (ready > 0 && messages->watched[messages->count].revents && !more)
            return NULL;
    }
}

int r3_messages_begin(struct r3_messages *messages, struct r3_error *error) {
    sigset_t all, before;
    int ends[2];
    if (messages->count == 0)
        return 0;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return r3_fail_errno(error, R3_SYSTEM, "pipe");
    messages->watched[messages->count] = (struct pollfd) { .fd = ends[0], .events = POLLIN };
    messages->bell = ends[1];
    sigfillset(&all); /* signals are the other thread's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    errno = pthread_create(&messages->thread, NULL, pass_on, messages);
    messages->begun = errno == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (messages->begun)
        return 0;
    r3_fail_errno(error, R3_SYSTEM, "thread");
    close(ends[0]);
    return -1;
}

void r3_messages_finish(struct r3_messages *messages) {
    if (!messages->begun)
        return;
    close(messages->bell);
    messages->bell = -1;
    pthread_join(messages->thread, NULL);
    messages->begun = false;
    close(messages->watched[messages->count].fd);
    for (size_t i = 0; i < messages->count; i++) { /* a line that was cut off */
        struct source *source = &messages->sources[i];
        if (source->line.length == 0)
            continue;
        write_all(source->line.data, source->line.length);
        if (tells(source->line.data))
            snprintf(source->last, sizeof source->last, "%s", source->line.data);
    }
}

const char *r3_messages_last(const struct r3_messages *messages, size_t program) {
    return program < messages->count ? messages->sources[program].last : "";
}

void r3_messages_end(struct r3_messages *messages) {
    if (!messages)
        return;
    r3_messages_finish(messages);
    if (messages->bell >= 0)
        close(messages->bell);
    for (size_t i = 0; i < messages->count; i++) {
        if (messages->watched[i].fd >= 0)
            close(messages->watched[i].fd);
        r3_buffer_release(&messages->sources[i].line);
    }
    free(messages->sources);
    free(messages->watched);
    free(messages);
}
