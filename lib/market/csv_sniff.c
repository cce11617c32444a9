/* The dialect of a file from its head.
 *
 * With a header, words say what the columns are. Without, the number of columns leaves at most three arrangements that
 * exchanges use, and the rows decide: an arrangement is refuted by a row that is a sound candle in another one and not in
 * it (its "high" is not the highest). One must be left, and rows that are flat refute nothing: then the user is asked. */

#include "lib/market/csv.h"

#include <ctype.h>
#include <inttypes.h>

enum { NAME_SIZE = 40, ARRANGEMENTS_MAX = 3, ROWS_ENOUGH = 2 };

/* Spellings without case, spaces and punctuation, the preferred first. */
static const char *const time_names[] = { "unix",     "unixtimestamp", "unixtime", "timestamp",   "timestampms",
                                          "opentime", "opentimestamp", "datetime", "datetimeutc", "timeutc",
                                          "time",     "starttime",     "start",    "startat",     "candletime",
                                          "date",     "dateutc",       "epoch",    "ts",          "t",
                                          NULL };
static const char *const open_names[] = { "open", "o", "openprice", "priceopen", NULL };
static const char *const high_names[] = { "high", "h", "highprice", "pricehigh", "max", NULL };
static const char *const low_names[] = { "low", "l", "lowprice", "pricelow", "min", NULL };
static const char *const close_names[] = { "close", "c", "closeprice", "priceclose", NULL };
static const char *const volume_names[] = { "volume", "basevolume", "volumebase", "vol", "v", "baseassetvolume", NULL };
static const char *const *const names[R3_CSV_COLUMNS] = { NULL,      time_names,  open_names,  high_names,
                                                          low_names, close_names, volume_names };
static const char *const column_words[R3_CSV_COLUMNS] = { "", "time", "open", "high", "low", "close", "volume" };

/* Headerless files: letters are time, open, high, low, close, volume; '-' is skipped. */
struct arrangement {
    unsigned fields;
    const char *columns;
    const char *source;
};
static const struct arrangement arrangements[] = {
    { 6, "tohlcv", "most" },          { 6, "tochlv", "Bitfinex" },
    { 6, "tlhocv", "Coinbase" },      { 7, "tohlcv-", "Kraken" }, /* … trades */
    { 7, "tochlv-", "KuCoin" },                                   /* … turnover */
    { 8, "tohlc-v-", "Kraken" },                                  /* … vwap, volume, trades: its REST interface */
    { 11, "tohlcv-----", "Binance" }, { 12, "tohlcv------", "Binance" },
};

struct head {
    const char *at, *end;
    uint64_t line; /* number of the line that was taken last */
    bool whole;
};

/* The next line; false where there is none, or only a part of one. */
static bool take_line(struct head *head, const char **line, size_t *length) {
    if (head->at == head->end)
        return false;
    const char *newline = memchr(head->at, '\n', (size_t)(head->end - head->at));
    if (!newline && !head->whole)
        return false;
    *line = head->at;
    *length = r3_csv_trim(head->at, (size_t)((newline ? newline : head->end) - head->at));
    head->at = newline ? newline + 1 : head->end;
    head->line++;
    return true;
}

/* "Volume (BTC)" → "volumebtc", "1. open" → "open". Longer names match none. */
static void plain_name(char out[NAME_SIZE], const char *text, size_t length) {
    size_t size = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (!isalnum(byte) || (size == 0 && isdigit(byte)))
            continue;
        if (size == NAME_SIZE - 1) {
            size = 0;
            break;
        }
        out[size++] = (char)tolower(byte);
    }
    out[size] = '\0';
}

/* The rank of a name among a column's spellings; -1: none of them. */
static int rank_of(unsigned column, const char *name) {
    int rank = 0;
    for (; names[column][rank]; rank++)
        if (strcmp(names[column][rank], name) == 0)
            return rank;
    return column == R3_CSV_VOLUME && strncmp(name, "volume", 6) == 0 ? rank : -1;
}

/* What a header's words make of its columns. */
struct header {
    unsigned fields;
    int field[R3_CSV_COLUMNS], rank[R3_CSV_COLUMNS]; /* field -1: not there */
    unsigned twice;                                  /* a price column that is there twice, 0: none */
    unsigned prices;                                 /* of the four prices */
};

