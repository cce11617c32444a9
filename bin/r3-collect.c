/* r3-collect: see lib/stage/collect.c. Where it is an exchange that is to be asked, r3-fetch does it: this program has no network. */
#include <stdio.h>

#include "lib/base/program.h"
#include "lib/exchange/names.h"
#include "lib/stage/stage.h"

int main(int argc, char **argv) {
    if (argc > 0 && r3_exchange_is_asked((size_t)argc, argv)) {
        r3_program_execute("r3-fetch", argv);
        perror("r3-collect: r3-fetch");
        return R3_UNAVAILABLE;
    }
    return r3_stage_main(&r3_collect_stage, argc, argv);
}
