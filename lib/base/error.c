#include "lib/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A message is one line whatever the input held that it quotes: control bytes become '?'. */
static void make_one_line(char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
}

/* Take back the first bytes of a UTF-8 sequence that the end of the array cut. */
static void trim_cut_character(char *text, size_t capacity) {
    size_t length = strlen(text);
    if (length + 1 < capacity)
        return;
    size_t lead = length;
    while (lead > 0 && length - lead < 3 && ((unsigned char)text[lead - 1] & 0xc0) == 0x80)
        lead--;
    if (lead == 0 || (unsigned char)text[lead - 1] < 0xc0)
        return;
    unsigned char first = (unsigned char)text[lead - 1];
    size_t wanted = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (length - lead < wanted)
        text[lead - 1] = '\0';
}

static void set_text(struct r3_error *error, enum r3_status status, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

static void set_text(struct r3_error *error, enum r3_status status, const char *format, va_list arguments) {
    error->status = (int)status;
    vsnprintf(error->text, sizeof error->text, format, arguments);
}

static void finish_text(struct r3_error *error) {
    make_one_line(error->text);
    trim_cut_character(error->text, sizeof error->text);
}

int r3_fail(struct r3_error *error, enum r3_status status, const char *format, ...) {
    if (!error)
        return -1;
    va_list arguments;
    va_start(arguments, format);
    set_text(error, status, format, arguments);
    va_end(arguments);
    finish_text(error);
    return -1;
}

int r3_fail_errno(struct r3_error *error, enum r3_status status, const char *format, ...) {
    int number = errno;
    if (!error)
        return -1;
    va_list arguments;
    va_start(arguments, format);
    set_text(error, status, format, arguments);
    va_end(arguments);
    char reason[128];
    size_t length = strlen(error->text);
    snprintf(error->text + length, sizeof error->text - length, ": %s", strerror_r(number, reason, sizeof reason));
    finish_text(error);
    return -1;
}

int r3_error_at(struct r3_error *error, const char *format, ...) {
    if (!error)
        return -1;
    char old[sizeof error->text];
    memcpy(old, error->text, sizeof old);
    va_list arguments;
    va_start(arguments, format);
    set_text(error, (enum r3_status)error->status, format, arguments);
    va_end(arguments);
    size_t length = strlen(error->text);
    snprintf(error->text + length, sizeof error->text - length, "%s", old);
    finish_text(error);
    return -1;
}
