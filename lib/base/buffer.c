#include "lib/base/buffer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/error.h"

/* Nothing sensible can be done without memory, and every caller would only pass it up: end here (r3(7), EXIT STATUS). */
static _Noreturn void end_without_memory(void) {
    fprintf(stderr, "%s: out of memory\n", program_invocation_short_name);
    exit(R3_SYSTEM);
}

size_t r3_columns(const char *text, size_t length) {
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

void *r3_allocate(size_t size) {
    void *memory = calloc(1, size ? size : 1);
    if (!memory)
        end_without_memory();
    return memory;
}

void *r3_reallocate(void *old, size_t size) {
    void *memory = realloc(old, size ? size : 1);
    if (!memory)
        end_without_memory();
    return memory;
}

char *r3_duplicate(const char *text) {
    size_t size = strlen(text) + 1;
    return memcpy(r3_allocate(size), text, size);
}

int r3_copy_text(char *out, size_t size, const char *text, size_t length) {
    if (length >= size) {
        if (size)
            out[0] = '\0';
        return -1;
    }
    if (length)
        memcpy(out, text, length);
    out[length] = '\0';
    return 0;
}

void r3_buffer_release(struct r3_buffer *buffer) {
    free(buffer->data);
    *buffer = (struct r3_buffer)R3_BUFFER_INIT;
}

void r3_buffer_reset(struct r3_buffer *buffer) {
    buffer->length = 0;
    if (buffer->data)
        buffer->data[0] = '\0';
}

char *r3_buffer_reserve(struct r3_buffer *buffer, size_t more) {
    if (buffer->data && buffer->capacity - buffer->length > more)
        return buffer->data + buffer->length;
    if (more > SIZE_MAX / 4 - buffer->length)
        end_without_memory();
    size_t needed = buffer->length + more + 1, capacity = buffer->capacity ? buffer->capacity : 64;
    while (capacity < needed)
        capacity *= 2;
    buffer->data = r3_reallocate(buffer->data, capacity);
    buffer->capacity = capacity;
    buffer->data[buffer->length] = '\0';
    return buffer->data + buffer->length;
}

void r3_buffer_append(struct r3_buffer *buffer, const void *data, size_t length) {
    char *end = r3_buffer_reserve(buffer, length);
    if (length)
        memcpy(end, data, length);
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
}

void r3_buffer_append_text(struct r3_buffer *buffer, const char *text) {
    r3_buffer_append(buffer, text, strlen(text));
}

void r3_buffer_printf(struct r3_buffer *buffer, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        end_without_memory(); /* the one way that the formats used here can fail */
    char *end = r3_buffer_reserve(buffer, (size_t)length);
    va_start(arguments, format);
    vsnprintf(end, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buffer->length += (size_t)length;
}
