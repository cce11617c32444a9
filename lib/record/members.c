#include "lib/record/members.h"
#include "lib/json/json.h"
#include "lib/record/scan.h"

/* The statement of every record's members in code; r3-records(5) is the same in words. */

enum { P = R3_CLASS_PLAIN, W = P | R3_CLASS_WORD, S = W | R3_CLASS_SESSION };
const uint8_t r3_character_class[256] = {
    /* clang-format off */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 0x00 */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 0x10 */
    P, P, 0, P, P, P, P, P, P, P, P, P, P, W, P, P, /* 0x20 */
    S, S, S, S, S, S, S, S, S, S, P, P, P, P, P, P, /* 0x30 */
    P, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, /* 0x40 */
    S, S, S, S, S, S, S, S, S, S, S, P, 0, P, P, S, /* 0x50 */
    P, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, /* 0x60 */
    S, S, S, S, S, S, S, S, S, S, S, P, P, P, P, 0, /* 0x70 */
    /* clang-format on */
};

#define NAME(text)                                                                                                     \
    { text, sizeof text - 1 }
#define NAMES(list)                                                                                                    \
    { list, sizeof list / sizeof list[0] }
static const struct r3_name direction_list[] = { NAME(""), NAME("LONG"), NAME("SHORT"), NAME("FLAT") };
static const struct r3_name role_list[] = { NAME(""), NAME("ENTRY"), NAME("EXIT"), NAME("TP"), NAME("SL"), NAME("MO") };
static const struct r3_name side_list[] = { NAME(""), NAME("BUY"), NAME("SELL") };
static const struct r3_name kind_list[] = { NAME(""), NAME("MARKET"), NAME("LIMIT"), NAME("STOP") };
static const struct r3_name fill_list[] = { NAME(""), NAME("NEXT_OPEN"), NAME("CLOSE") };
static const struct r3_name status_list[] = { NAME(""), NAME("OPENED"), NAME("CLOSED"), NAME("CANCELED") };
static const struct r3_name execution_list[] = { NAME(""), NAME("NOT_EXECUTED"), NAME("PARTIALLY_EXECUTED"),
                                                 NAME("FULLY_EXECUTED") };
static const struct r3_name event_list[] = { NAME(""),         NAME("PLACED"),   NAME("PARTIAL"), NAME("FILLED"),
                                             NAME("CANCELED"), NAME("REJECTED"), NAME("UNKNOWN") };
static const struct r3_name liquidity_list[] = { NAME(""), NAME("MAKER"), NAME("TAKER") };
static const struct r3_name action_list[] = { NAME(""), NAME("start"), NAME("stop"), NAME("pause"), NAME("resume") };
static const struct r3_name level_list[] = { NAME(""), NAME("INFO"), NAME("WARNING"), NAME("ERROR") };
static const struct r3_name mode_list[] = { NAME(""), NAME("paper"), NAME("live") };
static const struct r3_name position_list[] = { NAME(""), NAME("close"), NAME("keep") };
static const struct r3_names directions = NAMES(direction_list), roles = NAMES(role_list), sides = NAMES(side_list),
                             kinds = NAMES(kind_list), fills = NAMES(fill_list), statuses = NAMES(status_list),
                             executions = NAMES(execution_list), events = NAMES(event_list),
                             liquidities = NAMES(liquidity_list), actions = NAMES(action_list),
                             levels = NAMES(level_list), modes = NAMES(mode_list), positions = NAMES(position_list);

/* Rows. T is the record's name in the union, M the member's. */
#define ROW(T, M, KIND)                                                                                                \
    .key = ",\"" #M "\":", .key_length = sizeof(",\"" #M "\":") - 1, .name = #M, .kind = (KIND),                       \
    .offset = offsetof(struct r3_record, T.M)
#define SIZE_OF(T, M) sizeof(((struct r3_record *)0)->T.M)
#define TEXT(T, M, CLASS)                                                                                              \
    { ROW(T, M, R3_MEMBER_TEXT), .size = SIZE_OF(T, M), .class = (CLASS), .required = true }