static int read_header(struct header *header, const char *line, size_t length, char separator) {
    const char *at = line, *end = line + length;
    *header = (struct header) { 0 };
    for (unsigned column = 0; column < R3_CSV_COLUMNS; column++)
        header->field[column] = -1;
    for (;; header->fields++, at++) {
        const char *text, *field_end = r3_csv_field_end(at, end, separator);
        size_t size;
        char name[NAME_SIZE];
        if (!field_end || header->fields == R3_CSV_FIELDS_MAX)
            return -1;
        r3_csv_field_text(&text, &size, at, field_end);
        plain_name(name, text, size);
        for (unsigned column = R3_CSV_TIME; column < R3_CSV_COLUMNS; column++) {
            int rank = rank_of(column, name);
            if (rank < 0)
                continue;
            bool there = header->field[column] >= 0;
            if (there && column >= R3_CSV_OPEN && column <= R3_CSV_CLOSE)
                header->twice = column;
            if (there && rank >= header->rank[column])
                continue;
            header->prices += !there && column >= R3_CSV_OPEN && column <= R3_CSV_CLOSE;
            header->field[column] = (int)header->fields;
            header->rank[column] = rank;
        }
        at = field_end;
        if (at == end)
            break;
    }
    header->fields++;
    /* pandas gives its index, which is the time, no name. */
    if (header->field[R3_CSV_TIME] < 0 && length && (line[0] == separator || strncmp(line, "\"\"", 2) == 0))
        header->field[R3_CSV_TIME] = 0;
    return 0;
}

static char choose_separator(const char *line, size_t length) {
    unsigned semicolons = 0, tabs = 0;
    for (size_t i = 0; i < length; i++) {
        semicolons += line[i] == ';';
        tabs += line[i] == '\t';
    }
    return tabs >= 4 ? '\t' : semicolons >= 4 ? ';' : ',';
}

static int fail_at(uint64_t line, struct r3_error *error, const char *text) {
    return r3_fail(error, R3_DATA, "%" PRIu64 ": %s", line, text);
}

static int use_header(struct r3_csv *csv, const struct header *header, uint64_t line, struct r3_error *error) {
    if (header->twice)
        return r3_fail(error, R3_DATA, "%" PRIu64 ": the header has two %s columns: choose with --columns", line,
                       column_words[header->twice]);
    for (unsigned column = R3_CSV_TIME; column < R3_CSV_COLUMNS; column++) {
        int field = header->field[column];
        if (field < 0 && column != R3_CSV_VOLUME)
            return r3_fail(error, R3_DATA, "%" PRIu64 ": the header has no %s column: name the columns with --columns",
                           line, column_words[column]);
        if (field < 0)
            continue;
        csv->column[field] = (unsigned char)column;
        if ((unsigned)field >= csv->needed)
            csv->needed = (unsigned)field + 1;
    }
    csv->has_volume = header->field[R3_CSV_VOLUME] >= 0;
    csv->fields = header->fields;
    csv->first_line = line + 1;
    return 0;
}

static bool starts_row(const char *line, size_t length) {
    size_t i = 0;
    while (i < length && (line[i] == '"' || line[i] == ' '))
        i++;
    return i < length && isdigit((unsigned char)line[i]);
}

static unsigned count_fields(const char *line, size_t length, char separator) {
    const char *at = line, *end = line + length;
    for (unsigned fields = 1;; fields++, at++) {
        at = r3_csv_field_end(at, end, separator);
        if (!at || at == end)
            return fields;
    }
}

/* Blank, marked as a comment, or an address of the site that it is from. */
static bool is_comment(const char *line, size_t length) {
    if (length == 0 || line[0] == '#')
        return true;
    for (size_t i = 0; i + 4 <= length; i++)
        if (memcmp(line + i, "www.", 4) == 0 || memcmp(line + i, "://", 3) == 0)
            return true;
    return false;
}

