#include "lib/strategy/compiler.h"

#include "lib/base/decimal.h"
#include "lib/market/indicator_exact.h"

#include <math.h>
#include <stdarg.h>

/* Each expression becomes a node. A function of the language is compiled from its body (functions.c) with its parameters
 * bound to nodes, so a body needs no code of its own. A user's name is compiled where it is written, and once more in each
 * at() that mentions it. */

enum { DEPTH_MAX = 400 };

int32_t r3_compile_fail(struct r3_compiler *compiler, const struct r3_scope *scope, struct r3_place place,
                        const char *format, ...) {
    char text[sizeof compiler->error->text];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return r3_fail_at(compiler->error, compiler->file, scope && scope->function ? scope->call : place, "%s", text);
}

static const struct r3_syntax *syntax_at(const struct r3_compiler *compiler, int32_t index) {
    return &compiler->tree.nodes[index];
}

static int32_t too_many(struct r3_compiler *compiler, const struct r3_scope *scope, struct r3_place place,
                        int32_t node) {
    return node >= 0 ? node : r3_compile_fail(compiler, scope, place, "the rules are too large");
}

static const char *type_name(bool truth) {
    return truth ? "truth value" : "number";
}

/* `who` is the operator or function for the message. */
int r3_compile_check_type(struct r3_compiler *compiler, const struct r3_scope *scope, struct r3_place place,
                          const char *who, int32_t node, bool truth) {
    if (compiler->graph.nodes[node].truth == truth)
        return 0;
    return r3_compile_fail(compiler, scope, place, "%s wants a %s, this is a %s", who, type_name(truth),
                           type_name(!truth));
}

static const char *operation_name(enum r3_operation operation) {
    switch (operation) {
    case R3_OP_ADD:
        return "+";
    case R3_OP_SUBTRACT:
        return "-";
    case R3_OP_NEGATE:
        return "-";
    case R3_OP_MULTIPLY:
        return "*";
    case R3_OP_DIVIDE:
        return "/";
    case R3_OP_REMAINDER:
        return "%";
    case R3_OP_AND:
        return "and";
    case R3_OP_OR:
        return "or";
    case R3_OP_NOT:
        return "not";
    case R3_OP_SELECT:
        return "? :";
    case R3_OP_EQUAL:
    case R3_OP_UNEQUAL:
        return "the comparison";
    default:
        return "a comparison";
    }
}

static int32_t compile_operation(struct r3_compiler *compiler, int32_t syntax, const struct r3_scope *scope) {
    const struct r3_syntax node = *syntax_at(compiler, syntax);
    const char *who = operation_name(node.operation);
    int32_t in[3], count = 0;
    struct r3_place places[3];
    for (int32_t operand = node.first; operand >= 0; operand = syntax_at(compiler, operand)->next) {
        places[count] = syntax_at(compiler, operand)->place;
        if ((in[count++] = r3_compile(compiler, operand, scope)) < 0)
            return -1;
    }
    for (int32_t i = 0; i < count; i++) {
        bool truth = node.operation == R3_OP_AND || node.operation == R3_OP_OR || node.operation == R3_OP_NOT;
        if (node.operation == R3_OP_SELECT || node.operation == R3_OP_EQUAL || node.operation == R3_OP_UNEQUAL) {
            int32_t like = node.operation == R3_OP_SELECT ? 1 : 0; /* both branches, both sides alike */
            truth = i < like ? true : compiler->graph.nodes[in[like]].truth;
        }
        if (r3_compile_check_type(compiler, scope, places[i], who, in[i], truth) < 0)
            return -1;
    }
    return too_many(compiler, scope, node.place,
                    r3_graph_operation(&compiler->graph, scope->frame, node.operation, in, count));
}

