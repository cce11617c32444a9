#ifndef R3_FETCH_TURN_H
#define R3_FETCH_TURN_H

#include <stdbool.h>
#include <stdint.h>

/* Many who want the same candles at the same moment, as the sessions on a market do when their ticks are due: one process of this machine
 * asks the exchange, and the others wait until what it was told is in the store. It is a lock in a file, which goes with the process,
 * however that ends; and nobody waits for it forever. */

struct r3_fetch_turn {
    int fd;         /* -1: nobody waits for anybody */
    int64_t place;  /* in the file */
    int64_t lapses; /* monotonic ms: the others have had their time; 0: nobody was met yet */
    bool mine;
};

/* Of all who have the same key. Where there is no place for the file, nobody waits. Closed with r3_fetch_turn_close. */
void r3_fetch_turn_open(struct r3_fetch_turn *turn, const char *key);
void r3_fetch_turn_close(struct r3_fetch_turn *turn);

/* Whether it is one's turn; false: ask again in a moment. */
bool r3_fetch_turn_take(struct r3_fetch_turn *turn);
void r3_fetch_turn_end(struct r3_fetch_turn *turn);

#endif