/* Whether the time column of named columns holds something that begins like a time. */
static bool named_row(const struct r3_csv *csv, const char *line, size_t length) {
    const char *at = line, *end = line + length;
    for (unsigned i = 0; i < csv->needed; i++) {
        const char *field_end = r3_csv_field_end(at, end, csv->separator);
        if (!field_end)
            return false;
        if (csv->column[i] == R3_CSV_TIME)
            return starts_row(at, (size_t)(field_end - at));
        if (field_end == end)
            return false;
        at = field_end + 1;
    }
    return false;
}

/* The lines ahead of the rows. 1: first_line is known, and the columns where a header names them; 0: more text; -1. */
static int find_rows(struct r3_csv *csv, struct head *head, unsigned *fields, struct r3_error *error) {
    const char *line;
    size_t length;
    bool skipped = false;
    *fields = 0;
    for (;;) {
        struct head before = *head;
        if (!take_line(head, &line, &length))
            return head->whole && head->at == head->end; /* nothing but comments: no rows */
        if (length >= 2 && (memcmp(line, "\xff\xfe", 2) == 0 || memcmp(line, "\xfe\xff", 2) == 0))
            return fail_at(head->line, error, "this is UTF-16: convert it, as with iconv -f UTF-16 -t UTF-8");
        if (is_comment(line, length))
            continue;
        csv->separator = choose_separator(line, length);
        csv->first_line = head->line;
        if (csv->named) {
            if (!named_row(csv, line, length) && !skipped) {
                skipped = true; /* a header; the user's names stand above it */
                csv->first_line++;
                continue;
            }
            *head = before;
            return 1;
        }
        if (starts_row(line, length)) {
            *fields = count_fields(line, length, csv->separator);
            *head = before;
            return 1;
        }
        struct header header;
        if (read_header(&header, line, length, csv->separator) < 0 || header.prices < 2)
            return fail_at(head->line, error,
                           "neither a header that names candles nor a row: name the columns with --columns");
        return use_header(csv, &header, head->line, error) < 0 ? -1 : 1;
    }
}

static void arrange(struct r3_csv *csv, const struct arrangement *arrangement) {
    static const char letters[] = "-tohlcv";
    csv->needed = 0;
    csv->fields = arrangement->fields;
    csv->has_volume = true;
    for (unsigned i = 0; i < arrangement->fields; i++) {
        csv->column[i] = (unsigned char)(strchr(letters, arrangement->columns[i]) - letters);
        if (csv->column[i] != R3_CSV_SKIP)
            csv->needed = i + 1;
    }
}

/* Headerless: the one arrangement that the rows allow. 1, 0 (more text), -1. */
static int choose_arrangement(struct r3_csv *csv, struct head head, unsigned fields, bool enough,
                              struct r3_error *error) {
    struct r3_csv tried[ARRANGEMENTS_MAX];
    const struct arrangement *source[ARRANGEMENTS_MAX];
    bool refuted[ARRANGEMENTS_MAX] = { false };
    unsigned count = 0, left, rows = 0;
    const char *line;
    size_t length;
    for (size_t i = 0; i < sizeof arrangements / sizeof arrangements[0]; i++)
        if (arrangements[i].fields == fields && count < ARRANGEMENTS_MAX) {
            tried[count] = *csv;
            source[count] = &arrangements[i];
            arrange(&tried[count++], &arrangements[i]);
        }
    if (count == 0)
        return r3_fail(error, R3_DATA, "%" PRIu64 ": no header, and %u columns: name them with --columns",
                       head.line + 1, fields);
    for (left = count; left > 1 && rows < R3_CSV_SNIFF_ROWS && take_line(&head, &line, &length); rows++) {
        bool sound[ARRANGEMENTS_MAX] = { false }, any = false;
        for (unsigned i = 0; i < count; i++) {
            struct r3_candle candle;
            bool missing;
            sound[i] = r3_csv_row(&tried[i], line, length, &candle, &missing, NULL) == 1;
            any |= sound[i];
        }
        for (unsigned i = 0; i < count; i++)
            if (any && !sound[i] && !refuted[i]) {
                refuted[i] = true;
                left--;
            }
    }
    if (left > 1 && !head.whole && !enough && rows < R3_CSV_SNIFF_ROWS)
        return 0;
    for (unsigned i = 0; left == 1 && i < count; i++)
        if (!refuted[i])
            *csv = tried[i];
    if (left == 1)
        return 1;
    if (left == 0)
        return r3_fail(error, R3_DATA,
                       "%" PRIu64 ": no header, and the rows fit no known order of columns: name them with --columns",
                       csv->first_line);
    return r3_fail(error, R3_DATA,
                   "%" PRIu64 ": no header, and the rows fit the columns of %s and of %s: name them with --columns",
                   csv->first_line, source[refuted[0] ? 1 : 0]->source,
                   source[refuted[0] || refuted[1] ? 2 : 1]->source);
}

