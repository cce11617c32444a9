/* r3-collect: see lib/stage/collect.c */
#include "lib/stage/stage.h"

int main(int argc, char **argv) {
    return r3_stage_main(&r3_collect_stage, argc, argv);
}
