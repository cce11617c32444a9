#include "lib/fetch/near.h"

#include <string.h>

enum { SCORE_MAX = 6 };

static unsigned least(unsigned a, unsigned b) {
    return a < b ? a : b;
}

/* Insertions, deletions and replacements that make the one of the other (Levenshtein, "Binary codes capable of correcting deletions,
 * insertions, and reversals", 1966). */
static unsigned distance(const char *a, const char *b) {
    unsigned row[R3_MARKET_SIZE];
    size_t length = strlen(b);
    for (unsigned k = 0; k <= length; k++)
        row[k] = k;
    for (; *a; a++) {
        unsigned corner = row[0]++;
        for (size_t k = 1; k <= length; k++) {
            unsigned cost = corner + (*a != b[k - 1]);
            corner = row[k];
            row[k] = least(cost, 1 + least(row[k], row[k - 1]));
        }
    }
    return row[length];
}

static bool same_base(const char *a, const char *b) {
    size_t length = strcspn(a, "-");
    return length == strcspn(b, "-") && memcmp(a, b, length) == 0;
}

void r3_near_look(struct r3_near *near, const char *name) {
    unsigned score = 2 * distance(near->market, name) + !same_base(near->market, name);
    near->exists |= score == 0;
    if (score > SCORE_MAX)
        return;
    size_t place = near->count;
    while (place > 0 && (near->found[place - 1].score > score ||
                         (near->found[place - 1].score == score && strcmp(near->found[place - 1].name, name) > 0)))
        place--;
    if (place == R3_NEAR_MAX)
        return;
    near->count += near->count < R3_NEAR_MAX;
    memmove(&near->found[place + 1], &near->found[place], (near->count - 1 - place) * sizeof near->found[0]);
    memcpy(near->found[place].name, name, strlen(name) + 1);
    near->found[place].score = score;
}
