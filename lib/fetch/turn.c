#include "lib/fetch/turn.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/shared_file.h"

enum {
    PLACES = 65536,  /* two keys that meet in one wait for each other without need */
    PATIENCE = 15000 /* ms: an exchange that is late with a candle is given 10 s */
};

void r3_fetch_turn_open(struct r3_fetch_turn *turn, const char *key) {
    *turn = (struct r3_fetch_turn) { .fd = r3_shared_open("fetch-turns"),
                                     .place = (int64_t)(r3_hash(key, strlen(key), 0) % PLACES) };
}

/* 0, or -1 where somebody else has it. */
static int set_lock(const struct r3_fetch_turn *turn, short kind) {
    struct flock lock = { .l_type = kind, .l_whence = SEEK_SET, .l_start = turn->place, .l_len = 1 };
    return fcntl(turn->fd, F_OFD_SETLK, &lock) < 0 && (errno == EAGAIN || errno == EACCES) ? -1 : 0;
}

bool r3_fetch_turn_take(struct r3_fetch_turn *turn) {
    if (turn->mine || turn->fd < 0)
        return true;
    if (set_lock(turn, F_WRLCK) == 0) {
        turn->lapses = 0;
        turn->mine = true;
        return true;
    }
    int64_t now = r3_clock_monotonic();
    if (!turn->lapses)
        turn->lapses = now + PATIENCE;
    return now >= turn->lapses;
}

void r3_fetch_turn_end(struct r3_fetch_turn *turn) {
    if (!turn->mine)
        return;
    set_lock(turn, F_UNLCK);
    turn->mine = false;
}

void r3_fetch_turn_close(struct r3_fetch_turn *turn) {
    if (turn->fd >= 0)
        close(turn->fd);
    turn->fd = -1;
}
