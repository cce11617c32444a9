/* The ledger of one session; see ledger.h for its equations.
 *
 * With signed amounts (bought positive, sold negative) every kind of fill is the same few lines: what opens adds to cost,
 * what closes takes its share of the cost away and books `-(share + signed cost of the fill)` as realized. */
#include "lib/trade/ledger.h"

#include "lib/base/buffer.h"

enum { RATIO_SCALE = R3_DECIMAL_SCALE_MAX };

int r3_ledger_init(struct r3_ledger *ledger, const struct r3_decimal *cash, struct r3_error *error) {
    struct r3_decimal rounded;

    *ledger = (struct r3_ledger) { 0 };
    if (r3_decimal_round(&rounded, cash, R3_LEDGER_SCALE, R3_ROUND_DOWN, error))
        return -1;
    if (!r3_decimal_equal(&rounded, cash))
        return r3_fail(error, R3_DATA, "cash has more than %d decimals", R3_LEDGER_SCALE);
    ledger->start = ledger->cash = *cash;
    ledger->reserved = ledger->realized = ledger->fees = r3_decimal_zero;
    return 0;
}

void r3_ledger_release(struct r3_ledger *ledger) {
    free(ledger->positions);
    *ledger = (struct r3_ledger) { 0 };
}

struct r3_ledger_position *r3_ledger_add(struct r3_ledger *ledger, const char *market) {
    if (ledger->count == ledger->capacity) {
        ledger->capacity = ledger->capacity ? 2 * ledger->capacity : 4;
        ledger->positions = r3_reallocate(ledger->positions, ledger->capacity * sizeof *ledger->positions);
    }

    struct r3_ledger_position *position = &ledger->positions[ledger->count++];
    *position = (struct r3_ledger_position) {
        .size = r3_decimal_zero, .cost = r3_decimal_zero, .realized = r3_decimal_zero, .price = r3_decimal_absent
    };
    r3_copy_text(position->market, sizeof position->market, market, strlen(market));
    return position;
}

/* out = whole x part / size, at the ledger's scale; the whole when part is all of it. */
static int share(struct r3_decimal *out, const struct r3_decimal *whole, const struct r3_decimal *part,
                 const struct r3_decimal *size, struct r3_error *error) {
    struct r3_decimal ratio;

    if (r3_decimal_equal(part, size)) {
        *out = *whole;
        return 0;
    }
    return r3_decimal_divide_round(&ratio, part, size, RATIO_SCALE, R3_ROUND_HALF_EVEN, error) ||
                   r3_decimal_multiply_round(out, whole, &ratio, R3_LEDGER_SCALE, R3_ROUND_HALF_EVEN, error)
               ? -1
               : 0;
}

/* What a fill makes of a position and of the ledger's realized gain. */
struct change {
    struct r3_decimal size, cost, realized, total;
};

/* `taken` of the position's cost goes with a part that closes, for the part `cost` (signed) of the fill: what it gained. */
static inline int realize(struct change *change, const struct r3_ledger *ledger,
                          const struct r3_ledger_position *position, const struct r3_decimal *taken,
                          const struct r3_decimal *cost, struct r3_error *error) {
    struct r3_decimal loss;

    return r3_decimal_add(&loss, taken, cost, error) ||
                   r3_decimal_subtract(&change->realized, &position->realized, &loss, error) ||
                   r3_decimal_subtract(&change->total, &ledger->realized, &loss, error)
               ? -1
               : 0;
}

/* A fill on the other side that is smaller or larger than the position: *opening is what of its cost opens. */
static int reduce(struct r3_decimal *opening, struct change *change, const struct r3_ledger *ledger,
                  const struct r3_ledger_position *position, const struct r3_decimal *signed_size,
                  const struct r3_decimal *signed_cost, struct r3_error *error) {
    struct r3_decimal held, size, closing, taken;

    r3_decimal_absolute(&held, &position->size);
    r3_decimal_absolute(&size, signed_size);
    const struct r3_decimal *closed = r3_decimal_minimum(&held, &size);
    return share(&closing, signed_cost, closed, &size, error) || share(&taken, &position->cost, closed, &held, error) ||
                   realize(change, ledger, position, &taken, &closing, error) ||
                   r3_decimal_subtract(&change->cost, &position->cost, &taken, error) ||
                   r3_decimal_subtract(opening, signed_cost, &closing, error)
               ? -1
               : 0;
}

