#ifndef R3_TESTS_UNIT_HTTP_SERVER_H
#define R3_TESTS_UNIT_HTTP_SERVER_H

/* A server on 127.0.0.1 in a thread of the test: one connection at a time, each request kept and answered, byte for byte, by what the test's
 * function says. */

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/buffer.h"

struct http_request {
    char *text; /* request line, headers and body */
    int connection;
};

struct http_answer {
    struct r3_buffer bytes;
    bool reset;  /* the connection, after the bytes */
    bool close;  /* the connection, after the bytes */
    int silence; /* ms before the bytes */
};

struct http_server {
    int listener, port, stop[2];
    pthread_t thread;
    pthread_mutex_t lock;
    struct http_request requests[256];
    size_t count;
    int connections;
    void (*answer)(void *context, const char *request, size_t number, struct http_answer *answer);
    void *context;
    char url[64];
};

/* A whole answer with its headers. */
static inline void http_say(struct http_answer *answer, const char *status, const char *headers, const char *body) {
    r3_buffer_printf(&answer->bytes, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers, strlen(body),
                     body);
}

static inline void http_say_json(struct http_answer *answer, const char *body) {
    http_say(answer, "200 OK", "Content-Type: application/json\r\n", body);
}

/* Bytes that a connection has, waiting for them; below 1: it ended, or the test did. */
static inline ssize_t http_read(struct http_server *server, int fd, char *out, size_t size) {
    struct pollfd waiting[2] = { { fd, POLLIN, 0 }, { server->stop[0], POLLIN, 0 } };
    if (poll(waiting, 2, 20000) <= 0 || waiting[1].revents)
        return -1;
    return read(fd, out, size);
}

/* Where the request that begins *text ends; 0: not yet. */
static inline size_t http_end(const struct r3_buffer *text) {
    const char *blank = text->length ? strstr(text->data, "\r\n\r\n") : NULL;
    if (!blank)
        return 0;
    size_t head = (size_t)(blank - text->data) + 4;
    const char *length = strcasestr(text->data, "content-length:");
    size_t body = length && length < blank ? (size_t)strtoul(length + 15, NULL, 10) : 0;
    return text->length >= head + body ? head + body : 0;
}

static inline size_t http_note(struct http_server *server, const struct r3_buffer *text, size_t length) {
    pthread_mutex_lock(&server->lock);
    size_t number = server->count < 255 ? server->count++ : 255;
    char *copy = r3_allocate(length + 1);
    memcpy(copy, text->data, length);
    free(server->requests[number].text);
    server->requests[number] = (struct http_request) { copy, server->connections };
    pthread_mutex_unlock(&server->lock);
    return number;
}

/* Whether the connection goes on. */
static inline bool http_serve_one(struct http_server *server, int fd, struct r3_buffer *text, size_t end) {
    struct http_answer answer = { 0 };
    size_t number = http_note(server, text, end);
    server->answer(server->context, server->requests[number].text, number, &answer);
    memmove(text->data, text->data + end, text->length - end + 1);
    text->length -= end;
    if (answer.silence) {
        struct pollfd stop = { server->stop[0], POLLIN, 0 };
        poll(&stop, 1, answer.silence);
    }
    for (size_t at = 0; at < answer.bytes.length;) {
        ssize_t written = send(fd, answer.bytes.data + at, answer.bytes.length - at, MSG_NOSIGNAL);
        if (written <= 0)
            break;
        at += (size_t)written;
    }
    r3_buffer_release(&answer.bytes);
    if (answer.reset)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger) { 1, 0 }, sizeof(struct linger));
    return !answer.reset && !answer.close;
}

static inline void *http_serve(void *context) {
    struct http_server *server = context;
    for (;;) {
        struct pollfd waiting[2] = { { server->listener, POLLIN, 0 }, { server->stop[0], POLLIN, 0 } };
        if (poll(waiting, 2, -1) < 0 || waiting[1].revents)
            return NULL;
        int fd = accept(server->listener, NULL, NULL);
        if (fd < 0)
            continue;
        server->connections++;
        struct r3_buffer text = R3_BUFFER_INIT;
        for (bool open = true; open;) {
            size_t end = http_end(&text);
            if (end > 0) {
                open = http_serve_one(server, fd, &text, end);
                continue;
            }
            char block[4096];
            ssize_t count = http_read(server, fd, block, sizeof block);
            if (count <= 0)
                break;
            r3_buffer_append(&text, block, (size_t)count);
        }
        r3_buffer_release(&text);
        close(fd);
    }
}

static inline void http_start(struct http_server *server,
                              void (*answer)(void *, const char *, size_t, struct http_answer *), void *context) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    *server = (struct http_server) { .answer = answer, .context = context };
    pthread_mutex_init(&server->lock, NULL);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server->listener < 0 || bind(server->listener, (struct sockaddr *)&address, size) != 0 ||
        listen(server->listener, 8) != 0 || getsockname(server->listener, (struct sockaddr *)&address, &size) != 0 ||
        pipe(server->stop) != 0) {
        perror("http server");
        exit(1);
    }
    server->port = ntohs(address.sin_port);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d", server->port);
    pthread_create(&server->thread, NULL, http_serve, server);
}

static inline void http_stop(struct http_server *server) {
    if (write(server->stop[1], "x", 1) == 1)
        pthread_join(server->thread, NULL);
    for (size_t i = 0; i < 256; i++)
        free(server->requests[i].text);
    close(server->listener);
    close(server->stop[0]);
    close(server->stop[1]);
    pthread_mutex_destroy(&server->lock);
}

/* How many requests began with this. */
static inline size_t http_count(struct http_server *server, const char *start) {
    size_t count = 0;
    pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->count; i++)
        count += strncmp(server->requests[i].text, start, strlen(start)) == 0;
    pthread_mutex_unlock(&server->lock);
    return count;
}

#endif
