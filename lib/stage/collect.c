/* r3-collect: candles out of files. Each operand is a file of one market; files with the same market and timeframe make one
 * series; series are merged by the time at which their candles close. */

#include <inttypes.h>

#include "lib/market/market_name.h"
#include "lib/stage/collect_lane.h"
#include "lib/stage/collect_pace.h"
#include "lib/stage/stage.h"

enum {
    BATCH = 1000,        /* candles a pull */
    BLOCK_MAX = 262144,  /* bytes read at a time from a file */
    BLOCKS = 4194304,    /* and from all together */
    AHEAD_MIN = 1048576, /* bytes from which on a thread is worth its start */
    FLUSH_FIRST = 2      /* what pull returns when the next call may have to wait for input */
};

static const struct r3_option options[] = {
    { .name = "market",
      .letter = 'm',
      .kind = R3_OPTION_TEXT,
      .argument = "NAME",
      .repeat = true,
      .help = "market of all files, or one for each in order" },
    { .name = "platform",
      .kind = R3_OPTION_TEXT,
      .argument = "NAME",
      .fallback = "csv",
      .help = "where the candles are from" },
    { .name = "timeframe",
      .letter = 't',
      .kind = R3_OPTION_TEXT,
      .argument = "TF",
      .help = "of the files; else from the rows' spacing" },
    { .name = "columns",
      .kind = R3_OPTION_TEXT,
      .argument = "NAMES",
      .help = "time,open,high,low,close,volume; - skips one" },
    { .name = "from", .kind = R3_OPTION_TIME, .argument = "TIME", .help = "first open to write" },
    { .name = "to", .kind = R3_OPTION_TIME, .argument = "TIME", .help = "write only opens before it" },
    { .name = "resample",
      .letter = 'r',
      .kind = R3_OPTION_TEXT,
      .argument = "TF",
      .help = "put complete candles of TF together" },
    { .name = "both", .kind = R3_OPTION_FLAG, .help = "with --resample: the files' own candles too" },
    { .name = "pace", .kind = R3_OPTION_TEXT, .argument = "60x", .help = "market time passes so many times as fast" },
    { .name = "gaps",
      .kind = R3_OPTION_CHOICE,
      .argument = "warn|fill|fail",
      .fallback = "warn",
      .help = "what to do about missing candles" },
    { .name = "quiet", .kind = R3_OPTION_FLAG, .help = "say nothing of what is missing, only of what is wrong" },
    { .name = "price-increment",
      .kind = R3_OPTION_DECIMAL,
      .argument = "N",
      .fallback = "0.00000001",
      .help = "step of prices" },
    { .name = "base-increment",
      .kind = R3_OPTION_DECIMAL,
      .argument = "N",
      .fallback = "0.00000001",
      .help = "step of sizes" },
    { .name = "quote-increment",
      .kind = R3_OPTION_DECIMAL,
      .argument = "N",
      .fallback = "0.00000001",
      .help = "step of funds" },
    { .name = "minimum-size",
      .kind = R3_OPTION_DECIMAL,
      .argument = "N",
      .fallback = "0",
      .help = "smallest order, in base" },
    { .name = "minimum-funds",
      .kind = R3_OPTION_DECIMAL,
      .argument = "N",
      .fallback = "0",
      .help = "smallest order, in quote" },
    { .name = NULL },
};

struct collect {
    struct r3_port *port;
    const struct r3_arguments *arguments;
    enum r3_timeframe timeframe, resample; /* R3_TIMEFRAME_NONE: not given */
    struct r3_collect_file *files;
    struct r3_collect_file **order; /* the files series by series, in order of time within one */
    size_t file_count, probed;
    struct r3_collect_lane *lanes; /* in order of the operands */
    size_t lane_count;
    struct r3_collect_pace pace;
    bool started;
    uint64_t written, bytes;
};

static int read_timeframe(enum r3_timeframe *out, const struct r3_arguments *arguments, const char *name,
                          struct r3_error *error) {
    const char *text = r3_arguments_text(arguments, name);
    *out = R3_TIMEFRAME_NONE;
    if (!text || r3_timeframe_parse(out, text, strlen(text), error) == 0)
        return 0;
    error->status = R3_USAGE;
    return r3_error_at(error, "--%s: ", name);
}

