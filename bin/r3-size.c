/* r3-size: see lib/stage/size.c */
#include "lib/stage/stage.h"

int main(int argc, char **argv) {
    return r3_stage_main(&r3_size_stage, argc, argv);
}
