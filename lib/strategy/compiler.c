#include "lib/strategy/compiler.h"

#include "lib/base/decimal.h"
#include "lib/market/indicator_exact.h"

#include <math.h>
#include <stdarg.h>

/* Each expression becomes a node. A function of the language is compiled from its body (functions.c) with its parameters
 * bound to nodes, so a body needs no code of its own. A user's name is compiled where it is written, and once more in each
 * at() that mentions it. */

enum { DEPTH_MAX = 400, PARAMETERS_MAX = 8 };

struct name {
    struct r3_token token;
    int32_t expression; /* -1: a param */
    double number;
    int32_t nodes[R3_FRAMES_MAX]; /* -1: not compiled in that frame yet */
};

struct compiler {
    const char *file;
    struct r3_rules *rules;
    struct r3_tree tree;
    struct r3_graph graph;
    struct name *names;
    int32_t name_count, name_capacity;
    int32_t *bodies; /* by row of r3_functions: the tree, -1 until parsed */
    int depth;
    struct r3_error *error;
};

/* Where an expression stands. Inside a function's body errors are placed at the call. */
struct scope {
    int32_t frame;
    const struct r3_function *function; /* NULL: the user's own text */
    struct r3_place call;
    struct binding {
        const char *name;
        size_t length;
        int32_t node;
    } bindings[PARAMETERS_MAX];
    int32_t binding_count;
};

static int32_t compile(struct compiler *compiler, int32_t syntax, const struct scope *scope);

