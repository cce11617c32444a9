#include "lib/strategy/parser.h"

#include "lib/base/buffer.h"

/* Recursive descent, one function a level, from `? :` down to `x[n]`. */

enum { DEPTH_MAX = 200, NODES_MAX = 200000 };

void r3_tree_release(struct r3_tree *tree) {
    free(tree->nodes);
    *tree = (struct r3_tree) { 0 };
}

static int next(struct r3_parser *parser, struct r3_error *error) {
    return r3_lexer_next(&parser->lexer, error);
}
static bool at(const struct r3_parser *parser, const char *text) {
    return r3_token_is(&parser->lexer.token, text);
}

static int fail_here(struct r3_parser *parser, struct r3_error *error, const char *wanted) {
    const struct r3_token *token = &parser->lexer.token;
    if (token->kind == R3_TOKEN_END || token->kind == R3_TOKEN_NEWLINE)
        return r3_fail_at(error, parser->lexer.name, token->place, "%s expected, and the line ends", wanted);
    return r3_fail_at(error, parser->lexer.name, token->place, "%s expected, not \"%.*s\"", wanted,
                      token->length < 40 ? (int)token->length : 40, token->text);
}

/* The sign must be next; it is passed over. */
static int expect(struct r3_parser *parser, const char *sign, struct r3_error *error) {
    char wanted[16];
    snprintf(wanted, sizeof wanted, "\"%s\"", sign);
    return at(parser, sign) ? next(parser, error) : fail_here(parser, error, wanted);
}

/* A node at the current token; its index. */
static int32_t new_node(struct r3_parser *parser, enum r3_syntax_kind kind, enum r3_operation operation,
                        struct r3_place place) {
    struct r3_tree *tree = parser->tree;
    if (tree->count == tree->capacity) {
        tree->capacity = tree->capacity ? tree->capacity * 2 : 256;
        tree->nodes = r3_reallocate(tree->nodes, (size_t)tree->capacity * sizeof *tree->nodes);
    }
    const struct r3_token *token = &parser->lexer.token;
    tree->nodes[tree->count] = (struct r3_syntax) { .kind = kind,
                                                    .operation = operation,
                                                    .first = -1,
                                                    .next = -1,
                                                    .number = token->number,
                                                    .text = token->text,
                                                    .length = token->length,
                                                    .place = place };
    return tree->count++;
}

/* An operation of up to three operands, chained in order. */
static int32_t new_operation(struct r3_parser *parser, enum r3_operation operation, struct r3_place place, int32_t a,
                             int32_t b, int32_t c) {
    int32_t node = new_node(parser, R3_SYNTAX_OPERATION, operation, place);
    struct r3_syntax *nodes = parser->tree->nodes;
    nodes[node].first = a;
    if (b >= 0)
        nodes[a].next = b;
    if (c >= 0)
        nodes[b].next = c;
    return node;
}

static int parse_select(struct r3_parser *parser, int32_t *out, struct r3_error *error);

static int enter(struct r3_parser *parser, struct r3_error *error) {
    if (++parser->depth > DEPTH_MAX || parser->tree->count > NODES_MAX)
        return r3_fail_at(error, parser->lexer.name, parser->lexer.token.place, "the expression is too deep");
    return 0;
}

/* "(" has been passed: operands up to ")". */
static int parse_operands(struct r3_parser *parser, int32_t call, struct r3_error *error) {
    int32_t last = -1;
    while (!at(parser, ")")) {
        int32_t operand;
        if (last >= 0 && expect(parser, ",", error) < 0)
            return -1;
        if (parse_select(parser, &operand, error) < 0)
            return -1;
        if (last < 0)
            parser->tree->nodes[call].first = operand;
        else
            parser->tree->nodes[last].next = operand;
        last = operand;
    }
    return next(parser, error);
}

