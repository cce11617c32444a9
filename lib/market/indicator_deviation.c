/* Mean absolute distance of a window's entries from their mean.
 *
 * Distances above the mean add up to what those below do, so it is enough to count and add the entries above:
 * Σ|n·x − Σx| = 2·Σ(n·x − Σx) over x > Σx/n, in integers x > ⌊Σx/n⌋. Of a short window each entry is looked at, two at a time. Of a
 * longer one the entries are kept in order, in a tree in which each node knows how many entries are in its part and their sum, so that
 * the way from the root to where the mean would be tells both: O(log n) a candle. The tree is a treap (Seidel and Aragon 1996,
 * "Randomized search trees"): a heap by a number drawn for each place, here a hash of the place's own, hence the same on each run. */
#include "lib/market/indicator_sum.h"

/* Entries up to which it is faster to look at each, measured: of a decimal series, and of another. */
enum { SHORT_MAX = 400, SHORT_OTHER_MAX = 16 };

/* ---- a short window ---- */

static void deviation_step(const struct r3_sums *state, const struct r3_indicator_setup *setup, int scale, size_t i,
                           double *const *out) {
    int64_t n = setup->length, count = 0;
    r3_int128 mean = state->sum / n - (state->sum % n < 0), above = 0;
    for (int32_t back = 0; back < setup->length; back++) {
        r3_int128 entry = r3_sums_entry(state, setup, back);
        bool is = entry > mean;
        above += is ? entry : 0;
        count += is;
    }
    r3_int128 distance = 2 * (above * n - state->sum * count); /* × n */
    out[0][i] = r3_sums_quotient(state, setup, scale, distance, (uint64_t)(n * n));
}

/* Two at a time: sums of these doubles are whole numbers below 2^53, so their order does not matter. */
static r3_int128 distance_in(const double *entries, int64_t n, int64_t sum) {
    double mean = (double)(sum / n - (sum % n < 0)), above_last = 0;
    const r3_pair means = { mean, mean };
    r3_pair above = { 0, 0 };
    r3_pair_integer minus = { 0, 0 };
    int64_t at = 0, count = 0;
    for (; at + 2 <= n; at += 2) {
        r3_pair entry;
        memcpy(&entry, entries + at, sizeof entry);
        r3_pair_integer is = (r3_pair_integer)(entry > means);
        above += (r3_pair)((r3_pair_integer)entry & is);
        minus += is; /* -1 where it is */
    }
    if (at < n && entries[at] > mean) {
        above_last = entries[at];
        count = 1;
    }
    count -= minus[0] + minus[1];
    return 2 * ((r3_int128)(int64_t)(above[0] + above[1] + above_last) * n - (r3_int128)sum * count);
}

/* Whether entry × length stays below 2^52. */
static bool adds_exactly(const struct r3_sums *state, const struct r3_indicator_setup *setup) {
    return r3_bits_of(state->bits) + r3_bits_of((uint64_t)setup->length) <= 52;
}

static void deviation_narrow(struct r3_sums *state, const struct r3_indicator_setup *setup, int scale, size_t count,
                             const int64_t *added, const int64_t *removed, double *const *out) {
    double history[SHORT_MAX + R3_BLOCK_MAX]; /* what fell out, and what stayed or came */
    size_t n = (size_t)setup->length, old = count < n ? count : n;
    for (size_t i = 0; i < old; i++)
        history[i] = (double)removed[i];
    for (size_t i = old; i < n; i++)
        history[i] = (double)r3_ring_entry(&state->ring, (int32_t)(n + count - 1 - i));
    for (size_t i = 0; i < count; i++)
        history[n + i] = (double)added[i];
    int64_t sum = (int64_t)state->sum;
    for (size_t i = 0; i < count; i++) {
        sum += added[i] - removed[i];
        out[0][i] =
            r3_quotient(distance_in(history + i + 1, (int64_t)n, sum), r3_sum_unit(setup, scale, (uint64_t)(n * n)));
    }
    state->sum = sum;
}

