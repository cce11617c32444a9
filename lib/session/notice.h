#ifndef R3_SESSION_NOTICE_H
#define R3_SESSION_NOTICE_H

#include <stdint.h>

#include "lib/record/record.h"

/* A notice of r3-session itself on a session, whose text is cut where it is too long. now: market time. */
void r3_session_notice(struct r3_record *out, enum r3_level level, const char *session, int64_t now, const char *format,
                       ...) __attribute__((format(printf, 5, 6)));

#endif
