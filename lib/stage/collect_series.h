#ifndef R3_STAGE_COLLECT_SERIES_H
#define R3_STAGE_COLLECT_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/input/lines.h"
#include "lib/market/csv_block.h"
#include "lib/market/gap.h"
#include "lib/market/resample.h"
#include "lib/record/record.h"
#include "lib/stage/stage.h"

/* Private to r3-collect. A series is the candles of one market and one timeframe, in order of time, out of one file or out of
 * several that follow each other. It gives them in blocks.
 *
 * Rows come two ways. Usual ones, each following the one before at the timeframe's distance, are read many at a time
 * (collect_run.c, csv_block.h). Any other is read by itself (collect_series.c), which knows and words all that can be wrong or
 * be missing; then the usual ones go on. A block is what could be read without waiting and without any risk of an error. */

struct r3_collect_file {
    const char *path; /* "-": standard input; borrowed, like name */
    const char *name; /* for messages */
    char market[R3_MARKET_SIZE];
    struct r3_csv csv;
    enum r3_timeframe timeframe;
    bool guessed; /* the timeframe */
    bool growing; /* its last line counts when it has its newline */
    bool regular; /* known once it was probed */
    bool probed, started, finished;
    struct r3_lines *lines;          /* NULL: not open */
    size_t head, block;              /* bytes looked at to find the dialect; bytes to read at a time */
    int64_t from;                    /* the series' bound; R3_TIME_ABSENT: none */
    int64_t skipped;                 /* bytes at the beginning that were not read; lines are counted from there on */
    uint64_t bytes;                  /* its size for the progress; 0: not known */
    uint64_t missing, first_missing; /* rows without values, and the line of the first */
};

/* Find the file's dialect; a regular file other than standard input is closed again unless `keep`. `timeframe` NONE: guess it. R3_INPUT_MORE when done,
 * R3_INPUT_INTERRUPTED: call again; -1. */
int r3_collect_probe(struct r3_collect_file *file, enum r3_timeframe timeframe, bool keep, struct r3_error *error);
void r3_collect_close(struct r3_collect_file *file);
/* A file that is open and was not read from: skip what lies far ahead of `from`. R3_INPUT_MORE: done, also where nothing can be skipped;
 * R3_INPUT_INTERRUPTED: call again; -1. */
int r3_collect_seek(struct r3_collect_file *file, struct r3_error *error);
/* The number in the file of a line, for messages: that of r3_lines_number and what was skipped. */
uint64_t r3_collect_line(const struct r3_collect_file *file, uint64_t line);

/* Candles of a series, as many as could be read at once: those of the block from [given] on, or a single one that no block holds. */
struct r3_collect_output {
    struct r3_csv_block block;
    size_t given;
    bool alone;
    struct r3_record single; /* its market, platform and timeframe are those of the series, always */
    uint64_t done;           /* bytes of the series' files that were read so far, for the progress */
    /* The source is known from here on, or, R3_TIME_ABSENT, from its first candle; and once it has ended, up to there. */
    int64_t known_from, known_to;
};

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
    bool kept; /* `resampled` is still to be given */

    int32_t price_scale, volume_scale; /* of the blocks: the most digits so far */
    struct r3_csv_block source; /* when resampling: usual rows, of which those from [put] on are still to be put in */
    size_t put;
    uint64_t source_line; /* line of the first of them */
    struct r3_csv_walk walk;
    unsigned pause,
        pauses; /* rows to read one by one before usual ones are looked for again; how many it was last time */
};

/* `platform` and `timeframe` are what the candles will say; `resample` R3_TIMEFRAME_NONE: none. The other members as above are
 * set by the caller first. R3_USAGE. */
int r3_collect_series_start(struct r3_collect_series *series, const char *platform, enum r3_timeframe resample,
                            struct r3_error *error);

/* An output has the memory that it needs for this series. Released with r3_collect_output_release. */
void r3_collect_output_init(struct r3_collect_output *output, const struct r3_collect_series *series);
void r3_collect_output_release(struct r3_collect_output *output);

/* The next candles, in place of those that are there: R3_INPUT_MORE, R3_INPUT_END, R3_INPUT_INTERRUPTED, -1. */
int r3_collect_series_fill(struct r3_collect_series *series, struct r3_collect_output *out, struct r3_error *error);
/* Whether the next candles can be had without waiting for another process. */
bool r3_collect_series_ready(const struct r3_collect_series *series);
/* Free what the series owns; the files are the caller's. */
void r3_collect_series_release(struct r3_collect_series *series);

static inline enum r3_timeframe r3_collect_series_timeframe(const struct r3_collect_series *series) {
    return series->resampling ? series->resample.timeframe : series->timeframe;
}

/* Whether there is one more candle, and the open of the next. */
static inline bool r3_collect_output_holds(const struct r3_collect_output *out) {
    return out->alone || out->given < out->block.count;
}
static inline int64_t r3_collect_output_time(const struct r3_collect_output *out) {
    return out->alone ? out->single.candle.time : out->block.time[out->given];
}

/* Tell people what was missing, dropped or filled. resample: of the coarser candles; NULL: there are none. `ended`: all was read; else it
 * was interrupted. */
void r3_collect_tell(struct r3_port *port, const struct r3_collect_series *series, struct r3_resample *resample,
                     bool ended);

/* Of the rows [first, end), where those end that lie within one interval of the target and are put together at once: behind one row
 * only where a volume is large. */
size_t r3_collect_interval_end(const struct r3_resample *resample, const struct r3_csv_block *rows, size_t first,
                               size_t end);
/* Those rows as one candle, which opens when the first does; market, platform and timeframe are left alone. */
void r3_collect_gather(const struct r3_csv_block *rows, size_t first, size_t end, struct r3_candle *out);

/* Between collect_series.c and collect_run.c: the next candle of the files' own timeframe by itself, stand-ins included; results as
 * above. */
int r3_collect_series_next(struct r3_collect_series *series, const struct r3_record **out, struct r3_error *error);
/* The place of an error. Returns -1. */
int r3_collect_fail_place(const struct r3_collect_file *file, uint64_t line, struct r3_error *error);

#endif
