#include "lib/session/words.h"

const struct r3_session_word *const r3_session_words[] = {
    &r3_session_create_word,
    &r3_session_start_word,
    &r3_session_pause_word,
    &r3_session_resume_word,
    &r3_session_stop_word,
    &r3_session_delete_word,
    &r3_session_list_word,
    &r3_session_show_word,
    &r3_session_run_word,
    &r3_session_feed_word,
    &r3_session_keep_word,
    &r3_session_warm_word,
    &r3_session_init_word,
    &r3_session_check_word,
    &r3_session_dump_word,
    &r3_session_restore_word,
    NULL,
};

void r3_session_say_lines(const struct r3_session_call *call, struct r3_buffer *lines) {
    char *rest = NULL;
    for (char *line = lines->length ? strtok_r(lines->data, "\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\n", &rest))
        call->say(line);
}

static bool lists(const char *names, const char *name) {
    size_t length = strlen(name);
    for (size_t width; *names; names += width + (names[width] == ' ')) {
        width = strcspn(names, " ");
        if (width == length && memcmp(names, name, length) == 0)
            return true;
    }
    return false;
}

const struct r3_session_word *r3_session_find_word(const char *name) {
    for (const struct r3_session_word *const *word = r3_session_words; *word; word++)
        if (strcmp((*word)->name, name) == 0 || lists((*word)->synonyms, name))
            return *word;
    return NULL;
}
