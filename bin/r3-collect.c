/* r3-collect: see lib/stage/collect.c. Where it is an exchange that is to be asked, r3-fetch does it: this program has no network. */
#include <string.h>

#include "lib/base/program.h"
#include "lib/exchange/names.h"
#include "lib/stage/stage.h"

/* Options that stand alone; any other has its value in the next word, or behind a '='. */
static bool is_flag(const char *word) {
    static const char *const flags[] = { "--both", "--quiet", "--follow", "--help", "--version", "-f", "-h", "-V" };
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (strcmp(word, flags[i]) == 0)
            return true;
    return strchr(word, '=') != NULL;
}

/* NULL: there is none. */
static const char *first_operand(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0)
            return i + 1 < argc ? argv[i + 1] : NULL;
        if (argv[i][0] != '-' || argv[i][1] == '\0')
            return argv[i];
        i += !is_flag(argv[i]);
    }
    return NULL;
}

int main(int argc, char **argv) {
    const char *operand = first_operand(argc, argv);
    if (operand && r3_exchange_is_known(operand)) {
        r3_program_execute("r3-fetch", argv);
        perror("r3-collect: r3-fetch");
        return R3_UNAVAILABLE;
    }
    return r3_stage_main(&r3_collect_stage, argc, argv);
}
