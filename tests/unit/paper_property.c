/* The paper exchange under random candles, orders and cancels. What comes out is booked a second time, in plain integers, and
 * after every event the two agree; no order ends twice, no exit sells more than is held, no candle gives more than its share. */
#include "lib/trade/paper.h"

#include "lib/base/buffer.h"
#include "lib/trade/ledger.h"
#include "tests/unit/check.h"

enum { SESSIONS = 2, MARKETS = 2, EVENTS = 300, ORDERS = 2 * EVENTS, SCALE = 100000000 };

static const char *const sessions[SESSIONS] = { "main", "s2" };
static const char *const markets[MARKETS] = { "BTC-USD", "ETH-USD" };
static struct r3_error error;
static uint64_t seed;

static unsigned random_below(unsigned limit) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % limit;
}

struct seen {
    char id[R3_ID_SIZE];
    bool ended;
    int64_t filled; /* thousandths */
};

struct world {
    struct r3_paper *paper;
    struct r3_paper_options options;
    struct seen seen[ORDERS];
    unsigned count, trades, ends;
    int64_t cash[SESSIONS];                                                            /* 1e-8 */
    int64_t held[SESSIONS][MARKETS];                                                   /* thousandths */
    int64_t price[MARKETS], high[MARKETS], low[MARKETS], taken[MARKETS], cap[MARKETS]; /* hundredths; thousandths */
    int64_t time;
    bool shorts, exact; /* exact: no slippage, so fills lie inside the candle */
};

static int64_t scaled(const struct r3_decimal *value, int scale) {
    struct r3_decimal at;
    CHECK(r3_decimal_round(&at, value, scale, R3_ROUND_DOWN, &error) == 0 && r3_decimal_equal(&at, value));
    for (int i = at.scale; i < scale; i++)
        at.coefficient *= 10;
    return (int64_t)at.coefficient;
}

static unsigned index_of(const char *const *names, unsigned count, const char *name) {
    unsigned i = 0;
    while (i + 1 < count && strcmp(names[i], name) != 0)
        i++;
    CHECK_TEXT(names[i], name);
    return i;
}

static struct seen *find(struct world *world, const char *id) {
    for (unsigned i = 0; i < world->count; i++)
        if (strcmp(world->seen[i].id, id) == 0)
            return &world->seen[i];
    return NULL;
}

static void take_trade(struct world *world, const struct r3_trade *trade) {
    unsigned session = index_of(sessions, SESSIONS, trade->session), market = index_of(markets, MARKETS, trade->market);
    int64_t price = scaled(&trade->price, 2), size = scaled(&trade->size, 3), cost = price * size * 1000; /* 1e-8 */
    int64_t fee = scaled(&trade->fee, 8), *held = &world->held[session][market],
            change = trade->side == R3_BUY ? size : -size;
    struct seen *seen = find(world, trade->order);
    const struct r3_decimal *rate =
        trade->liquidity == R3_MAKER ? &world->options.maker_fee : &world->options.taker_fee;

    CHECK(seen && !seen->ended && size > 0);
    CHECK_INT(fee, cost / 1000 * scaled(rate, 3)); /* exact: cost is a multiple of 1000 */
    if (trade->role == R3_ENTRY)
        CHECK(*held == 0 || (*held > 0) == (change > 0));
    else
        CHECK(*held != 0 && (*held > 0) == (change < 0) && (*held > 0 ? *held + change >= 0 : *held + change <= 0));
    CHECK(world->shorts || *held + change >= 0);
    *held += change;
    world->cash[session] += (trade->side == R3_BUY ? -cost : cost) - fee;
    world->taken[market] += size;
    CHECK(world->cap[market] < 0 || world->taken[market] <= world->cap[market]);
    CHECK(!world->exact || (price >= world->low[market] && price <= world->high[market]));
    if (seen)
        seen->filled += size;
    world->trades++;
}

static void take_update(struct world *world, const struct r3_update *update) {
    struct seen *seen = find(world, update->order);

    if (!seen) {
        CHECK(update->event == R3_EVENT_PLACED || update->event == R3_EVENT_REJECTED ||
              update->event == R3_EVENT_CANCELED);
        CHECK(world->count < ORDERS);
        seen = &world->seen[world->count++];
        memcpy(seen->id, update->order, sizeof seen->id);
        seen->ended = false;
        seen->filled = 0;
    } else {
        CHECK(update->event != R3_EVENT_PLACED && !seen->ended);
    }
    CHECK_INT(scaled(&update->filled, 3), seen->filled);
    CHECK_INT(update->execution == R3_NOT_EXECUTED, seen->filled == 0);
    if (update->status != R3_OPENED) {
        seen->ended = true;
        world->ends++;
    }
}

static int listen(void *context, const struct r3_record *record, struct r3_error *ignored) {
    struct world *world = context;
    (void)ignored;
    if (record->type == R3_TRADE)
        take_trade(world, &record->trade);
    if (record->type == R3_UPDATE && record->update.event != R3_EVENT_UNKNOWN)
        take_update(world, &record->update);
    return 0;
}

