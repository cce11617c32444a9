/* The ways that records take down the row, and what was counted on them. */

#include "lib/stage/engine_private.h"

static bool takes(const struct r3_node *node, enum r3_record_type type) {
    return !(node->ignores & R3_BIT(type));
}

static bool stops(const struct r3_node *node, enum r3_record_type type) {
    return node->stops & R3_BIT(type);
}

/* What a node does that neither takes a record nor passes it on. */
static int drop(void *state, const struct r3_record *record, struct r3_error *error) {
    (void)state, (void)record, (void)error;
    return 0;
}

/* The node behind this one at which a record of the type has to be handled; NULL: it goes through to the end of the row. */
static struct r3_node *next_handler(struct r3_node *node, enum r3_record_type type) {
    while (!node->last) {
        node++;
        if (takes(node, type) || stops(node, type))
            return node;
    }
    return NULL;
}

/* An end concerns each node, a sync has to be one that is waited for, and what goes out at the end of the row is nobody's: no way. */
static void find_way(struct r3_node *node, enum r3_record_type type) {
    struct r3_way *way = &node->ways[type];
    struct r3_node *taker = type == R3_END || type == R3_SYNC ? NULL : next_handler(node, type);
    way->taker = taker;
    if (!taker)
        return;
    way->step = takes(taker, type) ? r3_stage_step_of(taker->stage, type) : drop;
    way->state = taker->state;
    way->ends = stops(taker, type);
}

static void find_barrier(struct r3_node *node) {
    struct r3_node *taker = node->stage->update ? next_handler(node, R3_SYNC) : NULL;
    if (!taker || !(taker->stage->swallows & R3_BIT(R3_SYNC)))
        return;
    node->barrier.taker = taker;
    node->barrier.step = r3_stage_step_of(taker->stage, R3_SYNC);
    node->barrier.state = taker->state;
    node->barrier.ends = true;
}

static void find_block_way(struct r3_node *node) {
    struct r3_node *taker = next_handler(node, R3_CANDLE);
    if (!taker || !takes(taker, R3_CANDLE) || !taker->stage->candles)
        return;
    node->blocks.taker = taker;
    node->blocks.candles = taker->stage->candles;
    node->blocks.state = taker->state;
    node->blocks.ends = stops(taker, R3_CANDLE);
}

void r3_engine_find_ways(struct r3_engine *engine) {
    bool heard = false;
    for (size_t k = 0; k < engine->count; k++) {
        struct r3_node *node = &engine->nodes[k];
        node->spares = !heard;
        heard |= node->port.hears_all;
        for (int type = 0; type < R3_RECORD_TYPES; type++)
            find_way(node, (enum r3_record_type)type);
        find_barrier(node);
        find_block_way(node);
    }
}

void r3_engine_close_ways(struct r3_engine *engine) {
    for (size_t k = 0; k < engine->count; k++) {
        struct r3_node *node = &engine->nodes[k];
        for (int type = 0; type < R3_RECORD_TYPES; type++) {
            node->ways[type].step = NULL;
            node->ways[type].ends = false;
        }
        node->barrier.step = NULL;
        node->blocks.candles = NULL;
    }
}

uint64_t r3_node_lines(const struct r3_node *node) {
    uint64_t lines = node->lines;
    for (const struct r3_node *before = node->engine->nodes; before < node; before++) {
        for (int type = 0; type < R3_RECORD_TYPES; type++)
            lines += before->ways[type].taker >= node ? before->ways[type].count : 0;
        lines += before->barrier.taker >= node ? before->barrier.count : 0;
        lines += before->blocks.taker >= node ? before->blocks.count : 0;
    }
    return lines;
}
