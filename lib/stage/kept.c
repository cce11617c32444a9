#include "lib/stage/kept.h"

enum { KEPT_MEMORY = 1 << 20 /* what an empty one may hold on to */ };

void r3_kept_forget(struct r3_kept *kept) {
    kept->records.length = 0;
    if (kept->records.capacity > KEPT_MEMORY)
        r3_buffer_release(&kept->records);
}

void r3_kept_release(struct r3_kept *kept) {
    r3_buffer_release(&kept->records);
}
