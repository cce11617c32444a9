#include "lib/strategy/parser.h"

#include <stdarg.h>

#include "lib/base/decimal.h"

int r3_fail_at(struct r3_error *error, const char *name, struct r3_place place, const char *format, ...) {
    char text[sizeof error->text];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return r3_fail(error, R3_DATA, "%s:%u:%u: %s", name, place.line, place.column, text);
}

void r3_lexer_init(struct r3_lexer *lexer, const char *name, const char *text, size_t length, bool inside) {
    *lexer =
        (struct r3_lexer) { .name = name, .text = text, .end = text + length, .place = { 1, 1 }, .inside = inside };
    if (!inside && length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) /* a byte-order mark, as some editors write */
        lexer->text += 3;
}

bool r3_token_is(const struct r3_token *token, const char *text) {
    return (token->kind == R3_TOKEN_NAME || token->kind == R3_TOKEN_SIGN) && strlen(text) == token->length &&
           memcmp(text, token->text, token->length) == 0;
}

static bool is_letter(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}
static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

static void advance(struct r3_lexer *lexer, uint32_t count) {
    lexer->text += count;
    lexer->place.column += count;
}

/* Blanks, comments, and newlines that end nothing. True when a newline token is due. */
static bool skip_blanks(struct r3_lexer *lexer) {
    while (lexer->text < lexer->end) {
        char byte = *lexer->text;
        if (byte == '#') {
            while (lexer->text < lexer->end && *lexer->text != '\n')
                advance(lexer, 1);
        } else if (byte == '\n') {
            if (!lexer->parentheses && !lexer->continues)
                return true;
            lexer->text++;
            lexer->place = (struct r3_place) { lexer->place.line + 1, 1 };
        } else if (byte == ' ' || byte == '\t' || byte == '\r') {
            advance(lexer, 1);
        } else {
            break;
        }
    }
    return false;
}

/* Digits, a point, digits, an exponent: what r3_decimal_parse_number takes, read into a double, which rounds it once. */
static int read_number(struct r3_lexer *lexer, struct r3_error *error) {
    struct r3_token *token = &lexer->token;
    const char *at = lexer->text;
    while (at < lexer->end && (is_digit(*at) || *at == '.'))
        at++;
    if (at < lexer->end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < lexer->end && (*at == '-' || *at == '+'))
            at++;
        while (at < lexer->end && is_digit(*at))
            at++;
    }
    while (at < lexer->end && is_letter(*at)) /* "10x" is one bad word */
        at++;
    token->kind = R3_TOKEN_NUMBER;
    token->length = (uint32_t)(at - lexer->text);
    struct r3_decimal decimal;
    if (r3_decimal_parse_number(&decimal, token->text, token->length, error) < 0)
        return r3_fail_at(error, lexer->name, token->place, "not a number: \"%.*s\"",
                          token->length < 40 ? (int)token->length : 40, token->text);
    token->number = r3_decimal_to_double(&decimal);
    advance(lexer, token->length);
    return 0;
}

static int read_text(struct r3_lexer *lexer, struct r3_error *error) {
    struct r3_token *token = &lexer->token;
    const char *at = lexer->text + 1;
    while (at < lexer->end && *at != '"' && *at != '\n')
        at++;
    if (at == lexer->end || *at != '"')
        return r3_fail_at(error, lexer->name, token->place, "the quote is not closed");
    token->kind = R3_TOKEN_TEXT;
    token->text = lexer->text + 1;
    token->length = (uint32_t)(at - token->text);
    advance(lexer, token->length + 2);
    return 0;
}

static void read_name(struct r3_lexer *lexer, enum r3_token_kind kind) {
    struct r3_token *token = &lexer->token;
    const char *at = lexer->text;
    while (at < lexer->end && (is_letter(*at) || is_digit(*at) || (kind == R3_TOKEN_PRIMITIVE && *at == '.')))
        at++;
    token->kind = kind;
    token->text = lexer->text;
    token->length = (uint32_t)(at - lexer->text);
    advance(lexer, token->length);
}

