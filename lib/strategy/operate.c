#include "lib/strategy/program.h"

#include <math.h>

static void operate_number(enum r3_operation operation, double a, double b, struct r3_cell *out) {
    switch (operation) {
    case R3_OP_ADD:
        a = a + b;
        break;
    case R3_OP_SUBTRACT:
        a = a - b;
        break;
    case R3_OP_MULTIPLY:
        a = a * b;
        break;
    case R3_OP_DIVIDE:
        a = a / b;
        break; /* by zero: infinite or NaN, hence not ready */
    case R3_OP_REMAINDER:
        a = fmod(a, b);
        break;
    case R3_OP_POWER:
        a = pow(a, b);
        break;
    case R3_OP_MINIMUM:
        a = a < b ? a : b;
        break;
    case R3_OP_MAXIMUM:
        a = a > b ? a : b;
        break;
    case R3_OP_NEGATE:
        a = -a;
        break;
    case R3_OP_ABSOLUTE:
        a = fabs(a);
        break;
    case R3_OP_ROOT:
        a = sqrt(a);
        break;
    case R3_OP_LOG:
        a = log(a);
        break;
    case R3_OP_EXPONENTIAL:
        a = exp(a);
        break;
    case R3_OP_ROUND:
        a = round(a);
        break;
    case R3_OP_FLOOR:
        a = floor(a);
        break;
    case R3_OP_CEILING:
        a = ceil(a);
        break;
    case R3_OP_SIGN:
        a = (a > 0) - (a < 0);
        break;
    case R3_OP_LESS:
        a = a < b;
        break;
    case R3_OP_LESS_EQUAL:
        a = a <= b;
        break;
    case R3_OP_EQUAL:
        a = a == b;
        break;
    case R3_OP_UNEQUAL:
        a = a != b;
        break;
    case R3_OP_AND:
        a = a != 0 && b != 0;
        break;
    case R3_OP_OR:
        a = a != 0 || b != 0;
        break;
    case R3_OP_NOT:
        a = a == 0;
        break;
    default:
        break;
    }
    r3_cell_set(out, a);
}

static bool takes_one(enum r3_operation operation) {
    return (operation >= R3_OP_NEGATE && operation <= R3_OP_SIGN) || operation == R3_OP_NOT;
}

void r3_operate(enum r3_operation operation, const struct r3_cell *const *in, struct r3_cell *out) {
    switch (operation) {
    case R3_OP_SELECT: {
        const struct r3_cell *chosen = in[in[0]->value != 0 ? 1 : 2];
        out->value = chosen->value;
        out->ready = in[0]->ready && chosen->ready;
        return;
    }
    case R3_OP_OTHERWISE: {
        const struct r3_cell *chosen = in[in[0]->ready ? 0 : 1];
        out->value = chosen->value;
        out->ready = chosen->ready;
        return;
    }
    case R3_OP_READY:
        out->value = in[0]->ready;
        out->ready = true;
        return;
    case R3_OP_WHEN:
        out->value = in[0]->value;
        out->ready = in[0]->ready && in[1]->ready;
        return;
    default:
        out->ready = in[0]->ready && (takes_one(operation) || in[1]->ready);
        if (out->ready)
            operate_number(operation, in[0]->value, takes_one(operation) ? 0 : in[1]->value, out);
    }
}