static int check_options(const struct r3_arguments *arguments, struct r3_error *error) {
    static const char *const increments[] = { "price-increment", "base-increment", "quote-increment" };
    for (size_t i = 0; i < sizeof increments / sizeof increments[0]; i++)
        if (r3_decimal_sign(&r3_arguments_get(arguments, increments[i], 0)->decimal) <= 0)
            return r3_fail(error, R3_USAGE, "--%s: it must be above 0", increments[i]);
    const struct r3_argument *from = r3_arguments_get(arguments, "from", 0), *to = r3_arguments_get(arguments, "to", 0);
    if (from && to && from->integer >= to->integer)
        return r3_fail(error, R3_USAGE, "--to: it must be after --from");
    if (r3_arguments_given(arguments, "both") && !r3_arguments_given(arguments, "resample"))
        return r3_fail(error, R3_USAGE, "--both: only with --resample");
    const char *platform = r3_arguments_text(arguments, "platform");
    size_t length = strlen(platform);
    bool valid = length > 0 && length < R3_PLATFORM_SIZE;
    for (size_t i = 0; i < length; i++)
        valid &= strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.", platform[i]) != NULL;
    return valid ? 0
                 : r3_fail(error, R3_USAGE, "--platform: not 1 to %d of A-Za-z0-9_.-: \"%.40s\"", R3_PLATFORM_SIZE - 1,
                           platform);
}

/* One --market for all files, one for each, or none and the file's name tells. */
static int choose_market(const struct collect *collect, size_t index, char market[R3_MARKET_SIZE],
                         struct r3_error *error) {
    size_t given = r3_arguments_count(collect->arguments, "market");
    const char *path = collect->files[index].path;
    char base[R3_CURRENCY_SIZE], quote[R3_CURRENCY_SIZE];
    if (given == 0 && strcmp(path, "-") == 0)
        return r3_fail(error, R3_USAGE, "standard input has no name that tells the market: say --market BTC-USD");
    if (given == 0)
        return r3_market_guess(market, path, error);
    if (given != 1 && given != collect->file_count)
        return r3_fail(error, R3_USAGE, "--market: %zu of them for %zu files; give one for all, or one for each", given,
                       collect->file_count);
    const char *text = r3_arguments_get(collect->arguments, "market", given == 1 ? 0 : index)->text;
    if (r3_market_parse(market, text, error) < 0)
        return r3_error_at(error, "--market: ");
    return r3_market_split(base, quote, market);
}

static int64_t bound(const struct collect *collect, const char *name) {
    const struct r3_argument *argument = r3_arguments_get(collect->arguments, name, 0);
    return argument ? argument->integer : R3_TIME_ABSENT;
}

static int add_files(struct collect *collect, struct r3_error *error) {
    size_t operands = r3_arguments_operands(collect->arguments), inputs = 0;
    struct r3_csv csv;
    if (r3_csv_init(&csv, r3_arguments_text(collect->arguments, "columns"), error) < 0)
        return -1;
    collect->file_count = operands ? operands : 1;
    collect->files = r3_allocate(collect->file_count * sizeof collect->files[0]);
    collect->order = r3_allocate(collect->file_count * sizeof(struct r3_collect_file *));
    for (size_t i = 0; i < collect->file_count; i++) {
        struct r3_collect_file *file = &collect->files[i];
        file->path = operands ? r3_arguments_operand(collect->arguments, i) : "-";
        bool input = strcmp(file->path, "-") == 0;
        file->name = input ? "standard input" : file->path;
        file->csv = csv;
        file->from = bound(collect, "from");
        file->block = BLOCKS / collect->file_count < BLOCK_MAX ? BLOCKS / collect->file_count : BLOCK_MAX;
        inputs += input;
    }
    if (inputs > 1)
        return r3_fail(error, R3_USAGE, "standard input can be read once only");
    for (size_t i = 0; i < collect->file_count; i++)
        if (choose_market(collect, i, collect->files[i].market, error) < 0)
            return -1;
    return 0;
}

static void collect_free(void *state) {
    struct collect *collect = state;
    if (!collect)
        return;
    for (size_t i = 0; i < collect->lane_count; i++) {
        r3_collect_ahead_free(collect->lanes[i].ahead);
        r3_collect_series_release(&collect->lanes[i].series);
        r3_collect_output_release(&collect->lanes[i].output);
    }
    for (size_t i = 0; collect->files && i < collect->file_count; i++)
        r3_collect_close(&collect->files[i]);
    free(collect->files);
    free(collect->order);
    free(collect->lanes);
    free(collect);
}

