#ifndef R3_STRATEGY_COMPILER_H
#define R3_STRATEGY_COMPILER_H

#include "lib/strategy/functions.h"
#include "lib/strategy/program.h"

/* From the syntax tree to a program, in four files: rules.c takes the statements, compiler.c gives each expression a node, graph.c makes nodes and keeps
 * equal ones single, emit.c lays out cells, states and instructions. Private to lib/strategy. */

/* One value a candle. Equal nodes exist once, so equal sub-expressions are computed once. Operands come before users. */
struct r3_node {
    enum r3_operation operation;
    int32_t frame;
    int32_t in[R3_NODE_INPUTS];           /* -1: none */
    double numbers[R3_INDICATOR_NUMBERS]; /* constants; CONSTANT: the value; PICK: which output; INPUT: which */
    const struct r3_indicator *indicator;
    bool truth; /* a truth value, not a number */
    bool exact; /* comes with fixed, over divisor */
    int32_t divisor;
    int32_t growth;  /* bits by which fixed can exceed an input's */
    int32_t warm_up; /* candles of its frame before it is ready */
    /* emit.c */
    bool live, wants_value;
    int32_t cell;
};

struct r3_graph {
    struct r3_node *nodes;
    int32_t count, capacity;
    int32_t *table; /* open addressing by hash; index + 1 */
    int32_t table_size;
};
enum { R3_NODES_MAX = 20000 };
void r3_graph_release(struct r3_graph *graph);

/* Each returns the node, or -1 when there are too many. Operands are nodes; their types have been checked. */
int32_t r3_graph_constant(struct r3_graph *graph, int32_t frame, double value, bool truth);
int32_t r3_graph_input(struct r3_graph *graph, int32_t frame, enum r3_input input);
int32_t r3_graph_operation(struct r3_graph *graph, int32_t frame, enum r3_operation operation, const int32_t *in,
                           int32_t count);
int32_t r3_graph_indicator(struct r3_graph *graph, int32_t frame, const struct r3_indicator *indicator, int32_t output,
                           const int32_t *in, const double *numbers);
/* A value of another frame, as it stands now. */
int32_t r3_graph_copy(struct r3_graph *graph, int32_t frame, int32_t node);
static inline bool r3_graph_is_constant(const struct r3_graph *graph, int32_t node) {
    return graph->nodes[node].operation == R3_OP_CONSTANT;
}
struct r3_indicator_setup r3_graph_setup(const struct r3_graph *graph, const struct r3_node *node);

/* Fill in the program's instructions from the nodes that outputs and plots (nodes in `outputs` and plots[].cell until now)
 * need. R3_DATA when the state would be too large. */
int r3_emit(struct r3_rules *rules, struct r3_graph *graph, struct r3_error *error);

enum { R3_PARAMETERS_MAX = 8 };

struct r3_name {
    struct r3_token token;
    int32_t expression; /* -1: a param */
    double number;
    int32_t nodes[R3_FRAMES_MAX]; /* -1: not compiled in that frame yet */
};

struct r3_compiler {
    const char *file;
    struct r3_rules *rules;
    struct r3_tree tree;
    struct r3_graph graph;
    struct r3_name *names;
    int32_t name_count, name_capacity;
    int32_t *bodies; /* by row of r3_functions: the tree, -1 until parsed */
    int depth;
    struct r3_error *error;
};

/* Where an expression stands. Inside a function's body errors are placed at the call. */
struct r3_scope {
    int32_t frame;
    const struct r3_function *function; /* NULL: the user's own text */
    struct r3_place call;
    struct r3_binding {
        const char *name;
        size_t length;
        int32_t node;
    } bindings[R3_PARAMETERS_MAX];
    int32_t binding_count;
};

/* The node of an expression of the tree, or -1. */
int32_t r3_compile(struct r3_compiler *compiler, int32_t syntax, const struct r3_scope *scope);
/* An error at a place, or at the call of the function whose body is being compiled; returns -1. */
int32_t r3_compile_fail(struct r3_compiler *compiler, const struct r3_scope *scope, struct r3_place place,
                        const char *format, ...) __attribute__((format(printf, 4, 5)));
/* `who` is the operator or function for the message "sma wants a number, this is a truth value". */
int r3_compile_check_type(struct r3_compiler *compiler, const struct r3_scope *scope, struct r3_place place,
                          const char *who, int32_t node, bool truth);
/* Borrowed until the next name is added; NULL when there is none. */
struct r3_name *r3_compile_find_name(struct r3_compiler *compiler, const char *text, size_t length);

#endif
