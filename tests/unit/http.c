/* HTTP by real sockets: what is sent, what each way of failing is told as, and that what may change something leaves once. */
#include "lib/exchange/http.h"

#include <time.h>

#include "lib/base/clock.h"
#include "tests/unit/check.h"
#include "tests/unit/http_server.h"

enum { TIMEOUT = 400 };

static bool is_for(const char *request, const char *target) {
    const char *space = strchr(request, ' ');
    return space && strncmp(space + 1, target, strlen(target)) == 0 && space[1 + strlen(target)] == ' ';
}

static void answer_big(struct http_answer *answer, size_t length, bool chunked) {
    r3_buffer_printf(&answer->bytes, "HTTP/1.1 200 OK\r\n");
    if (chunked)
        r3_buffer_printf(&answer->bytes, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", length);
    else
        r3_buffer_printf(&answer->bytes, "Content-Length: %zu\r\n\r\n", length);
    memset(r3_buffer_reserve(&answer->bytes, length), 'x', length);
    answer->bytes.length += length;
    if (chunked)
        r3_buffer_append_text(&answer->bytes, "\r\n0\r\n\r\n");
}

static void answer(void *context, const char *request, size_t number, struct http_answer *out) {
    (void)context, (void)number;
    if (is_for(request, "/limits"))
        http_say(
            out, "429 Too Many",
            "Content-Type: Application/JSON;charset=UTF-8\r\nGW-Ratelimit-Limit: 4000\r\ngw-ratelimit-remaining:  12 \r\n"
            "gw-ratelimit-reset:1489\r\nRetry-After: 3\r\n",
            "{}");
    else if (is_for(request, "/odd-limits"))
        http_say(
            out, "200 OK",
            "Content-Type: text/html\r\ngw-ratelimit-limit: 4e3\r\ngw-ratelimit-remaining: -1\r\ngw-ratelimit-reset:\r\n",
            "<html>");
    else if (is_for(request, "/interim"))
        r3_buffer_append_text(&out->bytes, "HTTP/1.1 103 Early Hints\r\ngw-ratelimit-limit: 1\r\n\r\n"
                                           "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    else if (is_for(request, "/redirect"))
        http_say(out, "302 Found", "Location: /ok\r\n", "elsewhere");
    else if (is_for(request, "/silence"))
        out->silence = 5 * TIMEOUT, out->close = true;
    else if (is_for(request, "/nothing"))
        out->close = true;
    else if (is_for(request, "/reset"))
        out->reset = true;
    else if (is_for(request, "/half"))
        r3_buffer_append_text(&out->bytes, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"code\""),
            out->close = true;
    else if (is_for(request, "/half-reset"))
        r3_buffer_append_text(&out->bytes, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"code\""),
            out->reset = true;
    else if (is_for(request, "/half-chunk"))
        r3_buffer_append_text(&out->bytes, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"co"),
            out->close = true;
    else if (is_for(request, "/half-head"))
        r3_buffer_append_text(&out->bytes, "HTTP/1.1 200 OK\r\nContent-Le"), out->close = true;
    else if (is_for(request, "/noise"))
        r3_buffer_append_text(&out->bytes, "hello\r\n"), out->close = true;
    else if (is_for(request, "/big"))
        answer_big(out, (32 << 20) + 1, false);
    else if (is_for(request, "/big-chunk"))
        answer_big(out, (32 << 20) + 1, true);
    else if (is_for(request, "/whole"))
        answer_big(out, 32 << 20, true);
    else
        http_say(out, "200 OK", "Content-Type: application/json\r\n", "{\"code\":\"200000\"}");
}

static struct http_server server;

static struct r3_http *open_client(int64_t timeout) {
    struct r3_http *http = NULL;
    struct r3_error error = { 0 };
    CHECK_INT(r3_http_new(&http, server.url, timeout, &error), 0);
    return http;
}

static void check_addresses(void) {
    static const char *const good[] = { "https://api.kucoin.com",    "https://api.kucoin.com/",
                                        "http://127.0.0.1:80",       "http://127.1.2.3",
                                        "http://localhost:8080",     "http://[::1]:80",
                                        "https://127.0.0.1:8443",    "HTTPS://API.KUCOIN.COM",
                                        "https://api.kucoin.com:443" };
    static const char *const bad[] = { "http://api.kucoin.com",
                                       "http://128.0.0.1",
                                       "http://localhost.example.com",
                                       "http://127.0.0.1.example.com",
                                       "http://[::2]",
                                       "ftp://127.0.0.1",
                                       "file:///etc/passwd",
                                       "api.kucoin.com",
                                       "127.0.0.1:80",
                                       "https://",
                                       "",
                                       "https://user:word@api.kucoin.com",
                                       "http://127.0.0.1@example.com",
                                       "https://api.kucoin.com/v1",
                                       "https://api.kucoin.com?x",
                                       "https://api.kucoin.com#x",
                                       "https://api .kucoin.com" };
    struct r3_http *http = NULL;
    struct r3_error error = { 0 };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK_INT(r3_http_new(&http, good[i], 1000, &error), 0);
        r3_http_free(http);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_INT(r3_http_new(&http, bad[i], 1000, &error), -1);
        CHECK_INT(error.status, R3_USAGE);
        CHECK(!http);
    }
    r3_http_free(NULL);
}

static void check_requests(void) {
    struct r3_http *http = open_client(TIMEOUT);
    struct r3_http_reply reply = { 0 };
    const char *const headers[] = { "KC-API-KEY: k", "KC-API-SIGN: s", NULL };
    size_t first = server.count;
    r3_http_call(http, "GET", "/ok?a=1&b=%2C", NULL, NULL, &reply);
    CHECK_INT(reply.status, 200);
    CHECK(reply.json && reply.sent);
    CHECK_TEXT(reply.body.data, "{\"code\":\"200000\"}");
    CHECK_INT(reply.limit, -1);
    r3_http_call(http, "POST", "/ok", headers, "{\"a\":1}", &reply);
    r3_http_call(http, "DELETE", "/ok/1", headers, NULL, &reply);
    r3_http_call(http, "GET", "/ok", NULL, NULL, &reply);
    CHECK_INT(server.count, first + 4);
    const char *get = server.requests[first].text, *post = server.requests[first + 1].text,
               *delete = server.requests[first + 2].text, *last = server.requests[first + 3].text;
    CHECK(strncmp(get, "GET /ok?a=1&b=%2C HTTP/1.1\r\n", 28) == 0);
    CHECK(!strcasestr(get, "content-") && strstr(get, "User-Agent: r3/"));
    CHECK(strncmp(post, "POST /ok HTTP/1.1\r\n", 19) == 0);
    CHECK(strstr(post, "\r\nKC-API-KEY: k\r\nKC-API-SIGN: s\r\n") &&
          strstr(post, "\r\nContent-Type: application/json\r\n"));
    CHECK(strstr(post, "\r\nContent-Length: 7\r\n") && strstr(post, "\r\n\r\n{\"a\":1}") && !strstr(post, "Expect"));
    CHECK(strncmp(delete, "DELETE /ok/1 HTTP/1.1\r\n", 23) == 0 && !strcasestr(delete, "content-"));
    CHECK(strncmp(last, "GET /ok HTTP/1.1\r\n", 18) == 0 && !strstr(last, "KC-API") && !strcasestr(last, "content-"));
    CHECK_INT(server.requests[first + 3].connection, server.requests[first].connection);
    r3_http_reply_release(&reply);
    r3_http_free(http);
}

static void check_answers(void) {
    struct r3_http *http = open_client(TIMEOUT);
    struct r3_http_reply reply = { 0 };
    r3_http_call(http, "GET", "/limits", NULL, NULL, &reply);
    CHECK_INT(reply.status, 429);
    CHECK(reply.json);
    CHECK_INT(reply.limit, 4000);
    CHECK_INT(reply.remaining, 12);
    CHECK_INT(reply.reset, 1489);
    CHECK_INT(reply.retry_after, 3000);
    r3_http_call(http, "GET", "/odd-limits", NULL, NULL, &reply);
    CHECK_INT(reply.status, 200);
    CHECK(!reply.json);
    CHECK_INT(reply.limit, -1);
    CHECK_INT(reply.remaining, -1);
    CHECK_INT(reply.reset, -1);
    CHECK_INT(reply.retry_after, -1);
    r3_http_call(http, "GET", "/interim", NULL, NULL, &reply);
    CHECK_INT(reply.status, 200);
    CHECK_INT(reply.limit, -1);
    CHECK_TEXT(reply.body.data, "ok");
    r3_http_call(http, "GET", "/redirect", NULL, NULL, &reply);
    CHECK_INT(reply.status, 302);
    CHECK_TEXT(reply.body.data, "elsewhere");
    r3_http_call(http, "GET", "/whole", NULL, NULL, &reply);
    CHECK_INT(reply.body.length,
              reply.status == 200 ? 32 << 20 : 0); /* a slow machine may need longer than the time-out */
    r3_http_reply_release(&reply);
    r3_http_free(http);
}

/* Each of these is no answer, of which something had left. */
static void check_failures(void) {
    static const struct {
        const char *target, *text;
    } cases[] = { { "/nothing", "" },         { "/reset", "" },     { "/half", "" },  { "/half-reset", "" },
                  { "/half-chunk", "" },      { "/half-head", "" }, { "/noise", "" }, { "/big", "more than 32 MiB" },
                  { "/big-chunk", "32 MiB" }, { "/silence", "" } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool silent = strcmp(cases[i].target, "/silence") == 0;
        struct r3_http *http = open_client(silent ? TIMEOUT : 20 * TIMEOUT);
        struct r3_http_reply reply = { 0 };
        int64_t before = r3_clock_monotonic();
        r3_http_call(http, "POST", cases[i].target, NULL, "{}", &reply);
        CHECK_INT(reply.status, 0);
        CHECK(reply.sent);
        CHECK(*reply.text && strstr(reply.text, cases[i].text));
        CHECK_INT(reply.body.length, 0);
        CHECK(!reply.json && reply.limit == -1);
        CHECK(!silent || r3_clock_monotonic() - before < 4 * TIMEOUT);
        /* The client is good for another. */
        r3_http_call(http, "GET", "/ok", NULL, NULL, &reply);
        CHECK(reply.status == 200 || silent); /* which goes on */
        r3_http_reply_release(&reply);
        r3_http_free(http);
    }
}

/* A connection that was good and then ends without an answer: libcurl would send again by itself. */
static void check_once(void) {
    static const char *const methods[] = { "POST", "DELETE", "GET" };
    static const char *const targets[] = { "/nothing", "/reset" };
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 2; k++) {
            struct r3_http *http = open_client(TIMEOUT);
            struct r3_http_reply reply = { 0 };
            char start[32];
            snprintf(start, sizeof start, "%s %s ", methods[i], targets[k]);
            size_t before = http_count(&server, start);
            r3_http_call(http, "GET", "/ok", NULL, NULL, &reply);
            CHECK_INT(reply.status, 200);
            r3_http_call(http, methods[i], targets[k], NULL, i == 0 ? "{}" : NULL, &reply);
            CHECK_INT(reply.status, 0);
            CHECK(reply.sent && *reply.text);
            if (i < 2)
                CHECK_INT(http_count(&server, start), before + 1);
            r3_http_reply_release(&reply);
            r3_http_free(http);
        }
}