/* A fill that adds to a position, or closes a part of it or more than all of it. change->size is set. */
__attribute__((noinline)) static int change_partly(struct change *change, const struct r3_ledger *ledger,
                                                   const struct r3_ledger_position *position,
                                                   const struct r3_decimal *signed_size,
                                                   const struct r3_decimal *signed_cost, struct r3_error *error) {
    struct r3_decimal opening = *signed_cost;

    change->cost = position->cost;
    change->realized = position->realized;
    change->total = ledger->realized;
    if (r3_decimal_sign(&position->size) != r3_decimal_sign(signed_size) &&
        reduce(&opening, change, ledger, position, signed_size, signed_cost, error))
        return -1;
    r3_decimal_normalize(&change->size);
    return r3_decimal_add(&change->cost, &change->cost, &opening, error);
}

/* What a fill of this signed size and cost makes of a position that is held. Mostly all of it is closed. */
static inline int make_change(struct change *change, const struct r3_ledger *ledger,
                              const struct r3_ledger_position *position, const struct r3_decimal *size,
                              const struct r3_decimal *cost, struct r3_error *error) {
    if (r3_decimal_add(&change->size, &position->size, size, error))
        return -1;
    if (!r3_decimal_is_zero(&change->size))
        return change_partly(change, ledger, position, size, cost, error);
    change->cost = change->size = r3_decimal_zero;
    return realize(change, ledger, position, &position->cost, cost, error);
}

/* Any fill, sum by sum. */
__attribute__((noinline)) static int fill_any(struct r3_ledger *ledger, struct r3_ledger_position *position,
                                              enum r3_side side, const struct r3_decimal *size,
                                              const struct r3_decimal *cost, const struct r3_decimal *fee,
                                              struct r3_error *error) {
    struct r3_decimal negative_size, negative_cost, cash, fees;
    struct change change;

    if (side == R3_SELL) {
        r3_decimal_negate(&negative_size, size);
        r3_decimal_negate(&negative_cost, cost);
        size = &negative_size;
        cost = &negative_cost;
    }
    bool held = !r3_decimal_is_zero(&position->size);
    if (r3_decimal_subtract(&cash, &ledger->cash, cost, error) || r3_decimal_subtract(&cash, &cash, fee, error) ||
        r3_decimal_add(&fees, &ledger->fees, fee, error) ||
        (held && make_change(&change, ledger, position, size, cost, error)))
        return -1;
    ledger->cash = cash;
    ledger->fees = fees;
    if (held) {
        position->size = change.size;
        position->cost = change.cost;
        position->realized = change.realized;
        ledger->realized = change.total;
    } else { /* nothing, and so it cost nothing */
        position->cost = *cost;
        position->size = *size;
        r3_decimal_normalize(&position->size);
    }
    return 0;
}

/* The usual fill: it opens a position, or closes all of one, and every amount has the scale of the cash and is far from too long, which
 * is asked of all of them at once: 123 instructions a fill in place of the 194 of sums that are checked one by one. False: it is
 * another. */
