/* The text of a pipeline, character by character, with the same rules and messages as pipelines/backtest, which lets a shell run
 * it: tests/r3-backtest.bats feeds both the same texts. */

#include "lib/stage/pipeline_text.h"

#include <stdlib.h>
#include <string.h>

struct scanner {
    const char *text;
    size_t length, at;
    size_t column; /* of text[at], in characters from 1 */
    bool placeholders;
    struct r3_pipeline_text *out;
    struct r3_buffer word;
    bool in_word; /* also while it is empty, as '' is */
    bool bare;    /* nothing of the word is quoted or put in */
    char quote;   /* the one that is open, or '\0' */
    size_t quote_column;
    size_t ended; /* the column of a newline that ended the pipeline; 0: none */
};

static const char WHY[] = "only the shell can run this: quote it, or keep it outside of the text";

/* ---- what has been read ---- */

static struct r3_pipeline_program *program(struct scanner *scanner) {
    return &scanner->out->programs[scanner->out->count - 1];
}

static void begin_program(struct scanner *scanner) {
    struct r3_pipeline_text *out = scanner->out;
    out->programs = r3_reallocate(out->programs, (out->count + 1) * sizeof out->programs[0]);
    out->programs[out->count++] = (struct r3_pipeline_program) { 0 };
}

static void add_word(struct r3_pipeline_program *to, char *word) {
    to->words = r3_reallocate(to->words, (to->count + 2) * sizeof to->words[0]);
    to->words[to->count++] = word;
    to->words[to->count] = NULL;
}

static void begin_word(struct scanner *scanner) {
    if (scanner->in_word)
        return;
    r3_buffer_reset(&scanner->word);
    scanner->in_word = scanner->bare = true;
}

static void end_word(struct scanner *scanner) {
    if (scanner->in_word)
        add_word(program(scanner), r3_duplicate(scanner->word.data ? scanner->word.data : ""));
    r3_buffer_reset(&scanner->word);
    scanner->in_word = false;
}

static void append(struct scanner *scanner, char byte) {
    begin_word(scanner);
    r3_buffer_append(&scanner->word, &byte, 1);
}

/* Go past text[at]; the bytes that continue a character have no column of their own. */
static void advance(struct scanner *scanner) {
    scanner->at++;
    if (scanner->at >= scanner->length || ((unsigned char)scanner->text[scanner->at] & 0xc0) != 0x80)
        scanner->column++;
}

/* ---- what only a shell can run ---- */

/* A first word that a shell takes as its own, at the end of the word. */
static int check_reserved(const struct scanner *scanner, struct r3_error *error) {
    static const char *const reserved[] = { "!",    "case",   "coproc", "do",   "done",     "elif",
                                            "else", "esac",   "fi",     "for",  "function", "if",
                                            "in",   "select", "then",   "time", "until",    "while" };
    if (!scanner->in_word || !scanner->bare || scanner->out->programs[scanner->out->count - 1].count > 0)
        return 0;
    const char *word = scanner->word.data ? scanner->word.data : "";
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (strcmp(word, reserved[i]) == 0)
            return r3_fail(error, R3_USAGE, "column %zu: %s as a program: %s", scanner->column - strlen(word), word,
                           WHY);
    return 0;
}

static bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* NAME= or NAME+= at the start of a program, asked when its = has been added. */
static int check_assignment(const struct scanner *scanner, struct r3_error *error) {
    const char *word = scanner->word.data;
    size_t length = scanner->word.length, name = 0;
    if (!scanner->bare || scanner->out->programs[scanner->out->count - 1].count > 0)
        return 0;
    while (is_letter(word[name]) || (name > 0 && is_digit(word[name])))
        name++;
    if (name == 0 || (name + 1 != length && !(name + 2 == length && word[name] == '+')))
        return 0;
    return r3_fail(error, R3_USAGE, "column %zu: an assignment: %s", scanner->column + 1 - length, WHY);
}

/* ---- placeholders ---- */

static size_t find_name(struct r3_pipeline_text *out, const char *name, size_t length) {
    for (size_t i = 0; i < out->name_count; i++)
        if (strlen(out->names[i]) == length && memcmp(out->names[i], name, length) == 0)
            return i;
    char *copy = r3_allocate(length + 1);
    memcpy(copy, name, length);
    out->names = r3_reallocate(out->names, (out->name_count + 1) * sizeof out->names[0]);
    out->names[out->name_count] = copy;
    return out->name_count++;
}