static int32_t fail(struct compiler *compiler, const struct scope *scope, struct r3_place place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static int32_t fail(struct compiler *compiler, const struct scope *scope, struct r3_place place, const char *format, ...) {
    char text[sizeof compiler->error->text];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return r3_fail_at(compiler->error, compiler->file, scope && scope->function ? scope->call : place, "%s", text);
}

static const struct r3_syntax *syntax_at(const struct compiler *compiler, int32_t index) { return &compiler->tree.nodes[index]; }

static int32_t too_many(struct compiler *compiler, const struct scope *scope, struct r3_place place, int32_t node) {
    return node >= 0 ? node : fail(compiler, scope, place, "the rules are too large");
}

static const char *type_name(bool truth) { return truth ? "truth value" : "number"; }

/* `who` is the operator or function for the message. */
static int check_type(struct compiler *compiler, const struct scope *scope, struct r3_place place, const char *who, int32_t node, bool truth) {
    if (compiler->graph.nodes[node].truth == truth)
        return 0;
    return fail(compiler, scope, place, "%s wants a %s, this is a %s", who, type_name(truth), type_name(!truth));
}

static const char *operation_name(enum r3_operation operation) {
    switch (operation) {
    case R3_OP_ADD: return "+";
    case R3_OP_SUBTRACT: return "-";
    case R3_OP_NEGATE: return "-";
    case R3_OP_MULTIPLY: return "*";
    case R3_OP_DIVIDE: return "/";
    case R3_OP_REMAINDER: return "%";
    case R3_OP_AND: return "and";
    case R3_OP_OR: return "or";
    case R3_OP_NOT: return "not";
    case R3_OP_SELECT: return "? :";
    case R3_OP_EQUAL:
    case R3_OP_UNEQUAL: return "the comparison";
    default: return "a comparison";
    }
}

static int32_t compile_operation(struct compiler *compiler, int32_t syntax, const struct scope *scope) {
    const struct r3_syntax node = *syntax_at(compiler, syntax);
    const char *who = operation_name(node.operation);
    int32_t in[3], count = 0;
    struct r3_place places[3];
    for (int32_t operand = node.first; operand >= 0; operand = syntax_at(compiler, operand)->next) {
        places[count] = syntax_at(compiler, operand)->place;
        if ((in[count++] = compile(compiler, operand, scope)) < 0)
            return -1;
    }
    for (int32_t i = 0; i < count; i++) {
        bool truth = node.operation == R3_OP_AND || node.operation == R3_OP_OR || node.operation == R3_OP_NOT;
        if (node.operation == R3_OP_SELECT || node.operation == R3_OP_EQUAL || node.operation == R3_OP_UNEQUAL) {
            int32_t like = node.operation == R3_OP_SELECT ? 1 : 0; /* both branches, both sides alike */
            truth = i < like ? true : compiler->graph.nodes[in[like]].truth;
        }
        if (check_type(compiler, scope, places[i], who, in[i], truth) < 0)
            return -1;
    }
    return too_many(compiler, scope, node.place, r3_graph_operation(&compiler->graph, scope->frame, node.operation, in, count));
}

static int32_t history(struct compiler *compiler, const struct scope *scope, struct r3_place place, int32_t series, int32_t back) {
    const struct r3_node *length = &compiler->graph.nodes[back];
    if (length->operation != R3_OP_CONSTANT || length->truth)
        return fail(compiler, scope, place, "[n] wants a constant: a number, a param, or made of these");
    double n = length->numbers[0];
    if (n != floor(n) || n < 0 || n > R3_INDICATOR_LENGTH_MAX)
        return fail(compiler, scope, place, "[n] wants a whole number from 0 to %d, not %g: nothing looks ahead", R3_INDICATOR_LENGTH_MAX, n);
    if (n == 0 || r3_graph_is_constant(&compiler->graph, series))
        return series;
    const double numbers[R3_INDICATOR_NUMBERS] = { n };
    return too_many(compiler, scope, place,
                    r3_graph_indicator(&compiler->graph, scope->frame, r3_indicator_find("delay", 5), 0, &series, numbers));
}

static int32_t compile_history(struct compiler *compiler, int32_t syntax, const struct scope *scope) {
    const struct r3_syntax node = *syntax_at(compiler, syntax);
    int32_t series = compile(compiler, node.first, scope);
    if (series < 0)
        return -1;
    int32_t length = syntax_at(compiler, node.first)->next;
    int32_t back = compile(compiler, length, scope);
    return back < 0 ? -1 : history(compiler, scope, syntax_at(compiler, length)->place, series, back);
}

/* @name(…), in a body: the table's operations and inputs by name, else an indicator. Types were checked by the parameters. */
static const struct {
    const char *name;
    enum r3_operation operation;
} elementary[] = {
    { "abs", R3_OP_ABSOLUTE },   { "sqrt", R3_OP_ROOT },    { "log", R3_OP_LOG },       { "exp", R3_OP_EXPONENTIAL },
    { "round", R3_OP_ROUND },    { "floor", R3_OP_FLOOR },  { "ceil", R3_OP_CEILING },  { "sign", R3_OP_SIGN },
    { "min", R3_OP_MINIMUM },    { "max", R3_OP_MAXIMUM },  { "pow", R3_OP_POWER },     { "nz", R3_OP_OTHERWISE },
    { "ready", R3_OP_READY },    { "when", R3_OP_WHEN },
};

static const char *const input_names[R3_INPUTS] = { "open", "high", "low", "close", "volume", "minute", "hour", "weekday", "day", "month", "date" };

static bool is_named(const struct r3_syntax *node, const char *name) {
    return strlen(name) == node->length && memcmp(name, node->text, node->length) == 0;
}

static int32_t compile_primitive(struct compiler *compiler, int32_t syntax, const struct scope *scope) {
    const struct r3_syntax node = *syntax_at(compiler, syntax);
    int32_t in[PARAMETERS_MAX], count = 0;
    for (int32_t operand = node.first; operand >= 0; operand = syntax_at(compiler, operand)->next)
        if ((in[count++] = compile(compiler, operand, scope)) < 0)
            return -1;
    for (size_t i = 0; i < R3_INPUTS; i++)
        if (is_named(&node, input_names[i]))
            return too_many(compiler, scope, node.place, r3_graph_input(&compiler->graph, scope->frame, (enum r3_input)i));
    for (size_t i = 0; i < sizeof elementary / sizeof elementary[0]; i++)
        if (is_named(&node, elementary[i].name))
            return too_many(compiler, scope, node.place,
                            r3_graph_operation(&compiler->graph, scope->frame, elementary[i].operation, in, count));
    const char *point = memchr(node.text, '.', node.length);
    const struct r3_indicator *indicator = r3_indicator_find(node.text, point ? (size_t)(point - node.text) : node.length);
    if (!indicator || count != indicator->series + indicator->numbers)
        return fail(compiler, scope, node.place, "@%.*s is no primitive", (int)node.length, node.text);
    double numbers[R3_INDICATOR_NUMBERS] = { 0 };
    for (int32_t i = 0; i < indicator->numbers; i++)
        numbers[i] = compiler->graph.nodes[in[indicator->series + i]].numbers[0];
    return too_many(compiler, scope, node.place,
                    r3_graph_indicator(&compiler->graph, scope->frame, indicator, point ? point[1] - '0' : 0, in, numbers));
}

/* A parameter list, one word group at a time: "number x, length n = 14". */
struct parameter {
    const char *name, *fallback; /* fallback NULL: required */
    size_t name_length, fallback_length;
    char kind; /* n umber, t ruth, a ny, l ength, c ount, C onstant; '.': any number more of the last */
};

static const char *next_parameter(const char *text, struct parameter *out) {
    *out = (struct parameter){ 0 };
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

static int check_constant(struct compiler *compiler, const struct scope *scope, struct r3_place place, const char *who,
                          const struct parameter *parameter, int32_t node) {
    const struct r3_node *value = &compiler->graph.nodes[node];
    if (value->operation != R3_OP_CONSTANT || value->truth)
        return fail(compiler, scope, place, "%s wants a constant for %.*s: a number, a param, or made of these", who,
                    (int)parameter->name_length, parameter->name);
    double n = value->numbers[0], least = parameter->kind == 'l' ? 1 : 0;
    if (parameter->kind != 'C' && (n != floor(n) || n < least || n > R3_INDICATOR_LENGTH_MAX))
        return fail(compiler, scope, place, "%s wants a whole number from %g to %d for %.*s, not %g", who, least,
                    R3_INDICATOR_LENGTH_MAX, (int)parameter->name_length, parameter->name, n);
    return 0;
}

static int check_argument(struct compiler *compiler, const struct scope *scope, struct r3_place place, const char *who,
                          const struct parameter *parameter, int32_t node, int32_t first) {
    if (parameter->kind == 'n' || parameter->kind == 't')
        return check_type(compiler, scope, place, who, node, parameter->kind == 't');
    if (parameter->kind == 'a') /* any: but all alike */
        return first < 0 ? 0 : check_type(compiler, scope, place, who, node, compiler->graph.nodes[first].truth);
    return check_constant(compiler, scope, place, who, parameter, node);
}

/* The tree of a small text of functions.c. */
static int parse_inside(struct compiler *compiler, const char *text, size_t length, int32_t *out) {
    struct r3_parser parser;
    if (r3_parser_init(&parser, &compiler->tree, compiler->file, text, length, true, compiler->error) < 0)
        return -1;
    return r3_parser_expression_only(&parser, out, compiler->error);
}

static int32_t compile_body(struct compiler *compiler, const struct r3_function *function, const struct scope *scope) {
    int32_t *body = &compiler->bodies[function - r3_functions];
    if (*body < 0 && parse_inside(compiler, function->body, strlen(function->body), body) < 0)
        return -1;
    return compile(compiler, *body, scope);
}

static int32_t default_argument(struct compiler *compiler, const struct parameter *parameter, const struct scope *scope) {
    int32_t tree;
    if (parse_inside(compiler, parameter->fallback, parameter->fallback_length, &tree) < 0)
        return -1;
    return compile(compiler, tree, scope);
}

static int32_t compile_call(struct compiler *compiler, const struct r3_function *function, int32_t syntax, const struct scope *scope) {
    const struct r3_syntax node = *syntax_at(compiler, syntax);
    struct scope body = { .frame = scope->frame, .function = function, .call = scope->function ? scope->call : node.place };
    if (!scope->function)
        compiler->rules->functions_used[function - r3_functions] = true;
    int32_t operand = node.first, first = -1;
    for (const char *text = *function->parameters ? function->parameters : NULL; text;) {
        struct parameter parameter;
        text = next_parameter(text, &parameter);
        if (parameter.kind == '.')
            break;
        int32_t value;
        struct r3_place place = node.place;
        if (operand >= 0) {
            place = syntax_at(compiler, operand)->place;
            value = compile(compiler, operand, scope);
            operand = syntax_at(compiler, operand)->next;
        } else if (parameter.fallback) {
            value = default_argument(compiler, &parameter, &body);
        } else {
            return fail(compiler, scope, node.place, "%s wants its %.*s: %s(%s)", function->name, (int)parameter.name_length,
                        parameter.name, function->name, function->parameters);
        }
        if (value < 0)
            return -1;
        if (parameter.kind == 'a' && operand < 0 && body.binding_count && parameter.fallback && compiler->graph.nodes[first].truth &&
            r3_graph_is_constant(&compiler->graph, value)) /* nz(c): a truth value's default is false */
            value = r3_graph_constant(&compiler->graph, scope->frame, compiler->graph.nodes[value].numbers[0], true);
        if (check_argument(compiler, scope, place, function->name, &parameter, value, first) < 0)
            return -1;
        first = first < 0 ? value : first;
        body.bindings[body.binding_count++] = (struct binding){ parameter.name, parameter.name_length, value };
    }
    int32_t result = compile_body(compiler, function, &body);
    bool more = strstr(function->parameters, "\xe2\x80\xa6") != NULL;
    while (result >= 0 && operand >= 0 && more) { /* min(a, b, c) is min(min(a, b), c) */
        body.bindings[0].node = result;
        if ((body.bindings[1].node = compile(compiler, operand, scope)) < 0 ||
            check_type(compiler, scope, syntax_at(compiler, operand)->place, function->name, body.bindings[1].node, false) < 0)
            return -1;
        result = compile_body(compiler, function, &body);
        operand = syntax_at(compiler, operand)->next;
    }
    if (result >= 0 && operand >= 0)
        return fail(compiler, scope, syntax_at(compiler, operand)->place, "too many arguments: %s(%s)", function->name, function->parameters);
    return result;
}

/* The frame of a timeframe, made when it is new. */
static int32_t frame_of(struct r3_rules *rules, enum r3_timeframe timeframe, struct r3_place place) {
    for (int32_t i = 1; i < rules->frame_count; i++)
        if (rules->frames[i].timeframe == timeframe)
            return i;
    rules->frames[rules->frame_count] = (struct r3_frame){ .timeframe = timeframe, .place = place };
    return rules->frame_count++;
}

static int32_t compile_at(struct compiler *compiler, int32_t syntax, const struct scope *scope) {
    const struct r3_syntax node = *syntax_at(compiler, syntax);
    int32_t expression = node.first < 0 ? -1 : syntax_at(compiler, node.first)->next;
    if (expression < 0 || syntax_at(compiler, expression)->next >= 0 || syntax_at(compiler, node.first)->kind != R3_SYNTAX_TEXT)
        return fail(compiler, scope, node.place, "at wants a timeframe and an expression: at(\"4H\", close)");
    const struct r3_syntax text = *syntax_at(compiler, node.first);
    enum r3_timeframe timeframe;
    struct r3_error unused;
    if (r3_timeframe_parse(&timeframe, text.text, text.length, &unused) < 0)
        return fail(compiler, scope, text.place, "not a timeframe: \"%.*s\"", text.length < 20 ? (int)text.length : 20, text.text);
    if (scope->frame != 0)
        return fail(compiler, scope, node.place, "at inside at");
    struct scope inner = { .frame = frame_of(compiler->rules, timeframe, node.place) };
    int32_t value = compile(compiler, expression, &inner);
    return value < 0 ? -1 : too_many(compiler, scope, node.place, r3_graph_copy(&compiler->graph, scope->frame, value));
}

static struct name *find_name(struct compiler *compiler, const char *text, size_t length) {
    for (int32_t i = 0; i < compiler->name_count; i++)
        if (compiler->names[i].token.length == length && memcmp(compiler->names[i].token.text, text, length) == 0)
            return &compiler->names[i];
    return NULL;
}

static int32_t compile_user_name(struct compiler *compiler, int32_t index, const struct scope *scope) {
    struct name *name = &compiler->names[index];
    if (name->expression < 0)
        return too_many(compiler, scope, name->token.place, r3_graph_constant(&compiler->graph, scope->frame, name->number, false));
    if (name->nodes[scope->frame] < 0) {
        struct scope own = { .frame = scope->frame };
        int32_t node = compile(compiler, name->expression, &own);
        compiler->names[index].nodes[scope->frame] = node;
    }
    return compiler->names[index].nodes[scope->frame];
}

static int32_t compile_name(struct compiler *compiler, int32_t syntax, const struct scope *scope) {
    const struct r3_syntax node = *syntax_at(compiler, syntax);
    for (int32_t i = 0; i < scope->binding_count && !node.called; i++)
        if (scope->bindings[i].length == node.length && memcmp(scope->bindings[i].name, node.text, node.length) == 0)
            return scope->bindings[i].node;
    if (!scope->function) {
        struct name *name = find_name(compiler, node.text, node.length);
        if (name && node.called)
            return fail(compiler, scope, node.place, "%.*s is a name, not a function", (int)node.length, node.text);
        if (name)
            return compile_user_name(compiler, (int32_t)(name - compiler->names), scope);
        if (is_named(&node, "at"))
            return compile_at(compiler, syntax, scope);
    }
    const struct r3_function *function = r3_function_find(node.text, node.length);
    if (function)
        return compile_call(compiler, function, syntax, scope);
    return fail(compiler, scope, node.place, "%.*s is not defined%s", node.length < 60 ? (int)node.length : 60, node.text,
                node.called ? ": there is no such function" : " above this line");
}

static int32_t compile(struct compiler *compiler, int32_t syntax, const struct scope *scope) {
    const struct r3_syntax node = *syntax_at(compiler, syntax);
    if (compiler->depth == DEPTH_MAX)
        return fail(compiler, scope, node.place, "the expression is too deep");
    compiler->depth++;
    int32_t result = -1;
    switch (node.kind) {
    case R3_SYNTAX_NUMBER:
    case R3_SYNTAX_TRUTH:
        result = too_many(compiler, scope, node.place,
                          r3_graph_constant(&compiler->graph, scope->frame, node.number, node.kind == R3_SYNTAX_TRUTH));
        break;
    case R3_SYNTAX_TEXT:
        fail(compiler, scope, node.place, "a text stands only in at(\"4H\", …)");
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

const char *const r3_rules_output_names[R3_RULES_OUTPUTS] = { "long", "short", "flat", "stop", "target", "confidence", "volatility" };

static int define(struct compiler *compiler, const struct r3_statement *statement) {
    const struct r3_token *token = &statement->name;
    const struct scope scope = { 0 };
    bool param = statement->kind == R3_STATEMENT_PARAM;
    if (find_name(compiler, token->text, token->length))
        return fail(compiler, &scope, token->place, "%.*s is defined twice", (int)token->length, token->text);
    if (r3_function_find(token->text, token->length) || r3_token_is(token, "at"))
        return fail(compiler, &scope, token->place, "%.*s has its meaning already: choose another name", (int)token->length, token->text);
    if (token->length >= R3_WORD_SIZE)
        return fail(compiler, &scope, token->place, "the name is longer than %d", R3_WORD_SIZE - 1);
    int32_t output = -1;
    for (int i = 0; i < R3_RULES_OUTPUTS; i++)
        if (r3_token_is(token, r3_rules_output_names[i]))
            output = i;
    if (param && output >= 0)
        return fail(compiler, &scope, token->place, "%.*s is what the rules answer, not a param", (int)token->length, token->text);
    struct name name = { .token = *token, .expression = statement->expression, .number = statement->number };
    for (int i = 0; i < R3_FRAMES_MAX; i++)
        name.nodes[i] = -1;
    if (!param) { /* compiled before it is a name: it cannot mention itself */
        name.nodes[0] = compile(compiler, statement->expression, &scope);
        if (name.nodes[0] < 0)
            return -1;
        if (output >= 0 && check_type(compiler, &scope, token->place, r3_rules_output_names[output], name.nodes[0], output <= R3_RULES_FLAT) < 0)
            return -1;
        if (output >= 0)
            compiler->rules->outputs[output] = name.nodes[0];
    }
    if (compiler->name_count == compiler->name_capacity) {
        compiler->name_capacity = compiler->name_capacity ? compiler->name_capacity * 2 : 32;
        compiler->names = r3_reallocate(compiler->names, (size_t)compiler->name_capacity * sizeof *compiler->names);
    }
    compiler->names[compiler->name_count++] = name;
    return 0;
}

static int add_plot(struct compiler *compiler, const struct r3_token *token) {
    struct r3_rules *rules = compiler->rules;
    const struct scope scope = { 0 };
    struct r3_syntax *node;
    int32_t value;
    if (token->length >= R3_NAME_SIZE)
        return fail(compiler, &scope, token->place, "the name is longer than %d", R3_NAME_SIZE - 1);
    compiler->tree.nodes = r3_reallocate(compiler->tree.nodes, ((size_t)compiler->tree.capacity + 1) * sizeof *node);
    node = &compiler->tree.nodes[compiler->tree.count];
    *node = (struct r3_syntax){ .kind = R3_SYNTAX_NAME, .first = -1, .next = -1, .text = token->text, .length = token->length, .place = token->place };
    compiler->tree.capacity += compiler->tree.count == compiler->tree.capacity;
    value = compile(compiler, compiler->tree.count++, &scope);
    if (value < 0)
        return -1;
    rules->plots = r3_reallocate(rules->plots, ((size_t)rules->plot_count + 1) * sizeof *rules->plots);
    struct r3_plot *plot = &rules->plots[rules->plot_count++];
    plot->cell = value;
    return r3_copy_text(plot->name, sizeof plot->name, token->text, token->length);
}

/* The value of a param: the last --set of its name wins nothing: a second one is an error. */
static int set_parameter(struct compiler *compiler, struct r3_statement *statement, const char *const *settings, size_t count, bool *used) {
    struct r3_rules *rules = compiler->rules;
    const struct r3_token *token = &statement->name;
    bool set = false;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(settings[i], token->text, token->length) != 0 || settings[i][token->length] != '=')
            continue;
        const char *text = settings[i] + token->length + 1;
        struct r3_decimal value;
        if (r3_decimal_parse_number(&value, text, strlen(text), compiler->error) < 0) {
            compiler->error->status = R3_USAGE;
            return r3_error_at(compiler->error, "--set %.60s: ", settings[i]);
        }
        if (set)
            return r3_fail(compiler->error, R3_USAGE, "--set %.*s is given twice", (int)token->length, token->text);
        statement->number = r3_decimal_to_double(&value);
        used[i] = set = true;
    }
    rules->parameters = r3_reallocate(rules->parameters, ((size_t)rules->parameter_count + 1) * sizeof *rules->parameters);
    struct r3_parameter *parameter = &rules->parameters[rules->parameter_count++];
    *parameter = (struct r3_parameter){ .value = statement->number, .set = set };
    return r3_copy_text(parameter->name, sizeof parameter->name, token->text, token->length);
}

static int compile_statements(struct compiler *compiler, const char *text, size_t length, const char *const *settings, size_t count, bool *used) {
    struct r3_parser parser;
    if (r3_parser_init(&parser, &compiler->tree, compiler->file, text, length, false, compiler->error) < 0)
        return -1;
    for (;;) {
        struct r3_statement statement;
        if (r3_parser_statement(&parser, &statement, compiler->error) < 0)
            return -1;
        if (statement.kind == R3_STATEMENT_END)
            return 0;
        if (statement.kind == R3_STATEMENT_PLOT) {
            if (add_plot(compiler, &statement.name) < 0)
                return -1;
            continue;
        }
        if (define(compiler, &statement) < 0)
            return -1;
        if (statement.kind == R3_STATEMENT_PARAM) {
            if (set_parameter(compiler, &statement, settings, count, used) < 0)
                return -1;
            compiler->names[compiler->name_count - 1].number = statement.number;
        }
    }
}

/* Each --set must have named a param. */
static int check_settings(struct compiler *compiler, const char *const *settings, size_t count, const bool *used) {
    for (size_t i = 0; i < count; i++) {
        if (used[i])
            continue;
        if (!strchr(settings[i], '='))
            return r3_fail(compiler->error, R3_USAGE, "--set %.60s: NAME=NUMBER expected", settings[i]);
        char names[200] = "";
        size_t at = 0;
        for (int32_t k = 0; k < compiler->rules->parameter_count && at < sizeof names; k++)
            at += (size_t)snprintf(names + at, sizeof names - at, " %s", compiler->rules->parameters[k].name);
        return r3_fail(compiler->error, R3_USAGE, "--set %.60s: %s has no such param%s%s", settings[i], compiler->file,
                       *names ? "; it has" : "", names);
    }
    return 0;
}

static uint64_t hash_bytes(uint64_t hash, const void *data, size_t size) { /* FNV-1a, 64 bits */
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t hash_rules(const struct r3_rules *rules, const char *text, size_t length) {
    static const char layout[] = "r3 rules state 1"; /* grows with a change of any state's layout */
    uint64_t hash = hash_bytes(UINT64_C(0xcbf29ce484222325), layout, sizeof layout);
    hash = hash_bytes(hash, text, length);
    for (int32_t i = 0; i < rules->parameter_count; i++)
        hash = hash_bytes(hash, &rules->parameters[i].value, sizeof rules->parameters[i].value);
    return hash_bytes(hash, &rules->size, sizeof rules->size);
}

int r3_rules_compile(struct r3_rules **out, const char *name, const char *text, size_t length, const char *const *settings,
                     size_t count, struct r3_error *error) {
    struct r3_rules *rules = r3_allocate(sizeof *rules);
    struct compiler compiler = { .file = name, .rules = rules, .error = error };
    bool *used = r3_allocate(count + 1);
    size_t functions = 0;
    int result = -1;
    while (r3_functions[functions].name)
        functions++;
    rules->functions_used = r3_allocate(functions);
    compiler.bodies = r3_allocate(functions * sizeof *compiler.bodies);
    for (size_t i = 0; i < functions; i++)
        compiler.bodies[i] = -1;
    for (int i = 0; i < R3_RULES_OUTPUTS; i++)
        rules->outputs[i] = -1;
    rules->frame_count = 1;
    if (length > R3_RULES_TEXT_MAX) {
        r3_fail(error, R3_DATA, "%s: more than %d bytes", name, R3_RULES_TEXT_MAX);
        goto out;
    }
    if (compile_statements(&compiler, text, length, settings, count, used) < 0 || check_settings(&compiler, settings, count, used) < 0)
        goto out;
    if (rules->outputs[R3_RULES_LONG] < 0 && rules->outputs[R3_RULES_SHORT] < 0 && rules->outputs[R3_RULES_FLAT] < 0 && !rules->plot_count) {
        r3_fail(error, R3_DATA, "%s: defines neither long, short or flat, nor a plot", name);
        goto out;
    }
    if (r3_copy_text(rules->name, sizeof rules->name, name, strlen(name)) < 0)
        r3_copy_text(rules->name, sizeof rules->name, "rules", 5);
    if (r3_emit(rules, &compiler.graph, error) < 0)
        goto out;
    rules->hash = hash_rules(rules, text, length);
    *out = rules;
    rules = NULL;
    result = 0;
out:
    r3_rules_free(rules);
    r3_graph_release(&compiler.graph);
    r3_tree_release(&compiler.tree);
    free(compiler.names);
    free(compiler.bodies);
    free(used);
    return result;
}

void r3_rules_free(struct r3_rules *rules) {
    if (!rules)
        return;
    free(rules->instructions);
    free(rules->constants);
    free(rules->plots);
    free(rules->parameters);
    free(rules->functions_used);
    free(rules);
}
