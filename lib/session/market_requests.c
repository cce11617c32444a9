/* r3-market answer: a request comes, its answer follows it. What cannot be answered is a notice, and the next one is waited for. */
#include <inttypes.h>

#include "lib/base/clock.h"
#include "lib/session/market.h"
#include "lib/session/market_answer.h"

static const struct r3_option options[] = { { .name = NULL } };

struct requests {
    struct r3_port *port;
    struct r3_store *store;
};

static void requests_free(void *state) {
    struct requests *requests = state;
    if (!requests)
        return;
    r3_store_close(requests->store);
    free(requests);
}

static int requests_init(void **state, const struct r3_arguments *arguments, struct r3_port *port,
                         struct r3_error *error) {
    struct requests *requests = r3_allocate(sizeof *requests);
    *state = requests;
    requests->port = port;
    if (r3_arguments_operands(arguments))
        return r3_fail(error, R3_USAGE, "answer takes no operands: \"%.80s\"", r3_arguments_operand(arguments, 0));
    return r3_store_open(&requests->store, NULL, false, error) < 0 ? -1 : r3_store_ready(requests->store, error);
}

/* A text that is cut may end within a character, and repeats what the request says: ASCII alone goes into a notice. */
static void set_text(char out[R3_TEXT_SIZE], const char *text) {
    size_t length = strlen(text) < R3_TEXT_SIZE ? strlen(text) : R3_TEXT_SIZE - 1;
    for (size_t i = 0; i < length; i++)
        out[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
    out[length] = '\0';
}

static int emit_notice(struct requests *requests, const struct r3_request *request, enum r3_level level,
                       const char *text, struct r3_error *error) {
    struct r3_record record;
    struct r3_notice *notice = &record.notice;
    r3_record_init(&record, R3_NOTICE);
    if (r3_clock_now(&notice->time, error) < 0)
        return -1;
    notice->level = level;
    memcpy(notice->program, "r3-market", sizeof "r3-market");
    memcpy(notice->session, request->session, sizeof notice->session);
    set_text(notice->text, text);
    return requests->port->emit(requests->port, &record, error);
}

static int answer(struct requests *requests, const struct r3_request *request, struct r3_error *error) {
    struct r3_market_query query = {
        .timeframe = request->timeframe, .from = R3_TIME_ABSENT, .to = R3_TIME_ABSENT, .last = request->last
    };
    struct r3_market_answer answer;
    char text[sizeof error->text + R3_ID_SIZE + 2];
    memcpy(query.platform, request->platform, sizeof query.platform);
    memcpy(query.market, request->market, sizeof query.market);
    int more = r3_market_answer_start(&answer, requests->store, &query, request->expression, request->session, error);
    bool refused = more == 0;
    while (more > 0)
        more = r3_market_answer_next(&answer, requests->port, error);
    int64_t given = answer.given;
    r3_market_answer_release(&answer);
    if (more < 0)
        return -1;
    if (refused) {
        snprintf(text, sizeof text, "%s: %s", request->id, error->text);
        *error = (struct r3_error) { 0 };
        return emit_notice(requests, request, R3_ERROR, text, error);
    }
    if (given == request->last)
        return 0;
    snprintf(text, sizeof text, "%s: %" PRId64 " of %" PRId64 ", no more are kept", request->id, given, request->last);
    return emit_notice(requests, request, R3_WARNING, text, error);
}

static int requests_step(void *state, const struct r3_record *record, struct r3_error *error) {
    return answer(state, &record->request, error);
}

const struct r3_stage r3_market_answer_stage = {
    .name = "r3-market",
    .operands = "answer",
    .summary = "answer each request record",
    .options = options,
    .init = requests_init,
    .steps = { [R3_REQUEST] = requests_step },
    .free = requests_free,
};
