#include <jansson.h>

#include "lib/json/json.h"

/* jansson does the parsing. It has three gaps for us, closed here by one look at the text beforehand: its own bound on depth is
 * 2,048, its messages do not say NUL, and a real keeps only its double. The look counts brackets outside strings and notes
 * where each number stands; in a text that jansson then accepts these are the tree's numbers in its own order, so the k-th
 * number of a walk over the tree has the k-th spelling. (An object's members keep their order in jansson since 2.8.) */

struct number {
    const json_t *value;
    const char *text;
    size_t length;
};

struct r3_json_document {
    json_t *root;
    struct number *numbers; /* sorted by value once the tree is there */
    size_t count, capacity;
};

static const json_t *json_of(const struct r3_json *value) {
    return (const json_t *)(const void *)value;
}
static const struct r3_json *value_of(const json_t *json) {
    return (const struct r3_json *)(const void *)json;
}

static void note_number(struct r3_json_document *document, const char *text, size_t length) {
    if (document->count == document->capacity) {
        document->capacity = document->capacity ? 2 * document->capacity : 16;
        document->numbers = r3_reallocate(document->numbers, document->capacity * sizeof document->numbers[0]);
    }
    document->numbers[document->count++] = (struct number) { NULL, text, length };
}

static bool in_number(char c) {
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/* Behind the string whose opening quote stands before `at`; `end` where it does not close. */
static const char *skip_string(const char *at, const char *end) {
    while (at < end && *at != '"')
        at += *at == '\\' && end - at > 1 ? 2 : 1;
    return at < end ? at + 1 : end;
}

static int look_over(struct r3_json_document *document, const char *text, size_t length, struct r3_error *error) {
    const char *end = text + length;
    const char *nul = memchr(text, '\0', length);
    if (nul)
        return r3_fail(error, R3_DATA, "not JSON: NUL at byte %zu", (size_t)(nul - text) + 1);
    unsigned depth = 0;
    for (const char *at = text; at < end;) {
        const char *from = at++;
        if (*from == '"') {
            at = skip_string(at, end);
        } else if (*from == '{' || *from == '[') {
            if (++depth > R3_JSON_DEPTH_MAX)
                return r3_fail(error, R3_DATA, "not JSON: nested deeper than %d at byte %zu", R3_JSON_DEPTH_MAX,
                               (size_t)(from - text) + 1);
        } else if (*from == '}' || *from == ']') {
            depth -= depth > 0;
        } else if (*from == '-' || (*from >= '0' && *from <= '9')) {
            while (at < end && in_number(*at))
                at++;
            note_number(document, from, (size_t)(at - from));
        }
    }
    return 0;
}

/* Give each number of the tree its spelling; returns how many were met. */
static size_t join_numbers(struct r3_json_document *document, json_t *value, size_t next) {
    const char *name;
    json_t *child;
    size_t index;
    if (json_is_number(value)) {
        if (next < document->count)
            document->numbers[next].value = value;
        return next + 1;
    }
    if (json_is_object(value)) {
        json_object_foreach(value, name, child) next = join_numbers(document, child, next);
    } else if (json_is_array(value)) {
        json_array_foreach(value, index, child) next = join_numbers(document, child, next);
    }
    return next;
}

static int compare_numbers(const void *a, const void *b) {
    const json_t *left = ((const struct number *)a)->value, *right = ((const struct number *)b)->value;
    return (left > right) - (left < right);
}

int r3_json_parse(struct r3_json_document **out, const char *text, size_t length, size_t limit,
                  struct r3_error *error) {
    json_error_t reason;
    int result = -1;
    struct r3_json_document *document = r3_allocate(sizeof *document);
    *out = NULL;
    if (length > limit) {
        r3_fail(error, R3_DATA, "not JSON: longer than %zu bytes", limit);
        goto out;
    }
    if (look_over(document, text, length, error))
        goto out;
    document->root = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &reason);
    if (!document->root) {
        if (json_error_code(&reason) == json_error_out_of_memory)
            r3_fail(error, R3_SYSTEM, "out of memory");
        else
            r3_fail(error, R3_DATA, "not JSON: %s at byte %d", reason.text, reason.position);
        goto out;
    }
    if (join_numbers(document, document->root, 0) != document->count) {
        r3_fail(error, R3_BUG, "JSON numbers were counted wrongly");
        goto out;
    }
    if (document->count > 1)
        qsort(document->numbers, document->count, sizeof document->numbers[0], compare_numbers);
    *out = document;
    document = NULL;
    result = 0;
out:
    r3_json_free(document);
    return result;
}

void r3_json_free(struct r3_json_document *document) {
    if (!document)
        return;
    json_decref(document->root);
    free(document->numbers);
    free(document);
}

const struct r3_json *r3_json_root(const struct r3_json_document *document) {
    return value_of(document->root);
}

enum r3_json_kind r3_json_kind(const struct r3_json *value) {
    switch (json_typeof(json_of(value))) {
    case JSON_OBJECT:
        return R3_JSON_OBJECT;
    case JSON_ARRAY:
        return R3_JSON_ARRAY;
    case JSON_STRING:
        return R3_JSON_TEXT;
    case JSON_INTEGER:
        return R3_JSON_INTEGER;
    case JSON_REAL:
        return R3_JSON_REAL;
    case JSON_TRUE:
    case JSON_FALSE:
        return R3_JSON_BOOLEAN;
    case JSON_NULL:
        break;
    }
    return R3_JSON_NULL;
}

const struct r3_json *r3_json_member(const struct r3_json *object, const char *name) {
    return value_of(json_object_get(json_of(object), name));
}

/* jansson's iterators take an object that is not const, though they change nothing. */
static json_t *walkable(const struct r3_json *object) {
    return (json_t *)(uintptr_t)json_of(object);
}

const char *r3_json_first_name(const struct r3_json *object) {
    void *first = json_object_iter(walkable(object));
    return first ? json_object_iter_key(first) : NULL;
}

int r3_json_each(const struct r3_json *object,
                 int (*visit)(void *context, const char *name, const struct r3_json *value), void *context) {
    const char *name;
    json_t *child;
    json_object_foreach(walkable(object), name, child) {
        int result = visit(context, name, value_of(child));
        if (result)
            return result;
    }
    return 0;
}

size_t r3_json_count(const struct r3_json *array) {
    return json_array_size(json_of(array));
}

const struct r3_json *r3_json_at(const struct r3_json *array, size_t index) {
    return value_of(json_array_get(json_of(array), index));
}

const char *r3_json_text(const struct r3_json *value, size_t *length) {
    const char *text = json_string_value(json_of(value));
    if (text && length)
        *length = json_string_length(json_of(value));
    return text;
}

bool r3_json_is_true(const struct r3_json *value) {
    return json_is_true(json_of(value));
}

int64_t r3_json_integer(const struct r3_json *value) {
    return json_integer_value(json_of(value));
}

double r3_json_real(const struct r3_json *value) {
    return json_number_value(json_of(value));
}

const char *r3_json_number_text(const struct r3_json_document *document, const struct r3_json *value, size_t *length) {
    struct number wanted = { json_of(value), NULL, 0 };
    const struct number *found = NULL;
    if (document->count)
        found = bsearch(&wanted, document->numbers, document->count, sizeof wanted, compare_numbers);
    if (!found)
        return NULL;
    *length = found->length;
    return found->text;
}
