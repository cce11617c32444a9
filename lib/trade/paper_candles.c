/* The paper exchange: blocks of candles. Most candles meet no order: a scan of the lows or highs finds the first one that may, and
 * the others leave their close behind. What is scanned for is never more than what paper.c asks of each candle, so a candle that
 * may be met, and then is not, costs time alone. */
#include "lib/trade/paper_internal.h"

/* value x 10^scale, rounded to a whole number; what 64 bits do not hold becomes the nearest that they do. */
static int64_t at_scale(const struct r3_decimal *value, int32_t scale, enum r3_rounding rounding) {
    struct r3_decimal rounded;
    struct r3_error error;
    if (r3_decimal_round(&rounded, value, scale, rounding, &error))
        return value->coefficient < 0 ? INT64_MIN : INT64_MAX;
    for (; rounded.scale < scale && rounded.coefficient == (int64_t)rounded.coefficient; rounded.scale++)
        rounded.coefficient *= 10;
    if (rounded.coefficient == (int64_t)rounded.coefficient)
        return (int64_t)rounded.coefficient;
    return rounded.coefficient < 0 ? INT64_MIN : INT64_MAX;
}

/* Each of these: the first of the candles [from, to) that is so, or `to`. */
static size_t first_at_most(const int64_t *column, size_t from, size_t to, int64_t limit) {
    while (from < to && column[from] > limit)
        from++;
    return from;
}

static size_t first_at_least(const int64_t *column, size_t from, size_t to, int64_t limit) {
    while (from < to && column[from] < limit)
        from++;
    return from;
}

static size_t first_met(const struct paper_order *order, const struct r3_candles *candles, size_t from, size_t to) {
    uint64_t next = order->market->candles + 1; /* the number of candle `from` */
    if (order->first > next)
        from = order->first - next < to - from ? from + (size_t)(order->first - next) : to;
    if (paper_kind(order) == R3_MARKET)
        return from;
    if (paper_meets_below(order))
        return first_at_most(candles->low, from, to, at_scale(&order->touch, candles->price_scale, R3_ROUND_FLOOR));
    return first_at_least(candles->high, from, to, at_scale(&order->touch, candles->price_scale, R3_ROUND_CEILING));
}

static size_t first_concerned(const struct paper_bracket *bracket, const struct r3_candles *candles, size_t from,
                              size_t to) {
    if (paper_bracket_moves(bracket))
        return from;
    return bracket->expiry == R3_TIME_ABSENT ? to : first_at_least(candles->time, from, to, bracket->expiry);
}

/* The first of the candles [from, to), which are of the last market, that has to be worked through, or `to`. */
static size_t quiet(const struct r3_paper *paper, const struct r3_candles *candles, size_t from, size_t to) {
    const struct paper_market *market = paper->last;
    if (candles->timeframe != market->timeframe) { /* the finest one fills, and a coarser one where there is none */
        if (market->timeframe != R3_TIMEFRAME_NONE && candles->timeframe > market->timeframe)
            for (const int64_t close = paper_close_time(market); from < to && candles->time[from] < close;)
                from++;
        return from;
    }
    if (candles->time[from] <= market->time || paper->changed || market->unswept || market->later)
        return from;
    for (size_t i = 0; i < market->bracket_count && from < to; i++)
        to = first_concerned(market->brackets[i], candles, from, to);
    for (size_t i = 0; i < market->count && from < to; i++)
        to = first_met(market->orders[i], candles, from, to);
    return to;
}

/* Take candles that are quiet. */
static void pass(struct r3_paper *paper, const struct r3_candles *candles, size_t from, size_t to) {
    struct paper_market *market = paper->last;
    if (candles->timeframe != market->timeframe)
        return;
    market->time = candles->time[to - 1];
    market->price = R3_DECIMAL(candles->close[to - 1], candles->price_scale);
    if (r3_decimal_is_present(&paper->options.volume_share))
        market->volume = R3_DECIMAL(candles->volume[to - 1], candles->volume_scale);
    market->taken = r3_decimal_zero;
    market->candles += to - from;
}

/* Whether high and low may be asked of the next candle. Market orders without protection ask for its open and its close alone. */
static inline bool wants_range(const struct paper_market *market) {
    if (market->bracket_count || market->kinds & ~PAPER_MARKET_BITS)
        return true;
    for (size_t i = 0; i < market->count; i++)
        if (paper_wants_bracket(&market->orders[i]->order))
            return true;
    return false;
}

/* What the exchange looks at in a candle: its names, and a volume and a range that nobody asks for, are left out. The range is in two
 * columns that nobody else reads, and so comes from memory: to leave it out, and ask_for, save 5 % of a run over a million candles. Prices
 * keep the block's scale, with zeros at the end: what they go into then is of one scale from one fill to the next, and adds up
 * without a call. */
static inline void take(struct r3_candle *out, const struct r3_paper *paper, const struct r3_candles *candles,
                        size_t i) {
    out->timeframe = candles->timeframe;
    out->time = candles->time[i];
    out->open = R3_DECIMAL(candles->open[i], candles->price_scale);
    out->close = R3_DECIMAL(candles->close[i], candles->price_scale);
    if (wants_range(paper->last)) {
        out->high = R3_DECIMAL(candles->high[i], candles->price_scale);
        out->low = R3_DECIMAL(candles->low[i], candles->price_scale);
    } else {
        out->high = out->low = r3_decimal_absent;
    }
    if (r3_decimal_is_present(&paper->options.volume_share))
        out->volume = R3_DECIMAL(candles->volume[i], candles->volume_scale);
}

/* The first candle of another market makes that the last one. */
static int change_market(struct r3_paper *paper, const struct r3_candles *candles, size_t at, struct r3_error *error) {
    struct r3_record record;
    r3_candles_record(candles, at, &record);
    return r3_paper_market(paper, &record.candle, error);
}

/* The candle behind the last one that is given may have to be worked through: for an order that a decision makes it is the first. Nobody
 * else reads its open, which comes from memory: asked for now, it is there by then. (Not a plain function: that is taken for one without
 * effect, and left out.) */
__attribute__((always_inline)) static inline void ask_for(const struct r3_candles *candles, size_t next) {
    if (next < candles->count)
        __builtin_prefetch(&candles->open[next]);
}

int r3_paper_candles(struct r3_paper *paper, const struct r3_candles *candles, size_t from, size_t to, size_t *at,
                     struct r3_error *error) {
    struct r3_candle candle;
    ask_for(candles, to);
    if (from < to && !(paper->last && r3_same_name(paper->last->name, candles->market))) {
        *at = from;
        if (change_market(paper, candles, from, error))
            return -1;
    }
    while (from < to) {
        size_t end = quiet(paper, candles, from, to);
        if (end > from)
            pass(paper, candles, from, end);
        from = end;
        if (from == to)
            break;
        take(&candle, paper, candles, from);
        *at = from++;
        if (paper_candle(paper, paper->last, &candle, error))
            return -1;
    }
    return 0;
}
