#include "lib/sweep/where.h"

#include "lib/base/buffer.h"

/* A recursive-descent parser makes a row of nodes, operands ahead of the node that uses them; the last is the condition. Whether a
 * node is a truth or a quantity is known when it is parsed; whether a quantity is a number or a text, with each combination. */

enum operation {
    NUMBER,
    TEXT,
    NAME,
    NEGATE,
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    LESS,
    AT_MOST,
    MORE,
    AT_LEAST,
    EQUAL,
    DIFFERENT,
    AND,
    OR,
    NOT
};

struct node {
    enum operation operation;
    uint16_t left, right; /* indices of nodes */
    uint32_t column;
    struct r3_decimal number; /* NUMBER */
    const char *text;         /* TEXT; in the copy of the expression */
    size_t length;
    size_t parameter; /* NAME */
};

enum { NODES_MAX = 256, DEPTH_MAX = 64 };

struct r3_sweep_where {
    const struct r3_sweep_space *space;
    char *text;
    size_t count;
    struct node nodes[NODES_MAX];
};

struct parser {
    struct r3_sweep_where *where;
    const char *at;
    unsigned depth;
    struct r3_error *error;
};

static int fail_at(const struct parser *parser, const char *at, const char *reason) {
    return r3_fail(parser->error, R3_USAGE, "--where: column %zu: %s", (size_t)(at - parser->where->text) + 1, reason);
}

static void skip_blanks(struct parser *parser) {
    parser->at += strspn(parser->at, " \t\n");
}

static bool in_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Take `sign` where it comes next; a word only where it ends there. */
static bool take(struct parser *parser, const char *sign) {
    size_t length = strlen(sign);
    skip_blanks(parser);
    if (strncmp(parser->at, sign, length) != 0 || (in_name(*sign) && in_name(parser->at[length])))
        return false;
    parser->at += length;
    return true;
}

/* The index of a new node, or -1. */
static int add_node(struct parser *parser, const struct node *node, const char *at) {
    struct r3_sweep_where *where = parser->where;
    if (where->count == NODES_MAX)
        return fail_at(parser, at, "the condition is too long");
    where->nodes[where->count] = *node;
    where->nodes[where->count].column = (uint32_t)(at - where->text) + 1;
    return (int)where->count++;
}

static int add_pair(struct parser *parser, enum operation operation, int left, int right, const char *at) {
    return add_node(parser, &(struct node) { .operation = operation, .left = (uint16_t)left, .right = (uint16_t)right },
                    at);
}

static bool is_truth(const struct parser *parser, int node) {
    return parser->where->nodes[node].operation >= LESS;
}

static int want_quantity(const struct parser *parser, int node, const char *at) {
    return node < 0                 ? -1
           : is_truth(parser, node) ? fail_at(parser, at, "a number is wanted here, not a condition")
                                    : node;
}
static int want_truth(const struct parser *parser, int node, const char *at) {
    return node < 0 ? -1 : is_truth(parser, node) ? node : fail_at(parser, at, "a comparison is wanted here");
}

static int parse_or(struct parser *parser);

static int parse_number(struct parser *parser) {
    const char *at = parser->at;
    size_t length = strspn(at, "0123456789.");
    length += at[length] == '%';
    struct r3_decimal number = r3_sweep_number(at, length);
    if (!r3_decimal_is_present(&number) || in_name(at[length]))
        return fail_at(parser, at, "not a number");
    parser->at += length;
    return add_node(parser, &(struct node) { .operation = NUMBER, .number = number }, at);
}

static int parse_text(struct parser *parser) {
    const char *at = parser->at, *end = strchr(at + 1, *at);
    if (!end)
        return fail_at(parser, at, "the quote is not closed");
    parser->at = end + 1;
    return add_node(parser, &(struct node) { .operation = TEXT, .text = at + 1, .length = (size_t)(end - at) - 1 }, at);
}