static const struct r3_sum_result deviation = { 0, NULL, true, deviation_step, adds_exactly, deviation_narrow };

/* ---- a long one ---- */

/* An entry of the window, at its place; place 0 stands for none. */
struct node {
    r3_int128 entry, sum; /* sum, count: of all in its part of the tree */
    int32_t count, left, right;
};

struct long_state {
    r3_int128 sum;
    int32_t count, next, root; /* next: the place of the oldest entry, or the first that is free, from 1 */
    struct node nodes[];       /* length + 1; behind them the window of a series that is no decimal */
};

static size_t window_offset(const struct r3_indicator_setup *setup) {
    return sizeof(struct long_state) + ((size_t)setup->length + 1) * sizeof(struct node);
}

static struct r3_window *window_of(struct long_state *state, const struct r3_indicator_setup *setup) {
    return (struct r3_window *)(void *)((char *)state + window_offset(setup));
}

/* Different for each place: every step can be undone. */
static inline uint32_t priority(int32_t place) {
    uint32_t hash = (uint32_t)place * UINT32_C(0x9e3779b1);
    hash = (hash ^ hash >> 15) * UINT32_C(0x85ebca77);
    return hash ^ hash >> 13;
}

static inline bool is_less(const struct node *nodes, int32_t a, int32_t b) {
    const struct node *left = nodes + a, *right = nodes + b;
    return left->entry < right->entry || (left->entry == right->entry && a < b);
}

static inline void add_up(struct node *nodes, int32_t at) {
    const struct node *left = &nodes[nodes[at].left], *right = &nodes[nodes[at].right];
    nodes[at].count = 1 + left->count + right->count;
    nodes[at].sum = nodes[at].entry + left->sum + right->sum;
}

/* What is less than the entry at `place`, and what is not. */
static void split(struct node *nodes, int32_t tree, int32_t place, int32_t *less, int32_t *others) {
    if (tree == 0) {
        *less = *others = 0;
        return;
    }
    if (is_less(nodes, tree, place)) {
        *less = tree;
        split(nodes, nodes[tree].right, place, &nodes[tree].right, others);
    } else {
        *others = tree;
        split(nodes, nodes[tree].left, place, less, &nodes[tree].left);
    }
    add_up(nodes, tree);
}

/* All of `less` is less than all of `others`. */
static int32_t join(struct node *nodes, int32_t less, int32_t others) {
    if (less == 0 || others == 0)
        return less + others;
    int32_t top = priority(less) > priority(others) ? less : others;
    if (top == less)
        nodes[less].right = join(nodes, nodes[less].right, others);
    else
        nodes[others].left = join(nodes, less, nodes[others].left);
    add_up(nodes, top);
    return top;
}

static void put_in(struct long_state *state, int32_t place, r3_int128 entry) {
    struct node *nodes = state->nodes;
    const uint32_t own = priority(place);
    int32_t *link = &state->root;
    nodes[place].entry = entry;
    while (*link && priority(*link) > own) {
        struct node *node = &nodes[*link];
        node->count++;
        node->sum += entry;
        link = is_less(nodes, *link, place) ? &node->right : &node->left;
    }
    split(nodes, *link, place, &nodes[place].left, &nodes[place].right);
    add_up(nodes, place);
    *link = place;
    state->sum += entry;
}

static void take_out(struct long_state *state, int32_t place) {
    struct node *nodes = state->nodes;
    int32_t *link = &state->root;
    while (*link != place) {
        struct node *node = &nodes[*link];
        node->count--;
        node->sum -= nodes[place].entry;
        link = is_less(nodes, *link, place) ? &node->right : &node->left;
    }
    *link = join(nodes, nodes[place].left, nodes[place].right);
    state->sum -= nodes[place].entry;
}

/* A new entry in the place of the oldest. */
static void replace(struct long_state *state, int32_t length, r3_int128 entry) {
    if (state->count == length)
        take_out(state, state->next);
    else
        state->count++;
    put_in(state, state->next, entry);
    state->next = state->next == length ? 1 : state->next + 1;
}