static void check_books(struct world *world) {
    for (unsigned i = 0; i < SESSIONS; i++) {
        const struct r3_ledger *ledger = r3_paper_ledger(world->paper, sessions[i]);
        struct r3_decimal cash = { world->cash[i], 8 }, equity, open, sum;
        if (!ledger)
            continue;
        CHECK(r3_decimal_equal(&ledger->cash, &cash));
        CHECK(r3_ledger_balanced(ledger));
        CHECK(!r3_ledger_equity(&equity, ledger, &error) && !r3_ledger_unrealized(&open, ledger, &error));
        CHECK(!r3_decimal_add(&sum, &ledger->start, &ledger->realized, &error) &&
              !r3_decimal_add(&sum, &sum, &open, &error) && !r3_decimal_subtract(&sum, &sum, &ledger->fees, &error));
        CHECK(r3_decimal_equal(&sum, &equity));
        CHECK(r3_decimal_sign(&ledger->reserved) >= 0);
        CHECK(world->shorts ||
              r3_decimal_compare(&ledger->cash, &ledger->reserved) >= 0); /* never below what is promised */
        int64_t worth = world->cash[i];
        for (unsigned k = 0; k < MARKETS; k++)
            worth += world->held[i][k] * world->price[k] * 1000;
        CHECK_INT(scaled(&equity, 8), worth);
    }
}

static void put_candle(struct world *world) {
    struct r3_record record;
    unsigned market = random_below(MARKETS);
    int64_t open = world->price[market] + random_below(201) - 100, close, high, low;

    if (open < 500)
        open = 500;
    close = open + random_below(401) - 200;
    if (close < 500)
        close = 500;
    high = (open > close ? open : close) + random_below(200);
    low = (open < close ? open : close) - random_below(200);
    r3_record_init(&record, R3_CANDLE);
    memcpy(record.candle.market, markets[market], strlen(markets[market]) + 1);
    r3_copy_text(record.candle.platform, R3_PLATFORM_SIZE, "csv", 3);
    record.candle.timeframe = R3_1m;
    record.candle.time = world->time += R3_MINUTE;
    record.candle.open = R3_DECIMAL(open, 2);
    record.candle.high = R3_DECIMAL(high, 2);
    record.candle.low = R3_DECIMAL(low, 2);
    record.candle.close = R3_DECIMAL(close, 2);
    record.candle.volume = R3_DECIMAL(random_below(4000), 2);
    world->high[market] = high;
    world->low[market] = low;
    world->price[market] = close;
    world->taken[market] = 0;
    world->cap[market] = r3_decimal_is_present(&world->options.volume_share) ? (int64_t)record.candle.volume.coefficient
                                                                             : -1; /* 0.1 of it */
    CHECK(r3_paper_candle(world->paper, &record.candle, &error) == 0);
}

/* A price near the market's, as far off as `span` hundredths. */
static struct r3_decimal near(const struct world *world, unsigned market, unsigned span) {
    int64_t price = world->price[market] + (int64_t)random_below(2 * span + 1) - (int64_t)span;
    return R3_DECIMAL(price < 1 ? 1 : price, 2);
}

static void put_order(struct world *world, unsigned number) {
    struct r3_record record;
    struct r3_order *order = &record.order;
    unsigned session = random_below(SESSIONS), market = random_below(MARKETS);
    int64_t held = world->held[session][market];

    r3_record_init(&record, R3_ORDER);
    memcpy(order->session, sessions[session], strlen(sessions[session]) + 1);
    memcpy(order->market, markets[market], strlen(markets[market]) + 1);
    r3_copy_text(order->platform, R3_PLATFORM_SIZE, "csv", 3);
    order->time = world->time + R3_MINUTE;
    order->role = random_below(3) ? R3_ENTRY : R3_EXIT;
    order->kind = random_below(2) ? R3_MARKET : random_below(2) ? R3_LIMIT : R3_STOP;
    order->side = order->role == R3_EXIT             ? (held >= 0 ? R3_SELL : R3_BUY)
                  : world->shorts && random_below(2) ? R3_SELL
                                                     : R3_BUY;
    snprintf(order->id, sizeof order->id, "%s-%u-%s-1", order->session, number, r3_role_name(order->role));
    if (order->kind != R3_MARKET)
        order->price = near(world, market, 300);
    if (order->role == R3_ENTRY && random_below(2)) {
        bool buys = order->side == R3_BUY;
        int64_t down = world->price[market] - 1 - random_below(400), up = world->price[market] + 1 + random_below(400);
        if (random_below(3))
            order->stop = R3_DECIMAL(buys ? down : up, 2);
        if (random_below(2))
            order->target = R3_DECIMAL(buys ? up : down, 2);
        if (random_below(3) == 0)
            order->trail = R3_DECIMAL(1 + random_below(300), 2);
        if (random_below(3) == 0)
            order->break_even = R3_DECIMAL(1 + random_below(300), 2);
        if (random_below(3) == 0)
            order->expiry = world->time + (int64_t)random_below(20) * R3_MINUTE;
    }
    if (order->role == R3_ENTRY && random_below(2))
        order->funds = R3_DECIMAL(100 + random_below(500000), 2);
    else
        order->size =
            R3_DECIMAL(1 + random_below(order->role == R3_EXIT && held ? 2 * (unsigned)llabs(held) : 40000), 3);
    if (random_below(20) == 0)
        order->fill = random_below(2) ? R3_FILL_CLOSE : R3_FILL_NEXT_OPEN;
    CHECK(r3_paper_order(world->paper, order, &error) == 0);
    if (random_below(30) == 0) /* it comes again */
        CHECK(r3_paper_order(world->paper, order, &error) == 0);
}

