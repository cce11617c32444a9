#include "lib/kucoin/client.h"

#include <errno.h>
#include <time.h>

#include "lib/base/base64.h"
#include "lib/base/clock.h"
#include "lib/base/time.h"
#include "lib/kucoin/credentials_private.h"

static const char ADDRESS[] = "https://api.kucoin.com";

enum {
    TIMEOUT = 10 * R3_SECOND,
    ATTEMPTS = 4,
    FIRST_PAUSE = 200, /* ms, doubled with each attempt */
};

/* ---- a client ---- */

int r3_kucoin_new(struct r3_kucoin **out, const struct r3_kucoin_options *options, struct r3_error *error) {
    const char *url = options->url ? options->url : getenv("R3_KUCOIN_URL");
    struct r3_kucoin *kucoin = NULL;
    *out = NULL;
    if (!url || !*url)
        url = ADDRESS;
    kucoin = r3_allocate(sizeof *kucoin);
    kucoin->url = r3_duplicate(url);
    kucoin->credentials = options->credentials;
    kucoin->timeout = options->timeout > 0 ? options->timeout : TIMEOUT;
    if (r3_http_new(&kucoin->http, url, kucoin->timeout, error) < 0) {
        r3_kucoin_free(kucoin);
        return -1;
    }
    kucoin->public_rate = r3_kucoin_rate_new(url, NULL);
    if (kucoin->credentials)
        kucoin->private_rate = r3_kucoin_rate_new(url, kucoin->credentials->key);
    *out = kucoin;
    return 0;
}

static void wipe(struct r3_buffer *buffer) {
    if (buffer->data)
        explicit_bzero(buffer->data, buffer->capacity);
    r3_buffer_release(buffer);
}

int64_t r3_kucoin_set_timeout(struct r3_kucoin *kucoin, int64_t timeout) {
    int64_t before = kucoin->timeout;
    kucoin->timeout = timeout;
    r3_http_set_timeout(kucoin->http, timeout);
    return before;
}

void r3_kucoin_free(struct r3_kucoin *kucoin) {
    if (!kucoin)
        return;
    r3_http_free(kucoin->http);
    r3_kucoin_rate_free(kucoin->public_rate);
    r3_kucoin_rate_free(kucoin->private_rate);
    r3_buffer_release(&kucoin->target);
    wipe(&kucoin->key);
    wipe(&kucoin->signature);
    wipe(&kucoin->passphrase);
    r3_buffer_release(&kucoin->timestamp);
    r3_buffer_release(&kucoin->version);
    free(kucoin->url);
    free(kucoin);
}

/* ---- sending ---- */

void r3_kucoin_encode_target(struct r3_buffer *out, const char *target) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~/?&=";
    r3_buffer_reset(out);
    r3_buffer_reserve(out, strlen(target));
    for (; *target; target++)
        if (strchr(plain, *target))
            r3_buffer_append(out, target, 1);
        else
            r3_buffer_printf(out, "%%%02X", (unsigned)(unsigned char)*target);
}

static void set_line(struct r3_buffer *line, const char *name, const char *value) {
    r3_buffer_reset(line);
    r3_buffer_append_text(line, name);
    r3_buffer_append_text(line, value);
}

enum { SIGNED_HEADERS = 6 };

static int sign(struct r3_kucoin *kucoin, const struct r3_kucoin_call *call, int64_t now,
                const char *headers[SIGNED_HEADERS], struct r3_error *error) {
    const struct r3_kucoin_credentials *credentials = kucoin->credentials;
    unsigned char digest[R3_KUCOIN_DIGEST_SIZE];
    char time[24], version[4];
    if (!credentials)
        return r3_fail(error, R3_CONFIG, "%s: wants an API key", call->target);
    snprintf(time, sizeof time, "%lld", (long long)now);
    snprintf(version, sizeof version, "%d", credentials->version);
    if (r3_kucoin_sign(digest, &credentials->secret,
                       (const char *const[]) { time, call->method, call->target, call->body ? call->body : "", NULL },
                       error) < 0)
        return -1;
    set_line(&kucoin->key, "KC-API-KEY: ", credentials->key);
    set_line(&kucoin->signature, "KC-API-SIGN: ", "");
    r3_base64_append(&kucoin->signature, digest, sizeof digest);
    set_line(&kucoin->timestamp, "KC-API-TIMESTAMP: ", time);
    set_line(&kucoin->passphrase, "KC-API-PASSPHRASE: ", credentials->passphrase);
    set_line(&kucoin->version, "KC-API-KEY-VERSION: ", version);
    headers[0] = kucoin->key.data;
    headers[1] = kucoin->signature.data;
    headers[2] = kucoin->timestamp.data;
    headers[3] = kucoin->passphrase.data;
    headers[4] = kucoin->version.data;
    headers[5] = NULL;
    return 0;
}

int r3_kucoin_send(struct r3_kucoin *kucoin, const struct r3_kucoin_call *call, int64_t now,
                   struct r3_kucoin_reply *reply, struct r3_error *error) {
    const char *headers[SIGNED_HEADERS] = { NULL };
    r3_kucoin_reply_release(reply);
    if (call->with_key && sign(kucoin, call, now, headers, error) < 0)
        return -1;
    r3_kucoin_encode_target(&kucoin->target, call->target);
    r3_http_call(kucoin->http, call->method, kucoin->target.data, call->with_key ? headers : NULL, call->body,
                 &reply->http);
    return 0;
}

/* ---- the rate limit ---- */