static int parse_primary(struct r3_parser *parser, int32_t *out, struct r3_error *error) {
    const struct r3_token token = parser->lexer.token;
    if (at(parser, "(")) {
        if (next(parser, error) < 0 || parse_select(parser, out, error) < 0)
            return -1;
        return expect(parser, ")", error);
    }
    if (token.kind == R3_TOKEN_NUMBER || token.kind == R3_TOKEN_TEXT) {
        *out = new_node(parser, token.kind == R3_TOKEN_NUMBER ? R3_SYNTAX_NUMBER : R3_SYNTAX_TEXT, R3_OP_CONSTANT,
                        token.place);
        return next(parser, error);
    }
    if (at(parser, "true") || at(parser, "false")) {
        *out = new_node(parser, R3_SYNTAX_TRUTH, R3_OP_CONSTANT, token.place);
        parser->tree->nodes[*out].number = at(parser, "true");
        return next(parser, error);
    }
    bool word = at(parser, "and") || at(parser, "or") || at(parser, "not") || at(parser, "param") || at(parser, "plot");
    if ((token.kind != R3_TOKEN_NAME && token.kind != R3_TOKEN_PRIMITIVE) || word)
        return fail_here(parser, error, "a value");
    *out = new_node(parser, token.kind == R3_TOKEN_NAME ? R3_SYNTAX_NAME : R3_SYNTAX_PRIMITIVE, R3_OP_CONSTANT,
                    token.place);
    if (next(parser, error) < 0)
        return -1;
    if (!at(parser, "("))
        return 0;
    parser->tree->nodes[*out].called = true;
    if (next(parser, error) < 0)
        return -1;
    return parse_operands(parser, *out, error);
}

static int parse_history(struct r3_parser *parser, int32_t *out, struct r3_error *error) {
    if (parse_primary(parser, out, error) < 0)
        return -1;
    while (at(parser, "[")) {
        struct r3_place place = parser->lexer.token.place;
        int32_t back;
        if (enter(parser, error) < 0 || next(parser, error) < 0 || parse_select(parser, &back, error) < 0 ||
            expect(parser, "]", error) < 0)
            return -1;
        *out = new_operation(parser, R3_OP_CONSTANT, place, *out, back, -1);
        parser->tree->nodes[*out].kind = R3_SYNTAX_HISTORY;
        parser->depth--;
    }
    return 0;
}

static int parse_sign(struct r3_parser *parser, int32_t *out, struct r3_error *error) {
    struct r3_place place = parser->lexer.token.place;
    bool negative = at(parser, "-");
    if (!negative && !at(parser, "+"))
        return parse_history(parser, out, error);
    if (enter(parser, error) < 0 || next(parser, error) < 0 || parse_sign(parser, out, error) < 0)
        return -1;
    parser->depth--;
    if (negative)
        *out = new_operation(parser, R3_OP_NEGATE, place, *out, -1, -1);
    return 0;
}

/* The binary operators, loosest first. `swap`: a > b is b < a. */
static const struct {
    int level;
    const char *text;
    enum r3_operation operation;
    bool swap;
} operators[] = {
    { 0, "or", R3_OP_OR, false },       { 1, "and", R3_OP_AND, false },      { 3, "==", R3_OP_EQUAL, false },
    { 3, "!=", R3_OP_UNEQUAL, false },  { 3, "<", R3_OP_LESS, false },       { 3, "<=", R3_OP_LESS_EQUAL, false },
    { 3, ">", R3_OP_LESS, true },       { 3, ">=", R3_OP_LESS_EQUAL, true }, { 4, "+", R3_OP_ADD, false },
    { 4, "-", R3_OP_SUBTRACT, false },  { 5, "*", R3_OP_MULTIPLY, false },   { 5, "/", R3_OP_DIVIDE, false },
    { 5, "%", R3_OP_REMAINDER, false },
};
enum { LEVEL_NOT = 2, LEVEL_COMPARE = 3, LEVEL_SIGN = 6 };

static int find_operator(const struct r3_parser *parser, int level) {
    for (int i = 0; i < (int)(sizeof operators / sizeof operators[0]); i++)
        if (operators[i].level == level && at(parser, operators[i].text))
            return i;
    return -1;
}

static int parse_binary(struct r3_parser *parser, int level, int32_t *out, struct r3_error *error) {
    if (level == LEVEL_SIGN)
        return parse_sign(parser, out, error);
    if (level == LEVEL_NOT && at(parser, "not")) {
        struct r3_place place = parser->lexer.token.place;
        if (enter(parser, error) < 0 || next(parser, error) < 0 || parse_binary(parser, LEVEL_NOT, out, error) < 0)
            return -1;
        parser->depth--;
        *out = new_operation(parser, R3_OP_NOT, place, *out, -1, -1);
        return 0;
    }
    if (parse_binary(parser, level + 1, out, error) < 0)
        return -1;
    for (int found, count = 0; (found = find_operator(parser, level)) >= 0; count++) {
        struct r3_place place = parser->lexer.token.place;
        int32_t right;
        if (level == LEVEL_COMPARE && count)
            return r3_fail_at(error, parser->lexer.name, place, "comparisons do not chain: join them with \"and\"");
        if (count > DEPTH_MAX) /* a tree as deep as the chain is long */
            return r3_fail_at(error, parser->lexer.name, place, "the expression is too long");
        if (next(parser, error) < 0 || parse_binary(parser, level + 1, &right, error) < 0)
            return -1;
        bool swap = operators[found].swap;
        *out = new_operation(parser, operators[found].operation, place, swap ? right : *out, swap ? *out : right, -1);
    }
    return 0;
}

