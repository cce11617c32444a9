#ifndef R3_BASE_ERROR_H
#define R3_BASE_ERROR_H

/* Errors, reported once where they are first seen, and passed up as -1.
 *
 * A function that can fail takes the caller's `struct r3_error *` last, returns 0 or -1, and has filled the error in when it
 * returns -1. The status is what the program exits with (r3(7), EXIT STATUS). Only bin/ and the shared main print it. */

enum r3_status {
    R3_DONE = 0,
    R3_REFUSED = 1,      /* refused by a rule: an order rejected in --strict */
    R3_USAGE = 64,       /* wrong options or operands */
    R3_DATA = 65,        /* bad input data */
    R3_UNAVAILABLE = 69, /* exchange, broker, database or reader not there */
    R3_BUG = 70,         /* a defect of r3 itself */
    R3_SYSTEM = 71,      /* memory, processes */
    R3_IO = 74,          /* reading or writing failed */
    R3_RETRY = 75,       /* try again later: the only status that a scheduler repeats */
    R3_PROTOCOL = 76,    /* the pipe's own rules were broken */
    R3_PERMISSION = 77,
    R3_CONFIG = 78
};

struct r3_error {
    int status;     /* an enum r3_status, 0 while there is no error */
    char text[480]; /* one line without the program's name or a newline; cut, never overrun */
};

/* Fill in `error` and return -1. */
int r3_fail(struct r3_error *error, enum r3_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, with ": " and the text of errno at the end. */
int r3_fail_errno(struct r3_error *error, enum r3_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Put a place ("btc.csv:17: ") ahead of the text that is there; returns -1. */
int r3_error_at(struct r3_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