static int32_t history(struct r3_compiler *compiler, const struct r3_scope *scope, struct r3_place place,
                       int32_t series, int32_t back) {
    const struct r3_node *length = &compiler->graph.nodes[back];
    if (length->operation != R3_OP_CONSTANT || length->truth)
        return r3_compile_fail(compiler, scope, place, "[n] wants a constant: a number, a param, or made of these");
    double n = length->numbers[0];
    if (n != floor(n) || n < 0 || n > R3_INDICATOR_LENGTH_MAX)
        return r3_compile_fail(compiler, scope, place,
                               "[n] wants a whole number from 0 to %d, not %g: nothing looks ahead",
                               R3_INDICATOR_LENGTH_MAX, n);
    if (n == 0 || r3_graph_is_constant(&compiler->graph, series))
        return series;
    const double numbers[R3_INDICATOR_NUMBERS] = { n };
    return too_many(
        compiler, scope, place,
        r3_graph_indicator(&compiler->graph, scope->frame, r3_indicator_find("delay", 5), 0, &series, numbers));
}

static int32_t compile_history(struct r3_compiler *compiler, int32_t syntax, const struct r3_scope *scope) {
    const struct r3_syntax node = *syntax_at(compiler, syntax);
    int32_t series = r3_compile(compiler, node.first, scope);
    if (series < 0)
        return -1;
    int32_t length = syntax_at(compiler, node.first)->next;
    int32_t back = r3_compile(compiler, length, scope);
    return back < 0 ? -1 : history(compiler, scope, syntax_at(compiler, length)->place, series, back);
}

/* @name(…), in a body: the table's operations and inputs by name, else an indicator. Types were checked by the parameters. */
static const struct {
    const char *name;
    enum r3_operation operation;
} elementary[] = {
    { "abs", R3_OP_ABSOLUTE }, { "sqrt", R3_OP_ROOT },   { "log", R3_OP_LOG },      { "exp", R3_OP_EXPONENTIAL },
    { "round", R3_OP_ROUND },  { "floor", R3_OP_FLOOR }, { "ceil", R3_OP_CEILING }, { "sign", R3_OP_SIGN },
    { "min", R3_OP_MINIMUM },  { "max", R3_OP_MAXIMUM }, { "pow", R3_OP_POWER },    { "nz", R3_OP_OTHERWISE },
    { "ready", R3_OP_READY },  { "when", R3_OP_WHEN },
};

static const char *const input_names[R3_INPUTS] = { "open", "high",    "low", "close", "volume", "minute",
                                                    "hour", "weekday", "day", "month", "date" };

static bool is_named(const struct r3_syntax *node, const char *name) {
    return strlen(name) == node->length && memcmp(name, node->text, node->length) == 0;
}

static int32_t compile_primitive(struct r3_compiler *compiler, int32_t syntax, const struct r3_scope *scope) {
    const struct r3_syntax node = *syntax_at(compiler, syntax);
    int32_t in[R3_PARAMETERS_MAX], count = 0;
    for (int32_t operand = node.first; operand >= 0; operand = syntax_at(compiler, operand)->next)
        if ((in[count++] = r3_compile(compiler, operand, scope)) < 0)
            return -1;
    for (size_t i = 0; i < R3_INPUTS; i++)
        if (is_named(&node, input_names[i]))
            return too_many(compiler, scope, node.place,
                            r3_graph_input(&compiler->graph, scope->frame, (enum r3_input)i));
    for (size_t i = 0; i < sizeof elementary / sizeof elementary[0]; i++)
        if (is_named(&node, elementary[i].name))
            return too_many(compiler, scope, node.place,
                            r3_graph_operation(&compiler->graph, scope->frame, elementary[i].operation, in, count));
    const char *point = memchr(node.text, '.', node.length);
    const struct r3_indicator *indicator =
        r3_indicator_find(node.text, point ? (size_t)(point - node.text) : node.length);
    if (!indicator || count != indicator->series + indicator->numbers)
        return r3_compile_fail(compiler, scope, node.place, "@%.*s is no primitive", (int)node.length, node.text);
    double numbers[R3_INDICATOR_NUMBERS] = { 0 };
    for (int32_t i = 0; i < indicator->numbers; i++)
        numbers[i] = compiler->graph.nodes[in[indicator->series + i]].numbers[0];
    return too_many(
        compiler, scope, node.place,
        r3_graph_indicator(&compiler->graph, scope->frame, indicator, point ? point[1] - '0' : 0, in, numbers));
}

