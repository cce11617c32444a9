#ifndef R3_FETCH_PLACE_H
#define R3_FETCH_PLACE_H

/* Open a file of this user's on this machine, made where it is not there: r3/NAME in $XDG_STATE_HOME, else in ~/.local/state. -1: it cannot
 * be. */
int r3_fetch_open_file(const char *name);

#endif
