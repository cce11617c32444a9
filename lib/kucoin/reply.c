#include "lib/kucoin/reply.h"

#include <ctype.h>
#include <strings.h>

#include "lib/base/time.h"

enum {
    OVERLOADED = 500,            /* ms: the server has too much to do, for all */
    CHALLENGED = 2 * R3_SECOND,  /* Cloudflare's doubts about one request */
    PUSHED_BACK = 30 * R3_SECOND /* Cloudflare's own limit of an address (its error 1015) lasts for so long */
};

static const char DONE[] = "200000";

/* ---- codes ---- */

/* By code: https://www.kucoin.com/docs-new/error-code, and bodies that were reported by users. Codes that are not here mean that nobody
 * knows, but for those of the family 400…, by which requests are refused before anything is done with them. */
static const struct {
    const char *code;
    enum r3_kucoin_outcome outcome;
    enum r3_kucoin_reason reason;
} codes[] = {
    { "102411", R3_KUCOIN_REFUSED, R3_KUCOIN_PARAMETER },
    { "102421", R3_KUCOIN_REFUSED, R3_KUCOIN_BALANCE },
    { "102426", R3_KUCOIN_REFUSED, R3_KUCOIN_DUPLICATE },
    { "112010", R3_KUCOIN_REFUSED, R3_KUCOIN_ACCOUNT }, /* the account is of another mode */
    { "116104", R3_KUCOIN_REFUSED, R3_KUCOIN_ACCOUNT },
    { "200001", R3_KUCOIN_REFUSED, R3_KUCOIN_SYMBOL },
    { "200002", R3_KUCOIN_REFUSED, R3_KUCOIN_SYMBOL },
    { "200003", R3_KUCOIN_REFUSED, R3_KUCOIN_LIMIT },
    { "200004", R3_KUCOIN_REFUSED, R3_KUCOIN_BALANCE },
    { "200009", R3_KUCOIN_REFUSED, R3_KUCOIN_SYMBOL }, /* of this market, for this account */
    { "230005", R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER },  /* "The system is busy" */
    { "260100", R3_KUCOIN_REFUSED, R3_KUCOIN_BALANCE },
    { "300000", R3_KUCOIN_REFUSED, R3_KUCOIN_PARAMETER },
    { "400001", R3_KUCOIN_REFUSED, R3_KUCOIN_KEY },
    { "400002", R3_KUCOIN_REFUSED, R3_KUCOIN_TIME },
    { "400003", R3_KUCOIN_REFUSED, R3_KUCOIN_KEY },
    { "400004", R3_KUCOIN_REFUSED, R3_KUCOIN_KEY },
    { "400005", R3_KUCOIN_REFUSED, R3_KUCOIN_KEY },
    { "400006", R3_KUCOIN_REFUSED, R3_KUCOIN_KEY },
    { "400007", R3_KUCOIN_REFUSED, R3_KUCOIN_KEY },
    { "400008", R3_KUCOIN_REFUSED, R3_KUCOIN_KEY },
    { "400009", R3_KUCOIN_REFUSED, R3_KUCOIN_KEY },
    { "400010", R3_KUCOIN_REFUSED, R3_KUCOIN_KEY },
    { "400101", R3_KUCOIN_REFUSED, R3_KUCOIN_PARAMETER },
    { "400102", R3_KUCOIN_REFUSED, R3_KUCOIN_PARAMETER },
    { "400200", R3_KUCOIN_REFUSED, R3_KUCOIN_ACCOUNT },
    { "400301", R3_KUCOIN_REFUSED, R3_KUCOIN_ACCOUNT },
    { "400302", R3_KUCOIN_REFUSED, R3_KUCOIN_ACCOUNT },
    { "400303", R3_KUCOIN_REFUSED, R3_KUCOIN_ACCOUNT },
    { "400370", R3_KUCOIN_REFUSED, R3_KUCOIN_PARAMETER },
    { "400500", R3_KUCOIN_REFUSED, R3_KUCOIN_SYMBOL }, /* of this market, for this account */
    { "400600", R3_KUCOIN_REFUSED, R3_KUCOIN_SYMBOL },
    { "400760", R3_KUCOIN_REFUSED, R3_KUCOIN_PARAMETER },
    { "401000", R3_KUCOIN_REFUSED, R3_KUCOIN_OTHER },
    { "404000", R3_KUCOIN_REFUSED, R3_KUCOIN_PARAMETER },
    { "411100", R3_KUCOIN_REFUSED, R3_KUCOIN_ACCOUNT },
    { "411200", R3_KUCOIN_REFUSED, R3_KUCOIN_ACCOUNT },
    { "415000", R3_KUCOIN_REFUSED, R3_KUCOIN_PARAMETER },
    { "429000", R3_KUCOIN_REFUSED, R3_KUCOIN_BUSY },
    { "429001", R3_KUCOIN_REFUSED, R3_KUCOIN_BUSY },
    { "429002", R3_KUCOIN_REFUSED, R3_KUCOIN_BUSY },
    { "600100", R3_KUCOIN_REFUSED, R3_KUCOIN_PARAMETER },
    { "600101", R3_KUCOIN_REFUSED, R3_KUCOIN_PARAMETER },
    { "600203", R3_KUCOIN_REFUSED, R3_KUCOIN_SYMBOL },
    { "900001", R3_KUCOIN_REFUSED, R3_KUCOIN_SYMBOL },
    { "order_not_exist", R3_KUCOIN_REFUSED, R3_KUCOIN_GONE },
};