static struct r3_kucoin_rate *rate_of(const struct r3_kucoin *kucoin, const struct r3_kucoin_call *call) {
    return call->pool == R3_KUCOIN_PUBLIC || !kucoin->private_rate ? kucoin->public_rate : kucoin->private_rate;
}

int64_t r3_kucoin_take(struct r3_kucoin *kucoin, const struct r3_kucoin_call *call) {
    return r3_kucoin_rate_take(rate_of(kucoin, call), call->pool, call->weight, call->urgent);
}

void r3_kucoin_heed(struct r3_kucoin *kucoin, const struct r3_kucoin_call *call, const struct r3_kucoin_reply *reply,
                    const struct r3_kucoin_answer *answer) {
    const struct r3_http_reply *http = &reply->http;
    struct r3_kucoin_rate *rate = rate_of(kucoin, call);
    bool over = answer->reason == R3_KUCOIN_BUSY && http->status != 0;
    /* "Too many" counts as none left, whatever the header says. */
    r3_kucoin_rate_told(rate, call->pool, http->limit, over ? 0 : http->remaining, http->reset);
    bool is_page = answer->outcome == R3_KUCOIN_UNKNOWN && !*answer->code;
    if (is_page && http->status != 0 && r3_kucoin_is_pushed_back(http))
        r3_kucoin_rate_block(rate, answer->wait);
}

/* ---- asking ---- */

int r3_kucoin_fail(const struct r3_kucoin_answer *answer, const struct r3_kucoin_call *call, struct r3_error *error) {
    const char *path = call->target;
    int length = (int)strcspn(path, "?");
    enum r3_status status = R3_DATA;
    if (answer->reason == R3_KUCOIN_BUSY && *answer->code)
        return r3_fail(error, R3_RETRY, "KuCoin: %.*s: too many calls: try again in %lld ms (%s %s)", length, path,
                       (long long)answer->wait, answer->code, answer->text);
    if (!*answer->code)
        return r3_fail(error, R3_UNAVAILABLE, "KuCoin: %.*s: %s", length, path, answer->text);
    if (answer->outcome == R3_KUCOIN_UNKNOWN)
        status = R3_UNAVAILABLE;
    else if (answer->reason == R3_KUCOIN_TIME)
        status = R3_RETRY; /* our clock was off, which says nothing of what was asked for */
    else if (answer->reason == R3_KUCOIN_KEY)
        status = R3_PERMISSION;
    return r3_fail(error, status, "KuCoin: %.*s: %s (%s)", length, path, answer->text, answer->code);
}

/* -1: a signal came. */
static int pause_for(int64_t wait, struct r3_error *error) {
    struct timespec time = { .tv_sec = wait / R3_SECOND, .tv_nsec = wait % R3_SECOND * 1000000 };
    if (wait > 0 && nanosleep(&time, NULL) != 0 && errno == EINTR)
        return r3_fail(error, R3_RETRY, "KuCoin: interrupted while waiting");
    return 0;
}

/* One attempt. 0: done or refused for good; 1: it makes sense to ask again after *wait; -1: nothing can be asked. */
static int attempt(struct r3_kucoin *kucoin, const struct r3_kucoin_call *call, struct r3_kucoin_reply *reply,
                   struct r3_kucoin_answer *answer, bool *had_time, int64_t *wait, struct r3_error *error) {
    int64_t now = 0;
    if (call->with_key && r3_kucoin_time(kucoin, &now, error) < 0)
        return -1;
    *wait = r3_kucoin_take(kucoin, call);
    if (*wait > 0) {
        *answer = (struct r3_kucoin_answer) { .outcome = R3_KUCOIN_REFUSED,
                                              .reason = R3_KUCOIN_BUSY,
                                              .code = "429000",
                                              .text = "the quota is used up",
                                              .wait = *wait };
        return 1;
    }
    if (r3_kucoin_send(kucoin, call, now, reply, error) < 0)
        return -1;
    r3_kucoin_judge(answer, reply);
    r3_kucoin_heed(kucoin, call, reply, answer);
    *wait = answer->wait;
    if (answer->reason == R3_KUCOIN_TIME && call->with_key && !*had_time) {
        *had_time = true;
        *wait = 0;
        return r3_kucoin_measure(kucoin, error) < 0 ? -1 : 1;
    }
    return answer->outcome == R3_KUCOIN_UNKNOWN || answer->reason == R3_KUCOIN_BUSY;
}

int r3_kucoin_ask(struct r3_kucoin *kucoin, const struct r3_kucoin_call *call, struct r3_kucoin_reply *reply,
                  struct r3_kucoin_answer *answer, struct r3_error *error) {
    int64_t began = r3_clock_monotonic(), pause = FIRST_PAUSE, wait = 0;
    bool had_time = false;
    *answer = (struct r3_kucoin_answer) { 0 };
    for (int i = 0; i < ATTEMPTS; i++, pause *= 2) {
        int again = attempt(kucoin, call, reply, answer, &had_time, &wait, error);
        if (again < 0)
            return -1;
        if (again == 0 && answer->outcome == R3_KUCOIN_DONE)
            return 0;
        bool at_once = answer->reason == R3_KUCOIN_TIME;
        if (wait < pause && !at_once)
            wait = pause;
        if (again == 0 || i + 1 == ATTEMPTS || r3_clock_monotonic() + wait - began > kucoin->timeout)
            break;
        if (pause_for(wait, error) < 0)
            return -1;
    }
    return r3_kucoin_fail(answer, call, error);
}
