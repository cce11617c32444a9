/* r3-track: see lib/stage/track.c */
#include "lib/stage/stage.h"

int main(int argc, char **argv) {
    return r3_stage_main(&r3_track_stage, argc, argv);
}
