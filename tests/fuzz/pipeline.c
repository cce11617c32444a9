#include <stdlib.h>
#include <string.h>

#include "lib/stage/pipeline_text.h"
#include "tests/fuzz/fuzz.h"

/* Any text, with and without placeholders. What is accepted has programs with words, and comes back from its own writing. */

static void require(bool holds) {
    if (!holds)
        abort();
}

static void require_same(const struct r3_pipeline_text *a, const struct r3_pipeline_text *b) {
    require(a->count == b->count);
    for (size_t i = 0; i < a->count; i++) {
        require(a->programs[i].count == b->programs[i].count);
        for (size_t k = 0; k < a->programs[i].count; k++)
            require(strcmp(a->programs[i].words[k], b->programs[i].words[k]) == 0);
    }
}

static void check_accepted(const struct r3_pipeline_text *text) {
    require(text->count > 0);
    for (size_t i = 0; i < text->count; i++) {
        require(text->programs[i].count > 0);
        require(text->programs[i].words[text->programs[i].count] == NULL);
    }
    for (size_t i = 0; i < text->hole_count; i++) {
        const struct r3_pipeline_hole *hole = &text->holes[i];
        require(hole->program < text->count && hole->word > 0 && hole->word < text->programs[hole->program].count);
        require(hole->name < text->name_count);
        require(hole->offset <= strlen(text->programs[hole->program].words[hole->word]));
    }
}

static void check_filled(const struct r3_pipeline_text *text) {
    struct r3_pipeline_text filled, again;
    struct r3_buffer written = R3_BUFFER_INIT;
    struct r3_error error = { 0 };
    const char **values = malloc((text->name_count + 1) * sizeof values[0]);
    require(values != NULL);
    for (size_t i = 0; i < text->name_count; i++)
        values[i] = i % 2 ? "" : "it's {a} | \"$";
    r3_pipeline_text_fill(&filled, text, values);
    check_accepted(&filled);
    r3_pipeline_text_write(&written, &filled);
    require(r3_pipeline_text_parse(&again, written.data, written.length, false, &error) == 0);
    require_same(&filled, &again);
    r3_pipeline_text_release(&again);
    r3_pipeline_text_release(&filled);
    r3_buffer_release(&written);
    free(values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    for (int placeholders = 0; placeholders < 2; placeholders++) {
        struct r3_pipeline_text text;
        struct r3_error error = { 0 };
        if (r3_pipeline_text_parse(&text, (const char *)data, size, placeholders, &error) == 0) {
            check_accepted(&text);
            require(placeholders || text.hole_count == 0);
            check_filled(&text);
        } else {
            require(error.status == R3_USAGE && error.text[0]);
        }
        r3_pipeline_text_release(&text);
    }
    return 0;
}
