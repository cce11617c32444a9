#include "lib/strategy/compiler.h"

#include "lib/market/indicator_exact.h"

#include <math.h>

void r3_graph_release(struct r3_graph *graph) {
    free(graph->nodes);
    free(graph->table);
    *graph = (struct r3_graph) { 0 };
}

static uint64_t mix(uint64_t hash, uint64_t value) {
    return (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15) + (hash >> 29);
}

static uint64_t node_hash(const struct r3_node *node) {
    uint64_t hash = mix((uint64_t)node->operation, (uint64_t)node->frame);
    hash = mix(hash, (uint64_t)(uintptr_t)node->indicator + node->truth);
    hash = mix(hash, (uint64_t)node->divisor); /* close / 2 and close / 3 differ in nothing else */
    for (int i = 0; i < R3_NODE_INPUTS; i++)
        hash = mix(hash, (uint32_t)node->in[i]);
    for (int i = 0; i < R3_INDICATOR_NUMBERS; i++) {
        uint64_t bits;
        memcpy(&bits, &node->numbers[i], sizeof bits);
        hash = mix(hash, bits);
    }
    return hash ^ hash >> 32;
}

static bool node_same(const struct r3_node *a, const struct r3_node *b) {
    return a->operation == b->operation && a->frame == b->frame && a->indicator == b->indicator &&
           a->truth == b->truth && a->divisor == b->divisor && memcmp(a->in, b->in, sizeof a->in) == 0 &&
           memcmp(a->numbers, b->numbers, sizeof a->numbers) == 0;
}

static void grow_table(struct r3_graph *graph) {
    graph->table_size = graph->table_size ? graph->table_size * 2 : 256;
    free(graph->table);
    graph->table = r3_allocate((size_t)graph->table_size * sizeof *graph->table);
    for (int32_t i = 0; i < graph->count; i++) {
        uint64_t slot = node_hash(&graph->nodes[i]);
        while (graph->table[slot & (uint64_t)(graph->table_size - 1)])
            slot++;
        graph->table[slot & (uint64_t)(graph->table_size - 1)] = i + 1;
    }
}

static struct r3_node blank(int32_t frame, enum r3_operation operation) {
    struct r3_node node = { .operation = operation, .frame = frame, .divisor = 1 };
    for (int i = 0; i < R3_NODE_INPUTS; i++)
        node.in[i] = -1;
    return node;
}

/* The node, or the one that is there already. */
static int32_t intern(struct r3_graph *graph, const struct r3_node *node) {
    if (graph->count * 2 >= graph->table_size)
        grow_table(graph);
    uint64_t slot = node_hash(node), mask = (uint64_t)(graph->table_size - 1);
    for (; graph->table[slot & mask]; slot++)
        if (node_same(&graph->nodes[graph->table[slot & mask] - 1], node))
            return graph->table[slot & mask] - 1;
    if (graph->count == R3_NODES_MAX)
        return -1;
    if (graph->count == graph->capacity) {
        graph->capacity = graph->capacity ? graph->capacity * 2 : 64;
        graph->nodes = r3_reallocate(graph->nodes, (size_t)graph->capacity * sizeof *graph->nodes);
    }
    graph->nodes[graph->count] = *node;
    graph->table[slot & mask] = graph->count + 1;
    return graph->count++;
}

int32_t r3_graph_constant(struct r3_graph *graph, int32_t frame, double value, bool truth) {
    struct r3_node node = blank(frame, R3_OP_CONSTANT);
    node.numbers[0] = value + 0.0; /* one zero */
    node.truth = truth;
    return intern(graph, &node);
}

int32_t r3_graph_input(struct r3_graph *graph, int32_t frame, enum r3_input input) {
    struct r3_node node = blank(frame, R3_OP_INPUT);
    node.numbers[0] = input;
    node.exact = input <= R3_INPUT_VOLUME;
    return intern(graph, &node);
}

