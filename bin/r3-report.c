/* r3-report: see lib/stage/report.c */
#include "lib/stage/stage.h"

int main(int argc, char **argv) {
    return r3_stage_main(&r3_report_stage, argc, argv);
}
