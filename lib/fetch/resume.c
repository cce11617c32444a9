#include "lib/fetch/resume.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "lib/base/io.h"

struct r3_fetch_resume {
    const char *path; /* borrowed */
    int fd;
    struct r3_reader reader;
    struct r3_decoder *decoder;
    bool cut;
};

int r3_fetch_resume_open(struct r3_fetch_resume **out, const char *path, struct r3_error *error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    *out = NULL;
    if (fd < 0)
        return errno == ENOENT ? 0 : r3_fail_errno(error, R3_IO, "--resume: %s", path);
    struct r3_fetch_resume *resume = r3_allocate(sizeof *resume);
    resume->path = path;
    resume->fd = fd;
    resume->decoder = r3_decoder_new();
    r3_reader_init(&resume->reader, fd, path);
    *out = resume;
    return 0;
}

void r3_fetch_resume_free(struct r3_fetch_resume *resume) {
    if (!resume)
        return;
    r3_reader_release(&resume->reader);
    r3_decoder_free(resume->decoder);
    close(resume->fd);
    free(resume);
}

bool r3_fetch_resume_is_cut(const struct r3_fetch_resume *resume) {
    return resume->cut;
}

static int take_candle(struct r3_fetch_plan *plan, const struct r3_candle *candle, struct r3_error *error) {
    for (size_t i = 0; strcmp(candle->platform, plan->exchange->name) == 0 && i < plan->series_count; i++) {
        struct r3_fetch_series *series = &plan->series[i];
        if (series->timeframe == candle->timeframe && strcmp(series->market, candle->market) == 0)
            return r3_fetch_series_resume(series, candle, error);
    }
    return r3_fail(error, R3_DATA, "a candle of %s %s from %s, which is not asked for", candle->market,
                   r3_timeframe_name(candle->timeframe), candle->platform);
}

/* 1: it is to be given; 0: it is not; -1. */
static int take(struct r3_fetch_plan *plan, const struct r3_record *record, struct r3_error *error) {
    switch (record->type) {
    case R3_STREAM:
    case R3_INSTRUMENT: /* they are asked for anew */
    case R3_END:
        return 0;
    case R3_PRICE:
        return 1;
    case R3_CANDLE:
        return take_candle(plan, &record->candle, error) < 0 ? -1 : 1;
    default:
        return r3_fail(error, R3_DATA, "a %s, which r3-fetch does not write", r3_record_type_name(record->type));
    }
}

int r3_fetch_resume_next(struct r3_fetch_resume *resume, struct r3_fetch_plan *plan, struct r3_record *out,
                         struct r3_error *error) {
    struct r3_reader *reader = &resume->reader;
    const char *line;
    size_t length;
    for (;;) {
        int result = r3_reader_line(reader, &line, &length, error);
        if (result < 0 && error->status == R3_DATA && reader->at_end) {
            resume->cut = true;
            return 0;
        }
        if (result <= 0)
            return result;
        result = r3_record_decode(resume->decoder, out, line, length, error);
        if (result == 0)
            result = take(plan, out, error);
        if (result != 0)
            return result < 0 ? r3_error_at(error, "%s:%" PRIu64 ": ", resume->path, reader->line) : 1;
    }
}