/* A parameter list, one word group at a time: "number x, length n = 14". */
struct parameter {
    const char *name, *fallback; /* fallback NULL: required */
    size_t name_length, fallback_length;
    char kind; /* n umber, t ruth, a ny, l ength, c ount, C onstant; '.': any number more of the last */
};

static const char *next_parameter(const char *text, struct parameter *out) {
    *out = (struct parameter) { 0 };
    size_t length = strcspn(text, ",");
    const char *after = text[length] ? text + length + 2 : NULL; /* ", " */
    if (strncmp(text, "\xe2\x80\xa6", 3) == 0) {
        out->kind = '.';
        return after;
    }
    size_t word = strcspn(text, " ");
    out->kind = strncmp(text, "constant", word) == 0 ? 'C' : text[0];
    out->name = text + word + 1;
    out->name_length = strcspn(out->name, " ,");
    if (word + 1 + out->name_length < length) {
        out->fallback = out->name + out->name_length + 3; /* " = " */
        out->fallback_length = (size_t)(text + length - out->fallback);
    }
    return after;
}

static int check_constant(struct r3_compiler *compiler, const struct r3_scope *scope, struct r3_place place,
                          const char *who, const struct parameter *parameter, int32_t node) {
    const struct r3_node *value = &compiler->graph.nodes[node];
    if (value->operation != R3_OP_CONSTANT || value->truth)
        return r3_compile_fail(compiler, scope, place,
                               "%s wants a constant for %.*s: a number, a param, or made of these", who,
                               (int)parameter->name_length, parameter->name);
    double n = value->numbers[0], least = parameter->kind == 'l' ? 1 : 0;
    if (parameter->kind != 'C' && (n != floor(n) || n < least || n > R3_INDICATOR_LENGTH_MAX))
        return r3_compile_fail(compiler, scope, place, "%s wants a whole number from %g to %d for %.*s, not %g", who,
                               least, R3_INDICATOR_LENGTH_MAX, (int)parameter->name_length, parameter->name, n);
    return 0;
}

static int check_argument(struct r3_compiler *compiler, const struct r3_scope *scope, struct r3_place place,
                          const char *who, const struct parameter *parameter, int32_t node, int32_t first) {
    if (parameter->kind == 'n' || parameter->kind == 't')
        return r3_compile_check_type(compiler, scope, place, who, node, parameter->kind == 't');
    if (parameter->kind == 'a') /* any: but all alike */
        return first < 0 ? 0
                         : r3_compile_check_type(compiler, scope, place, who, node, compiler->graph.nodes[first].truth);
    return check_constant(compiler, scope, place, who, parameter, node);
}

/* The tree of a small text of functions.c. */
static int parse_inside(struct r3_compiler *compiler, const char *text, size_t length, int32_t *out) {
    struct r3_parser parser;
    if (r3_parser_init(&parser, &compiler->tree, compiler->file, text, length, true, compiler->error) < 0)
        return -1;
    return r3_parser_expression_only(&parser, out, compiler->error);
}

static int32_t compile_body(struct r3_compiler *compiler, const struct r3_function *function,
                            const struct r3_scope *scope) {
    int32_t *body = &compiler->bodies[function - r3_functions];
    if (*body < 0 && parse_inside(compiler, function->body, strlen(function->body), body) < 0)
        return -1;
    return r3_compile(compiler, *body, scope);
}

static int32_t default_argument(struct r3_compiler *compiler, const struct parameter *parameter,
                                const struct r3_scope *scope) {
    int32_t tree;
    if (parse_inside(compiler, parameter->fallback, parameter->fallback_length, &tree) < 0)
        return -1;
    return r3_compile(compiler, tree, scope);
}