#define TEXT_IF(T, M, CLASS)                                                                                           \
    { ROW(T, M, R3_MEMBER_TEXT), .size = SIZE_OF(T, M), .class = (CLASS) }
#define ENUM(T, M, NAMES_)                                                                                             \
    { ROW(T, M, R3_MEMBER_ENUM), .names = (NAMES_), .required = true }
#define ENUM_IF(T, M, NAMES_)                                                                                          \
    { ROW(T, M, R3_MEMBER_ENUM), .names = (NAMES_) }
#define DECIMAL(T, M, RULE)                                                                                            \
    { ROW(T, M, R3_MEMBER_DECIMAL), .rule = (RULE), .required = true }
#define DECIMAL_IF(T, M, RULE)                                                                                         \
    { ROW(T, M, R3_MEMBER_DECIMAL), .rule = (RULE) }
#define INTEGER(T, M, MINIMUM)                                                                                         \
    { ROW(T, M, R3_MEMBER_INTEGER), .minimum = (MINIMUM), .required = true }
#define TIME(T, M)                                                                                                     \
    { ROW(T, M, R3_MEMBER_TIME), .required = true }
#define TIME_IF(T, M)                                                                                                  \
    { ROW(T, M, R3_MEMBER_TIME) }
#define TIMEFRAME(T, M)                                                                                                \
    { ROW(T, M, R3_MEMBER_TIMEFRAME), .required = true }

#define ANY R3_SIGN_ANY
#define ZERO R3_SIGN_NOT_NEGATIVE
#define ABOVE R3_SIGN_POSITIVE
#define ID(T, M) TEXT(T, M, R3_CLASS_WORD)
#define SESSION(T) TEXT(T, session, R3_CLASS_SESSION)
#define FREE R3_CLASS_PLAIN

static const struct r3_member stream_members[] = { INTEGER(stream, version, 1) };
static const struct r3_member instrument_members[] = {
    ID(instrument, platform),
    ID(instrument, market),
    ID(instrument, base),
    ID(instrument, quote),
    DECIMAL(instrument, price_increment, ABOVE),
    DECIMAL(instrument, base_increment, ABOVE),
    DECIMAL(instrument, quote_increment, ABOVE),
    DECIMAL(instrument, minimum_size, ZERO),
    DECIMAL(instrument, minimum_funds, ZERO),
    DECIMAL_IF(instrument, maker_fee, ANY),
    DECIMAL_IF(instrument, taker_fee, ANY),
    ID(instrument, fee_currency),
};
static const struct r3_member candle_members[] = {
    ID(candle, platform),          ID(candle, market),
    TIMEFRAME(candle, timeframe),  TIME(candle, time),
    DECIMAL(candle, open, ABOVE),  DECIMAL(candle, high, ABOVE),
    DECIMAL(candle, low, ABOVE),   DECIMAL(candle, close, ABOVE),
    DECIMAL(candle, volume, ZERO),
};
static const struct r3_member price_members[] = {
    ID(price, platform),
    ID(price, market),
    TIME(price, time),
    DECIMAL(price, price, ABOVE),
};
static const struct r3_member signal_members[] = {
    ID(signal, id),
    SESSION(signal),
    TEXT(signal, strategy, FREE),
    ID(signal, platform),
    ID(signal, market),
    TIMEFRAME(signal, timeframe),
    TIME(signal, time),
    ENUM(signal, direction, &directions),
    DECIMAL(signal, reference, ABOVE),
    DECIMAL_IF(signal, confidence, ANY),
    DECIMAL_IF(signal, stop, ANY),
    DECIMAL_IF(signal, target, ANY),
    DECIMAL_IF(signal, volatility, ZERO),
    TEXT_IF(signal, reason, FREE),
};
/* raworder and order begin alike. */
#define ORDER_HEAD(T)                                                                                                  \
    ID(T, id), SESSION(T), TEXT_IF(T, signal, R3_CLASS_WORD), ID(T, platform), ID(T, market), TIME(T, time),           \
        ENUM(T, role, &roles), ENUM(T, side, &sides), ENUM(T, kind, &kinds), ENUM_IF(T, fill, &fills)
