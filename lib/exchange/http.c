#include "lib/exchange/http.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <strings.h>

#if defined(LIBCURL_VERSION_NUM) && LIBCURL_VERSION_NUM < 0x075500
#error "libcurl 7.85 or later is needed"
#endif

/* The one thing here that is not plain: a request that may change something must leave at most once. libcurl sends a request again by
 * itself where a reused connection ends without a byte of an answer, whatever the method. Before each sending it asks a callback
 * (CURLOPT_PREREQFUNCTION), once the connection stands and before the first byte leaves: that notes that something may have left, and
 * refuses the second time. */

enum {
    CONNECT_TIMEOUT = 5000, /* ms */
    IDLE_MAX = 30 /* s: a connection that was idle for longer is not used again: the other side may have closed it */
};

struct r3_http {
    CURL *curl;
    char *base;
    struct r3_buffer url;
    char reason[CURL_ERROR_SIZE];
    /* of the call that is under way */
    struct r3_http_reply *reply;
    bool once; /* it must not leave twice */
    bool too_long;
    bool has_head; /* the empty line behind the headers has come */
};

/* ---- what libcurl calls ---- */

static int before_sending(void *context, char *remote, char *local, int remote_port, int local_port) {
    struct r3_http *http = context;
    (void)remote, (void)local, (void)remote_port, (void)local_port;
    if (http->reply->sent && http->once)
        return CURL_PREREQFUNC_ABORT;
    http->reply->sent = true;
    return CURL_PREREQFUNC_OK;
}

static size_t take_body(char *data, size_t size, size_t count, void *context) {
    struct r3_http *http = context;
    struct r3_buffer *body = &http->reply->body;
    size_t length = size * count;
    if (length > R3_HTTP_BODY_MAX - body->length) {
        http->too_long = true;
        return 0;
    }
    r3_buffer_append(body, data, length);
    return length;
}

static void forget_headers(struct r3_http_reply *reply) {
    reply->json = false;
    reply->limit = reply->remaining = reply->reset = reply->retry_after = -1;
}

/* Digits alone, as many as surely fit; -1: something else. */
static int64_t parse_count(const char *text, size_t length) {
    int64_t value = 0;
    if (length == 0 || length > 15)
        return -1;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = 10 * value + (text[i] - '0');
    }
    return value;
}

static bool is_named(const char *line, size_t length, const char *name) {
    return length == strlen(name) && strncasecmp(line, name, length) == 0;
}

static size_t take_header(char *line, size_t size, size_t count, void *context) {
    struct r3_http *http = context;
    struct r3_http_reply *reply = http->reply;
    size_t length = size * count, end = length;
    if (length >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        forget_headers(reply); /* those before were of an interim answer */
        http->has_head = false;
        return length;
    }
    http->has_head = http->has_head || *line == '\r' || *line == '\n';
    const char *colon = memchr(line, ':', length);
    if (!colon)
        return length;
    size_t name = (size_t)(colon - line), at = name + 1;
    while (at < end && isspace((unsigned char)line[at]))
        at++;
    while (end > at && isspace((unsigned char)line[end - 1]))
        end--;
    const char *value = line + at;
    if (is_named(line, name, "gw-ratelimit-limit"))
        reply->limit = parse_count(value, end - at);
    else if (is_named(line, name, "gw-ratelimit-remaining"))
        reply->remaining = parse_count(value, end - at);
    else if (is_named(line, name, "gw-ratelimit-reset"))
        reply->reset = parse_count(value, end - at);
    else if (is_named(line, name, "content-type"))
        reply->json = end - at >= 16 && strncasecmp(value, "application/json", 16) == 0;
    return length;
}

/* ---- addresses ---- */

static bool is_loopback(const char *host) {
    struct in_addr address;
    return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
           (inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127);
}