/* At a brace: {name}, or {{ or }} for one. */
static int read_brace(struct scanner *scanner, struct r3_error *error) {
    struct r3_pipeline_text *out = scanner->out;
    const char *at = scanner->text + scanner->at, *end = scanner->text + scanner->length;
    begin_word(scanner);
    scanner->bare = false;
    if (end - at > 1 && at[1] == at[0]) {
        append(scanner, at[0]);
        advance(scanner);
        advance(scanner);
        return 0;
    }
    const char *name = at + 1, *stop = name;
    while (stop < end && (is_letter(*stop) || (stop > name && is_digit(*stop))))
        stop++;
    if (at[0] == '}' || stop == name || stop == end || *stop != '}')
        return r3_fail(error, R3_USAGE, "column %zu: %c: a placeholder is {name}, and a brace is %c%c", scanner->column,
                       at[0], at[0], at[0]);
    if (program(scanner)->count == 0)
        return r3_fail(error, R3_USAGE, "column %zu: {%.*s}: the name of a program cannot vary", scanner->column,
                       (int)(stop - name), name);
    out->holes = r3_reallocate(out->holes, (out->hole_count + 1) * sizeof out->holes[0]);
    out->holes[out->hole_count++] = (struct r3_pipeline_hole) { .program = out->count - 1,
                                                                .word = program(scanner)->count,
                                                                .offset = scanner->word.length,
                                                                .name = find_name(out, name, (size_t)(stop - name)) };
    while (scanner->text + scanner->at <= stop)
        advance(scanner);
    return 0;
}

static bool is_brace(const struct scanner *scanner, char c) {
    return scanner->placeholders && (c == '{' || c == '}');
}

/* ---- characters ---- */

static int read_quoted(struct scanner *scanner, struct r3_error *error) {
    char c = scanner->text[scanner->at];
    if (c == scanner->quote) {
        scanner->quote = '\0';
    } else if (is_brace(scanner, c)) {
        return read_brace(scanner, error);
    } else if (scanner->quote == '"' && (c == '$' || c == '`')) {
        return r3_fail(error, R3_USAGE, "column %zu: %c in double quotes: %s", scanner->column, c, WHY);
    } else if (scanner->quote == '"' && c == '\\' && scanner->at + 1 < scanner->length) {
        advance(scanner);
        char next = scanner->text[scanner->at];
        if (next != '\n' && !strchr("$`\"\\", next))
            append(scanner, '\\');
        if (is_brace(scanner, next))
            return 0; /* a placeholder behind a backslash */
        if (next != '\n')
            append(scanner, next);
    } else {
        append(scanner, c);
    }
    advance(scanner);
    return 0;
}

static int read_backslash(struct scanner *scanner, struct r3_error *error) {
    if (scanner->at + 1 == scanner->length)
        return r3_fail(error, R3_USAGE, "column %zu: a backslash with nothing behind it", scanner->column);
    advance(scanner);
    if (scanner->text[scanner->at] != '\n') { /* else the line goes on */
        append(scanner, scanner->text[scanner->at]);
        scanner->bare = false;
    }
    advance(scanner);
    return 0;
}

static int read_bar(struct scanner *scanner, struct r3_error *error) {
    if (scanner->at + 1 < scanner->length && scanner->text[scanner->at + 1] == '|')
        return r3_fail(error, R3_USAGE, "column %zu: ||: %s", scanner->column, WHY);
    if (program(scanner)->count == 0)
        return r3_fail(error, R3_USAGE, "column %zu: no program before |", scanner->column);
    begin_program(scanner);
    advance(scanner);
    return 0;
}

static int read_plain(struct scanner *scanner, struct r3_error *error) {
    char c = scanner->text[scanner->at];
    bool space = c == ' ' || c == '\t' || c == '\n';
    if (space || c == '|') {
        if (check_reserved(scanner, error) < 0)
            return -1;
        end_word(scanner);
    }
    if (scanner->ended && !space)
        return r3_fail(error, R3_USAGE, "column %zu: the pipeline ends with this newline: put | ahead of it",
                       scanner->ended);
    if (c == '|')
        return read_bar(scanner, error);
    if (c == '\\')
        return read_backslash(scanner, error);
    if (is_brace(scanner, c))
        return read_brace(scanner, error);
    if (strchr("$~*?[<>&;(){}#`", c))
        return r3_fail(error, R3_USAGE, "column %zu: %c outside quotes: %s", scanner->column, c, WHY);
    if (c == '\'' || c == '"') {
        begin_word(scanner);
        scanner->quote = c;
        scanner->quote_column = scanner->column;
        scanner->bare = false;
    } else if (c == '\n' && program(scanner)->count > 0) {
        scanner->ended = scanner->column;
    } else if (!space) {
        append(scanner, c);
        if (c == '=' && check_assignment(scanner, error) < 0)
            return -1;
    }
    advance(scanner);
    return 0;
}