#define ORDER_LEVELS(T)                                                                                                \
    DECIMAL_IF(T, price, ABOVE), DECIMAL_IF(T, stop, ANY), DECIMAL_IF(T, target, ANY), DECIMAL_IF(T, trail, ABOVE),    \
        DECIMAL_IF(T, break_even, ABOVE), TIME_IF(T, expiry)
static const struct r3_member raworder_members[] = {
    ORDER_HEAD(raworder),
    DECIMAL(raworder, reference, ABOVE),
    ORDER_LEVELS(raworder),
    DECIMAL_IF(raworder, stop_distance, ABOVE),
    DECIMAL_IF(raworder, volatility, ZERO),
    DECIMAL_IF(raworder, size, ABOVE),
    DECIMAL(raworder, equity, ANY),
    DECIMAL(raworder, available, ANY),
    DECIMAL(raworder, exposure, ANY),
    DECIMAL(raworder, day_pnl, ANY),
    INTEGER(raworder, wins, 0),
    INTEGER(raworder, losses, 0),
    DECIMAL(raworder, average_win, ZERO),
    DECIMAL(raworder, average_loss, ZERO),
};
static const struct r3_member order_members[] = {
    ORDER_HEAD(order),
    ORDER_LEVELS(order),
    DECIMAL_IF(order, size, ABOVE),
    DECIMAL_IF(order, funds, ABOVE),
};
static const struct r3_member cancel_members[] = {
    ID(cancel, order),
    SESSION(cancel),
    TIME(cancel, time),
    TEXT(cancel, reason, FREE),
};
static const struct r3_member update_members[] = {
    ID(update, order),
    SESSION(update),
    TIME(update, time),
    ENUM(update, status, &statuses),
    ENUM(update, execution, &executions),
    ENUM(update, event, &events),
    DECIMAL(update, filled, ZERO),
    DECIMAL(update, cost, ZERO),
    DECIMAL(update, fee, ANY),
    TEXT_IF(update, reason, FREE),
    TEXT_IF(update, exchange_id, FREE),
};
static const struct r3_member trade_members[] = {
    ID(trade, id),
    ID(trade, order),
    SESSION(trade),
    ID(trade, market),
    TIME(trade, time),
    ENUM(trade, side, &sides),
    ENUM(trade, role, &roles),
    DECIMAL(trade, price, ABOVE),
    DECIMAL(trade, size, ABOVE),
    DECIMAL(trade, fee, ANY),
    ID(trade, fee_currency),
    ENUM(trade, liquidity, &liquidities),
};
static const struct r3_member position_members[] = {
    SESSION(position),
    ID(position, market),
    TIME(position, time),
    ENUM(position, side, &directions),
    DECIMAL(position, size, ZERO),
    DECIMAL(position, cost, ZERO),
    DECIMAL(position, entry_price, ZERO),
    DECIMAL(position, price, ZERO),
    DECIMAL(position, value, ZERO),
    DECIMAL(position, unrealized_pnl, ANY),
    DECIMAL(position, realized_pnl, ANY),
};
static const struct r3_member account_members[] = {
    SESSION(account),
    TIME(account, time),
    ID(account, currency),
    DECIMAL(account, equity, ANY),
    DECIMAL(account, available, ANY),
};
static const struct r3_member command_members[] = {
    ID(command, id),
    TIME(command, time),
    ENUM(command, action, &actions),
    SESSION(command),
    { ROW(command, label, R3_MEMBER_BORROWED) },
    { ROW(command, pipeline, R3_MEMBER_BORROWED) },
    TEXT_IF(command, platform, R3_CLASS_WORD),
    TEXT_IF(command, market, R3_CLASS_WORD),
    { ROW(command, timeframe, R3_MEMBER_TIMEFRAME) },
    { ROW(command, refresh, R3_MEMBER_INTEGER), .minimum = 1 },
    { ROW(command, mode, R3_MEMBER_TEXT), .size = SIZE_OF(command, mode), .class = R3_CLASS_WORD, .names = &modes },
    ENUM_IF(command, position, &positions),
};
static const struct r3_member tick_members[] = {
    SESSION(tick),
    INTEGER(tick, every, 1),
    TIME(tick, time),
    INTEGER(tick, missed, 0),
};
static const struct r3_member request_members[] = {
    ID(request, id),
    TEXT_IF(request, session, R3_CLASS_SESSION),
    TEXT_IF(request, platform, R3_CLASS_WORD),
    ID(request, market),
    TIMEFRAME(request, timeframe),
    INTEGER(request, last, 1),
    { ROW(request, expression, R3_MEMBER_BORROWED) },
};
static const struct r3_member value_members[] = {
    TEXT_IF(value, session, R3_CLASS_SESSION),
    ID(value, market),
    TIMEFRAME(value, timeframe),
    TIME(value, time),
    TEXT(value, name, FREE),
    { ROW(value, value, R3_MEMBER_DOUBLE), .required = true },
};
static const struct r3_member notice_members[] = {
    TIME(notice, time),          ENUM(notice, level, &levels),
    TEXT(notice, program, FREE), TEXT_IF(notice, session, R3_CLASS_SESSION),
    TEXT(notice, text, FREE),
};
static const struct r3_member state_members[] = {
    SESSION(state),
    TEXT(state, program, FREE),
    INTEGER(state, version, 1),
    INTEGER(state, part, 1),
    INTEGER(state, parts, 1),
    { ROW(state, data, R3_MEMBER_BORROWED), .size = R3_STATE_SIZE, .required = true },
};
static const struct r3_member sync_members[] = { INTEGER(sync, id, 0) };
static const struct r3_member end_members[] = { TEXT(end, source, FREE), INTEGER(end, records, 0) };

