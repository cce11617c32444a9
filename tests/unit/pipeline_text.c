/* The text of a pipeline: words, placeholders, columns. What the shell makes of the same texts is compared in
 * tests/r3-backtest.bats. */
#include "lib/stage/pipeline_text.h"

#include <stdlib.h>

#include "tests/unit/check.h"

/* Each word in <>, programs divided by |, placeholders as {name}. */
static void show(struct r3_buffer *out, const struct r3_pipeline_text *text) {
    size_t hole = 0;
    for (size_t i = 0; i < text->count; i++) {
        if (i)
            r3_buffer_append_text(out, "|");
        for (size_t k = 0; k < text->programs[i].count; k++) {
            const char *word = text->programs[i].words[k];
            size_t done = 0;
            r3_buffer_append_text(out, "<");
            for (; hole < text->hole_count && text->holes[hole].program == i && text->holes[hole].word == k; hole++) {
                r3_buffer_append(out, word + done, text->holes[hole].offset - done);
                r3_buffer_printf(out, "{%s}", text->names[text->holes[hole].name]);
                done = text->holes[hole].offset;
            }
            r3_buffer_append_text(out, word + done);
            r3_buffer_append_text(out, ">");
        }
    }
}

static void check_split(const char *given, bool placeholders, const char *want) {
    struct r3_pipeline_text text, again;
    struct r3_buffer shown = R3_BUFFER_INIT, written = R3_BUFFER_INIT;
    struct r3_error error = { 0 };
    int failed = r3_pipeline_text_parse(&text, given, strlen(given), placeholders, &error);
    if (failed)
        r3_buffer_append_text(&shown, error.text);
    else
        show(&shown, &text);
    CHECK_TEXT(shown.data, want);
    CHECK_INT(error.status, failed ? R3_USAGE : 0);
    if (!failed && !placeholders) {
        /* Written again it is split alike. */
        r3_pipeline_text_write(&written, &text);
        CHECK_INT(r3_pipeline_text_parse(&again, written.data, written.length, false, &error), 0);
        r3_buffer_reset(&shown);
        show(&shown, &again);
        CHECK_TEXT(shown.data, want);
        r3_pipeline_text_release(&again);
    }
    r3_pipeline_text_release(&text);
    r3_buffer_release(&shown);
    r3_buffer_release(&written);
}

static void check_words(void) {
    check_split("a", false, "<a>");
    check_split(" a  b\tc | d\n", false, "<a><b><c>|<d>");
    check_split("a|b |\n\n c", false, "<a>|<b>|<c>");
    check_split("a 'b c' \"d e\" f\\ g", false, "<a><b c><d e><f g>");
    check_split("a''b'c'\"d\"\\e", false, "<abcde>");
    check_split("a '' \"\"", false, "<a><><>");
    check_split("a '\\' \"\\\\ \\\" \\$ \\` \\a \\'\"", false, "<a><\\><\\ \" $ ` \\a \\'>");
    check_split("a\\\nb \"c\\\nd\" 'e\\\nf' \\\n", false, "<ab><cd><e\\\nf>");
    check_split("a\\|b '|' \"|\"", false, "<a|b><|><|>");
    check_split("'$~*?[<>&;(){}#`'", false, "<$~*?[<>&;(){}#`>");
    check_split("\\$\\~\\*\\(", false, "<$~*(>");
    check_split("a\rb", false, "<a\rb>");
    check_split("'if' x | a if", false, "<if><x>|<a><if>");
    check_split("a b=c -x=y=z", false, "<a><b=c><-x=y=z>");
    check_split("\"a\"=b", false, "<a=b>");
    check_split("a '{b}' \"{{\"", false, "<a><{b}><{{>");
}

static void check_refused(void) {
    static const char why[] = "only the shell can run this: quote it, or keep it outside of the text";
    static const char *const texts[][2] = { { "ab $c", "column 4: $ outside quotes" },
                                            { "é \"é$\"", "column 5: $ in double quotes" },
                                            { "a||b", "column 2: ||" },
                                            { "a | while", "column 5: while as a program" },
                                            { "x1+=", "column 1: an assignment" },
                                            { "a {b}", "column 3: { outside quotes" } };
    char want[160];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        snprintf(want, sizeof want, "%s: %s", texts[i][1], why);
        check_split(texts[i][0], false, want);
    }
    check_split("", false, "the text ends without a program");
    check_split("a |", false, "the text ends without a program");
    check_split("| a", false, "column 1: no program before |");
    check_split("a 'b", false, "column 3: the quote ' is not closed");
    check_split("a \"b\\\"", false, "column 3: the quote \" is not closed");
    check_split("a \\", false, "column 3: a backslash with nothing behind it");
    check_split("a\nb", false, "column 2: the pipeline ends with this newline: put | ahead of it");
    struct r3_pipeline_text text;
    struct r3_error error;
    CHECK_INT(r3_pipeline_text_parse(&text, "a \0b", 4, false, &error), -1);
    CHECK_TEXT(error.text, "column 3: a NUL byte");
    r3_pipeline_text_release(&text);
}

static void check_placeholders(void) {
    check_split("a --set x={x} {y}{x}", true, "<a><--set><x={x}><{y}{x}>");
    check_split("a '{x} b' \"{y}{_z9}\" \\{x\\}", true, "<a><{x} b><{y}{_z9}><{x}>");
    check_split("a {{x}} '{{' \"}}\" | b {{{x}}}", true, "<a><{x}><{><}>|<b><{{x}}>");
    check_split("a \"\\{x}\"", true, "<a><\\{x}>");
    check_split("a {x", true, "column 3: {: a placeholder is {name}, and a brace is {{");
    check_split("a '{'", true, "column 4: {: a placeholder is {name}, and a brace is {{");
    check_split("a {9}", true, "column 3: {: a placeholder is {name}, and a brace is {{");
    check_split("a {x }", true, "column 3: {: a placeholder is {name}, and a brace is {{");
    check_split("a x}", true, "column 4: }: a placeholder is {name}, and a brace is }}");
    check_split("a | r3-{x}", true, "column 8: {x}: the name of a program cannot vary");
    check_split("a $x", true,
                "column 3: $ outside quotes: only the shell can run this: quote it, or keep it outside of the text");
}

static void check_fill(void) {
    static const char given[] = "a {x} '-{y}-{x}' | b \"{{{y}}}\" c {x}{y}";
    static const char *const values[] = { "it's {y} $", "" };
    struct r3_pipeline_text text, filled;
    struct r3_buffer out = R3_BUFFER_INIT;
    struct r3_error error;
    CHECK_INT(r3_pipeline_text_parse(&text, given, sizeof given - 1, true, &error), 0);
    CHECK_INT(text.name_count, 2);
    CHECK_TEXT(text.names[0], "x");
    CHECK_TEXT(text.names[1], "y");
    CHECK_INT(text.hole_count, 6);
    r3_pipeline_text_fill(&filled, &text, values);
    show(&out, &filled);
    CHECK_TEXT(out.data, "<a><it's {y} $><--it's {y} $>|<b><{}><c><it's {y} $>");
    r3_buffer_reset(&out);
    r3_pipeline_text_write(&out, &filled);
    CHECK_TEXT(out.data, "'a' 'it'\\''s {y} $' '--it'\\''s {y} $' | 'b' '{}' c 'it'\\''s {y} $'");
    r3_pipeline_text_release(&filled);
    r3_pipeline_text_release(&text);
    r3_buffer_release(&out);
}

int main(void) {
    check_words();
    check_refused();
    check_placeholders();
    check_fill();
    return check_done();
}