static int scan(struct scanner *scanner, struct r3_error *error) {
    const char *nul = scanner->length ? memchr(scanner->text, '\0', scanner->length) : NULL;
    begin_program(scanner);
    if (nul) {
        while (scanner->text + scanner->at < nul)
            advance(scanner);
        return r3_fail(error, R3_USAGE, "column %zu: a NUL byte", scanner->column);
    }
    while (scanner->at < scanner->length)
        if ((scanner->quote ? read_quoted(scanner, error) : read_plain(scanner, error)) < 0)
            return -1;
    if (scanner->quote)
        return r3_fail(error, R3_USAGE, "column %zu: the quote %c is not closed", scanner->quote_column,
                       scanner->quote);
    if (check_reserved(scanner, error) < 0)
        return -1;
    end_word(scanner);
    return program(scanner)->count ? 0 : r3_fail(error, R3_USAGE, "the text ends without a program");
}

int r3_pipeline_text_parse(struct r3_pipeline_text *out, const char *text, size_t length, bool placeholders,
                           struct r3_error *error) {
    struct scanner scanner = { .text = text, .length = length, .column = 1, .placeholders = placeholders, .out = out };
    *out = (struct r3_pipeline_text)R3_PIPELINE_TEXT_INIT;
    int failed = scan(&scanner, error);
    r3_buffer_release(&scanner.word);
    return failed;
}

/* ---- what was split ---- */

void r3_pipeline_program_release(struct r3_pipeline_program *program) {
    for (size_t i = 0; i < program->count; i++)
        free(program->words[i]);
    free(program->words);
    *program = (struct r3_pipeline_program) { 0 };
}

void r3_pipeline_text_release(struct r3_pipeline_text *text) {
    for (size_t i = 0; i < text->count; i++)
        r3_pipeline_program_release(&text->programs[i]);
    for (size_t i = 0; i < text->name_count; i++)
        free(text->names[i]);
    free(text->programs);
    free(text->names);
    free(text->holes);
    *text = (struct r3_pipeline_text)R3_PIPELINE_TEXT_INIT;
}

void r3_pipeline_program_add(struct r3_pipeline_program *program, const char *word) {
    add_word(program, r3_duplicate(word));
}

void r3_pipeline_text_fill(struct r3_pipeline_text *out, const struct r3_pipeline_text *text,
                           const char *const *values) {
    size_t next = 0; /* hole */
    struct r3_buffer word = R3_BUFFER_INIT;
    *out = (struct r3_pipeline_text) { .programs = r3_allocate(text->count * sizeof out->programs[0]),
                                       .count = text->count };
    for (size_t i = 0; i < text->count; i++) {
        for (size_t k = 0; k < text->programs[i].count; k++) {
            const char *from = text->programs[i].words[k];
            size_t done = 0;
            r3_buffer_reset(&word);
            for (; next < text->hole_count; next++) {
                const struct r3_pipeline_hole *hole = &text->holes[next];
                if (hole->program != i || hole->word != k)
                    break;
                r3_buffer_append(&word, from + done, hole->offset - done);
                r3_buffer_append_text(&word, values[hole->name]);
                done = hole->offset;
            }
            r3_buffer_append_text(&word, from + done);
            add_word(&out->programs[i], r3_duplicate(word.data ? word.data : ""));
        }
    }
    r3_buffer_release(&word);
}

/* A program's name that is not one of ours may be a word of the shell's own, so it is quoted. */
static void write_word(struct r3_buffer *out, const char *word, bool first) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./%+,:@=-";
    bool quoted = first && strncmp(word, "r3-", 3) != 0;
    if (!quoted && *word && word[strspn(word, plain)] == '\0') {
        r3_buffer_append_text(out, word);
        return;
    }
    r3_buffer_append_text(out, "'");
    for (const char *c = word; *c; c++)
        if (*c == '\'')
            r3_buffer_append_text(out, "'\\''");
        else
            r3_buffer_append(out, c, 1);
    r3_buffer_append_text(out, "'");
}

void r3_pipeline_text_write(struct r3_buffer *out, const struct r3_pipeline_text *text) {
    for (size_t i = 0; i < text->count; i++)
        for (size_t k = 0; k < text->programs[i].count; k++) {
            if (i || k)
                r3_buffer_append_text(out, k ? " " : " | ");
            write_word(out, text->programs[i].words[k], k == 0);
        }
}
