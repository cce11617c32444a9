#include "lib/session/finer.h"

#include <inttypes.h>

#include "lib/base/time.h"
#include "lib/exchange/names.h"
#include "lib/session/notice.h"

/* The youngest one is not complete, and another may begin until the exchange is asked. */
static bool reaches(const char *platform, enum r3_timeframe timeframe, int64_t from, int64_t now) {
    int64_t depth = r3_exchange_depth(platform), span = r3_timeframe_span(timeframe);
    return !depth || r3_timeframe_open(timeframe, now) - (depth - 2) * span <= from;
}

struct r3_finer r3_finer_choose(const char *platform, enum r3_timeframe timeframe, int64_t from, int64_t now) {
    struct r3_finer finer = { .timeframe = R3_TIMEFRAME_NONE, .reaches = timeframe == R3_1m };
    for (enum r3_timeframe each = R3_1m; each < timeframe && !finer.reaches; each++)
        if (r3_exchange_has(platform, each))
            finer = (struct r3_finer) { each, reaches(platform, each, from, now) };
    return finer;
}

bool r3_finer_tell(struct r3_record *record, struct r3_finer finer, const char *platform, const char *session,
                   int64_t from, int64_t now) {
    char time[R3_TIME_TEXT_SIZE];
    if (finer.timeframe == R3_TIMEFRAME_NONE || (finer.timeframe == R3_1m && finer.reaches))
        return false;
    r3_time_format(time, from);
    r3_session_notice(record, finer.reaches ? R3_INFO : R3_WARNING, session, now,
                      "%s has the last %" PRId64 " candles alone: %s %s from %s on", platform,
                      r3_exchange_depth(platform),
                      finer.reaches ? "in place of minutes there are those of" : "there are not even those of",
                      r3_timeframe_name(finer.timeframe), time);
    return true;
}
