#ifndef R3_BASE_SHARED_FILE_H
#define R3_BASE_SHARED_FILE_H

#include "lib/base/buffer.h"

/* Files that a user's programs share on one machine: r3/NAME in $XDG_STATE_HOME, else in ~/.local/state, so that cron and a login find the same
 * ones (XDG Base Directory Specification 0.8). */

/* Append its path. -1: neither variable is set. */
int r3_shared_path(struct r3_buffer *path, const char *name);
/* Make the directories of that path which are not there. -1 with errno, and the path is that of the directory. */
int r3_shared_make_directories(char *path);
/* Open it for reading and writing, made where it is not there. -1: it cannot be had, or is not a file of this user's alone. */
int r3_shared_open(const char *name);

#endif