static void put_cancel(struct world *world) {
    struct r3_record record;

    if (!world->count)
        return;
    const char *id = world->seen[world->count - 1 - random_below(world->count < 10 ? world->count : 10)].id;
    r3_record_init(&record, R3_CANCEL);
    memcpy(record.cancel.order, id, R3_ID_SIZE);
    memcpy(record.cancel.session, id, strcspn(id, "-"));
    record.cancel.time = world->time;
    r3_copy_text(record.cancel.reason, R3_TEXT_SIZE, "asked", 5);
    CHECK(r3_paper_cancel(world->paper, &record.cancel, &error) == 0);
}

static void open_world(struct world *world) {
    struct r3_record record;

    *world = (struct world) { .time = 0, .shorts = random_below(2) };
    world->options = (struct r3_paper_options) {
        .cash = { 10000, 0 },
        .taker_fee = { random_below(3), 3 },
        .maker_fee = { random_below(3), 3 },
        .slippage = { random_below(2) * random_below(20), 4 },
        .spread = { random_below(2) * random_below(20), 4 },
        .volume_share = random_below(2) ? R3_DECIMAL(1, 1) : r3_decimal_absent,
        .through = { random_below(2) * random_below(10), 2 },
        .latency = random_below(3) == 0 ? random_below(3) : 0,
        .fill_close = random_below(3) == 0,
    };
    world->exact = r3_decimal_is_zero(&world->options.slippage) && r3_decimal_is_zero(&world->options.spread);
    CHECK(r3_paper_new(&world->paper, &world->options, listen, world, &error) == 0);
    CHECK(r3_paper_session(world->paper, "main", &error) == 0);
    for (unsigned i = 0; i < MARKETS; i++) {
        world->price[i] = 10000;
        world->cap[i] = -1;
        r3_record_init(&record, R3_INSTRUMENT);
        memcpy(record.instrument.market, markets[i], strlen(markets[i]) + 1);
        r3_copy_text(record.instrument.quote, R3_CURRENCY_SIZE, "USD", 3);
        record.instrument.price_increment = R3_DECIMAL(1, 2);
        record.instrument.base_increment = R3_DECIMAL(1, 3);
        record.instrument.quote_increment = R3_DECIMAL(1, 2);
        record.instrument.minimum_size = R3_DECIMAL(random_below(3), 3);
        record.instrument.minimum_funds = R3_DECIMAL(random_below(3), 0);
        CHECK(r3_paper_instrument(world->paper, &record.instrument, &error) == 0);
    }
    for (unsigned i = 0; i < SESSIONS; i++)
        world->cash[i] = (int64_t)10000 * SCALE;
}

static unsigned run(uint64_t start) {
    struct world world;

    seed = start;
    open_world(&world);
    for (unsigned i = 0; i < 8; i++)
        put_candle(&world);
    for (unsigned i = 0; i < EVENTS && world.count + 8 < ORDERS; i++) {
        unsigned dice = random_below(10);
        if (dice < 6)
            put_candle(&world);
        else if (dice < 9)
            put_order(&world, i);
        else
            put_cancel(&world);
        check_books(&world);
    }
    CHECK(r3_paper_end(world.paper, &error) == 0);
    CHECK_INT(r3_paper_working(world.paper), 0);
    CHECK_INT(world.ends, world.count);
    for (unsigned i = 0; i < SESSIONS; i++) {
        const struct r3_ledger *ledger = r3_paper_ledger(world.paper, sessions[i]);
        CHECK(!ledger || r3_decimal_is_zero(&ledger->reserved));
    }
    check_books(&world);
    r3_paper_free(world.paper);
    return world.trades;
}

int main(void) {
    unsigned trades = 0;

    for (uint64_t start = 1; start <= 150; start++) {
        int before = check_failed;
        trades += run(start);
        if (check_failed > before) {
            fprintf(stderr, "seed %llu\n", (unsigned long long)start);
            break;
        }
    }
    CHECK(trades > 1000); /* the streams do trade */
    return check_done();
}
