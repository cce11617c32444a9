#ifndef R3_BASE_PROGRAM_H
#define R3_BASE_PROGRAM_H

/* Other programs of r3. */

/* Become program `name` with these arguments, argv[0] among them: the one that lies beside this one, else the first in PATH. Returns only where
 * that fails, with errno. */
void r3_program_execute(const char *name, char *const argv[]);

#endif