/* Nothing listens, or nobody is there: it never left. */
static void check_never_left(void) {
    struct r3_http *http = NULL;
    struct r3_http_reply reply = { 0 };
    struct r3_error error = { 0 };
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    char url[64];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(fd, (struct sockaddr *)&address, size) == 0 && getsockname(fd, (struct sockaddr *)&address, &size) == 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    CHECK_INT(r3_http_new(&http, url, TIMEOUT, &error), 0);
    r3_http_call(http, "POST", "/ok", NULL, "{}", &reply);
    CHECK_INT(reply.status, 0);
    CHECK(!reply.sent && *reply.text);
    r3_http_free(http);
    close(fd);
    /* TLS to a server that has none. */
    snprintf(url, sizeof url, "https://127.0.0.1:%d", server.port);
    CHECK_INT(r3_http_new(&http, url, TIMEOUT, &error), 0);
    r3_http_call(http, "POST", "/ok", NULL, "{}", &reply);
    CHECK_INT(reply.status, 0);
    CHECK(!reply.sent && *reply.text);
    r3_http_free(http);
    r3_http_reply_release(&reply);
}

/* What the environment names as a proxy is not asked for this machine. */
static void check_proxy(void) {
    static const char *const names[] = { "http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY" };
    for (size_t i = 0; i < 5; i++)
        setenv(names[i], "http://127.0.0.1:1", 1);
    struct r3_http *http = open_client(TIMEOUT);
    struct r3_http_reply reply = { 0 };
    r3_http_call(http, "GET", "/ok", NULL, NULL, &reply);
    CHECK_INT(reply.status, 200);
    r3_http_reply_release(&reply);
    r3_http_free(http);
    for (size_t i = 0; i < 5; i++)
        unsetenv(names[i]);
}

int main(void) {
    http_start(&server, answer, NULL);
    check_addresses();
    check_requests();
    check_answers();
    check_once();
    check_never_left();
    check_proxy();
    check_failures();
    http_stop(&server);
    return check_done();
}