static int parse_name(struct parser *parser) {
    const char *at = parser->at;
    size_t length = 0;
    while (in_name(at[length]))
        length++;
    int parameter = r3_sweep_space_find(parser->where->space, at, length);
    if (parameter < 0)
        return r3_fail(parser->error, R3_USAGE, "--where: column %zu: no --vary names %.*s",
                       (size_t)(at - parser->where->text) + 1, (int)length, at);
    parser->at += length;
    return add_node(parser, &(struct node) { .operation = NAME, .parameter = (size_t)parameter }, at);
}

static int parse_primary(struct parser *parser) {
    skip_blanks(parser);
    const char *at = parser->at;
    if (*at == '(') {
        parser->at++;
        int inner = parse_or(parser);
        return inner < 0 ? -1 : take(parser, ")") ? inner : fail_at(parser, parser->at, ") is missing");
    }
    if ((*at >= '0' && *at <= '9') || *at == '.')
        return parse_number(parser);
    if (*at == '"' || *at == '\'')
        return parse_text(parser);
    if (in_name(*at))
        return parse_name(parser);
    return fail_at(parser, at, *at ? "a number, a name or ( is wanted here" : "the condition ends too early");
}

static int parse_sign(struct parser *parser) {
    skip_blanks(parser);
    const char *at = parser->at;
    if (!take(parser, "-"))
        return parse_primary(parser);
    if (++parser->depth > DEPTH_MAX)
        return fail_at(parser, at, "nested too deep");
    const char *from = parser->at;
    int operand = want_quantity(parser, parse_sign(parser), from);
    parser->depth--;
    return operand < 0 ? -1 : add_pair(parser, NEGATE, operand, operand, at);
}

/* Operands joined by signs of one rank, from left to right. */
static int parse_chain(struct parser *parser, int (*operand)(struct parser *parser), const char *first_sign,
                       enum operation first, const char *second_sign, enum operation second) {
    const char *from = parser->at;
    int left = operand(parser);
    while (left >= 0) {
        skip_blanks(parser);
        const char *at = parser->at;
        bool is_first = take(parser, first_sign);
        if (!is_first && !take(parser, second_sign))
            break;
        const char *right_at = parser->at;
        if (want_quantity(parser, left, from) < 0)
            return -1;
        int right = want_quantity(parser, operand(parser), right_at);
        left = right < 0 ? -1 : add_pair(parser, is_first ? first : second, left, right, at);
    }
    return left;
}

static int parse_product(struct parser *parser) {
    return parse_chain(parser, parse_sign, "*", MULTIPLY, "/", DIVIDE);
}
static int parse_sum(struct parser *parser) {
    return parse_chain(parser, parse_product, "+", ADD, "-", SUBTRACT);
}

/* The comparison that comes next; false: none. The longer signs are tried first. */
static bool take_comparison(struct parser *parser, enum operation *operation) {
    static const struct {
        const char *sign;
        enum operation operation;
    } signs[] = { { "<=", AT_MOST },   { ">=", AT_LEAST }, { "==", EQUAL },
                  { "!=", DIFFERENT }, { "<", LESS },      { ">", MORE } };
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (take(parser, signs[i].sign)) {
            *operation = signs[i].operation;
            return true;
        }
    return false;
}

static int parse_comparison(struct parser *parser) {
    enum operation operation, second;
    const char *from = parser->at;
    int left = parse_sum(parser);
    if (left < 0)
        return -1;
    skip_blanks(parser);
    const char *at = parser->at;
    if (*at == '=' && at[1] != '=')
        return fail_at(parser, at, "equality is ==");
    if (!take_comparison(parser, &operation))
        return left;
    const char *right_at = parser->at;
    if (want_quantity(parser, left, from) < 0)
        return -1;
    int right = want_quantity(parser, parse_sum(parser), right_at);
    if (right < 0)
        return -1;
    skip_blanks(parser);
    const char *next = parser->at;
    if (take_comparison(parser, &second))
        return fail_at(parser, next, "two comparisons are joined by and");
    return add_pair(parser, operation, left, right, at);
}

