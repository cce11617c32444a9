/* r3-order: see lib/stage/order.c */
#include "lib/stage/stage.h"

int main(int argc, char **argv) {
    return r3_stage_main(&r3_order_stage, argc, argv);
}