static int refuse_pair(struct r3_error *error, const char *upper, const struct r3_decimal *high, const char *lower,
                       const struct r3_decimal *low) {
    char high_text[R3_DECIMAL_TEXT_SIZE], low_text[R3_DECIMAL_TEXT_SIZE];
    r3_decimal_format(high_text, high);
    r3_decimal_format(low_text, low);
    return r3_fail(error, R3_DATA, "candle: %s %s is below %s %s", upper, high_text, lower, low_text);
}

static int check_candle(const struct r3_record *record, struct r3_error *error) {
    const struct r3_candle *candle = &record->candle;
    if (r3_candle_is_plainly_ordered(candle))
        return 0;
    if (r3_decimal_compare(&candle->high, &candle->low) < 0)
        return refuse_pair(error, "high", &candle->high, "low", &candle->low);
    if (r3_decimal_compare(&candle->high, &candle->open) < 0)
        return refuse_pair(error, "high", &candle->high, "open", &candle->open);
    if (r3_decimal_compare(&candle->high, &candle->close) < 0)
        return refuse_pair(error, "high", &candle->high, "close", &candle->close);
    if (r3_decimal_compare(&candle->open, &candle->low) < 0)
        return refuse_pair(error, "open", &candle->open, "low", &candle->low);
    if (r3_decimal_compare(&candle->close, &candle->low) < 0)
        return refuse_pair(error, "close", &candle->close, "low", &candle->low);
    return 0;
}

static int check_order(const struct r3_record *record, struct r3_error *error) {
    bool size = r3_decimal_is_present(&record->order.size), funds = r3_decimal_is_present(&record->order.funds);
    if (size && funds)
        return r3_fail(error, R3_DATA, "order: both size and funds are given");
    if (!size && !funds)
        return r3_fail(error, R3_DATA, "order: size or funds is missing");
    return 0;
}

static int check_state(const struct r3_record *record, struct r3_error *error) {
    if (record->state.part > record->state.parts)
        return r3_fail(error, R3_DATA, "state: part %lld of %lld", (long long)record->state.part,
                       (long long)record->state.parts);
    return 0;
}

#define TABLE(TYPE, T, CHECK)                                                                                          \
    [TYPE] = { #T,                                                                                                     \
               sizeof #T - 1,                                                                                          \
               T##_members,                                                                                            \
               sizeof T##_members / sizeof T##_members[0],                                                             \
               offsetof(struct r3_record, T) + SIZE_OF_RECORD(T),                                                      \
               CHECK }