static int parse_not(struct parser *parser) {
    skip_blanks(parser);
    const char *at = parser->at;
    if (++parser->depth > DEPTH_MAX)
        return fail_at(parser, at, "nested too deep");
    int result;
    if (take(parser, "not")) {
        const char *from = parser->at;
        int operand = want_truth(parser, parse_not(parser), from);
        result = operand < 0 ? -1 : add_pair(parser, NOT, operand, operand, at);
    } else {
        result = parse_comparison(parser);
    }
    parser->depth--;
    return result;
}

static int parse_joined(struct parser *parser, int (*operand)(struct parser *parser), const char *word,
                        enum operation operation) {
    const char *from = parser->at;
    int left = operand(parser);
    while (left >= 0) {
        skip_blanks(parser);
        const char *at = parser->at;
        if (!take(parser, word))
            break;
        const char *right_at = parser->at;
        if (want_truth(parser, left, from) < 0)
            return -1;
        int right = want_truth(parser, operand(parser), right_at);
        left = right < 0 ? -1 : add_pair(parser, operation, left, right, at);
    }
    return left;
}

static int parse_and(struct parser *parser) {
    return parse_joined(parser, parse_not, "and", AND);
}
static int parse_or(struct parser *parser) {
    return parse_joined(parser, parse_and, "or", OR);
}

int r3_sweep_where_parse(struct r3_sweep_where **out, const char *text, const struct r3_sweep_space *space,
                         struct r3_error *error) {
    struct r3_sweep_where *where = r3_allocate(sizeof *where);
    where->space = space;
    where->text = r3_duplicate(text);
    struct parser parser = { .where = where, .at = where->text, .error = error };
    int root = parse_or(&parser);
    skip_blanks(&parser);
    if (root >= 0 && *parser.at)
        root = fail_at(&parser, parser.at, "the condition has ended before this");
    root = want_truth(&parser, root, where->text);
    if (root < 0) {
        r3_sweep_where_free(where);
        return -1;
    }
    *out = where;
    return 0;
}

void r3_sweep_where_free(struct r3_sweep_where *where) {
    if (!where)
        return;
    free(where->text);
    free(where);
}

/* ---- evaluation ---- */

/* A number as a fraction whose denominator is above 0, or a text, or a truth. */
struct value {
    struct r3_decimal numerator, denominator;
    const char *text; /* NULL: a number or a truth */
    size_t length;
    bool truth;
};

static int fail_node(const struct node *node, const char *reason, struct r3_error *error) {
    return r3_fail(error, R3_USAGE, "--where: column %u: %s", node->column, reason);
}

static int multiply(struct value *out, const struct value *a, const struct value *b, struct r3_error *error) {
    return r3_decimal_multiply(&out->numerator, &a->numerator, &b->numerator, error) != 0 ||
                   r3_decimal_multiply(&out->denominator, &a->denominator, &b->denominator, error) != 0
               ? -1
               : 0;
}

static int divide(struct value *out, const struct value *a, const struct value *b, struct r3_error *error) {
    struct value inverse = { .numerator = b->denominator, .denominator = b->numerator };
    if (r3_decimal_sign(&b->numerator) < 0) {
        r3_decimal_negate(&inverse.numerator, &inverse.numerator);
        r3_decimal_negate(&inverse.denominator, &inverse.denominator);
    }
    return multiply(out, a, &inverse, error);
}

/* a's numerator over the common denominator, and b's. */
static int align(struct r3_decimal *left, struct r3_decimal *right, const struct value *a, const struct value *b,
                 struct r3_error *error) {
    *left = a->numerator;
    *right = b->numerator;
    if (r3_decimal_equal(&a->denominator, &b->denominator))
        return 0;
    return r3_decimal_multiply(left, left, &b->denominator, error) != 0 ||
                   r3_decimal_multiply(right, right, &a->denominator, error) != 0
               ? -1
               : 0;
}

static int add(struct value *out, const struct value *a, const struct value *b, bool subtracts,
               struct r3_error *error) {
    struct r3_decimal left, right;
    if (align(&left, &right, a, b, error) != 0)
        return -1;
    out->denominator = a->denominator;
    if (!r3_decimal_equal(&a->denominator, &b->denominator) &&
        r3_decimal_multiply(&out->denominator, &a->denominator, &b->denominator, error) != 0)
        return -1;
    return (subtracts ? r3_decimal_subtract : r3_decimal_add)(&out->numerator, &left, &right, error);
}

