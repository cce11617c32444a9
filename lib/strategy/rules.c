#include "lib/strategy/compiler.h"

#include "lib/base/decimal.h"

/* A whole rule text: its statements, the values of its parameters, its hash. */

const char *const r3_rules_output_names[R3_RULES_OUTPUTS] = { "long",   "short",      "flat",      "stop",
                                                              "target", "confidence", "volatility" };

static int define(struct r3_compiler *compiler, const struct r3_statement *statement) {
    const struct r3_token *token = &statement->name;
    const struct r3_scope scope = { 0 };
    bool param = statement->kind == R3_STATEMENT_PARAM;
    if (r3_compile_find_name(compiler, token->text, token->length))
        return r3_compile_fail(compiler, &scope, token->place, "%.*s is defined twice", (int)token->length,
                               token->text);
    if (r3_function_find(token->text, token->length) || r3_token_is(token, "at"))
        return r3_compile_fail(compiler, &scope, token->place, "%.*s has its meaning already: choose another name",
                               (int)token->length, token->text);
    if (token->length >= R3_WORD_SIZE)
        return r3_compile_fail(compiler, &scope, token->place, "the name is longer than %d", R3_WORD_SIZE - 1);
    int32_t output = -1;
    for (int i = 0; i < R3_RULES_OUTPUTS; i++)
        if (r3_token_is(token, r3_rules_output_names[i]))
            output = i;
    if (param && output >= 0)
        return r3_compile_fail(compiler, &scope, token->place, "%.*s is what the rules answer, not a param",
                               (int)token->length, token->text);
    struct r3_name name = { .token = *token, .expression = statement->expression, .number = statement->number };
    for (int i = 0; i < R3_FRAMES_MAX; i++)
        name.nodes[i] = -1;
    if (!param) { /* compiled before it is a name: it cannot mention itself */
        name.nodes[0] = r3_compile(compiler, statement->expression, &scope);
        if (name.nodes[0] < 0)
            return -1;
        if (output >= 0 && r3_compile_check_type(compiler, &scope, token->place, r3_rules_output_names[output],
                                                 name.nodes[0], output <= R3_RULES_FLAT) < 0)
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

/* A name that is plotted already stays once. */
static int add_plot(struct r3_compiler *compiler, const struct r3_statement *statement) {
    struct r3_rules *rules = compiler->rules;
    const struct r3_token *token = &statement->name;
    const struct r3_scope scope = { 0 };
    if (token->length >= R3_NAME_SIZE)
        return r3_compile_fail(compiler, &scope, token->place, "the name is longer than %d", R3_NAME_SIZE - 1);
    int32_t value = r3_compile(compiler, statement->expression, &scope);
    if (value < 0)
        return -1;
    for (int32_t i = 0; i < rules->plot_count; i++)
        if (r3_token_is(token, rules->plots[i].name))
            return 0;
    rules->plots = r3_reallocate(rules->plots, ((size_t)rules->plot_count + 1) * sizeof *rules->plots);
    struct r3_plot *plot = &rules->plots[rules->plot_count++];
    plot->cell = value;
    return r3_copy_text(plot->name, sizeof plot->name, token->text, token->length);
}

/* The value of a param: its --set, or what the rules say. A second --set of one name is an error. */
static int set_parameter(struct r3_compiler *compiler, struct r3_statement *statement, const char *const *settings,
                         size_t count, bool *used) {
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
    rules->parameters =
        r3_reallocate(rules->parameters, ((size_t)rules->parameter_count + 1) * sizeof *rules->parameters);
    struct r3_parameter *parameter = &rules->parameters[rules->parameter_count++];
    *parameter = (struct r3_parameter) { .value = statement->number, .set = set };
    return r3_copy_text(parameter->name, sizeof parameter->name, token->text, token->length);
}

static int compile_statements(struct r3_compiler *compiler, const char *text, size_t length,
                              const char *const *settings, size_t count, bool *used) {
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
            if (add_plot(compiler, &statement) < 0)
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
static int check_settings(struct r3_compiler *compiler, const char *const *settings, size_t count, const bool *used) {
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

/* The text has been compiled: it is read to its end. */
static uint64_t hash_tokens(uint64_t hash, const char *text, size_t length) {
    struct r3_lexer lexer;
    struct r3_error unused;
    bool begun = false, line_ended = false;
    r3_lexer_init(&lexer, "", text, length, false);
    while (r3_lexer_next(&lexer, &unused) == 0 && lexer.token.kind != R3_TOKEN_END) {
        const unsigned char head[] = { begun && line_ended, (unsigned char)lexer.token.kind };
        line_ended = lexer.token.kind == R3_TOKEN_NEWLINE; /* several are as one, those at either end as none */
        if (line_ended)
            continue;
        begun = true;
        hash = hash_bytes(hash, head, sizeof head);
        hash = hash_bytes(hash, &lexer.token.length, sizeof lexer.token.length);
        hash = hash_bytes(hash, lexer.token.text, lexer.token.length);
    }
    return hash;
}

static uint64_t hash_meaning(const struct r3_rules *rules, const char *text, size_t length) {
    uint64_t hash = hash_tokens(UINT64_C(0xcbf29ce484222325), text, length);
    for (int32_t i = 0; i < rules->parameter_count; i++)
        hash = hash_bytes(hash, &rules->parameters[i].value, sizeof rules->parameters[i].value);
    return hash;
}

static uint64_t hash_rules(const struct r3_rules *rules) {
    static const char layout[] = "r3 rules state 3"; /* grows with a change of any state's layout */
    uint64_t hash = hash_bytes(rules->meaning, layout, sizeof layout);
    return hash_bytes(hash, &rules->size, sizeof rules->size);
}

int r3_rules_compile(struct r3_rules **out, const char *name, const char *text, size_t length,
                     const char *const *settings, size_t count, struct r3_error *error) {
    struct r3_rules *rules = r3_allocate(sizeof *rules);
    struct r3_compiler compiler = { .file = name, .rules = rules, .error = error };
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
    if (compile_statements(&compiler, text, length, settings, count, used) < 0 ||
        check_settings(&compiler, settings, count, used) < 0)
        goto out;
    if (rules->outputs[R3_RULES_LONG] < 0 && rules->outputs[R3_RULES_SHORT] < 0 && rules->outputs[R3_RULES_FLAT] < 0 &&
        !rules->plot_count) {
        r3_fail(error, R3_DATA, "%s: defines neither long, short or flat, nor a plot", name);
        goto out;
    }
    if (r3_copy_text(rules->name, sizeof rules->name, name, strlen(name)) < 0)
        r3_copy_text(rules->name, sizeof rules->name, "rules", 5);
    if (r3_emit(rules, &compiler.graph, error) < 0)
        goto out;
    rules->meaning = hash_meaning(rules, text, length);
    rules->hash = hash_rules(rules);
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
    free(rules->cells);
    free(rules->plots);
    free(rules->parameters);
    free(rules->functions_used);
    free(rules);
}