static int parse_select(struct r3_parser *parser, int32_t *out, struct r3_error *error) {
    if (enter(parser, error) < 0 || parse_binary(parser, 0, out, error) < 0)
        return -1;
    if (at(parser, "?")) {
        struct r3_place place = parser->lexer.token.place;
        int32_t yes, no;
        if (next(parser, error) < 0 || parse_select(parser, &yes, error) < 0 || expect(parser, ":", error) < 0 ||
            parse_select(parser, &no, error) < 0)
            return -1;
        *out = new_operation(parser, R3_OP_SELECT, place, *out, yes, no);
    }
    parser->depth--;
    return 0;
}

int r3_parser_init(struct r3_parser *parser, struct r3_tree *tree, const char *name, const char *text, size_t length,
                   bool inside, struct r3_error *error) {
    *parser = (struct r3_parser) { .tree = tree };
    r3_lexer_init(&parser->lexer, name, text, length, inside);
    return next(parser, error);
}

static int end_statement(struct r3_parser *parser, struct r3_error *error) {
    enum r3_token_kind kind = parser->lexer.token.kind;
    if (kind == R3_TOKEN_END)
        return 0;
    return kind == R3_TOKEN_NEWLINE ? next(parser, error) : fail_here(parser, error, "the end of the line");
}

static int parse_name(struct r3_parser *parser, struct r3_token *out, struct r3_error *error) {
    static const char *const words[] = { "and", "or", "not", "true", "false", "param", "plot" };
    *out = parser->lexer.token;
    if (out->kind != R3_TOKEN_NAME)
        return fail_here(parser, error, "a name");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (r3_token_is(out, words[i]))
            return fail_here(parser, error, "a name");
    return next(parser, error);
}

static int parse_param(struct r3_parser *parser, struct r3_statement *out, struct r3_error *error) {
    out->kind = R3_STATEMENT_PARAM;
    if (next(parser, error) < 0 || parse_name(parser, &out->name, error) < 0 || expect(parser, "=", error) < 0)
        return -1;
    bool negative = at(parser, "-");
    if (negative && next(parser, error) < 0)
        return -1;
    if (parser->lexer.token.kind != R3_TOKEN_NUMBER)
        return fail_here(parser, error, "a number");
    out->number = negative ? -parser->lexer.token.number : parser->lexer.token.number;
    if (next(parser, error) < 0)
        return -1;
    return end_statement(parser, error);
}

int r3_parser_statement(struct r3_parser *parser, struct r3_statement *out, struct r3_error *error) {
    *out = (struct r3_statement) { .expression = -1 };
    while (!parser->plotting && parser->lexer.token.kind == R3_TOKEN_NEWLINE)
        if (next(parser, error) < 0)
            return -1;
    if (parser->lexer.token.kind == R3_TOKEN_END && !parser->plotting)
        return 0;
    if (at(parser, "param"))
        return parse_param(parser, out, error);
    if (parser->plotting || at(parser, "plot")) {
        out->kind = R3_STATEMENT_PLOT;
        if (next(parser, error) < 0) /* past `plot`, or the comma */
            return -1;
        out->expression = new_node(parser, R3_SYNTAX_NAME, R3_OP_CONSTANT, parser->lexer.token.place);
        if (parse_name(parser, &out->name, error) < 0)
            return -1;
        parser->plotting = at(parser, ",");
        return parser->plotting ? 0 : end_statement(parser, error);
    }
    out->kind = R3_STATEMENT_NAME;
    if (parse_name(parser, &out->name, error) < 0 || expect(parser, "=", error) < 0 ||
        parse_select(parser, &out->expression, error) < 0)
        return -1;
    return end_statement(parser, error);
}

int r3_parser_expression_only(struct r3_parser *parser, int32_t *out, struct r3_error *error) {
    if (parse_select(parser, out, error) < 0)
        return -1;
    return parser->lexer.token.kind == R3_TOKEN_END ? 0 : fail_here(parser, error, "the end");
}