/* Code 400100 is many things, told apart by their text alone. The first that fits counts. */
static const struct {
    const char *words;
    enum r3_kucoin_reason reason;
} texts[] = {
    { "duplicat", R3_KUCOIN_DUPLICATE },      { "trading pair", R3_KUCOIN_SYMBOL },
    { "symbol", R3_KUCOIN_SYMBOL },           { "order_not_exist", R3_KUCOIN_GONE },
    { "order not exist", R3_KUCOIN_GONE },    { "order does not exist", R3_KUCOIN_GONE },
    { "allow to be cancel", R3_KUCOIN_GONE }, { "account.available", R3_KUCOIN_BALANCE },
    { "balance", R3_KUCOIN_BALANCE },         { "insufficient", R3_KUCOIN_BALANCE },
    { "timestamp", R3_KUCOIN_TIME },          { "time window", R3_KUCOIN_TIME },
    { "timewindow", R3_KUCOIN_TIME },         { "too many requests", R3_KUCOIN_BUSY },
};

static enum r3_kucoin_reason reason_of_text(const char *text) {
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strcasestr(text, texts[i].words))
            return texts[i].reason;
    return R3_KUCOIN_PARAMETER;
}

static bool is_refused_unread(const char *code, long status) {
    return strncmp(code, "400", 3) == 0 ||
           (*code == '4' && strncmp(code, "408", 3) != 0 && status >= 400 && status < 500 && status != 408);
}

static void judge_code(struct r3_kucoin_answer *answer, long status) {
    answer->outcome = R3_KUCOIN_UNKNOWN;
    answer->reason = R3_KUCOIN_OTHER;
    if (status >= 500)
        return; /* whatever it says, it may have been done before that */
    if (strcmp(answer->code, "400100") == 0) {
        answer->outcome = R3_KUCOIN_REFUSED;
        answer->reason = reason_of_text(answer->text);
        return;
    }
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (strcmp(answer->code, codes[i].code) != 0)
            continue;
        answer->outcome = codes[i].outcome;
        answer->reason = codes[i].reason;
        return;
    }
    if (is_refused_unread(answer->code, status))
        answer->outcome = R3_KUCOIN_REFUSED;
}

/* ---- the envelope ---- */

void r3_kucoin_reply_release(struct r3_kucoin_reply *reply) {
    r3_json_free(reply->document);
    reply->document = NULL;
    reply->data = NULL;
    r3_http_reply_release(&reply->http);
}

