#ifndef R3_STRATEGY_PARSER_H
#define R3_STRATEGY_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

/* Rule text → syntax tree. Private to lib/strategy. */

enum r3_token_kind {
    R3_TOKEN_END,
    R3_TOKEN_NEWLINE,
    R3_TOKEN_NUMBER,
    R3_TOKEN_NAME,
    R3_TOKEN_PRIMITIVE,
    R3_TOKEN_TEXT,
    R3_TOKEN_SIGN
};

struct r3_place {
    uint32_t line, column; /* from 1; columns count bytes */
};

struct r3_token {
    enum r3_token_kind kind;
    const char *text; /* in the rule text; a TEXT without its quotes, a PRIMITIVE without @ */
    uint32_t length;
    struct r3_place place;
    double number;
};

struct r3_lexer {
    const char *name, *text, *end;
    struct r3_place place;
    int parentheses;       /* depth: a newline inside is a blank */
    bool continues;        /* the last token was an operator: a newline after it is a blank */
    bool inside;           /* a body of r3_functions: @primitives are allowed */
    struct r3_token token; /* the current one */
};

void r3_lexer_init(struct r3_lexer *lexer, const char *name, const char *text, size_t length, bool inside);
/* The next token in lexer->token. R3_DATA. */
int r3_lexer_next(struct r3_lexer *lexer, struct r3_error *error);
/* Whether the current token is this sign or word. */
bool r3_token_is(const struct r3_token *token, const char *text);

/* Elementary operations; parser, compiler and evaluator share the list. */
enum r3_operation {
    R3_OP_ADD,
    R3_OP_SUBTRACT,
    R3_OP_MULTIPLY,
    R3_OP_DIVIDE,
    R3_OP_REMAINDER,
    R3_OP_POWER,
    R3_OP_MINIMUM,
    R3_OP_MAXIMUM, /* number, number */
    R3_OP_NEGATE,
    R3_OP_ABSOLUTE,
    R3_OP_ROOT,
    R3_OP_LOG,
    R3_OP_EXPONENTIAL,
    R3_OP_ROUND,
    R3_OP_FLOOR,
    R3_OP_CEILING,
    R3_OP_SIGN,
    R3_OP_LESS,
    R3_OP_LESS_EQUAL,
    R3_OP_EQUAL,
    R3_OP_UNEQUAL,
    R3_OP_AND,
    R3_OP_OR,
    R3_OP_NOT,
    R3_OP_SELECT,
    R3_OP_OTHERWISE,
    R3_OP_READY,
    R3_OP_WHEN,
    /* made by the compiler */
    R3_OP_EXACT,
    R3_OP_INDICATOR,
    R3_OP_COPY,
    R3_OP_CONSTANT,
    R3_OP_INPUT,
    R3_OP_PICK
};

enum r3_syntax_kind {
    R3_SYNTAX_NUMBER,
    R3_SYNTAX_TRUTH,
    R3_SYNTAX_TEXT,
    R3_SYNTAX_NAME,      /* name or name(…) */
    R3_SYNTAX_PRIMITIVE, /* @name(…): an operation, an input or an indicator */
    R3_SYNTAX_OPERATION,
    R3_SYNTAX_HISTORY /* x[n] */
};

struct r3_syntax {
    enum r3_syntax_kind kind;
    enum r3_operation operation;
    bool called;         /* NAME with parentheses */
    int32_t first, next; /* operands: the first, and the next one of the same parent; -1 ends */
    double number;
    const char *text; /* borrowed from the rule text */
    uint32_t length;
    struct r3_place place;
};

/* A growing pool of nodes, addressed by index. */
struct r3_tree {
    struct r3_syntax *nodes;
    int32_t count, capacity;
};
void r3_tree_release(struct r3_tree *tree);

enum r3_statement_kind { R3_STATEMENT_END, R3_STATEMENT_NAME, R3_STATEMENT_PARAM, R3_STATEMENT_PLOT };

struct r3_statement {
    enum r3_statement_kind kind;
    struct r3_token name; /* NAME, PARAM; PLOT: one name, so `plot a, b` is two statements */
    int32_t expression;   /* NAME; PLOT: the name */
    double number;        /* PARAM */
};

struct r3_parser {
    struct r3_lexer lexer;
    struct r3_tree *tree;
    int depth;
    bool plotting; /* between the names of a plot line */
};

/* Reads the first token. */
int r3_parser_init(struct r3_parser *parser, struct r3_tree *tree, const char *name, const char *text, size_t length,
                   bool inside, struct r3_error *error);
int r3_parser_statement(struct r3_parser *parser, struct r3_statement *out, struct r3_error *error);
/* One expression, and then the end of the text. */
int r3_parser_expression_only(struct r3_parser *parser, int32_t *out, struct r3_error *error);

/* `name:line:column: …`; returns -1, status R3_DATA. */
int r3_fail_at(struct r3_error *error, const char *name, struct r3_place place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
