/* r3-order: see lib/stage/order.c. With --live the orders are the exchange's: r3-live sends them, a program of its own, so that this one is
 * linked without network, keys and database. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/buffer.h"
#include "lib/base/program.h"
#include "lib/stage/stage.h"

/* The same words without --live. Returns where that fails. */
static int become_live(int argc, char **argv) {
    char **words = r3_allocate(((size_t)argc + 1) * sizeof *words);
    int count = 0;
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--live") != 0)
            words[count++] = argv[i];
    r3_program_execute("r3-live", words);
    fprintf(stderr, "r3-order: r3-live, which --live wants: %s\n", strerror(errno));
    return R3_SYSTEM;
}

static bool is_live(int argc, char **argv) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--live") == 0)
            return true;
    return false;
}

int main(int argc, char **argv) {
    if (is_live(argc, argv))
        return become_live(argc, argv);
    return r3_stage_main(&r3_order_stage, argc, argv);
}
