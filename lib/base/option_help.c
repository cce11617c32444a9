#include <string.h>

#include "lib/base/buffer.h"
#include "lib/base/option.h"

/* What an option table says to people and to shells: --help, and the completions of bash, zsh and fish. */

enum { WIDTH = 80, LEFT_MAX = 30, LONG_CHOICES = 24 };

/* ---- --help ---- */

static void pad(struct r3_buffer *out, size_t from, size_t to) {
    for (; from < to; from++)
        r3_buffer_append(out, " ", 1);
}

static bool has_letters(const struct r3_option *const *tables) {
    for (; *tables; tables++)
        for (const struct r3_option *option = *tables; option->name; option++)
            if (option->letter)
                return true;
    return false;
}

/* Choices that would fill the left column are listed with the help instead. */
static bool choices_are_long(const struct r3_option *option) {
    return option->kind == R3_OPTION_CHOICE && strlen(option->argument) > LONG_CHOICES;
}

static void append_left(struct r3_buffer *out, const struct r3_option *option, bool letters) {
    if (option->letter)
        r3_buffer_printf(out, "  -%c, ", option->letter);
    else
        r3_buffer_append_text(out, letters ? "      " : "  ");
    r3_buffer_printf(out, "--%s", option->name);
    if (option->kind != R3_OPTION_FLAG)
        r3_buffer_printf(out, " %s", choices_are_long(option) ? "CHOICE" : option->argument);
}

static void append_right(struct r3_buffer *out, const struct r3_option *option) {
    r3_buffer_append_text(out, option->help);
    if (choices_are_long(option)) {
        r3_buffer_append_text(out, ": ");
        for (const char *p = option->argument; *p; p++)
            r3_buffer_append_text(out, *p == '|' ? ", " : (char[2]) { *p, '\0' });
    }
    if (option->fallback)
        r3_buffer_printf(out, " (default %s)", option->fallback);
}

/* Words from column `indent` on (where the line already is), in lines of at most WIDTH columns. */
static void append_wrapped(struct r3_buffer *out, const char *text, size_t indent) {
    size_t at = indent;
    while (*text) {
        size_t length = strcspn(text, " "), width = r3_columns(text, length);
        if (at > indent && at + 1 + width > WIDTH) {
            r3_buffer_append_text(out, "\n");
            pad(out, 0, indent);
            at = indent;
        } else if (at > indent) {
            r3_buffer_append_text(out, " ");
            at++;
        }
        r3_buffer_append(out, text, length);
        at += width;
        text += length + strspn(text + length, " ");
    }
    r3_buffer_append_text(out, "\n");
}

static size_t left_width(const struct r3_option *const *tables, bool letters, struct r3_buffer *scratch) {
    size_t widest = 0;
    for (; *tables; tables++)
        for (const struct r3_option *option = *tables; option->name; option++) {
            r3_buffer_reset(scratch);
            append_left(scratch, option, letters);
            size_t width = r3_columns(scratch->data, scratch->length);
            if (width > widest && width <= LEFT_MAX)
                widest = width;
        }
    return widest;
}

void r3_option_help(struct r3_buffer *out, const char *name, const char *operands, const char *summary,
                    const struct r3_option *const *tables) {
    struct r3_buffer text = R3_BUFFER_INIT;
    bool letters = has_letters(tables);
    size_t indent = left_width(tables, letters, &text) + 2;
    r3_buffer_printf(out, "usage: %s [options]%s%s\n", name, *operands ? " " : "", operands);
    append_wrapped(out, summary, 0);
    r3_buffer_append_text(out, "\n");
    for (; *tables; tables++)
        for (const struct r3_option *option = *tables; option->name; option++) {
            r3_buffer_reset(&text);
            append_left(&text, option, letters);
            size_t width = r3_columns(text.data, text.length);
            r3_buffer_append(out, text.data, text.length);
            if (width + 2 > indent) {
                r3_buffer_append_text(out, "\n");
                width = 0;
            }
            pad(out, width, indent);
            r3_buffer_reset(&text);
            append_right(&text, option);
            append_wrapped(out, text.data, indent);
        }
    r3_buffer_printf(out, "\nSee man %.*s.\n", (int)strcspn(name, " "), name); /* of "r3-session list", r3-session */
    r3_buffer_release(&text);
}

/* ---- completion ---- */

static bool takes_file(const struct r3_option *option) {
    return option->kind == R3_OPTION_TEXT &&
           (strstr(option->argument, "FILE") || strstr(option->argument, "DIRECTORY"));
}

/* Text inside '…' of a shell; `special` are bytes that get a backslash. */
static void append_quoted(struct r3_buffer *out, const char *text, const char *special, const char *apostrophe) {
    for (; *text; text++) {
        if (*text == '\'') {
            r3_buffer_append_text(out, apostrophe);
            continue;
        }
        if (strchr(special, *text))
            r3_buffer_append_text(out, "\\");
        r3_buffer_append(out, text, 1);
    }
}

static void append_choices(struct r3_buffer *out, const struct r3_option *option) {
    for (const char *p = option->argument; *p; p++)
        r3_buffer_append(out, *p == '|' ? " " : p, 1);
}

/* The case branch of an option that takes an argument. */
static void append_bash_case(struct r3_buffer *out, const struct r3_option *option) {
    r3_buffer_append_text(out, "    ");
    if (option->letter)
        r3_buffer_printf(out, "-%c | ", option->letter);
    r3_buffer_printf(out, "--%s)\n", option->name);
    if (option->kind == R3_OPTION_CHOICE) {
        r3_buffer_append_text(out, "        mapfile -t COMPREPLY < <(compgen -W '");
        append_choices(out, option);
        r3_buffer_append_text(out, "' -- \"$word\")\n");
    } else if (takes_file(option)) {
        r3_buffer_append_text(
            out,
            "        compopt -o filenames 2>/dev/null\n        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n");
    }
    r3_buffer_append_text(out, "        return\n        ;;\n");
}

