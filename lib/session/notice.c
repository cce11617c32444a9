#include "lib/session/notice.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void r3_session_notice(struct r3_record *out, enum r3_level level, const char *session, int64_t now, const char *format,
                       ...) {
    static const char program[] = "r3-session";
    struct r3_notice *notice = &out->notice;
    va_list arguments;
    r3_record_init(out, R3_NOTICE);
    notice->time = now;
    notice->level = level;
    memcpy(notice->program, program, sizeof program);
    r3_copy_text(notice->session, sizeof notice->session, session, strlen(session));
    va_start(arguments, format);
    vsnprintf(notice->text, sizeof notice->text, format, arguments);
    va_end(arguments);
}