static int32_t compile_call(struct r3_compiler *compiler, const struct r3_function *function, int32_t syntax,
                            const struct r3_scope *scope) {
    const struct r3_syntax node = *syntax_at(compiler, syntax);
    struct r3_scope body = { .frame = scope->frame,
                             .function = function,
                             .call = scope->function ? scope->call : node.place };
    if (!scope->function)
        compiler->rules->functions_used[function - r3_functions] = true;
    int32_t operand = node.first, first = -1;
    for (const char *text = *function->parameters ? function->parameters : NULL; text;) {
        struct parameter parameter;
        text = next_parameter(text, &parameter);
        if (parameter.kind == '.')
            break;
        int32_t value;
        bool given = operand >= 0;
        struct r3_place place = node.place;
        if (given) {
            place = syntax_at(compiler, operand)->place;
            value = r3_compile(compiler, operand, scope);
            operand = syntax_at(compiler, operand)->next;
        } else if (parameter.fallback) {
            value = default_argument(compiler, &parameter, &body);
        } else {
            return r3_compile_fail(compiler, scope, node.place, "%s wants its %.*s: %s(%s)", function->name,
                                   (int)parameter.name_length, parameter.name, function->name, function->parameters);
        }
        if (value < 0)
            return -1;
        if (parameter.kind == 'a' && !given && compiler->graph.nodes[first].truth) /* nz(c): a truth value's is false */
            value = r3_graph_constant(&compiler->graph, scope->frame, compiler->graph.nodes[value].numbers[0], true);
        if (check_argument(compiler, scope, place, function->name, &parameter, value, first) < 0)
            return -1;
        first = first < 0 ? value : first;
        body.bindings[body.binding_count++] = (struct r3_binding) { parameter.name, parameter.name_length, value };
    }
    int32_t result = compile_body(compiler, function, &body);
    bool more = strstr(function->parameters, "\xe2\x80\xa6") != NULL;
    while (result >= 0 && operand >= 0 && more) { /* min(a, b, c) is min(min(a, b), c) */
        body.bindings[0].node = result;
        if ((body.bindings[1].node = r3_compile(compiler, operand, scope)) < 0 ||
            r3_compile_check_type(compiler, scope, syntax_at(compiler, operand)->place, function->name,
                                  body.bindings[1].node, false) < 0)
            return -1;
        result = compile_body(compiler, function, &body);
        operand = syntax_at(compiler, operand)->next;
    }
    if (result >= 0 && operand >= 0)
        return r3_compile_fail(compiler, scope, syntax_at(compiler, operand)->place, "too many arguments: %s(%s)",
                               function->name, function->parameters);
    return result;
}

/* The frame of a timeframe, made when it is new. */
static int32_t frame_of(struct r3_rules *rules, enum r3_timeframe timeframe, struct r3_place place) {
    for (int32_t i = 1; i < rules->frame_count; i++)
        if (rules->frames[i].timeframe == timeframe)
            return i;
    rules->frames[rules->frame_count] = (struct r3_frame) { .timeframe = timeframe, .place = place };
    return rules->frame_count++;
}

static int32_t compile_at(struct r3_compiler *compiler, int32_t syntax, const struct r3_scope *scope) {
    const struct r3_syntax node = *syntax_at(compiler, syntax);
    int32_t expression = node.first < 0 ? -1 : syntax_at(compiler, node.first)->next;
    if (expression < 0 || syntax_at(compiler, expression)->next >= 0 ||
        syntax_at(compiler, node.first)->kind != R3_SYNTAX_TEXT)
        return r3_compile_fail(compiler, scope, node.place,
                               "at wants a timeframe and an expression: at(\"4H\", close)");
    const struct r3_syntax text = *syntax_at(compiler, node.first);
    enum r3_timeframe timeframe;
    struct r3_error unused;
    if (r3_timeframe_parse(&timeframe, text.text, text.length, &unused) < 0)
        return r3_compile_fail(compiler, scope, text.place, "not a timeframe: \"%.*s\"",
                               text.length < 20 ? (int)text.length : 20, text.text);
    if (scope->frame != 0)
        return r3_compile_fail(compiler, scope, node.place, "at inside at");
    struct r3_scope inner = { .frame = frame_of(compiler->rules, timeframe, node.place) };
    int32_t value = r3_compile(compiler, expression, &inner);
    return value < 0 ? -1 : too_many(compiler, scope, node.place, r3_graph_copy(&compiler->graph, scope->frame, value));
}

