#ifndef R3_TESTS_UNIT_KUCOIN_VECTORS_H
#define R3_TESTS_UNIT_KUCOIN_VECTORS_H

/* tests/vectors/kucoin: see NOTICE there. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/buffer.h"
#include "lib/json/json.h"
#include "tests/unit/check.h"

/* A file's text, new in *out; ends the test where it is not there. */
static inline void load_file(struct r3_buffer *out, const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(1);
    }
    char block[4096];
    for (size_t count; (count = fread(block, 1, sizeof block, file)) > 0;)
        r3_buffer_append(out, block, count);
    fclose(file);
}

/* Call `each` with each line's object. Returns how many there were. */
static inline size_t each_line(const char *path, void (*each)(const struct r3_json_document *, void *), void *context) {
    struct r3_buffer text = R3_BUFFER_INIT;
    size_t count = 0;
    load_file(&text, path);
    for (const char *at = text.data, *end; (end = strchr(at, '\n')); at = end + 1, count++) {
        struct r3_json_document *document = NULL;
        struct r3_error error = { 0 };
        CHECK_INT(r3_json_parse(&document, at, (size_t)(end - at), 1 << 20, &error), 0);
        if (document)
            each(document, context);
        r3_json_free(document);
    }
    r3_buffer_release(&text);
    return count;
}

static inline const char *member_text(const struct r3_json *object, const char *name) {
    const char *text = r3_json_text(r3_json_member(object, name), NULL);
    return text ? text : "";
}

#endif