static int32_t bits_for(double magnitude) {
    return (int32_t)ceil(log2(magnitude < 1 ? 1 : magnitude));
}

static int32_t common_multiple(int32_t a, int32_t b) {
    int32_t x = a, y = b;
    while (y) {
        int32_t rest = x % y;
        x = y;
        y = rest;
    }
    return a / x * b;
}

enum { DIVISOR_MAX = 5040, GROWTH_MAX = R3_FIXED_BITS - R3_INPUT_BITS - 1 };

/* Sums, differences and whole multiples or fractions of decimal series stay decimal: k0·a + k1·b over a divisor.
 * True when *node is made so. */
static bool make_exact(const struct r3_graph *graph, struct r3_node *node, enum r3_operation operation,
                       const int32_t *in, int32_t count) {
    const struct r3_node *a = &graph->nodes[in[0]], *b = count > 1 ? &graph->nodes[in[1]] : NULL;
    double whole = 0;
    if (operation == R3_OP_MULTIPLY && a->operation == R3_OP_CONSTANT && b) {
        const struct r3_node *other = a;
        a = b;
        b = other;
        node->in[0] = in[1];
    } else {
        node->in[0] = in[0];
    }
    if (b && b->operation == R3_OP_CONSTANT) {
        whole = b->numbers[0];
        if (whole != rint(whole) || fabs(whole) > 256 || whole == 0)
            return false;
    }
    int32_t divisor = a->divisor;
    node->numbers[0] = 1;
    switch (operation) {
    case R3_OP_NEGATE:
        node->numbers[0] = -1;
        break;
    case R3_OP_MULTIPLY:
        if (whole == 0)
            return false;
        node->numbers[0] = whole;
        break;
    case R3_OP_DIVIDE:
        if (whole == 0)
            return false;
        node->numbers[0] = whole < 0 ? -1 : 1;
        divisor *= (int32_t)fabs(whole);
        break;
    case R3_OP_ADD:
    case R3_OP_SUBTRACT:
        if (whole != 0 || !b || !b->exact)
            return false;
        node->in[1] = in[1];
        divisor = common_multiple(a->divisor, b->divisor);
        node->numbers[0] = divisor / a->divisor;
        node->numbers[1] = (operation == R3_OP_ADD ? 1 : -1) * (double)(divisor / b->divisor);
        break;
    default:
        return false;
    }
    int32_t growth = a->growth + bits_for(fabs(node->numbers[0]));
    if (node->in[1] >= 0) {
        int32_t other = b->growth + bits_for(fabs(node->numbers[1]));
        growth = (growth > other ? growth : other) + 1;
    }
    if (!a->exact || divisor > DIVISOR_MAX || growth > GROWTH_MAX)
        return false;
    node->operation = R3_OP_EXACT;
    node->exact = true;
    node->divisor = divisor;
    node->growth = growth;
    return true;
}

static bool gives_truth(const struct r3_graph *graph, enum r3_operation operation, const int32_t *in) {
    switch (operation) {
    case R3_OP_LESS:
    case R3_OP_LESS_EQUAL:
    case R3_OP_EQUAL:
    case R3_OP_UNEQUAL:
    case R3_OP_AND:
    case R3_OP_OR:
    case R3_OP_NOT:
    case R3_OP_READY:
        return true;
    case R3_OP_SELECT:
        return graph->nodes[in[1]].truth;
    case R3_OP_OTHERWISE:
    case R3_OP_WHEN:
        return graph->nodes[in[0]].truth;
    default:
        return false;
    }
}

/* All operands constant: the value now. -2: not so, or not defined (1 / 0), which then stays not ready on every candle. */
static int32_t fold(struct r3_graph *graph, int32_t frame, enum r3_operation operation, const int32_t *in,
                    int32_t count, bool truth) {
    double values[R3_NODE_INPUTS], value = 0;
    uint8_t always = 1, ready = 0;
    struct r3_column columns[R3_NODE_INPUTS], result = { .value = &value, .ready = &ready };
    const struct r3_column *places[R3_NODE_INPUTS];
    for (int32_t i = 0; i < count; i++) {
        if (!r3_graph_is_constant(graph, in[i]))
            return -2;
        values[i] = graph->nodes[in[i]].numbers[0];
        columns[i] = (struct r3_column) { .value = &values[i], .ready = &always };
        places[i] = &columns[i];
    }
    r3_operate(operation, 1, places, &result);
    return ready ? r3_graph_constant(graph, frame, value, truth) : -2;
}