static inline bool fill_usual(struct r3_ledger *ledger, struct r3_ledger_position *position, enum r3_side side,
                              const struct r3_decimal *size, const struct r3_decimal *cost,
                              const struct r3_decimal *fee) {
    const int32_t scale = ledger->cash.scale;
    const r3_int128 signed_cost = side == R3_SELL ? -cost->coefficient : cost->coefficient;
    const r3_int128 signed_size = side == R3_SELL ? -size->coefficient : size->coefficient;
    int32_t scales = (scale ^ cost->scale) | (scale ^ fee->scale) | (scale ^ ledger->fees.scale);
    uint64_t excess = r3_decimal_excess(&ledger->cash) | r3_decimal_excess(cost) | r3_decimal_excess(fee) |
                      r3_decimal_excess(&ledger->fees);

    if (r3_decimal_is_zero(&position->size)) {
        if (scales != 0 || r3_decimal_is_excessive(excess) || (scale | size->scale) < 0)
            return false;
        position->cost = R3_DECIMAL(signed_cost, scale);
        position->size = R3_DECIMAL(signed_size, size->scale);
        r3_decimal_normalize(&position->size);
    } else {
        scales |= (scale ^ position->cost.scale) | (scale ^ position->realized.scale) |
                  (scale ^ ledger->realized.scale) | (size->scale ^ position->size.scale);
        excess |= r3_decimal_excess(&position->cost) | r3_decimal_excess(&position->realized) |
                  r3_decimal_excess(&ledger->realized);
        if (scales != 0 || r3_decimal_is_excessive(excess) || (scale | size->scale) < 0 ||
            signed_size + position->size.coefficient != 0)
            return false;
        const r3_int128 gain = -(position->cost.coefficient + signed_cost);
        position->realized.coefficient += gain;
        ledger->realized.coefficient += gain;
        position->cost = position->size = r3_decimal_zero;
    }
    ledger->cash.coefficient -= signed_cost + fee->coefficient;
    ledger->fees.coefficient += fee->coefficient;
    return true;
}

int r3_ledger_fill_position(struct r3_ledger *ledger, struct r3_ledger_position *position, enum r3_side side,
                            const struct r3_decimal *size, const struct r3_decimal *cost, const struct r3_decimal *fee,
                            struct r3_error *error) {
    return fill_usual(ledger, position, side, size, cost, fee)
               ? 0
               : fill_any(ledger, position, side, size, cost, fee, error);
}

void r3_ledger_mark(struct r3_ledger *ledger, const char *market, const struct r3_decimal *price) {
    for (size_t i = 0; i < ledger->count; i++)
        if (r3_same_name(ledger->positions[i].market, market))
            ledger->positions[i].price = *price;
}

int r3_ledger_unrealized(struct r3_decimal *out, const struct r3_ledger *ledger, struct r3_error *error) {
    struct r3_decimal sum = r3_decimal_zero, value;

    for (size_t i = 0; i < ledger->count; i++)
        if (r3_ledger_value(&value, &ledger->positions[i], error) || r3_decimal_add(&sum, &sum, &value, error) ||
            r3_decimal_subtract(&sum, &sum, &ledger->positions[i].cost, error))
            return -1;
    *out = sum;
    return 0;
}

int r3_ledger_subtract_margin(struct r3_decimal *available, const struct r3_ledger *ledger, struct r3_error *error) {
    struct r3_decimal value;

    for (size_t i = 0; i < ledger->count; i++) {
        if (!r3_decimal_is_negative(&ledger->positions[i].size))
            continue;
        /* The value of a short position is negative: adding it twice takes it away. */
        if (r3_ledger_value(&value, &ledger->positions[i], error) ||
            r3_decimal_add(available, available, &value, error) || r3_decimal_add(available, available, &value, error))
            return -1;
    }
    return 0;
}

bool r3_ledger_balanced(const struct r3_ledger *ledger) {
    struct r3_error error;
    struct r3_decimal left = ledger->cash, right;

    for (size_t i = 0; i < ledger->count; i++)
        if (r3_decimal_add(&left, &left, &ledger->positions[i].cost, &error))
            return false;
    if (r3_decimal_add(&right, &ledger->start, &ledger->realized, &error))
        return false;
    if (r3_decimal_subtract(&right, &right, &ledger->fees, &error))
        return false;
    return r3_decimal_equal(&left, &right);
}