struct r3_name *r3_compile_find_name(struct r3_compiler *compiler, const char *text, size_t length) {
    for (int32_t i = 0; i < compiler->name_count; i++)
        if (compiler->names[i].token.length == length && memcmp(compiler->names[i].token.text, text, length) == 0)
            return &compiler->names[i];
    return NULL;
}

static int32_t compile_user_name(struct r3_compiler *compiler, int32_t index, const struct r3_scope *scope) {
    struct r3_name *name = &compiler->names[index];
    if (name->expression < 0)
        return too_many(compiler, scope, name->token.place,
                        r3_graph_constant(&compiler->graph, scope->frame, name->number, false));
    if (name->nodes[scope->frame] < 0) {
        struct r3_scope own = { .frame = scope->frame };
        int32_t node = r3_compile(compiler, name->expression, &own);
        compiler->names[index].nodes[scope->frame] = node;
    }
    return compiler->names[index].nodes[scope->frame];
}

static int32_t compile_name(struct r3_compiler *compiler, int32_t syntax, const struct r3_scope *scope) {
    const struct r3_syntax node = *syntax_at(compiler, syntax);
    for (int32_t i = 0; i < scope->binding_count && !node.called; i++)
        if (scope->bindings[i].length == node.length && memcmp(scope->bindings[i].name, node.text, node.length) == 0)
            return scope->bindings[i].node;
    if (!scope->function) {
        struct r3_name *name = r3_compile_find_name(compiler, node.text, node.length);
        if (name && node.called)
            return r3_compile_fail(compiler, scope, node.place, "%.*s is a name, not a function", (int)node.length,
                                   node.text);
        if (name)
            return compile_user_name(compiler, (int32_t)(name - compiler->names), scope);
        if (is_named(&node, "at"))
            return compile_at(compiler, syntax, scope);
    }
    const struct r3_function *function = r3_function_find(node.text, node.length);
    if (function)
        return compile_call(compiler, function, syntax, scope);
    return r3_compile_fail(compiler, scope, node.place, "%.*s is not defined%s",
                           node.length < 60 ? (int)node.length : 60, node.text,
                           node.called ? ": there is no such function" : " above this line");
}

int32_t r3_compile(struct r3_compiler *compiler, int32_t syntax, const struct r3_scope *scope) {
    const struct r3_syntax node = *syntax_at(compiler, syntax);
    if (compiler->depth == DEPTH_MAX)
        return r3_compile_fail(compiler, scope, node.place, "the expression is too deep");
    compiler->depth++;
    int32_t result = -1;
    switch (node.kind) {
    case R3_SYNTAX_NUMBER:
    case R3_SYNTAX_TRUTH:
        result = too_many(compiler, scope, node.place,
                          r3_graph_constant(&compiler->graph, scope->frame, node.number, node.kind == R3_SYNTAX_TRUTH));
        break;
    case R3_SYNTAX_TEXT:
        r3_compile_fail(compiler, scope, node.place, "a text stands only in at(\"4H\", …)");
        break;
    case R3_SYNTAX_NAME:
        result = compile_name(compiler, syntax, scope);
        break;
    case R3_SYNTAX_PRIMITIVE:
        result = compile_primitive(compiler, syntax, scope);
        break;
    case R3_SYNTAX_OPERATION:
        result = compile_operation(compiler, syntax, scope);
        break;
    case R3_SYNTAX_HISTORY:
        result = compile_history(compiler, syntax, scope);
        break;
    }
    compiler->depth--;
    return result;
}
