/* Each word is completed as a program of its own would be, by the script that its option tables give; around these is what chooses
 * between them. */
#include "lib/session/completion.h"

#include "lib/session/words.h"
#include "lib/stage/stage.h"

static const char IDS[] = "r3-session list 2>/dev/null | sed -n \"1!s/ .*//p\"";

static void each_name(struct r3_buffer *out, const struct r3_session_word *word, const char *separator) {
    r3_buffer_append_text(out, word->name);
    for (const char *p = word->synonyms; *p;) {
        size_t length = strcspn(p, " ");
        r3_buffer_printf(out, "%s%.*s", separator, (int)length, p);
        p += length + (p[length] == ' ');
    }
}

/* The script of one word, as if its name were that of a program. */
static int script_of(struct r3_buffer *out, const struct r3_session_word *word, const char *name, const char *shell,
                     struct r3_error *error) {
    const struct r3_option *tables[4] = { r3_source_options };
    size_t count = 1;
    if (word->options)
        tables[count++] = word->options;
    if (word->more_options)
        tables[count++] = word->more_options();
    return r3_option_completion(out, shell, name, tables, error);
}

static int complete_bash(struct r3_buffer *out, struct r3_error *error) {
    struct r3_buffer name = R3_BUFFER_INIT, script = R3_BUFFER_INIT;
    int result = 0;
    for (const struct r3_session_word *const *word = r3_session_words; result == 0 && *word; word++) {
        r3_buffer_reset(&name);
        r3_buffer_reset(&script);
        r3_buffer_printf(&name, "r3-session-%s", (*word)->name);
        result = script_of(&script, *word, name.data, "bash", error);
        if (result == 0) /* all but its last line, which registers it */
            r3_buffer_append(out, script.data, (size_t)(strstr(script.data, "\ncomplete -F ") + 1 - script.data));
    }
    r3_buffer_append_text(out, "_r3_session() {\n"
                               "    local word=${COMP_WORDS[COMP_CWORD]} chosen=${COMP_WORDS[1]}\n"
                               "    if ((COMP_CWORD == 1)); then\n"
                               "        mapfile -t COMPREPLY < <(compgen -W '");
    for (const struct r3_session_word *const *word = r3_session_words; *word; word++)
        r3_buffer_printf(out, "%s ", (*word)->name);
    r3_buffer_append_text(out, "--help --version --completion' -- \"$word\")\n"
                               "        return\n"
                               "    fi\n"
                               "    case $chosen in\n");
    for (const struct r3_session_word *const *word = r3_session_words; *word; word++) {
        r3_buffer_append_text(out, "    ");
        each_name(out, *word, " | ");
        r3_buffer_printf(out, ") _r3_session_%s ;;\n", (*word)->name);
    }
    r3_buffer_printf(out,
                     "    esac\n"
                     "    # what is no option and no file is a session\n"
                     "    if [[ $word != -* && ${COMP_WORDS[COMP_CWORD - 1]} != --* ]]; then\n"
                     "        mapfile -t COMPREPLY < <(compgen -W \"$(%s)\" -- \"$word\")\n"
                     "    fi\n"
                     "}\n"
                     "complete -F _r3_session r3-session\n",
                     IDS);
    r3_buffer_release(&name);
    r3_buffer_release(&script);
    return result;
}

static int complete_zsh(struct r3_buffer *out, struct r3_error *error) {
    struct r3_buffer script = R3_BUFFER_INIT;
    int result = 0;
    r3_buffer_append_text(out, "#compdef r3-session\nlocal -a choices ids\nif ((CURRENT == 2)); then\n    choices=(\n");
    for (const struct r3_session_word *const *word = r3_session_words; *word; word++)
        r3_buffer_printf(out, "        '%s:%s'\n", (*word)->name, (*word)->summary);
    r3_buffer_printf(out,
                     "    )\n    _describe word choices\n    return\nfi\nids=(${(f)\"$(%s)\"})\nshift words\n"
                     "((CURRENT--))\ncase $words[1] in\n",
                     IDS);
    for (const struct r3_session_word *const *word = r3_session_words; result == 0 && *word; word++) {
        static const char files[] = "    '*:operand:_files'\n";
        r3_buffer_reset(&script);
        result = script_of(&script, *word, "r3-session", "zsh", error);
        if (result < 0)
            break;
        const char *arguments = strchr(script.data, '\n') + 1; /* behind #compdef */
        r3_buffer_append_text(out, "(");
        each_name(out, *word, "|");
        r3_buffer_append_text(out, ")\n");
        r3_buffer_append(out, arguments, strlen(arguments) - strlen(files));
        r3_buffer_append_text(out, "    \"*:session:($ids)\"\n    ;;\n");
    }
    r3_buffer_append_text(out, "esac\n");
    r3_buffer_release(&script);
    return result;
}

/* Each line of a word's script, with the condition that the word was typed. */
static void add_fish_lines(struct r3_buffer *out, const struct r3_session_word *word, const char *script) {
    static const char prefix[] = "complete -c r3-session ";
    for (const char *line = script; *line; line += strcspn(line, "\n") + 1) {
        if (strncmp(line, prefix, strlen(prefix)) != 0)
            continue;
        r3_buffer_printf(out, "%s-n '__fish_seen_subcommand_from ", prefix);
        each_name(out, word, " ");
        r3_buffer_printf(out, "' %.*s\n", (int)(strcspn(line, "\n") - strlen(prefix)), line + strlen(prefix));
    }
}

static int complete_fish(struct r3_buffer *out, struct r3_error *error) {
    struct r3_buffer script = R3_BUFFER_INIT;
    int result = 0;
    r3_buffer_append_text(out, "# fish completion for r3-session\n");
    for (const struct r3_session_word *const *word = r3_session_words; *word; word++)
        r3_buffer_printf(out, "complete -c r3-session -f -n __fish_use_subcommand -a %s -d '%s'\n", (*word)->name,
                         (*word)->summary);
    r3_buffer_printf(out, "complete -c r3-session -f -n 'not __fish_use_subcommand' -a '(%s)'\n", IDS);
    for (const struct r3_session_word *const *word = r3_session_words; result == 0 && *word; word++) {
        r3_buffer_reset(&script);
        result = script_of(&script, *word, "r3-session", "fish", error);
        if (result == 0)
            add_fish_lines(out, *word, script.data);
    }
    r3_buffer_release(&script);
    return result;
}

int r3_session_completion(struct r3_buffer *out, const char *shell, struct r3_error *error) {
    if (strcmp(shell, "bash") == 0)
        return complete_bash(out, error);
    if (strcmp(shell, "zsh") == 0)
        return complete_zsh(out, error);
    if (strcmp(shell, "fish") == 0)
        return complete_fish(out, error);
    return r3_fail(error, R3_USAGE, "no completions for %s: bash, zsh or fish", shell);
}