#define SIZE_OF_RECORD(T) sizeof(((struct r3_record *)0)->T)

const struct r3_record_table r3_record_tables[R3_RECORD_TYPES] = {
    [R3_UNKNOWN] = { "unknown", 7, NULL, 0, offsetof(struct r3_record, stream), NULL },
    TABLE(R3_STREAM, stream, NULL),
    TABLE(R3_INSTRUMENT, instrument, NULL),
    TABLE(R3_CANDLE, candle, check_candle),
    TABLE(R3_PRICE, price, NULL),
    TABLE(R3_SIGNAL, signal, NULL),
    TABLE(R3_RAWORDER, raworder, NULL),
    TABLE(R3_ORDER, order, check_order),
    TABLE(R3_CANCEL, cancel, NULL),
    TABLE(R3_UPDATE, update, NULL),
    TABLE(R3_TRADE, trade, NULL),
    TABLE(R3_POSITION, position, NULL),
    TABLE(R3_ACCOUNT, account, NULL),
    TABLE(R3_COMMAND, command, NULL),
    TABLE(R3_TICK, tick, NULL),
    TABLE(R3_REQUEST, request, NULL),
    TABLE(R3_VALUE, value, NULL),
    TABLE(R3_NOTICE, notice, NULL),
    TABLE(R3_STATE, state, check_state),
    TABLE(R3_SYNC, sync, NULL),
    TABLE(R3_END, end, NULL),
};

enum r3_record_type r3_record_type_from_name(const char *name, size_t length) {
    for (unsigned type = R3_UNKNOWN + 1; type < R3_RECORD_TYPES; type++) {
        const struct r3_record_table *table = &r3_record_tables[type];
        if (table->name_length == length && table->name[0] == name[0] && memcmp(table->name, name, length) == 0)
            return (enum r3_record_type)type;
    }
    return R3_UNKNOWN;
}

bool r3_member_text_fits(const struct r3_member *member, const char *text, size_t length) {
    if (length == 0)
        return true;
    if (member->names) {
        for (unsigned i = 1; i < member->names->count; i++)
            if (member->names->name[i].length == length && memcmp(member->names->name[i].text, text, length) == 0)
                return true;
        return false;
    }
    if (member->class == R3_CLASS_PLAIN)
        return r3_json_is_utf8(text, length);
    for (size_t i = 0; i < length; i++)
        if (!(r3_character_class[(unsigned char)text[i]] & member->class))
            return false;
    return true;
}

const char *r3_member_rule_text(const struct r3_member *member) {
    return member->rule == R3_SIGN_POSITIVE ? "above 0" : "0 or more";
}

/* An enumeration is stored as unsigned wherever gcc and clang give it no negative value; the tables rely on it. */
_Static_assert(sizeof(enum r3_direction) == sizeof(unsigned) && sizeof(enum r3_timeframe) == sizeof(unsigned),
               "enumerations must be as wide as unsigned");
_Static_assert(sizeof(struct r3_record) <= UINT16_MAX, "offsets must fit a row");

const char *r3_direction_name(enum r3_direction direction) {
    return direction_list[direction].text;
}
const char *r3_role_name(enum r3_role role) {
    return role_list[role].text;
}
const char *r3_side_name(enum r3_side side) {
    return side_list[side].text;
}
const char *r3_kind_name(enum r3_kind kind) {
    return kind_list[kind].text;
}
const char *r3_event_name(enum r3_event event) {
    return event_list[event].text;
}
const char *r3_fill_name(enum r3_fill fill) {
    return fill_list[fill].text;
}
const char *r3_order_status_name(enum r3_order_status status) {
    return status_list[status].text;
}
const char *r3_execution_name(enum r3_execution execution) {
    return execution_list[execution].text;
}
const char *r3_liquidity_name(enum r3_liquidity liquidity) {
    return liquidity_list[liquidity].text;
}
const char *r3_level_name(enum r3_level level) {
    return level_list[level].text;
}
