#ifndef R3_SWEEP_COLUMNS_H
#define R3_SWEEP_COLUMNS_H

#include "lib/base/output_file.h"
#include "lib/sweep/run.h"

/* --csv FILE: a line for each combination, in their order. The columns are the combination's number, its parameters, the status and each
 * number of r3-report --json with all its digits; a message stands last. What is undefined is empty. */

struct r3_sweep_columns {
    struct r3_output_file file;
    const struct r3_sweep_space *space;
    struct r3_buffer row;
};

/* The file and its head line. Ended by commit or abandon of .file, and release. */
int r3_sweep_columns_open(struct r3_sweep_columns *columns, const char *path, const struct r3_sweep_space *space,
                          struct r3_error *error);
void r3_sweep_columns_release(struct r3_sweep_columns *columns); /* abandons what was not committed */
int r3_sweep_columns_add(struct r3_sweep_columns *columns, const struct r3_sweep_run *run, struct r3_error *error);

#endif
