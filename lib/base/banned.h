#ifndef R3_BASE_BANNED_H
#define R3_BASE_BANNED_H

/* Functions that overrun, guess or hide an error. The compiler is told to include this file ahead of every source. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The C library makes some of them macros when it checks bounds. */
#undef sprintf
#undef vsprintf
#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets strtok atoi atol atoll atof asctime ctime       \
    gmtime localtime

#endif