static void empty(struct long_state *state) {
    state->sum = 0;
    state->count = state->root = 0;
    state->next = 1;
}

/* A value of a series that is no decimal. */
static void replace_value(struct long_state *state, const struct r3_indicator_setup *setup, double value) {
    struct r3_window *window = window_of(state, setup);
    r3_int128 added, removed;
    if (r3_window_push(window, value, &added, &removed) == R3_WINDOW_ADDED) {
        replace(state, setup->length, added);
        return;
    }
    empty(state);
    for (int32_t back = window->count; back-- > 0;)
        replace(state, setup->length, r3_window_entry(window, back));
}

/* n times the sum of the distances. */
static r3_int128 distance_of(const struct long_state *state, int64_t n) {
    const struct node *nodes = state->nodes;
    const r3_int128 mean = state->sum / n - (state->sum % n < 0);
    r3_int128 above = 0;
    int64_t count = 0;
    for (int32_t at = state->root; at;) {
        const struct node *node = &nodes[at];
        if (node->entry > mean) {
            above += node->entry + nodes[node->right].sum;
            count += 1 + nodes[node->right].count;
            at = node->left;
        } else {
            at = node->right;
        }
    }
    return 2 * (above * n - state->sum * count);
}

static void run_long(struct long_state *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                     const struct r3_column *in, const struct r3_column *out) {
    const int64_t n = setup->length;
    for (size_t i = 0; i < count; i++) {
        out->ready[i] = 0;
        if (!in->ready[i]) {
            empty(state);
            if (!setup->decimal)
                r3_window_reset(window_of(state, setup));
            continue;
        }
        if (setup->decimal)
            replace(state, setup->length, in->fixed ? in->fixed[i] : in->wide[i]);
        else
            replace_value(state, setup, in->value[i]);
        if (state->count < setup->length)
            continue;
        const r3_int128 distance = distance_of(state, n);
        out->value[i] = setup->decimal ? r3_quotient(distance, r3_sum_unit(setup, scale, (uint64_t)(n * n)))
                                       : r3_window_quotient(window_of(state, setup), distance, (uint64_t)(n * n));
        out->ready[i] = __builtin_isfinite(out->value[i]) != 0;
    }
}

static void rescale_long(struct long_state *state, const struct r3_indicator_setup *setup, r3_int128 factor) {
    if (!setup->decimal)
        return;
    for (int32_t back = 0, at = state->next; back < state->count; back++) {
        at = at == 1 ? setup->length : at - 1;
        state->nodes[at].entry *= factor;
        state->nodes[at].sum *= factor;
    }
    state->sum *= factor;
}

/* ---- either ---- */

static bool is_long(const struct r3_indicator_setup *setup) {
    return setup->length > (setup->decimal ? SHORT_MAX : SHORT_OTHER_MAX);
}

size_t r3_deviation_size(const struct r3_indicator_setup *setup) {
    if (!is_long(setup))
        return r3_sums_size(setup);
    return window_offset(setup) + (setup->decimal ? 0 : r3_window_size(setup->length));
}

void r3_deviation_start(void *state, const struct r3_indicator_setup *setup) {
    if (!is_long(setup)) {
        r3_sums_start(state, setup);
        return;
    }
    memset(state, 0, window_offset(setup));
    empty(state);
    if (!setup->decimal)
        r3_window_start(window_of(state, setup), setup->length);
}

void r3_deviation_rescale(void *state, const struct r3_indicator_setup *setup, r3_int128 factor) {
    if (is_long(setup))
        rescale_long(state, setup, factor);
    else
        r3_sums_rescale(state, setup, factor);
}

void r3_deviation_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                      const struct r3_column *const *in, const struct r3_column *out) {
    if (is_long(setup))
        run_long(state, setup, count, scale, in[0], out);
    else
        r3_sums_run(state, setup, count, scale, in[0], out, 1, &deviation);
}
