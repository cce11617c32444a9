#include "lib/sweep/plan.h"

#include "lib/base/buffer.h"
#include "lib/base/random.h"

enum { COUNTED_MAX = 1 << 24, TRIES_MAX = 1 << 26 };

struct r3_sweep_plan {
    const struct r3_sweep_space *space;
    const struct r3_sweep_where *where;
    uint64_t *numbers; /* what was drawn, ascending; NULL: all */
    uint64_t count;    /* 0: unknown */
    uint64_t next;     /* into numbers, or the number itself */
    uint64_t omitted, found;
};

/* "--where: …" with the combination that it was asked for. */
static int fail_for(const struct r3_sweep_plan *plan, const uint32_t *indices, struct r3_error *error) {
    size_t length = strlen(error->text);
    for (size_t i = 0; i < plan->space->count && length < sizeof error->text; i++) {
        const struct r3_sweep_parameter *parameter = &plan->space->parameters[i];
        int more = snprintf(error->text + length, sizeof error->text - length, "%s%s=%s", i ? " " : " (for ",
                            parameter->name, parameter->values[indices[i]].text);
        length += more > 0 ? (size_t)more : 0;
    }
    if (length < sizeof error->text)
        snprintf(error->text + length, sizeof error->text - length, ")");
    return -1;
}

static int holds(const struct r3_sweep_plan *plan, uint64_t number, struct r3_error *error) {
    uint32_t indices[R3_SWEEP_PARAMETERS_MAX];
    if (!plan->where)
        return 1;
    r3_sweep_space_combination(plan->space, number, indices);
    int result = r3_sweep_where_holds(plan->where, indices, error);
    return result < 0 ? fail_for(plan, indices, error) : result;
}

static int fail_empty(struct r3_error *error) {
    return r3_fail(error, R3_USAGE, "--where: no combination satisfies it");
}

static int count_all(struct r3_sweep_plan *plan, struct r3_error *error) {
    for (uint64_t number = 0; number < plan->space->combinations; number++) {
        int result = holds(plan, number, error);
        if (result < 0)
            return -1;
        plan->count += (uint64_t)result;
    }
    return plan->count ? 0 : fail_empty(error);
}

/* Knuth, The Art of Computer Programming, volume 2, 3.4.2, algorithm S: each of those that remain is taken with the probability
 * that the wanted ones have among them. */
static int select_counted(struct r3_sweep_plan *plan, uint64_t draws, struct r3_random *random,
                          struct r3_error *error) {
    uint64_t remaining = plan->count, taken = 0;
    for (uint64_t number = 0; taken < draws; number++) {
        int result = holds(plan, number, error);
        if (result < 0)
            return -1;
        if (result && r3_random_below(random, remaining--) < draws - taken)
            plan->numbers[taken++] = number;
    }
    plan->count = draws;
    return 0;
}

