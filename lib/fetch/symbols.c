/* r3-fetch symbols: the markets of an exchange that trade now, with their rules. */

#include "lib/exchange/names.h"
#include "lib/fetch/fetch.h"
#include "lib/fetch/link.h"
#include "lib/market/market_name.h"

static const struct r3_option options[] = { { .name = NULL } };

struct symbols {
    struct r3_port *port;
    struct r3_fetch_link link;
    char (*wanted)[R3_MARKET_SIZE];
    size_t wanted_count;
    struct r3_instrument *found;
    size_t count, capacity;
};

static void symbols_free(void *state) {
    struct symbols *symbols = state;
    if (!symbols)
        return;
    r3_fetch_link_close(&symbols->link);
    free(symbols->wanted);
    free(symbols->found);
    free(symbols);
}

/* Operand 0 is the word itself. */
static int symbols_init(void **state, const struct r3_arguments *arguments, struct r3_port *port,
                        struct r3_error *error) {
    struct symbols *symbols = r3_allocate(sizeof *symbols);
    size_t count = r3_arguments_operands(arguments);
    *state = symbols;
    symbols->port = port;
    const struct r3_exchange *exchange = count ? r3_exchange_find(r3_arguments_operand(arguments, 0)) : NULL;
    if (!exchange)
        return r3_fail(error, R3_USAGE, "symbols wants an exchange: %s", r3_exchange_names());
    symbols->wanted = r3_allocate(count * sizeof symbols->wanted[0]);
    for (size_t i = 1; i < count; i++)
        if (r3_market_parse(symbols->wanted[symbols->wanted_count++], r3_arguments_operand(arguments, i), error) < 0)
            return -1;
    return r3_fetch_link_open(&symbols->link, exchange, port, error);
}

static int take(const struct r3_instrument *instrument, void *context, struct r3_error *error) {
    struct symbols *symbols = context;
    bool wanted = symbols->wanted_count == 0;
    (void)error;
    for (size_t i = 0; !wanted && i < symbols->wanted_count; i++)
        wanted = strcmp(symbols->wanted[i], instrument->market) == 0;
    if (!wanted)
        return 0;
    if (symbols->count == symbols->capacity) {
        symbols->capacity = symbols->capacity ? symbols->capacity * 2 : 64;
        symbols->found = r3_reallocate(symbols->found, symbols->capacity * sizeof symbols->found[0]);
    }
    symbols->found[symbols->count++] = *instrument;
    return 0;
}

static int by_market(const void *a, const void *b) {
    return strcmp(((const struct r3_instrument *)a)->market, ((const struct r3_instrument *)b)->market);
}

static int check_wanted(const struct symbols *symbols, struct r3_error *error) {
    for (size_t i = 0; i < symbols->wanted_count; i++) {
        bool found = false;
        for (size_t k = 0; k < symbols->count; k++)
            found |= strcmp(symbols->wanted[i], symbols->found[k].market) == 0;
        if (!found)
            return r3_fail(error, R3_DATA, "%s has no market %s that trades now", symbols->link.exchange->name,
                           symbols->wanted[i]);
    }
    return 0;
}

static int give(struct symbols *symbols, struct r3_error *error) {
    if (check_wanted(symbols, error) < 0)
        return -1;
    if (symbols->count)
        qsort(symbols->found, symbols->count, sizeof symbols->found[0], by_market);
    for (size_t i = 0; i < symbols->count; i++) {
        struct r3_record record;
        r3_record_init(&record, R3_INSTRUMENT);
        record.instrument = symbols->found[i];
        if (symbols->port->emit(symbols->port, &record, error) < 0)
            return -1;
    }
    return 0;
}

static int symbols_pull(void *state, struct r3_error *error) {
    struct symbols *symbols = state;
    struct r3_fetch_link *link = &symbols->link;
    int64_t pause = r3_fetch_link_pause(link);
    if (pause > 0)
        return r3_fetch_link_wait(link, pause, error);
    symbols->count = 0;
    int result = link->exchange->symbols(link->client, take, symbols, error);
    result = r3_fetch_link_take(link, result, error);
    if (result <= 0)
        return result < 0 ? -1 : 1;
    return give(symbols, error);
}

const struct r3_stage r3_fetch_symbols_stage = {
    .name = "r3-fetch",
    .operands = "symbols EXCHANGE [MARKET…]",
    .summary = "write the rules of the markets that trade now",
    .options = options,
    .init = symbols_init,
    .pull = symbols_pull,
    .free = symbols_free,
};
