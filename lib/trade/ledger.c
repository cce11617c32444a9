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

const struct r3_ledger_position *r3_ledger_find(const struct r3_ledger *ledger, const char *market) {
    for (size_t i = 0; i < ledger->count; i++)
        if (r3_same_name(ledger->positions[i].market, market))
            return &ledger->positions[i];
    return NULL;
}

struct r3_ledger_position *r3_ledger_position(struct r3_ledger *ledger, const char *market) {
    for (size_t i = 0; i < ledger->count; i++)
        if (r3_same_name(ledger->positions[i].market, market))
            return &ledger->positions[i];
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

int r3_ledger_cost(struct r3_decimal *out, const struct r3_decimal *price, const struct r3_decimal *size,
                   struct r3_error *error) {
    return r3_decimal_multiply_round(out, price, size, R3_LEDGER_SCALE, R3_ROUND_HALF_EVEN, error);
}

int r3_ledger_fee(struct r3_decimal *out, const struct r3_decimal *cost, const struct r3_decimal *rate,
                  struct r3_error *error) {
    return r3_decimal_multiply_round(out, cost, rate, R3_LEDGER_SCALE, R3_ROUND_HALF_UP, error);
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

/* `taken` of the position's cost goes with a part that closes, for the part `cost` (signed) of the fill: what it gained. */
static int realize(struct r3_ledger_position *position, struct r3_decimal *realized, const struct r3_decimal *taken,
                   const struct r3_decimal *cost, struct r3_error *error) {
    struct r3_decimal loss;

    return r3_decimal_add(&loss, taken, cost, error) ||
                   r3_decimal_subtract(&position->realized, &position->realized, &loss, error) ||
                   r3_decimal_subtract(realized, realized, &loss, error)
               ? -1
               : 0;
}

/* A fill on the other side that is smaller or larger than the position: *opening is what of its cost opens. */
static int reduce(struct r3_decimal *opening, struct r3_ledger_position *position, struct r3_decimal *realized,
                  const struct r3_decimal *signed_size, const struct r3_decimal *signed_cost, struct r3_error *error) {
    struct r3_decimal held, size, closing, taken;

    r3_decimal_absolute(&held, &position->size);
    r3_decimal_absolute(&size, signed_size);
    const struct r3_decimal *closed = r3_decimal_minimum(&held, &size);
    return share(&closing, signed_cost, closed, &size, error) || share(&taken, &position->cost, closed, &held, error) ||
                   realize(position, realized, &taken, &closing, error) ||
                   r3_decimal_subtract(&position->cost, &position->cost, &taken, error) ||
                   r3_decimal_subtract(opening, signed_cost, &closing, error)
               ? -1
               : 0;
}

/* A fill that meets a position: it adds, or closes what lies on the other side. Mostly it closes all of it. */
static int change(struct r3_ledger_position *position, struct r3_decimal *realized,
                  const struct r3_decimal *signed_size, const struct r3_decimal *signed_cost, struct r3_error *error) {
    struct r3_decimal opening = *signed_cost, size;

    if (r3_decimal_add(&size, &position->size, signed_size, error))
        return -1;
    if (r3_decimal_is_zero(&size)) {
        if (realize(position, realized, &position->cost, signed_cost, error))
            return -1;
        position->cost = position->size = r3_decimal_zero;
        return 0;
    }
    if (r3_decimal_sign(&position->size) != r3_decimal_sign(signed_size) &&
        reduce(&opening, position, realized, signed_size, signed_cost, error))
        return -1;
    position->size = size;
    r3_decimal_normalize(&position->size);
    return r3_decimal_add(&position->cost, &position->cost, &opening, error);
}

int r3_ledger_fill(struct r3_ledger *ledger, const char *market, enum r3_side side, const struct r3_decimal *size,
                   const struct r3_decimal *cost, const struct r3_decimal *fee, struct r3_error *error) {
    struct r3_ledger_position *place = r3_ledger_position(ledger, market), position = *place;
    struct r3_decimal cash = ledger->cash, realized = ledger->realized, fees = ledger->fees;
    struct r3_decimal signed_size = *size, signed_cost = *cost;

    if (side == R3_SELL) {
        r3_decimal_negate(&signed_size, size);
        r3_decimal_negate(&signed_cost, cost);
    }
    if (r3_decimal_subtract(&cash, &cash, &signed_cost, error) || r3_decimal_subtract(&cash, &cash, fee, error) ||
        r3_decimal_add(&fees, &fees, fee, error))
        return -1;

    if (r3_decimal_is_zero(&position.size)) { /* nothing was held, and so it cost nothing */
        position.cost = signed_cost;
        position.size = signed_size;
        r3_decimal_normalize(&position.size);
    } else if (change(&position, &realized, &signed_size, &signed_cost, error)) {
        return -1;
    }

    *place = position;
    ledger->cash = cash;
    ledger->realized = realized;
    ledger->fees = fees;
    return 0;
}

void r3_ledger_mark(struct r3_ledger *ledger, const char *market, const struct r3_decimal *price) {
    for (size_t i = 0; i < ledger->count; i++)
        if (r3_same_name(ledger->positions[i].market, market))
            ledger->positions[i].price = *price;
}

int r3_ledger_reserve(struct r3_ledger *ledger, const struct r3_decimal *amount, struct r3_error *error) {
    return r3_decimal_add(&ledger->reserved, &ledger->reserved, amount, error);
}

int r3_ledger_value(struct r3_decimal *out, const struct r3_ledger_position *position, struct r3_error *error) {
    if (!r3_decimal_is_present(&position->price)) {
        *out = position->cost;
        return 0;
    }
    return r3_ledger_cost(out, &position->price, &position->size, error);
}

int r3_ledger_equity(struct r3_decimal *out, const struct r3_ledger *ledger, struct r3_error *error) {
    struct r3_decimal value;

    *out = ledger->cash;
    for (size_t i = 0; i < ledger->count; i++)
        if (!r3_decimal_is_zero(&ledger->positions[i].size) &&
            (r3_ledger_value(&value, &ledger->positions[i], error) || r3_decimal_add(out, out, &value, error)))
            return -1;
    return 0;
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

int r3_ledger_available(struct r3_decimal *out, const struct r3_ledger *ledger, struct r3_error *error) {
    struct r3_decimal value;

    *out = ledger->cash;
    if (!r3_decimal_is_zero(&ledger->reserved) && r3_decimal_subtract(out, out, &ledger->reserved, error))
        return -1;
    for (size_t i = 0; i < ledger->count; i++) {
        if (r3_decimal_sign(&ledger->positions[i].size) >= 0)
            continue;
        /* The value of a short position is negative: adding it twice takes it away. */
        if (r3_ledger_value(&value, &ledger->positions[i], error) || r3_decimal_add(out, out, &value, error) ||
            r3_decimal_add(out, out, &value, error))
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
