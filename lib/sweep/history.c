#include "lib/sweep/history.h"

#include "lib/base/buffer.h"
#include "lib/trade/statistics_book.h"

struct r3_sweep_recorder {
    struct r3_book book;
    char session[R3_SESSION_SIZE]; /* "" before the first account */
    struct r3_sweep_history history;
    size_t capacity; /* of profits */
};

void r3_sweep_history_release(struct r3_sweep_history *history) {
    free(history->profits);
    *history = (struct r3_sweep_history) { 0 };
}

struct r3_sweep_recorder *r3_sweep_recorder_new(void) {
    struct r3_sweep_recorder *recorder = r3_allocate(sizeof *recorder);
    recorder->book = (struct r3_book)R3_BOOK_INIT;
    return recorder;
}

void r3_sweep_recorder_free(struct r3_sweep_recorder *recorder) {
    if (!recorder)
        return;
    r3_book_release(&recorder->book);
    r3_sweep_history_release(&recorder->history);
    free(recorder);
}

static void add_trade(struct r3_sweep_recorder *recorder, const struct r3_round_trip *trip) {
    struct r3_sweep_history *history = &recorder->history;
    if (history->count == recorder->capacity) {
        recorder->capacity = recorder->capacity ? 2 * recorder->capacity : 256;
        history->profits = r3_reallocate(history->profits, recorder->capacity * sizeof *history->profits);
    }
    history->profits[history->count++] = r3_decimal_to_double(&trip->pnl);
}

static int take_account(struct r3_sweep_recorder *recorder, const struct r3_account *account, struct r3_error *error) {
    if (recorder->book.opened)
        return 0; /* r3-report checks it */
    memcpy(recorder->session, account->session, sizeof recorder->session);
    recorder->history.start = r3_decimal_to_double(&account->equity);
    return r3_book_open(&recorder->book, &account->equity, error);
}

static int take_candle(struct r3_sweep_recorder *recorder, const struct r3_candle *candle, struct r3_error *error) {
    if (!recorder->book.opened)
        return 0;
    return r3_book_candle(&recorder->book, candle, error) < 0 ? -1 : 0;
}

static int take_trade(struct r3_sweep_recorder *recorder, const struct r3_trade *trade, struct r3_error *error) {
    const struct r3_round_trip *trip = NULL;
    if (strcmp(trade->session, recorder->session) != 0)
        return 0;
    int closed = r3_book_trade(&recorder->book, trade, &trip, error);
    if (closed > 0)
        add_trade(recorder, trip);
    return closed < 0 ? -1 : 0;
}

static void take_update(struct r3_sweep_recorder *recorder, const struct r3_update *update) {
    char *first = recorder->history.first_rejection;
    if (update->event == R3_EVENT_REJECTED && !first[0] && strcmp(update->session, recorder->session) == 0)
        memcpy(first, update->reason, sizeof update->reason);
}

int r3_sweep_recorder_take(struct r3_sweep_recorder *recorder, const struct r3_record *record, struct r3_error *error) {
    switch (record->type) {
    case R3_INSTRUMENT:
        r3_book_instrument(&recorder->book, &record->instrument);
        return 0;
    case R3_ACCOUNT:
        return take_account(recorder, &record->account, error);
    case R3_CANDLE:
        return take_candle(recorder, &record->candle, error);
    case R3_TRADE:
        return take_trade(recorder, &record->trade, error);
    case R3_UPDATE:
        take_update(recorder, &record->update);
        return 0;
    default:
        return 0;
    }
}

int r3_sweep_recorder_take_candles(struct r3_sweep_recorder *recorder, const struct r3_candles *candles, size_t from,
                                   size_t to, struct r3_error *error) {
    struct r3_record record;
    for (size_t i = from; i < to; i++) {
        r3_candles_record(candles, i, &record);
        if (take_candle(recorder, &record.candle, error) != 0)
            return -1;
    }
    return 0;
}

void r3_sweep_recorder_finish(struct r3_sweep_recorder *recorder, struct r3_sweep_history *out) {
    *out = recorder->history;
    recorder->history = (struct r3_sweep_history) { 0 };
    recorder->capacity = 0;
}