static int calculate(struct value *out, const struct node *node, const struct value *a, const struct value *b,
                     struct r3_error *error) {
    int result = 0;
    if (a->text || b->text)
        return fail_node(node, "a word is no number to reckon with", error);
    if (node->operation == DIVIDE && r3_decimal_is_zero(&b->numerator))
        return fail_node(node, "division by 0", error);
    switch (node->operation) {
    case NEGATE:
        *out = *a;
        r3_decimal_negate(&out->numerator, &a->numerator);
        break;
    case MULTIPLY:
        result = multiply(out, a, b, error);
        break;
    case DIVIDE:
        result = divide(out, a, b, error);
        break;
    default:
        result = add(out, a, b, node->operation == SUBTRACT, error);
    }
    return result != 0 ? fail_node(node, "a number needs more than 34 digits, or 18 behind the point", error) : 0;
}

/* A number never equals a text. */
static bool equal_texts(const struct value *a, const struct value *b) {
    return a->text && b->text && a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static int compare(struct value *out, const struct node *node, const struct value *a, const struct value *b,
                   struct r3_error *error) {
    struct r3_decimal left, right;
    if (a->text || b->text) {
        if (node->operation != EQUAL && node->operation != DIFFERENT)
            return fail_node(node, "words are compared by == and != alone", error);
        out->truth = equal_texts(a, b) == (node->operation == EQUAL);
        return 0;
    }
    if (align(&left, &right, a, b, error) != 0)
        return fail_node(node, "a number needs more than 34 digits, or 18 behind the point", error);
    int order = r3_decimal_compare(&left, &right);
    switch (node->operation) {
    case LESS:
        out->truth = order < 0;
        break;
    case AT_MOST:
        out->truth = order <= 0;
        break;
    case MORE:
        out->truth = order > 0;
        break;
    case AT_LEAST:
        out->truth = order >= 0;
        break;
    case EQUAL:
        out->truth = order == 0;
        break;
    default:
        out->truth = order != 0;
    }
    return 0;
}

static void read_name(struct value *out, const struct r3_sweep_value *value) {
    if (r3_decimal_is_present(&value->number)) {
        out->numerator = value->number;
    } else {
        out->text = value->text;
        out->length = strlen(value->text);
    }
}

/* `and` and `or` look at their right side only where it decides, so that 'd != 0 and n / d < 2' makes sense. */
static int evaluate(struct value *out, const struct r3_sweep_where *where, size_t index, const uint32_t *indices,
                    struct r3_error *error) {
    const struct node *node = &where->nodes[index];
    struct value left, right;
    *out = (struct value) { .numerator = r3_decimal_zero, .denominator = r3_decimal_one };
    switch (node->operation) {
    case NUMBER:
        out->numerator = node->number;
        return 0;
    case TEXT:
        out->text = node->text;
        out->length = node->length;
        return 0;
    case NAME:
        read_name(out, &where->space->parameters[node->parameter].values[indices[node->parameter]]);
        return 0;
    default:
        break;
    }
    if (evaluate(&left, where, node->left, indices, error) != 0)
        return -1;
    if (node->operation == NOT || (node->operation == AND && !left.truth) || (node->operation == OR && left.truth)) {
        out->truth = left.truth != (node->operation == NOT);
        return 0;
    }
    if (node->operation == NEGATE)
        return calculate(out, node, &left, &left, error);
    if (evaluate(&right, where, node->right, indices, error) != 0)
        return -1;
    if (node->operation == AND || node->operation == OR) {
        out->truth = right.truth;
        return 0;
    }
    return node->operation >= LESS ? compare(out, node, &left, &right, error)
                                   : calculate(out, node, &left, &right, error);
}

int r3_sweep_where_holds(const struct r3_sweep_where *where, const uint32_t *indices, struct r3_error *error) {
    struct value value;
    return evaluate(&value, where, where->count - 1, indices, error) != 0 ? -1 : value.truth;
}