static int collect_init(void **state, const struct r3_arguments *arguments, struct r3_port *port,
                        struct r3_error *error) {
    struct collect *collect = r3_allocate(sizeof *collect);
    *state = collect;
    collect->port = port;
    collect->arguments = arguments;
    return check_options(arguments, error) < 0 ||
                   read_timeframe(&collect->timeframe, arguments, "timeframe", error) < 0 ||
                   read_timeframe(&collect->resample, arguments, "resample", error) < 0 ||
                   r3_collect_pace_start(&collect->pace, r3_arguments_text(arguments, "pace"), error) < 0 ||
                   add_files(collect, error) < 0
               ? -1
               : 0;
}

static bool same_series(const struct r3_collect_file *a, const struct r3_collect_file *b) {
    return a->timeframe == b->timeframe && strcmp(a->market, b->market) == 0;
}

/* Any row's time tells which file comes first, since they must not overlap. Where the files share a row, it is the first of one
 * and the last of the other, which is newest first. */
static bool comes_before(const struct r3_collect_file *a, const struct r3_collect_file *b) {
    return a->csv.first_time < b->csv.first_time ||
           (a->csv.first_time == b->csv.first_time && a->csv.newest_first && !b->csv.newest_first);
}

/* Put the files of each series together, in order of time. */
static void order_files(struct collect *collect) {
    size_t count = 0;
    for (size_t i = 0; i < collect->file_count; i++) {
        struct r3_collect_file *file = &collect->files[i];
        size_t end = count;
        for (size_t k = 0; k < count; k++)
            if (same_series(collect->order[k], file))
                end = k + 1;
        while (end > 0 && same_series(collect->order[end - 1], file) && comes_before(file, collect->order[end - 1]))
            end--;
        memmove(&collect->order[end + 1], &collect->order[end], (count - end) * sizeof collect->order[0]);
        collect->order[end] = file;
        count++;
    }
}

static int make_lanes(struct collect *collect, struct r3_error *error) {
    order_files(collect);
    collect->lanes = r3_allocate(collect->file_count * sizeof collect->lanes[0]);
    for (size_t i = 0; i < collect->file_count; i++) {
        struct r3_collect_lane *lane = i && same_series(collect->order[i - 1], collect->order[i])
                                           ? &collect->lanes[collect->lane_count - 1]
                                           : NULL;
        if (!lane) {
            lane = &collect->lanes[collect->lane_count++];
            lane->series.files = &collect->order[i];
        }
        lane->series.file_count++;
        collect->bytes += collect->order[i]->bytes;
        if (!collect->order[i]->csv.has_volume && !r3_arguments_given(collect->arguments, "quiet"))
            collect->port->warn(collect->port, "%s: it has no volume column: every volume is 0",
                                collect->order[i]->name);
    }
    for (size_t i = 0; i < collect->lane_count; i++) {
        struct r3_collect_series *series = &collect->lanes[i].series;
        bool both = r3_arguments_given(collect->arguments, "both");
        series->timeframe = series->files[0]->timeframe;
        series->from = bound(collect, "from");
        series->to = bound(collect, "to");
        series->policy = (enum r3_gap_policy)r3_arguments_get(collect->arguments, "gaps", 0)->integer;
        if (r3_collect_series_start(series, r3_arguments_text(collect->arguments, "platform"),
                                    both ? R3_TIMEFRAME_NONE : collect->resample, error) < 0 ||
            (both && r3_collect_both_start(&collect->lanes[i].both, series, collect->resample, error) < 0))
            return -1;
        r3_collect_output_init(&collect->lanes[i].output, series);
        struct r3_candles *head = &collect->lanes[i].head;
        memcpy(head->platform, series->filler.candle.platform, sizeof head->platform);
        memcpy(head->market, series->filler.candle.market, sizeof head->market);
        head->timeframe = r3_collect_series_timeframe(series);
    }
    return 0;
}

static int emit(struct collect *collect, const struct r3_record *record, struct r3_error *error) {
    collect->written++;
    return collect->port->emit(collect->port, record, error);
}