/* Scheme, host and port, and nothing else: no user, path, query or fragment. */
static int check_address(const char *base, bool *loopback, struct r3_error *error) {
    CURLU *url = curl_url();
    char *scheme = NULL, *host = NULL, *path = NULL, *rest = NULL;
    int result = -1;
    if (!url) {
        r3_fail(error, R3_SYSTEM, "out of memory");
        goto out;
    }
    if (curl_url_set(url, CURLUPART_URL, base, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_PATH, &path, 0) != CURLUE_OK || strcmp(path, "/") != 0 ||
        curl_url_get(url, CURLUPART_USER, &rest, 0) == CURLUE_OK ||
        curl_url_get(url, CURLUPART_QUERY, &rest, 0) == CURLUE_OK ||
        curl_url_get(url, CURLUPART_FRAGMENT, &rest, 0) == CURLUE_OK) {
        r3_fail(error, R3_USAGE, "not the address of a server, as https://api.kucoin.com: \"%s\"", base);
        goto out;
    }
    *loopback = is_loopback(host);
    if (strcmp(scheme, "https") != 0 && (strcmp(scheme, "http") != 0 || !*loopback)) {
        r3_fail(error, R3_USAGE, "wants https, or http to this machine: \"%s\"", base);
        goto out;
    }
    result = 0;
out:
    curl_free(scheme);
    curl_free(host);
    curl_free(path);
    curl_free(rest);
    curl_url_cleanup(url);
    return result;
}

/* ---- a client ---- */

/* What is the same for all calls. Options that this libcurl does not know would leave a promise unkept, so each is checked. */
static bool set_up(struct r3_http *http, bool loopback) {
    CURL *curl = http->curl;
    bool done = true;
#define SET(option, value) (done = done && curl_easy_setopt(curl, (option), (value)) == CURLE_OK)
    SET(CURLOPT_PROTOCOLS_STR, loopback ? "http,https" : "https");
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_ACCEPT_ENCODING, "");
    SET(CURLOPT_MAXAGE_CONN, (long)IDLE_MAX);
    SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)R3_HTTP_BODY_MAX);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_USERAGENT, "r3/" R3_VERSION);
    SET(CURLOPT_ERRORBUFFER, http->reason);
    SET(CURLOPT_PREREQFUNCTION, before_sending);
    SET(CURLOPT_PREREQDATA, http);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, http);
    SET(CURLOPT_HEADERFUNCTION, take_header);
    SET(CURLOPT_HEADERDATA, http);
    if (loopback)
        SET(CURLOPT_PROXY, ""); /* whatever the environment names */
#undef SET
    return done;
}

void r3_http_set_timeout(struct r3_http *http, int64_t timeout) {
    int64_t connect = timeout < CONNECT_TIMEOUT ? timeout : CONNECT_TIMEOUT;
    curl_easy_setopt(http->curl, CURLOPT_TIMEOUT_MS, (long)timeout);
    curl_easy_setopt(http->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)connect);
}

int r3_http_new(struct r3_http **out, const char *base, int64_t timeout, struct r3_error *error) {
    struct r3_http *http = NULL;
    bool loopback = false;
    *out = NULL;
    if (check_address(base, &loopback, error) < 0)
        return -1;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return r3_fail(error, R3_SYSTEM, "libcurl cannot be set up");
    http = r3_allocate(sizeof *http);
    http->base = r3_duplicate(base);
    size_t length = strlen(http->base);
    if (http->base[length - 1] == '/')
        http->base[length - 1] = '\0';
    http->curl = curl_easy_init();
    if (!http->curl || !set_up(http, loopback)) {
        r3_http_free(http);
        return r3_fail(error, R3_SYSTEM, "libcurl %s cannot be set up", curl_version_info(CURLVERSION_NOW)->version);
    }
    r3_http_set_timeout(http, timeout);
    *out = http;
    return 0;
}