int32_t r3_graph_operation(struct r3_graph *graph, int32_t frame, enum r3_operation operation, const int32_t *in,
                           int32_t count) {
    bool truth = gives_truth(graph, operation, in);
    int32_t folded = fold(graph, frame, operation, in, count, truth);
    if (folded != -2)
        return folded;
    struct r3_node node = blank(frame, operation);
    if (!make_exact(graph, &node, operation, in, count)) {
        node = blank(frame, operation);
        memcpy(node.in, in, (size_t)count * sizeof *in);
    }
    node.truth = truth;
    /* nz and ready() are ready from the start */
    if (operation != R3_OP_OTHERWISE && operation != R3_OP_READY)
        for (int32_t i = 0; i < count; i++)
            node.warm_up = graph->nodes[in[i]].warm_up > node.warm_up ? graph->nodes[in[i]].warm_up : node.warm_up;
    return intern(graph, &node);
}

struct r3_indicator_setup r3_graph_setup(const struct r3_graph *graph, const struct r3_node *node) {
    const struct r3_node *first = &graph->nodes[node->in[0]];
    struct r3_indicator_setup setup = { .decimal = node->indicator->exact && first->exact, .divisor = first->divisor };
    memcpy(setup.numbers, node->numbers, sizeof setup.numbers);
    if (node->numbers[0] >= 0 && node->numbers[0] <= R3_INDICATOR_LENGTH_MAX)
        setup.length = (int32_t)node->numbers[0];
    return setup;
}

int32_t r3_graph_indicator(struct r3_graph *graph, int32_t frame, const struct r3_indicator *indicator, int32_t output,
                           const int32_t *in, const double *numbers) {
    struct r3_node node = blank(frame, R3_OP_INDICATOR);
    node.indicator = indicator;
    memcpy(node.in, in, indicator->series * sizeof *in);
    memcpy(node.numbers, numbers, indicator->numbers * sizeof *numbers);
    const struct r3_node *first = &graph->nodes[in[0]];
    if (strcmp(indicator->name, "delay") == 0) { /* history is what its series is */
        node.exact = first->exact;
        node.divisor = first->divisor;
        node.growth = first->growth;
        node.truth = first->truth;
    } else if (strcmp(indicator->name, "cross") == 0 || strcmp(indicator->name, "latch") == 0) {
        node.truth = true;
    }
    for (int i = 0; i < indicator->series; i++)
        node.warm_up = graph->nodes[in[i]].warm_up > node.warm_up ? graph->nodes[in[i]].warm_up : node.warm_up;
    struct r3_indicator_setup setup = r3_graph_setup(graph, &node);
    node.warm_up += indicator->warm_up(&setup);
    int32_t base = intern(graph, &node);
    if (base < 0 || output == 0)
        return base;
    struct r3_node pick = blank(frame, R3_OP_PICK);
    pick.in[0] = base;
    pick.numbers[0] = output;
    pick.truth = graph->nodes[base].truth;
    pick.warm_up = graph->nodes[base].warm_up;
    return intern(graph, &pick);
}

int32_t r3_graph_copy(struct r3_graph *graph, int32_t frame, int32_t from) {
    if (r3_graph_is_constant(graph, from))
        return r3_graph_constant(graph, frame, graph->nodes[from].numbers[0], graph->nodes[from].truth);
    struct r3_node node = blank(frame, R3_OP_COPY);
    node.in[0] = from;
    node.truth = graph->nodes[from].truth;
    return intern(graph, &node);
}