static int emit_instrument(struct collect *collect, const char *market, struct r3_error *error) {
    struct r3_record record;
    struct r3_instrument *instrument = &record.instrument;
    const struct r3_arguments *arguments = collect->arguments;
    const char *platform = r3_arguments_text(arguments, "platform");
    r3_record_init(&record, R3_INSTRUMENT);
    if (r3_copy_text(instrument->platform, sizeof instrument->platform, platform, strlen(platform)) < 0 ||
        r3_copy_text(instrument->market, sizeof instrument->market, market, strlen(market)) < 0 ||
        r3_market_split(instrument->base, instrument->quote, market) < 0)
        return r3_fail(error, R3_BUG, "%s on %s: it does not fit", market, platform);
    memcpy(instrument->fee_currency, instrument->quote, sizeof instrument->fee_currency);
    instrument->price_increment = r3_arguments_get(arguments, "price-increment", 0)->decimal;
    instrument->base_increment = r3_arguments_get(arguments, "base-increment", 0)->decimal;
    instrument->quote_increment = r3_arguments_get(arguments, "quote-increment", 0)->decimal;
    instrument->minimum_size = r3_arguments_get(arguments, "minimum-size", 0)->decimal;
    instrument->minimum_funds = r3_arguments_get(arguments, "minimum-funds", 0)->decimal;
    return emit(collect, &record, error);
}

static int emit_head(struct collect *collect, struct r3_error *error) {
    struct r3_record record;
    r3_record_init(&record, R3_STREAM);
    record.stream.version = R3_STREAM_VERSION;
    if (emit(collect, &record, error) < 0)
        return -1;
    for (size_t i = 0; i < collect->lane_count; i++) {
        const char *market = collect->lanes[i].series.files[0]->market;
        bool told = false;
        for (size_t k = 0; k < i; k++)
            told |= strcmp(collect->lanes[k].series.files[0]->market, market) == 0;
        if (!told && emit_instrument(collect, market, error) < 0)
            return -1;
    }
    return 0;
}

/* Where the program has processors to spare, one long regular file or several of one series are read ahead. */
static void read_ahead(struct collect *collect) {
    bool possible = collect->port->concurrent && collect->lane_count == 1 && collect->bytes >= AHEAD_MIN;
    for (size_t i = 0; possible && i < collect->file_count; i++)
        possible = collect->files[i].regular;
    if (possible)
        collect->lanes[0].ahead = r3_collect_ahead_new(&collect->lanes[0].series);
}

/* Look at all files before the first record, so that what is wrong with the last is said before an hour's work. */
static int start(struct collect *collect, struct r3_error *error) {
    for (; collect->probed < collect->file_count; collect->probed++) {
        int result =
            r3_collect_probe(&collect->files[collect->probed], collect->timeframe, collect->file_count == 1, error);
        if (result != R3_INPUT_MORE)
            return result == R3_INPUT_INTERRUPTED ? 1 : -1;
    }
    if (make_lanes(collect, error) < 0 || emit_head(collect, error) < 0)
        return -1;
    read_ahead(collect);
    collect->started = true;
    return 1;
}

static void tell_progress(struct collect *collect) {
    uint64_t sum = 0;
    for (size_t i = 0; i < collect->lane_count; i++)
        sum += collect->lanes[i].output.done;
    collect->port->progress(collect->port, sum, collect->bytes);
}

/* NULL: all have ended. */
static struct r3_collect_lane *first_lane(struct collect *collect) {
    struct r3_collect_lane *first = NULL;
    for (size_t i = 0; i < collect->lane_count; i++) {
        struct r3_collect_lane *lane = &collect->lanes[i];
        if (r3_collect_lane_holds(lane) && (!first || r3_collect_lane_precedes(lane, lane->close, first)))
            first = lane;
    }
    return first;
}

/* How many candles of the lane's block come ahead of those of the others, from the next on, which does. */
static size_t count_first(const struct collect *collect, const struct r3_collect_lane *first) {
    const struct r3_csv_block *block = &first->output.block;
    const struct r3_collect_lane *second = NULL;
    size_t end = first->output.given + 1;
    for (size_t i = 0; i < collect->lane_count; i++) {
        const struct r3_collect_lane *lane = &collect->lanes[i];
        if (lane != first && r3_collect_lane_holds(lane) &&
            (!second || r3_collect_lane_precedes(lane, lane->close, second)))
            second = lane;
    }
    if (!second)
        return block->count - first->output.given;
    while (end < block->count &&
           r3_collect_lane_precedes(first, r3_collect_lane_close(first, block->time[end]), second))
        end++;
    return end - first->output.given;
}