void r3_http_free(struct r3_http *http) {
    if (!http)
        return;
    curl_easy_cleanup(http->curl);
    r3_buffer_release(&http->url);
    free(http->base);
    free(http);
    curl_global_cleanup();
}

void r3_http_reply_release(struct r3_http_reply *reply) {
    r3_buffer_release(&reply->body);
    *reply = (struct r3_http_reply) { .limit = -1, .remaining = -1, .reset = -1, .retry_after = -1 };
}

/* ---- a call ---- */

/* libcurl only reads the texts: its list can point at them. */
static struct curl_slist *link_header(struct curl_slist *node, const char *line) {
    node->data = (char *)(uintptr_t)line;
    node->next = node + 1;
    return node + 1;
}

/* New; one block. */
static struct curl_slist *list_headers(const char *const *headers, bool has_body) {
    size_t count = 0;
    while (headers && headers[count])
        count++;
    struct curl_slist *list = r3_allocate((count + 3) * sizeof *list), *at = list;
    at = link_header(at, "Accept: application/json");
    at = link_header(at, "Expect:");
    if (has_body)
        at = link_header(at, "Content-Type: application/json");
    for (size_t i = 0; i < count; i++)
        at = link_header(at, headers[i]);
    at[-1].next = NULL;
    return list;
}

static bool prepare(struct r3_http *http, const char *method, const char *target, const struct curl_slist *headers,
                    const char *body) {
    CURL *curl = http->curl;
    bool done = true;
    r3_buffer_reset(&http->url);
    r3_buffer_append_text(&http->url, http->base);
    r3_buffer_append_text(&http->url, target);
#define SET(option, value) (done = done && curl_easy_setopt(curl, (option), (value)) == CURLE_OK)
    SET(CURLOPT_HTTPGET, 1L);
    if (body) {
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
        SET(CURLOPT_POSTFIELDS, body);
    }
    SET(CURLOPT_CUSTOMREQUEST, method);
    SET(CURLOPT_URL, http->url.data);
    SET(CURLOPT_HTTPHEADER, headers);
#undef SET
    return done;
}

static void explain(const struct r3_http *http, CURLcode code, struct r3_http_reply *reply) {
    if (http->too_long || code == CURLE_FILESIZE_EXCEEDED)
        snprintf(reply->text, sizeof reply->text, "an answer of more than %d MiB", R3_HTTP_BODY_MAX >> 20);
    else if (code == CURLE_ABORTED_BY_CALLBACK)
        snprintf(reply->text, sizeof reply->text, "the connection ended without an answer");
    else
        snprintf(reply->text, sizeof reply->text, "%s", *http->reason ? http->reason : curl_easy_strerror(code));
}

static void note_answer(struct r3_http *http, struct r3_http_reply *reply) {
    curl_off_t seconds = 0;
    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &reply->status);
    if (curl_easy_getinfo(http->curl, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK && seconds > 0)
        reply->retry_after = seconds < 86400 ? (int64_t)seconds * 1000 : INT64_C(86400000);
}

void r3_http_call(struct r3_http *http, const char *method, const char *target, const char *const *headers,
                  const char *body, struct r3_http_reply *reply) {
    struct curl_slist *list = list_headers(headers, body != NULL);
    r3_http_reply_release(reply);
    r3_buffer_reserve(&reply->body, 0);
    http->reply = reply;
    http->once = strcmp(method, "GET") != 0;
    http->too_long = http->has_head = false;
    http->reason[0] = '\0';
    CURLcode code = prepare(http, method, target, list, body) ? curl_easy_perform(http->curl) : CURLE_FAILED_INIT;
    if (code == CURLE_OK && !http->has_head)
        code = CURLE_PARTIAL_FILE;
    if (code == CURLE_OK) {
        note_answer(http, reply);
    } else {
        explain(http, code, reply);
        r3_buffer_reset(&reply->body);
        forget_headers(reply);
    }
    curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, NULL);
    http->reply = NULL;
    free(list);
}