static int compare_spacings(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* The most usual one, of equally usual ones the shortest. */
static int64_t usual_spacing(int64_t *spacings, size_t count) {
    int64_t best = 0;
    size_t best_run = 0;
    qsort(spacings, count, sizeof spacings[0], compare_spacings);
    for (size_t i = 0; i < count;) {
        size_t run = 1;
        while (i + run < count && spacings[i + run] == spacings[i])
            run++;
        if (run > best_run) {
            best_run = run;
            best = spacings[i];
        }
        i += run;
    }
    return best;
}

/* Whether every row's time is a day like 20131125. As seconds those are hours of 1970, of which no two that follow each other
 * on a timeframe's grid look like days. */
static bool has_compact_days(const struct r3_csv *csv, struct head head) {
    struct r3_csv tried = *csv;
    unsigned rows = 0;
    const char *line;
    size_t length;
    tried.compact_days = true;
    while (rows < R3_CSV_SNIFF_ROWS && take_line(&head, &line, &length)) {
        struct r3_candle candle;
        bool missing;
        int result = r3_csv_row(&tried, line, length, &candle, &missing, NULL);
        if (result < 0)
            return false;
        rows += result == 1;
    }
    return rows >= ROWS_ENOUGH;
}

/* Direction and spacing from the first rows. 1, or 0: more text. A bad row is left for the reading to tell. */
static int measure_rows(struct r3_csv *csv, struct head head, bool enough, bool spaced) {
    int64_t spacings[R3_CSV_SNIFF_ROWS] = { 0 }, last = R3_TIME_ABSENT;
    size_t rows = 0, count = 0;
    bool directed = false;
    const size_t wanted = spaced ? R3_CSV_SNIFF_ROWS : ROWS_ENOUGH;
    const char *line;
    size_t length;
    while ((rows < wanted || !directed) && count < R3_CSV_SNIFF_ROWS && take_line(&head, &line, &length)) {
        struct r3_candle candle;
        bool missing;
        if (r3_csv_row(csv, line, length, &candle, &missing, NULL) != 1)
            continue;
        rows++;
        if (last == R3_TIME_ABSENT)
            csv->first_time = candle.time;
        if (last != R3_TIME_ABSENT && candle.time != last) {
            if (!directed)
                csv->newest_first = candle.time < last;
            directed = true;
            int64_t spacing = candle.time > last ? candle.time - last : last - candle.time;
            /* Months differ in length. */
            bool month = spacing % R3_DAY == 0 && spacing >= 28 * (int64_t)R3_DAY && spacing <= 31 * (int64_t)R3_DAY;
            spacings[count++] = month ? r3_timeframe_span(R3_1M) : spacing;
        }
        last = candle.time;
    }
    csv->spacing = usual_spacing(spacings, count);
    return (rows >= wanted && directed) || head.whole || enough;
}

int r3_csv_sniff(struct r3_csv *csv, const char *text, size_t length, bool whole, bool enough, bool spaced,
                 struct r3_error *error) {
    struct r3_csv found = *csv;
    struct head head = { .at = text, .end = text + length, .whole = whole };
    unsigned fields;
    int result = find_rows(&found, &head, &fields, error);
    if (result == 0 && enough)
        return fail_at(1, error, "no header and no row");
    if (result == 1 && fields)
        result = choose_arrangement(&found, head, fields, enough, error);
    if (result == 1)
        found.compact_days = has_compact_days(&found, head);
    if (result == 1)
        result = measure_rows(&found, head, enough, spaced);
    if (result == 1)
        *csv = found;
    return result;
}