/* Give the candles of the lane's block that come next. Returns how many, or -1. */
static int64_t emit_block(struct collect *collect, struct r3_collect_lane *lane, struct r3_error *error) {
    struct r3_collect_output *out = &lane->output;
    const struct r3_csv_block *block = &out->block;
    size_t from = out->given;
    struct r3_candles *candles = &lane->head;
    candles->count =
        r3_collect_paces(&collect->pace) ? 1 : r3_collect_both_count(&lane->both, out, count_first(collect, lane));
    candles->price_scale = block->price_scale;
    candles->volume_scale = block->volume_scale;
    candles->time = block->time + from;
    candles->open = block->open + from;
    candles->high = block->high + from;
    candles->low = block->low + from;
    candles->close = block->close + from;
    candles->volume = block->volume + from;
    if (collect->port->emit_candles(collect->port, candles, error) < 0 ||
        r3_collect_both_put(&lane->both, out, candles->count, error) < 0)
        return -1;
    collect->written += candles->count;
    out->given += candles->count;
    return (int64_t)candles->count;
}

/* Give the lane's next candles. Returns how many, or -1. */
static int64_t emit_candles(struct collect *collect, struct r3_collect_lane *lane, struct r3_error *error) {
    int64_t count = 1;
    if (lane->both.ready) {
        lane->both.ready = false;
        count = emit(collect, &lane->both.record, error) < 0 ? -1 : 1;
    } else if (lane->output.alone) {
        if (emit(collect, &lane->output.single, error) < 0 ||
            r3_collect_both_put(&lane->both, &lane->output, 1, error) < 0)
            count = -1;
        lane->output.alone = false;
    } else {
        count = emit_block(collect, lane, error);
    }
    r3_collect_lane_look(lane);
    return count;
}

static int collect_pull(void *state, struct r3_error *error) {
    struct collect *collect = state;
    if (!collect->started)
        return start(collect, error);
    tell_progress(collect);
    for (int64_t given = 0; given < BATCH;) {
        for (size_t i = 0; i < collect->lane_count; i++) {
            struct r3_collect_lane *lane = &collect->lanes[i];
            if (lane->ended || r3_collect_lane_holds(lane))
                continue;
            if (given && !lane->ahead && !r3_collect_series_ready(&lane->series))
                return FLUSH_FIRST;
            int result = r3_collect_lane_fetch(lane, error);
            if (result < 0)
                return -1;
            if (result == R3_INPUT_INTERRUPTED)
                return 1;
        }
        struct r3_collect_lane *lane = first_lane(collect);
        if (!lane)
            return 0;
        int waited = r3_collect_pace_wait(&collect->pace, collect->port, lane->close, error);
        if (waited != 0)
            return waited;
        int64_t count = emit_candles(collect, lane, error);
        if (count < 0)
            return -1;
        if (r3_collect_paces(&collect->pace))
            return FLUSH_FIRST;
        given += count;
    }
    return 1;
}

static int collect_finish(void *state, bool ended, struct r3_error *error) {
    struct collect *collect = state;
    struct r3_record record;
    (void)ended; /* a source's own end */
    for (size_t i = 0; i < collect->lane_count; i++) {
        r3_collect_ahead_free(collect->lanes[i].ahead);
        collect->lanes[i].ahead = NULL;
    }
    for (size_t i = 0; i < collect->lane_count; i++) {
        struct r3_collect_lane *lane = &collect->lanes[i];
        struct r3_resample *own = lane->series.resampling ? &lane->series.resample : NULL;
        if (!r3_arguments_given(collect->arguments, "quiet"))
            r3_collect_tell(collect->port, &lane->series, lane->both.wanted ? &lane->both.resample : own, lane->ended);
    }
    r3_record_init(&record, R3_END);
    memcpy(record.end.source, "r3-collect", sizeof "r3-collect");
    record.end.records = (int64_t)collect->written;
    return collect->port->emit(collect->port, &record, error);
}

const struct r3_stage r3_collect_stage = {
    .name = "r3-collect",
    .operands = "[FILE…]",
    .summary = "write the candles of CSV files as records",
    .options = options,
    .init = collect_init,
    .pull = collect_pull,
    .finish = collect_finish,
    .free = collect_free,
};
