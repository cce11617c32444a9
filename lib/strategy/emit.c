#include "lib/strategy/compiler.h"

#include "lib/base/buffer.h"

/* Nodes → cells, states and instructions. Nodes stand in an order in which operands come first, so that is the order of
 * the instructions too; what no output needs is left out. */

static void mark_live(struct r3_graph *graph, int32_t root) {
    if (root >= 0)
        graph->nodes[root].live = graph->nodes[root].wants_value = true;
}

/* From users to operands. A decimal series is read as a double only where somebody takes it so. */
static void propagate(struct r3_graph *graph) {
    for (int32_t i = graph->count; i-- > 0;) {
        const struct r3_node *node = &graph->nodes[i];
        if (!node->live)
            continue;
        for (int k = 0; k < R3_NODE_INPUTS && node->in[k] >= 0; k++) {
            struct r3_node *operand = &graph->nodes[node->in[k]];
            bool takes_fixed =
                operand->exact && (node->operation == R3_OP_EXACT ||
                                   (node->operation == R3_OP_INDICATOR && node->indicator->exact && k == 0));
            operand->live = true;
            if (!takes_fixed)
                operand->wants_value = true;
        }
    }
}

static int32_t outputs_of(const struct r3_node *node) {
    return node->operation == R3_OP_INDICATOR ? node->indicator->outputs : 1;
}

static void add_cells(struct r3_rules *rules, struct r3_node *node) {
    node->cell = rules->cell_count;
    for (int32_t i = 0; i < outputs_of(node); i++)
        rules->cells[rules->cell_count++] =
            (struct r3_cell) { .exact = node->exact, .wants_value = node->wants_value || !node->exact };
    if (node->exact && node->growth > rules->growth)
        rules->growth = node->growth;
}

static void place_cells(struct r3_rules *rules, struct r3_graph *graph) {
    for (int32_t i = 0; i < graph->count; i++) {
        struct r3_node *node = &graph->nodes[i];
        struct r3_frame *frame = &rules->frames[node->frame];
        if (!node->live)
            continue;
        if (node->warm_up > frame->warm_up)
            frame->warm_up = node->warm_up;
        if (node->operation == R3_OP_PICK) {
            node->cell = graph->nodes[node->in[0]].cell + (int32_t)node->numbers[0];
            continue;
        }
        add_cells(rules, node);
        if (node->operation == R3_OP_INPUT) {
            frame->inputs[(int)node->numbers[0]] = node->cell;
            frame->uses_time |= node->numbers[0] >= R3_INPUT_DECIMALS;
        } else if (node->operation == R3_OP_CONSTANT) {
            rules->constants[rules->constant_count++] = (struct r3_constant) { node->cell, node->numbers[0] };
        }
    }
}

static void list_decimals(struct r3_rules *rules) {
    for (int8_t k = 0; k < R3_INPUT_DECIMALS; k++) {
        bool used = false;
        for (int32_t i = 0; i < rules->frame_count; i++)
            used |= rules->frames[i].inputs[k] >= 0;
        if (used)
            rules->decimals_used[rules->decimals_count++] = k;
    }
}

static bool is_instruction(const struct r3_node *node) {
    return node->live && node->operation != R3_OP_PICK && node->operation != R3_OP_INPUT &&
           node->operation != R3_OP_CONSTANT;
}

static struct r3_instruction instruction_of(const struct r3_graph *graph, const struct r3_node *node) {
    struct r3_instruction instruction = { .operation = node->operation,
                                          .out = node->cell,
                                          .indicator = node->indicator,
                                          .frame = node->in[0] >= 0 ? graph->nodes[node->in[0]].frame : 0 };
    while (instruction.operands < R3_NODE_INPUTS && node->in[instruction.operands] >= 0)
        instruction.operands++;
    for (int k = 0; k < R3_NODE_INPUTS; k++) /* unused places name some cell, so that reading them is harmless */
        instruction.in[k] = node->in[k] >= 0 ? graph->nodes[node->in[k]].cell : 0;
    if (node->operation == R3_OP_INDICATOR) {
        instruction.setup = r3_graph_setup(graph, node);
    } else if (node->operation == R3_OP_EXACT) {
        memcpy(instruction.setup.numbers, node->numbers, sizeof node->numbers);
        instruction.setup.divisor = node->divisor;
    }
    return instruction;
}

int r3_emit(struct r3_rules *rules, struct r3_graph *graph, struct r3_error *error) {
    for (int i = 0; i < R3_RULES_OUTPUTS; i++)
        mark_live(graph, rules->outputs[i]);
    for (int32_t i = 0; i < rules->plot_count; i++)
        mark_live(graph, rules->plots[i].cell);
    propagate(graph);
    for (int32_t i = 0; i < rules->frame_count; i++)
        for (int k = 0; k < R3_INPUTS; k++)
            rules->frames[i].inputs[k] = -1;
    rules->constants = r3_allocate(((size_t)graph->count + 1) * sizeof *rules->constants);
    rules->instructions = r3_allocate(((size_t)graph->count + 1) * sizeof *rules->instructions);
    rules->cells = r3_allocate(((size_t)graph->count + 1) * R3_INDICATOR_OUTPUTS * sizeof *rules->cells);
    place_cells(rules, graph);
    list_decimals(rules);
    uint64_t size = R3_STATE_ALIGNED(sizeof(struct rules_state)) +
                    (size_t)(rules->frame_count - 1) * R3_STATE_ALIGNED(sizeof(struct r3_resample));
    for (int32_t frame = 0; frame < rules->frame_count; frame++) {
        rules->frames[frame].first = rules->instruction_count;
        for (int32_t i = 0; i < graph->count; i++) {
            const struct r3_node *node = &graph->nodes[i];
            if (node->frame != frame || !is_instruction(node))
                continue;
            struct r3_instruction *instruction = &rules->instructions[rules->instruction_count++];
            *instruction = instruction_of(graph, node);
            instruction->state = (uint32_t)size;
            if (node->operation == R3_OP_INDICATOR)
                size += R3_STATE_ALIGNED(node->indicator->size(&instruction->setup));
            else if (node->operation == R3_OP_COPY)
                size += R3_STATE_ALIGNED(sizeof(struct r3_held));
            if (size > R3_RULES_STATE_MAX)
                return r3_fail(error, R3_DATA, "%s: the lengths are too great: more than %d MiB of history",
                               rules->name, R3_RULES_STATE_MAX >> 20);
        }
        rules->frames[frame].count = rules->instruction_count - rules->frames[frame].first;
    }
    rules->size = (uint32_t)size;
    for (int i = 0; i < R3_RULES_OUTPUTS; i++)
        if (rules->outputs[i] >= 0)
            rules->outputs[i] = graph->nodes[rules->outputs[i]].cell;
    for (int32_t i = 0; i < rules->plot_count; i++)
        rules->plots[i].cell = graph->nodes[rules->plots[i].cell].cell;
    return 0;
}