/* What those who come from Pine Script or C write first; tested before the signs, as // begins with one. */
static const struct {
    const char *text, *hint;
} foreign[] = {
    { "//", "a comment begins with #" },
    { ":=", "a name is defined once, with =" },
    { "&", "write and" },
    { "|", "write or" },
    { "!", "write not" }, /* unless it is != */
    { "^", "write pow(x, y)" },
    { ".", "Pine's ta.sma is sma" },
    { ";", "one statement a line" },
    { "'", "a text stands in \"\"" },
};

static int check_foreign(const struct r3_lexer *lexer, struct r3_error *error) {
    size_t left = (size_t)(lexer->end - lexer->text);
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        const char *text = foreign[i].text;
        if (strlen(text) <= left && memcmp(lexer->text, text, strlen(text)) == 0 &&
            !(left > 1 && memcmp(lexer->text, "!=", 2) == 0))
            return r3_fail_at(error, lexer->name, lexer->token.place, "'%s' means nothing here: %s", text,
                              foreign[i].hint);
    }
    return 0;
}

static int read_sign(struct r3_lexer *lexer, struct r3_error *error) {
    static const char *const signs[] = { "==", "!=", "<=", ">=", "<", ">", "=", "+", "-", "*",
                                         "/",  "%",  "(",  ")",  "[", "]", ",", "?", ":" };
    struct r3_token *token = &lexer->token;
    token->kind = R3_TOKEN_SIGN;
    size_t left = (size_t)(lexer->end - lexer->text);
    if (check_foreign(lexer, error) < 0)
        return -1;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        size_t length = strlen(signs[i]);
        if (length <= left && memcmp(lexer->text, signs[i], length) == 0) {
            token->length = (uint32_t)length;
            advance(lexer, token->length);
            return 0;
        }
    }
    unsigned char byte = (unsigned char)*lexer->text;
    if (byte < ' ' || byte >= 0x7f)
        return r3_fail_at(error, lexer->name, token->place, "the byte 0x%02x means nothing here", byte);
    return r3_fail_at(error, lexer->name, token->place, "'%c' means nothing here", byte);
}

int r3_lexer_next(struct r3_lexer *lexer, struct r3_error *error) {
    struct r3_token *token = &lexer->token;
    bool newline = skip_blanks(lexer);
    *token = (struct r3_token) { .text = lexer->text, .place = lexer->place };
    lexer->continues = false;
    if (newline) {
        token->kind = R3_TOKEN_NEWLINE;
        token->length = 1;
        lexer->text++;
        lexer->place = (struct r3_place) { lexer->place.line + 1, 1 };
        return 0;
    }
    if (lexer->text == lexer->end) {
        token->kind = R3_TOKEN_END;
        return 0;
    }
    char byte = *lexer->text;
    if (is_digit(byte) || (byte == '.' && lexer->end - lexer->text > 1 && is_digit(lexer->text[1])))
        return read_number(lexer, error);
    if (byte == '"')
        return read_text(lexer, error);
    if (is_letter(byte)) {
        read_name(lexer, R3_TOKEN_NAME);
        lexer->continues = r3_token_is(token, "and") || r3_token_is(token, "or") || r3_token_is(token, "not");
        return 0;
    }
    if (byte == '@' && lexer->inside) {
        advance(lexer, 1);
        token->text = lexer->text;
        read_name(lexer, R3_TOKEN_PRIMITIVE);
        return 0;
    }
    if (read_sign(lexer, error) < 0)
        return -1;
    bool opens = r3_token_is(token, "(") || r3_token_is(token, "["),
         closes = r3_token_is(token, ")") || r3_token_is(token, "]");
    lexer->parentheses += opens - closes;
    lexer->continues = !opens && !closes;
    return 0;
}
