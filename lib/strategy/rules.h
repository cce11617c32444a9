#ifndef R3_STRATEGY_RULES_H
#define R3_STRATEGY_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/record/candles.h"
#include "lib/record/record.h"

/* Rule files: text → program → one evaluation of each closed candle. r3-strategy-rules(5) states the language.
 *
 * A compiled program never changes, and many states can run on it. A state is plain bytes without pointers: saved and put back
 * it goes on where it was, under the same r3_rules_hash. Candles are evaluated a block at a time, in columns that a struct
 * r3_rules_block holds until the next block; cut into whatever blocks, down to single candles, a stream gives the same bits. */

struct r3_rules;
struct r3_rules_block;

enum r3_rules_output {
    R3_RULES_LONG,
    R3_RULES_SHORT,
    R3_RULES_FLAT,
    R3_RULES_STOP,
    R3_RULES_TARGET,
    R3_RULES_CONFIDENCE,
    R3_RULES_VOLATILITY,
    R3_RULES_OUTPUTS
};
/* "long" … */
extern const char *const r3_rules_output_names[R3_RULES_OUTPUTS];

enum { R3_RULES_TEXT_MAX = 65536, R3_RULES_STATE_MAX = 64 << 20 };

/* New in *out; `name` is for messages ("mine.rules:3:12: …", R3_DATA). settings: "fast=5", each naming a `param` (else
 * R3_USAGE). Nothing of the arguments is kept. */
int r3_rules_compile(struct r3_rules **out, const char *name, const char *text, size_t length,
                     const char *const *settings, size_t count, struct r3_error *error);
void r3_rules_free(struct r3_rules *rules);

/* Whether the rules can run on candles of this timeframe: at() wants coarser ones that hold whole candles. R3_DATA. */
int r3_rules_check_timeframe(const struct r3_rules *rules, enum r3_timeframe timeframe, struct r3_error *error);

size_t r3_rules_state_size(const struct r3_rules *rules);
/* Of the rules, the parameters' values and the state's layout. */
uint64_t r3_rules_hash(const struct r3_rules *rules);
/* Of the rules and the parameters' values, whatever the release. Comments, blanks and empty lines are no part of either. */
uint64_t r3_rules_meaning(const struct r3_rules *rules);
/* A fresh state; 16-byte aligned, r3_rules_state_size bytes, the caller's. */
void r3_rules_start(const struct r3_rules *rules, void *state);
/* A state that came back from a store belongs to these rules? */
bool r3_rules_state_matches(const struct r3_rules *rules, const void *state, size_t size);
/* Its bytes become those of every state after the same candles, in whatever blocks these came: to be kept or compared. */
void r3_rules_state_clean(const struct r3_rules *rules, void *state);

/* Room for the evaluation of a block; new, and used by one thread at a time, for any states of these rules. */
struct r3_rules_block *r3_rules_block_new(const struct r3_rules *rules);
void r3_rules_block_free(struct r3_rules_block *block);

/* Share series with other evaluations through a cache (lib/strategy/series.h): of a state at its start, and from then on always. Evaluations
 * with the same `stream` are given the same candles from the first on, though some may end earlier. What is shared is not in
 * the state, which is of no use without it. */
struct r3_rules_sharing;
struct r3_series_cache;
struct r3_rules_sharing *r3_rules_sharing_new(const struct r3_rules *rules, struct r3_series_cache *cache,
                                              uint64_t stream);
void r3_rules_sharing_free(struct r3_rules_sharing *sharing); /* accepts NULL */
/* The next evaluations in this block are of the state that belongs to `sharing`; NULL: of one that shares nothing. */
void r3_rules_block_share(struct r3_rules_block *block, struct r3_rules_sharing *sharing);

/* One closed candle. R3_DATA where a price has more digits than exact sums can take. */
int r3_rules_step(struct r3_rules_block *block, void *state, const struct r3_candle *candle, struct r3_error *error);
/* Candles [from, to), from < to, of which the first *count, at least one, are evaluated: call again for the others. An error
 * (as above) is that of the candle `from`. */
int r3_rules_candles(struct r3_rules_block *block, void *state, const struct r3_candles *candles, size_t from,
                     size_t to, size_t *count, struct r3_error *error);

/* What the last call gave for its candle `index`. False while not ready or where the rules do not define it; truth values are
 * 0 and 1. */
bool r3_rules_value(const struct r3_rules_block *block, size_t index, enum r3_rules_output output, double *value);
/* Whether the rules define it. */
bool r3_rules_defines(const struct r3_rules *rules, enum r3_rules_output output);
/* For each of its candles 1 << R3_RULES_LONG, SHORT and FLAT: true on this candle, and not on the one before. */
const uint8_t *r3_rules_turned(const struct r3_rules_block *block);
bool r3_rules_plot_value(const struct r3_rules_block *block, size_t index, size_t plot, double *value);
size_t r3_rules_plots(const struct r3_rules *rules);
const char *r3_rules_plot_name(const struct r3_rules *rules, size_t index);

/* Candles of the stream after which all is ready, those that at() needs not counted. */
int32_t r3_rules_warm_up(const struct r3_rules *rules);
/* Where to begin, as the open of a candle, so that all is ready, at() too, on the candle that opens at `time` and on the one before
 * it: an answer is a change from one candle to the next. */
int64_t r3_rules_warm_up_from(const struct r3_rules *rules, enum r3_timeframe timeframe, int64_t time);

/* For --explain: parameters with their values, candles of warm-up, and the functions used, as text. */
void r3_rules_describe(const struct r3_rules *rules, struct r3_buffer *out);

#endif
