/* r3-fetch: see lib/fetch/fetch.c, and lib/fetch/symbols.c for its one word. */
#include <string.h>

#include "lib/fetch/fetch.h"

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "symbols") == 0)
        return r3_stage_main(&r3_fetch_symbols_stage, argc - 1, argv + 1);
    return r3_stage_main(&r3_fetch_stage, argc, argv);
}