static int ascending(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

/* A set of numbers by open addressing; 0 is an empty place, so numbers are kept plus one. */
struct set {
    uint64_t *places, mask;
};

static bool insert(struct set *set, uint64_t number) {
    uint64_t at = ((number + 1) * UINT64_C(0x9e3779b97f4a7c15) >> 20) & set->mask;
    while (set->places[at] && set->places[at] != number + 1)
        at = (at + 1) & set->mask;
    bool is_new = !set->places[at];
    set->places[at] = number + 1;
    return is_new;
}

static struct set new_set(uint64_t draws) {
    uint64_t size = 16;
    while (size < 2 * draws)
        size *= 2;
    return (struct set) { r3_allocate(size * sizeof(uint64_t)), size - 1 };
}

/* A space too large to be counted: numbers are drawn until enough of them are new and satisfy the condition. */
static int select_huge(struct r3_sweep_plan *plan, uint64_t draws, struct r3_random *random, struct r3_error *error) {
    struct set set = new_set(draws);
    uint64_t taken = 0;
    int result = 0;
    for (uint64_t tries = 0; taken < draws && result >= 0 && tries < TRIES_MAX; tries++) {
        uint64_t number = r3_random_below(random, plan->space->combinations);
        result = holds(plan, number, error);
        if (result > 0 && insert(&set, number))
            plan->numbers[taken++] = number;
    }
    free(set.places);
    if (result < 0)
        return -1;
    if (taken < draws)
        return r3_fail(error, R3_USAGE, "--sample: only %llu of %d combinations drawn satisfy --where",
                       (unsigned long long)taken, TRIES_MAX);
    qsort(plan->numbers, draws, sizeof plan->numbers[0], ascending);
    plan->count = draws;
    return 0;
}

static int choose_random(struct r3_sweep_plan *plan, uint64_t draws, uint64_t seed, struct r3_error *error) {
    struct r3_random random;
    r3_random_seed(&random, seed);
    if (plan->count && plan->count <= draws)
        return 0; /* all of them */
    plan->numbers = r3_allocate(draws * sizeof plan->numbers[0]);
    return plan->space->combinations <= COUNTED_MAX ? select_counted(plan, draws, &random, error)
                                                    : select_huge(plan, draws, &random, error);
}

/* For each parameter a random order of the parts (Durstenfeld 1964), and a random place inside each part. */
static void draw_latin(uint64_t *numbers, const struct r3_sweep_space *space, uint64_t draws,
                       struct r3_random *random) {
    uint32_t *order = r3_allocate(draws * sizeof *order);
    for (size_t i = 0; i < space->count; i++) {
        uint64_t values = space->parameters[i].count;
        for (uint64_t k = 0; k < draws; k++)
            order[k] = (uint32_t)k;
        for (uint64_t k = draws; k > 1; k--) {
            uint64_t other = r3_random_below(random, k);
            uint32_t swapped = order[k - 1];
            order[k - 1] = order[other];
            order[other] = swapped;
        }
        for (uint64_t k = 0; k < draws; k++) {
            uint64_t place = ((uint64_t)order[k] << 32) | (r3_random_next(random) >> 32); /* in parts of 2^32 */
            uint64_t index = (uint64_t)((r3_uint128)place * values / ((r3_uint128)draws << 32));
            numbers[k] = numbers[k] * values + index;
        }
    }
    free(order);
}

static int choose_latin(struct r3_sweep_plan *plan, uint64_t draws, uint64_t seed, struct r3_error *error) {
    struct r3_random random;
    uint64_t kept = 0;
    r3_random_seed(&random, seed);
    plan->numbers = r3_allocate(draws * sizeof plan->numbers[0]);
    draw_latin(plan->numbers, plan->space, draws, &random);
    qsort(plan->numbers, draws, sizeof plan->numbers[0], ascending);
    for (uint64_t k = 0; k < draws; k++) {
        if (kept && plan->numbers[kept - 1] == plan->numbers[k])
            continue;
        int result = holds(plan, plan->numbers[k], error);
        if (result < 0)
            return -1;
        if (result)
            plan->numbers[kept++] = plan->numbers[k];
    }
    plan->count = kept;
    plan->omitted = draws - kept;
    return kept ? 0 : r3_fail(error, R3_USAGE, "--latin: no combination drawn satisfies --where");
}

int r3_sweep_plan_new(struct r3_sweep_plan **out, const struct r3_sweep_space *space,
                      const struct r3_sweep_where *where, enum r3_sweep_choice choice, uint64_t draws, uint64_t seed,
                      struct r3_error *error) {
    struct r3_sweep_plan *plan = r3_allocate(sizeof *plan);
    plan->space = space;
    plan->where = where;
    int result = 0;
    if (!where)
        plan->count = space->combinations;
    else if (choice != R3_SWEEP_LATIN && space->combinations <= COUNTED_MAX)
        result = count_all(plan, error);
    if (result == 0 && choice == R3_SWEEP_RANDOM)
        result = choose_random(plan, draws, seed, error);
    else if (result == 0 && choice == R3_SWEEP_LATIN)
        result = choose_latin(plan, draws, seed, error);
    if (result != 0) {
        r3_sweep_plan_free(plan);
        return -1;
    }
    *out = plan;
    return 0;
}

void r3_sweep_plan_free(struct r3_sweep_plan *plan) {
    if (!plan)
        return;
    free(plan->numbers);
    free(plan);
}

uint64_t r3_sweep_plan_count(const struct r3_sweep_plan *plan) {
    return plan->count;
}

uint64_t r3_sweep_plan_omitted(const struct r3_sweep_plan *plan) {
    return plan->omitted;
}

int r3_sweep_plan_next(struct r3_sweep_plan *plan, uint64_t *number, struct r3_error *error) {
    if (plan->numbers) {
        if (plan->next == plan->count)
            return 0;
        *number = plan->numbers[plan->next++];
        return 1;
    }
    while (plan->next < plan->space->combinations) {
        int result = holds(plan, plan->next, error);
        if (result < 0)
            return -1;
        *number = plan->next++;
        if (result) {
            plan->found++;
            return 1;
        }
    }
    return plan->found ? 0 : fail_empty(error);
}
