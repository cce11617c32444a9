/* lib/base/random.c: published values, those of tests/vectors/monte_carlo.py, and fairness. */
#include <inttypes.h>
#include <stdlib.h>

#include "lib/base/random.h"
#include "tests/unit/check.h"

enum { LINE = 8192 };

/* The next number of a line. */
static bool take(char **at, uint64_t *out) {
    char *end;
    *out = strtoull(*at, &end, 10);
    bool there = end != *at;
    *at = end;
    return there;
}

static void check_vectors(void) {
    static char line[LINE];
    size_t compared = 0;
    FILE *file = fopen("tests/vectors/monte_carlo.txt", "r");
    CHECK(file != NULL);
    while (file && fgets(line, sizeof line, file)) {
        struct r3_random random;
        uint64_t seed, bound = 0, want;
        char *at = strchr(line, ' ');
        if (line[0] == '#' || line[0] == 'r' || line[0] == 'w')
            continue;
        at = at ? at : line;
        bool split = strncmp(line, "split ", 6) == 0, below = strncmp(line, "below ", 6) == 0;
        if (strncmp(line, "state ", 6) == 0) {
            for (int i = 0; i < 4; i++)
                CHECK(take(&at, &random.state[i]));
        } else {
            CHECK(take(&at, &seed));
            r3_random_seed(&random, seed);
            if (strncmp(line, "stream ", 7) == 0) {
                CHECK(take(&at, &bound));
                r3_random_seed_stream(&random, seed, bound);
            }
            if (below)
                CHECK(take(&at, &bound));
        }
        while (take(&at, &want)) {
            CHECK((split   ? r3_random_split(&seed)
                   : below ? r3_random_below(&random, bound)
                           : r3_random_next(&random)) == want);
            compared++;
        }
    }
    if (file)
        fclose(file);
    CHECK(compared > 200);
}

/* Each of seven numbers as often as the others: chi-square with 6 degrees of freedom is below 22.46 in 99.9 % of all
 * seeds. */
static void check_fairness(void) {
    enum { SIDES = 7, DRAWS = 70000 };
    struct r3_random random;
    double seen[SIDES] = { 0 }, chi = 0, sum = 0;
    r3_random_seed(&random, 2021);
    for (int i = 0; i < DRAWS; i++)
        seen[r3_random_below(&random, SIDES)]++;
    for (int i = 0; i < SIDES; i++)
        chi += (seen[i] - DRAWS / SIDES) * (seen[i] - DRAWS / SIDES) / (DRAWS / SIDES);
    CHECK(chi < 22.46);
    for (int i = 0; i < DRAWS; i++) {
        double unit = r3_random_unit(&random);
        if (!(unit >= 0 && unit < 1))
            CHECK(unit >= 0 && unit < 1);
        sum += unit;
    }
    CHECK(sum / DRAWS > 0.495 && sum / DRAWS < 0.505);
}

int main(void) {
    check_vectors();
    check_fairness();
    return check_done();
}
