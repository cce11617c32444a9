#include "lib/session/market_answer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char NAME[] = "indicator";

/* The language says line and column of its own text, in which the expression begins on line 2. */
static void place_error(struct r3_error *error, const char *expression) {
    char text[sizeof error->text];
    long line, lines = 1;
    int length = 0;
    for (const char *at = expression; *at; at++)
        lines += *at == '\n';
    if (sscanf(error->text, "expression:%ld:%n", &line, &length) != 1 || length == 0)
        return;
    if (line - 1 > lines)
        snprintf(text, sizeof text, "expression, at its end: %s", strchr(error->text + length, ' ') + 1);
    else
        snprintf(text, sizeof text, "expression:%ld:%s", line - 1, error->text + length);
    memcpy(error->text, text, sizeof text);
}

static int compile(struct r3_market_answer *answer, const char *expression, struct r3_error *error) {
    struct r3_buffer text = R3_BUFFER_INIT;
    r3_buffer_printf(&text, "%s = (\n%s\n)\nplot %s", NAME, expression, NAME);
    int result = r3_rules_compile(&answer->rules, "expression", text.data, text.length, NULL, 0, error);
    r3_buffer_release(&text);
    if (result < 0)
        place_error(error, expression);
    return result;
}

/* A value is named by its expression, where that is fit for a name. */
static void name_value(struct r3_value *value, const char *expression) {
    bool plain = strlen(expression) < sizeof value->name;
    for (const char *at = expression; *at; at++)
        plain &= isprint((unsigned char)*at) != 0;
    const char *name = plain ? expression : NAME;
    r3_copy_text(value->name, sizeof value->name, name, strlen(name));
}

static int start_rules(struct r3_market_answer *answer, const char *expression, const char *session,
                       struct r3_error *error) {
    const struct r3_market_query *query = &answer->reader.query;
    struct r3_value *value = &answer->record.value;
    if (compile(answer, expression, error) < 0 || r3_rules_check_timeframe(answer->rules, query->timeframe, error) < 0)
        return -1;
    answer->block = r3_rules_block_new(answer->rules);
    answer->state = r3_allocate(r3_rules_state_size(answer->rules));
    r3_rules_start(answer->rules, answer->state);
    r3_record_init(&answer->record, R3_VALUE);
    r3_copy_text(value->session, sizeof value->session, session, strlen(session));
    memcpy(value->market, query->market, sizeof value->market);
    value->timeframe = query->timeframe;
    name_value(value, expression);
    return 0;
}

int r3_market_answer_start(struct r3_market_answer *answer, struct r3_store *store, const struct r3_market_query *query,
                           const char *expression, const char *session, struct r3_error *error) {
    *answer = (struct r3_market_answer) { .record.type = R3_CANDLE };
    answer->reader.query = *query;
    if (expression && start_rules(answer, expression, session, error) < 0)
        return 0;
    return r3_market_reader_start(&answer->reader, store, query, expression != NULL, error);
}

static int give_value(struct r3_market_answer *answer, struct r3_port *port, const struct r3_candle *candle,
                      struct r3_error *error) {
    struct r3_value *value = &answer->record.value;
    if (r3_rules_step(answer->block, answer->state, candle, error) < 0)
        return -1;
    if (candle->time < answer->reader.wanted_from || !r3_rules_plot_value(answer->block, 0, 0, &value->value))
        return 0;
    value->time = candle->time;
    answer->given++;
    return port->emit(port, &answer->record, error);
}

static int give_candle(struct r3_market_answer *answer, struct r3_port *port, const struct r3_candle *candle,
                       struct r3_error *error) {
    answer->record.candle = *candle;
    answer->given++;
    return port->emit(port, &answer->record, error);
}

int r3_market_answer_next(struct r3_market_answer *answer, struct r3_port *port, struct r3_error *error) {
    struct r3_market_reader *reader = &answer->reader;
    if (r3_market_reader_page(reader, error) < 0)
        return -1;
    for (size_t i = 0; i < reader->count; i++)
        if ((answer->rules ? give_value : give_candle)(answer, port, &reader->page[i], error) < 0)
            return -1;
    return reader->count ? 1 : 0;
}

void r3_market_answer_release(struct r3_market_answer *answer) {
    r3_market_reader_release(&answer->reader);
    r3_rules_block_free(answer->block);
    r3_rules_free(answer->rules);
    free(answer->state);
    answer->block = NULL;
    answer->rules = NULL;
    answer->state = NULL;
}