static void append_function_name(struct r3_buffer *out, const char *name) {
    r3_buffer_append_text(out, "_");
    for (; *name; name++)
        r3_buffer_append(out, *name == '-' ? "_" : name, 1);
}

static void complete_bash(struct r3_buffer *out, const char *name, const struct r3_option *const *tables) {
    r3_buffer_printf(out, "# bash completion for %s\n", name);
    append_function_name(out, name);
    r3_buffer_append_text(out, "() {\n"
                               "    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
                               "    COMPREPLY=()\n"
                               "    # --name=value comes as three words\n"
                               "    if [[ $word == = ]]; then\n"
                               "        word=\n"
                               "    elif [[ $previous == = ]] && ((COMP_CWORD >= 2)); then\n"
                               "        previous=${COMP_WORDS[COMP_CWORD - 2]}\n"
                               "    fi\n"
                               "    case $previous in\n");
    for (const struct r3_option *const *table = tables; *table; table++)
        for (const struct r3_option *option = *table; option->name; option++)
            if (option->kind != R3_OPTION_FLAG)
                append_bash_case(out, option);
    r3_buffer_append_text(out, "    esac\n"
                               "    if [[ $word == -* ]]; then\n"
                               "        mapfile -t COMPREPLY < <(compgen -W '");
    const char *separator = "";
    for (const struct r3_option *const *table = tables; *table; table++)
        for (const struct r3_option *option = *table; option->name; option++, separator = " ")
            r3_buffer_printf(out, "%s--%s", separator, option->name);
    r3_buffer_append_text(out, "' -- \"$word\")\n"
                               "    else\n"
                               "        compopt -o filenames 2>/dev/null\n"
                               "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
                               "    fi\n"
                               "}\n"
                               "complete -F ");
    append_function_name(out, name);
    r3_buffer_printf(out, " %s\n", name);
}

static void append_zsh_row(struct r3_buffer *out, const struct r3_option *option) {
    bool flag = option->kind == R3_OPTION_FLAG;
    const char *equals = flag ? "" : "=", *repeat = option->repeat ? "*" : "";
    r3_buffer_append_text(out, "    ");
    if (option->letter) {
        if (!option->repeat)
            r3_buffer_printf(out, "'(-%c --%s)'", option->letter, option->name);
        else
            r3_buffer_append_text(out, "'*'");
        r3_buffer_printf(out, "{-%c%s,--%s%s}'[", option->letter, flag ? "" : "+", option->name, equals);
    } else {
        r3_buffer_printf(out, "'%s--%s%s[", repeat, option->name, equals);
    }
    append_quoted(out, option->help, "[]:\\", "'\\''");
    r3_buffer_append_text(out, "]");
    if (!flag) {
        r3_buffer_append_text(out, ":");
        append_quoted(out, option->kind == R3_OPTION_CHOICE ? option->name : option->argument, ":\\", "'\\''");
        r3_buffer_append_text(out, ":");
        if (option->kind == R3_OPTION_CHOICE) {
            r3_buffer_append_text(out, "(");
            append_choices(out, option);
            r3_buffer_append_text(out, ")");
        } else {
            r3_buffer_append_text(out, takes_file(option) ? "_files" : " ");
        }
    }
    r3_buffer_append_text(out, "' \\\n");
}

static void complete_zsh(struct r3_buffer *out, const char *name, const struct r3_option *const *tables) {
    r3_buffer_printf(out, "#compdef %s\n_arguments -s \\\n", name);
    for (; *tables; tables++)
        for (const struct r3_option *option = *tables; option->name; option++)
            append_zsh_row(out, option);
    r3_buffer_append_text(out, "    '*:operand:_files'\n");
}

static void complete_fish(struct r3_buffer *out, const char *name, const struct r3_option *const *tables) {
    r3_buffer_printf(out, "# fish completion for %s\n", name);
    for (; *tables; tables++)
        for (const struct r3_option *option = *tables; option->name; option++) {
            r3_buffer_printf(out, "complete -c %s -l %s", name, option->name);
            if (option->letter)
                r3_buffer_printf(out, " -s %c", option->letter);
            if (option->kind == R3_OPTION_CHOICE) {
                r3_buffer_append_text(out, " -x -a '");
                append_choices(out, option);
                r3_buffer_append_text(out, "'");
            } else if (option->kind != R3_OPTION_FLAG) {
                r3_buffer_append_text(out, takes_file(option) ? " -r -F" : " -x");
            }
            r3_buffer_append_text(out, " -d '");
            append_quoted(out, option->help, "\\", "\\'");
            r3_buffer_append_text(out, "'\n");
        }
}

int r3_option_completion(struct r3_buffer *out, const char *shell, const char *name,
                         const struct r3_option *const *tables, struct r3_error *error) {
    static const struct {
        const char *shell;
        void (*write)(struct r3_buffer *out, const char *name, const struct r3_option *const *tables);
    } writers[] = { { "bash", complete_bash }, { "zsh", complete_zsh }, { "fish", complete_fish } };
    for (size_t i = 0; i < sizeof writers / sizeof writers[0]; i++)
        if (strcmp(writers[i].shell, shell) == 0) {
            writers[i].write(out, name, tables);
            return 0;
        }
    return r3_fail(error, R3_USAGE, "no completions for %s: bash, zsh or fish", shell);
}
