/* Where --from lies far behind the beginning of a file, the rows ahead of it are not read: the place is found by bisection.
 *
 * It wants a file that can be read at any place, oldest row first. A row is looked at in the middle of what is left, and the half
 * without --from is let go, until what is left is read faster than it is parted; reading then begins with a row ahead of --from, as
 * what is known of the source there matters to --resample. Where a row that is looked at does not read well, or is out of order,
 * the file is read from its beginning, which tells what is wrong. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/stage/collect_series.h"

enum { WINDOW = 4096, NEAR = 32768 };

struct search {
    const struct r3_collect_file *file;
    int fd;
    int64_t start; /* of the file's first byte */
    char text[WINDOW + 1];
};

/* The first row of a line that begins behind `place`: 1; 0: none is there within the window, or it is not sound. */
static int look(struct search *search, int64_t place, int64_t *at, int64_t *time) {
    ssize_t got = pread(search->fd, search->text, WINDOW, search->start + place);
    const char *end = search->text + (got > 0 ? got : 0),
               *line = got > 0 ? memchr(search->text, '\n', (size_t)got) : NULL;
    while (line) {
        struct r3_candle candle;
        bool missing;
        line++;
        const char *next = memchr(line, '\n', (size_t)(end - line));
        int result = next ? r3_csv_row(&search->file->csv, line, (size_t)(next - line), &candle, &missing, NULL) : -1;
        if (result < 0)
            return 0;
        if (result > 0) {
            *at = place + (line - search->text);
            *time = candle.time;
            return 1;
        }
        line = next;
    }
    return 0;
}

/* Where to begin to read, counted from the first byte: at a row that opens ahead of --from; 0: at the beginning. */
static int64_t find(struct search *search, int64_t size) {
    int64_t low = 0, low_time = search->file->csv.first_time, high = size, high_time = INT64_MAX;
    while (high - low > NEAR) {
        int64_t middle = low + (high - low) / 2, at, time;
        if (!look(search, middle, &at, &time) || time < low_time || time > high_time)
            return 0;
        if (time < search->file->from) {
            low = at;
            low_time = time;
        } else {
            high = middle;
            high_time = time;
        }
    }
    return low;
}

int r3_collect_seek(struct r3_collect_file *file, struct r3_error *error) {
    uint64_t done, size;
    const char *text;
    size_t length;
    bool whole;
    struct search search = { .file = file };
    if (file->from == R3_TIME_ABSENT || file->csv.newest_first || file->csv.first_time >= file->from ||
        strcmp(file->path, "-") == 0)
        return R3_INPUT_MORE;
    int result = r3_lines_peek(file->lines, 1, &text, &length, &whole, error);
    if (result != R3_INPUT_MORE)
        return result;
    search.fd = r3_lines_seekable(file->lines, &search.start);
    r3_lines_progress(file->lines, &done, &size);
    if (search.fd < 0 || size <= NEAR)
        return R3_INPUT_MORE;
    file->skipped = find(&search, (int64_t)size);
    return file->skipped ? r3_lines_seek(file->lines, file->skipped, error) : R3_INPUT_MORE;
}

uint64_t r3_collect_line(const struct r3_collect_file *file, uint64_t line) {
    return line + r3_lines_count(file->path, file->skipped);
}