/* One line of valid UTF-8 that fits: records carry it. */
static void set_text(struct r3_kucoin_answer *answer, const char *text, size_t length) {
    if (length >= sizeof answer->text) {
        length = sizeof answer->text - 1;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    for (size_t i = 0; i < length; i++)
        answer->text[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i];
    answer->text[length] = '\0';
}

/* -1: not an answer of the exchange. */
static int open_envelope(struct r3_kucoin_answer *answer, struct r3_kucoin_reply *reply) {
    size_t length = 0;
    if (r3_json_parse(&reply->document, reply->http.body.data, reply->http.body.length, R3_HTTP_BODY_MAX, NULL) < 0)
        return -1;
    const struct r3_json *root = r3_json_root(reply->document), *data = r3_json_member(root, "data");
    const char *code = r3_json_text(r3_json_member(root, "code"), &length);
    if (!code || length == 0 || r3_copy_text(answer->code, sizeof answer->code, code, length) < 0)
        return -1;
    const char *text = r3_json_text(r3_json_member(root, "msg"), &length);
    if (text)
        set_text(answer, text, length);
    reply->data = data && r3_json_kind(data) != R3_JSON_NULL ? data : NULL;
    return 0;
}

bool r3_kucoin_is_pushed_back(const struct r3_http_reply *http) {
    return http->status == 429 || (http->status == 403 && strstr(http->body.data, "error code: 1015"));
}

static void judge_page(struct r3_kucoin_answer *answer, const struct r3_http_reply *http) {
    answer->outcome = R3_KUCOIN_UNKNOWN;
    answer->reason = R3_KUCOIN_OTHER;
    answer->code[0] = '\0';
    snprintf(answer->text, sizeof answer->text, "HTTP %ld without an answer in JSON", http->status);
    answer->wait = http->retry_after > 0            ? http->retry_after
                   : r3_kucoin_is_pushed_back(http) ? PUSHED_BACK
                   : http->status == 403            ? CHALLENGED
                                                    : OVERLOADED;
}

void r3_kucoin_judge(struct r3_kucoin_answer *answer, struct r3_kucoin_reply *reply) {
    const struct r3_http_reply *http = &reply->http;
    *answer = (struct r3_kucoin_answer) { 0 };
    if (http->status == 0) {
        answer->outcome = http->sent ? R3_KUCOIN_UNKNOWN : R3_KUCOIN_REFUSED;
        answer->reason = http->sent ? R3_KUCOIN_OTHER : R3_KUCOIN_BUSY;
        answer->wait = OVERLOADED;
        set_text(answer, http->text, strlen(http->text));
        return;
    }
    if (open_envelope(answer, reply) < 0) {
        judge_page(answer, http);
        return;
    }
    if (strcmp(answer->code, DONE) == 0) {
        bool said = http->status >= 200 && http->status < 300;
        answer->outcome = said ? R3_KUCOIN_DONE : R3_KUCOIN_UNKNOWN;
        answer->reason = said ? R3_KUCOIN_NO_REASON : R3_KUCOIN_OTHER;
        if (!said)
            reply->data = NULL;
        return;
    }
    reply->data = NULL;
    judge_code(answer, http->status);
    if (http->status == 429)
        answer->outcome = R3_KUCOIN_REFUSED, answer->reason = R3_KUCOIN_BUSY;
    if (answer->reason == R3_KUCOIN_BUSY)
        answer->wait = http->reset >= 0 ? http->reset : http->retry_after > 0 ? http->retry_after : OVERLOADED;
}

void r3_kucoin_judge_place(struct r3_kucoin_answer *answer, struct r3_kucoin_reply *reply, const char *id, bool test) {
    size_t length = 0;
    r3_kucoin_judge(answer, reply);
    if (answer->outcome != R3_KUCOIN_DONE)
        return;
    const char *exchange_id = r3_json_text(r3_json_member(reply->data, "orderId"), &length);
    const char *client_id = r3_json_text(r3_json_member(reply->data, "clientOid"), NULL);
    bool named = exchange_id && length > 0 &&
                 r3_copy_text(answer->exchange_id, sizeof answer->exchange_id, exchange_id, length) == 0;
    if ((named || test) && (!client_id || strcmp(client_id, id) == 0))
        return;
    answer->exchange_id[0] = '\0';
    answer->outcome = R3_KUCOIN_UNKNOWN;
    answer->reason = R3_KUCOIN_OTHER;
    snprintf(answer->text, sizeof answer->text, "%s",
             named || test ? "the answer is of another order" : "the answer names no order");
}
