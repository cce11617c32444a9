#ifndef R3_STAGE_COLLECT_SERIES_H
#define R3_STAGE_COLLECT_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/input/lines.h"
#include "lib/market/csv.h"
#include "lib/market/gap.h"
#include "lib/market/resample.h"
#include "lib/record/record.h"

/* Private to r3-collect. A series is the candles of one market and one timeframe, in order of time, out of one file or out of
 * several that follow each other. */

struct r3_collect_file {
    const char *path; /* "-": standard input; borrowed, like name */
    const char *name; /* for messages */
    char market[R3_MARKET_SIZE];
    struct r3_csv csv;
    enum r3_timeframe timeframe;
    bool guessed; /* the timeframe */
    bool probed, started, finished;
    struct r3_lines *lines;          /* NULL: not open */
    size_t head, block;              /* bytes looked at to find the dialect; bytes to read at a time */
    uint64_t bytes;                  /* its size for the progress; 0: not known */
    uint64_t missing, first_missing; /* rows without values, and the line of the first */
};

/* Find the file's dialect; a regular file other than standard input is closed again unless `keep`. `timeframe` NONE: guess it. R3_INPUT_MORE when done,
 * R3_INPUT_INTERRUPTED: call again; -1. */
int r3_collect_probe(struct r3_collect_file *file, enum r3_timeframe timeframe, bool keep, struct r3_error *error);
void r3_collect_close(struct r3_collect_file *file);

struct r3_collect_series {
    struct r3_collect_file **files; /* borrowed; in order of time */
    size_t file_count, at;
    enum r3_timeframe timeframe; /* of the files */
    int64_t from, to;            /* R3_TIME_ABSENT: no bound */
    enum r3_gap_policy policy;

    /* Two rows: the one that was read last, and the one before it (its place is known for messages). */
    struct r3_record rows[2];
    unsigned newest;
    bool any;
    const struct r3_collect_file *last_file;
    uint64_t last_line;
    bool seen_before, seen_after; /* rows ahead of --from, from --to on */
    uint64_t candles;             /* rows within the bounds */

    struct r3_gap gap;
    struct r3_record filler;
    int64_t fill_next, fill_end; /* stand-ins still to give ahead of the newest row */
    bool waiting;                /* the newest row comes after them */

    uint64_t duplicates, first_duplicate;
    const struct r3_collect_file *duplicate_file;

    bool resampling, ended;
    struct r3_resample resample;
    struct r3_record resampled;
};

/* `platform` and `timeframe` are what the candles will say; `resample` R3_TIMEFRAME_NONE: none. The other members as above are
 * set by the caller first. R3_USAGE. */
int r3_collect_series_start(struct r3_collect_series *series, const char *platform, enum r3_timeframe resample,
                            struct r3_error *error);

/* The next candle: R3_INPUT_MORE with *out borrowed until the next call, R3_INPUT_END, R3_INPUT_INTERRUPTED, -1. */
int r3_collect_series_next(struct r3_collect_series *series, const struct r3_record **out, struct r3_error *error);
/* Whether the next candle may have to be waited for. */
bool r3_collect_series_ready(const struct r3_collect_series *series);

#endif
