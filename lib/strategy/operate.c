#include "lib/strategy/program.h"

#include <math.h>

#include "lib/market/indicator_exact.h"

/* Each operation is a loop of its own over the block, so that the choice among them is made once a block. */
#define EACH(expression)                                                                                               \
    for (size_t i = 0; i < count; i++)                                                                                 \
        out[i] = (expression);                                                                                         \
    break

/* Two at a time, which compilers do not see to at -O2: a tenth off an indicator made of several such. */
#define EACH_PAIR(operator)                                                                                            \
    for (; at + 2 <= count; at += 2) {                                                                                 \
        r3_pair x, y;                                                                                                  \
        memcpy(&x, a + at, sizeof x);                                                                                  \
        memcpy(&y, b + at, sizeof y);                                                                                  \
        x = x operator y;                                                                                              \
        memcpy(out + at, &x, sizeof x);                                                                                \
    }                                                                                                                  \
    if (at < count)                                                                                                    \
        out[at] = a[at] operator b[at];                                                                                \
    break

static void operate_two(enum r3_operation operation, size_t count, const double *a, const double *b, double *out) {
    size_t at = 0;
    switch (operation) {
    case R3_OP_ADD:
        EACH_PAIR(+);
    case R3_OP_SUBTRACT:
        EACH_PAIR(-);
    case R3_OP_MULTIPLY:
        EACH_PAIR(*);
    case R3_OP_DIVIDE: /* by zero: infinite or NaN, hence not ready */
        EACH_PAIR(/);
    case R3_OP_REMAINDER:
        EACH(fmod(a[i], b[i]));
    case R3_OP_POWER:
        EACH(pow(a[i], b[i]));
    case R3_OP_MINIMUM:
        EACH(a[i] < b[i] ? a[i] : b[i]);
    case R3_OP_MAXIMUM:
        EACH(a[i] > b[i] ? a[i] : b[i]);
    case R3_OP_LESS:
        EACH(a[i] < b[i]);
    case R3_OP_LESS_EQUAL:
        EACH(a[i] <= b[i]);
    case R3_OP_EQUAL:
        EACH(a[i] == b[i]);
    case R3_OP_UNEQUAL:
        EACH(a[i] != b[i]);
    case R3_OP_AND:
        EACH((a[i] != 0) & (b[i] != 0));
    case R3_OP_OR:
        EACH((a[i] != 0) | (b[i] != 0));
    default:
        break;
    }
}

static void operate_one(enum r3_operation operation, size_t count, const double *a, double *out) {
    switch (operation) {
    case R3_OP_NEGATE:
        EACH(-a[i]);
    case R3_OP_ABSOLUTE:
        EACH(fabs(a[i]));
    case R3_OP_ROOT:
        EACH(sqrt(a[i]));
    case R3_OP_LOG:
        EACH(log(a[i]));
    case R3_OP_EXPONENTIAL:
        EACH(exp(a[i]));
    case R3_OP_ROUND:
        EACH(round(a[i]));
    case R3_OP_FLOOR:
        EACH(floor(a[i]));
    case R3_OP_CEILING:
        EACH(ceil(a[i]));
    case R3_OP_SIGN:
        EACH((a[i] > 0) - (a[i] < 0));
    case R3_OP_NOT:
        EACH(a[i] == 0);
    default:
        break;
    }
}

static bool takes_one(enum r3_operation operation) {
    return (operation >= R3_OP_NEGATE && operation <= R3_OP_SIGN) || operation == R3_OP_NOT;
}

/* Whether finite operands can give what is not. */
static bool can_fail(enum r3_operation operation) {
    return operation <= R3_OP_POWER || operation == R3_OP_ROOT || operation == R3_OP_LOG ||
           operation == R3_OP_EXPONENTIAL;
}

/* By masks: the processor cannot guess which of two it is to be, and a wrong guess costs three candles. */
static void select_one(size_t count, const struct r3_column *which, const struct r3_column *a,
                       const struct r3_column *b, const struct r3_column *out) {
    for (size_t i = 0; i < count; i++) {
        const uint64_t mask = (uint64_t)0 - (which->value[i] != 0);
        uint64_t first, second;
        memcpy(&first, &a->value[i], sizeof first);
        memcpy(&second, &b->value[i], sizeof second);
        first = (first & mask) | (second & ~mask);
        memcpy(&out->value[i], &first, sizeof first);
        out->ready[i] = which->ready[i] & (uint8_t)((a->ready[i] & mask) | (b->ready[i] & ~mask));
    }
}

void r3_operate(enum r3_operation operation, size_t count, const struct r3_column *const *in,
                const struct r3_column *out) {
    switch (operation) {
    case R3_OP_SELECT:
        select_one(count, in[0], in[1], in[2], out);
        return;
    case R3_OP_OTHERWISE:
        for (size_t i = 0; i < count; i++) {
            const struct r3_column *chosen = in[in[0]->ready[i] ? 0 : 1];
            out->value[i] = chosen->value[i];
            out->ready[i] = chosen->ready[i];
        }
        return;
    case R3_OP_READY:
        for (size_t i = 0; i < count; i++)
            out->value[i] = in[0]->ready[i];
        r3_ready_fill(out->ready, true, 0, count);
        return;
    case R3_OP_WHEN:
        memcpy(out->value, in[0]->value, count * sizeof *out->value);
        r3_ready_all(out->ready, in, 2, count);
        return;
    default:
        r3_ready_all(out->ready, in, takes_one(operation) ? 1 : 2, count);
        if (takes_one(operation))
            operate_one(operation, count, in[0]->value, out->value);
        else
            operate_two(operation, count, in[0]->value, in[1]->value, out->value);
        if (can_fail(operation))
            r3_ready_finite(out, 0, count);
    }
}
