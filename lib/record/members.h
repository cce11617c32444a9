#ifndef R3_RECORD_MEMBERS_H
#define R3_RECORD_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/record/candles.h"
#include "lib/record/record.h"

/* One table a record type: its members in the canonical order of the wire. The encoder, both decoders and the JSON Schemas
 * of man/schema all follow it, so none can disagree about a name, an order or an allowed value. Used inside lib/record and
 * by its tests; other modules see record.h alone. */

enum r3_member_kind {
    R3_MEMBER_TEXT,      /* char[size] in the record */
    R3_MEMBER_BORROWED,  /* const char *: a text kept by the decoder */
    R3_MEMBER_ENUM,      /* one of names; stored as its index */
    R3_MEMBER_TIMEFRAME, /* enum r3_timeframe */
    R3_MEMBER_DECIMAL,   /* struct r3_decimal; a JSON string */
    R3_MEMBER_INTEGER,   /* int64_t >= minimum */
    R3_MEMBER_TIME,      /* int64_t, ms */
    R3_MEMBER_DOUBLE     /* double; a JSON number */
};

/* Characters that a text may hold: bits of r3_character_class. */
enum {
    R3_CLASS_PLAIN = 1,  /* printable ASCII that JSON writes as it is: neither quote nor backslash */
    R3_CLASS_WORD = 2,   /* A-Za-z0-9_- */
    R3_CLASS_SESSION = 4 /* A-Za-z0-9_ */
};
extern const uint8_t r3_character_class[256];

enum r3_decimal_sign_rule { R3_SIGN_ANY, R3_SIGN_NOT_NEGATIVE, R3_SIGN_POSITIVE };

struct r3_name {
    const char *text;
    size_t length;
};

/* The names of an enumeration by index; index 0 is NONE, with the text "". */
struct r3_names {
    const struct r3_name *name;
    unsigned count;
};

enum { R3_KEY_SIZE = 24, R3_MEMBERS_MAX = 32 };

/* Times on the wire: 1970 to 9999. */
#define R3_TIME_END INT64_C(253402300800000)

struct r3_member {
    char key[R3_KEY_SIZE]; /* `,"name":` as the canonical line has it */
    uint8_t key_length;
    uint8_t kind;  /* enum r3_member_kind */
    uint8_t class; /* R3_MEMBER_TEXT: one R3_CLASS_ bit; R3_CLASS_PLAIN stands for any text without NUL */
    uint8_t rule;  /* R3_MEMBER_DECIMAL: enum r3_decimal_sign_rule */
    bool required;
    uint16_t offset;              /* in struct r3_record */
    uint16_t size;                /* of the array of a text; of a borrowed text at most, 0: any that fits the line */
    int32_t minimum;              /* R3_MEMBER_INTEGER */
    const struct r3_names *names; /* R3_MEMBER_ENUM; for a text: the only ones allowed, or NULL */
    const char *name;
};

struct r3_record_table {
    const char *name; /* "candle" */
    size_t name_length;
    const struct r3_member *members;
    size_t count;
    size_t size; /* bytes of struct r3_record that this type uses */
    /* What no single member shows (high below low …): 0 or -1 with R3_DATA. NULL: nothing. */
    int (*check)(const struct r3_record *record, struct r3_error *error);
};

/* By enum r3_record_type; [R3_UNKNOWN] has no members. */
extern const struct r3_record_table r3_record_tables[R3_RECORD_TYPES];

/* The type of this name; R3_UNKNOWN when there is none. */
enum r3_record_type r3_record_type_from_name(const char *name, size_t length);

static inline void *r3_member_in(struct r3_record *record, const struct r3_member *member) {
    return (char *)record + member->offset;
}
static inline const void *r3_member_of(const struct r3_record *record, const struct r3_member *member) {
    return (const char *)record + member->offset;
}

/* Leave a member out. */
static inline void r3_member_clear(struct r3_record *record, const struct r3_member *member) {
    void *place = r3_member_in(record, member);
    switch ((enum r3_member_kind)member->kind) {
    case R3_MEMBER_TEXT:
        *(char *)place = '\0';
        break;
    case R3_MEMBER_BORROWED:
        *(const char **)place = NULL;
        break;
    case R3_MEMBER_ENUM:
    case R3_MEMBER_TIMEFRAME:
        *(unsigned *)place = 0;
        break;
    case R3_MEMBER_DECIMAL:
        *(struct r3_decimal *)place = R3_DECIMAL(0, -1);
        break;
    case R3_MEMBER_INTEGER:
        *(int64_t *)place = 0;
        break;
    case R3_MEMBER_TIME:
        *(int64_t *)place = R3_TIME_ABSENT;
        break;
    case R3_MEMBER_DOUBLE:
        *(double *)place = 0;
        break;
    }
}
/* Whether these characters may be the value of this text member. The length is the caller's to check. */
bool r3_member_text_fits(const struct r3_member *member, const char *text, size_t length);
/* Whether `value` may be the value of this decimal member. */
static inline bool r3_member_allows(const struct r3_member *member, const struct r3_decimal *value) {
    return member->rule == R3_SIGN_ANY || value->coefficient > 0 ||
           (member->rule == R3_SIGN_NOT_NEGATIVE && value->coefficient == 0);
}
/* "above 0", "0 or more": what the rule asks for, for messages. */
const char *r3_member_rule_text(const struct r3_member *member);

/* The canonical form by hand: 1 decoded, 0 the line has another form, so that the JSON decoder must judge it. */
int r3_record_decode_canonical(struct r3_decoder *decoder, struct r3_record *record, const char *line, size_t length);

/* The same for a candle whose line begins like one remembered: 1 or 0. */
int r3_record_decode_candle(struct r3_decoder *decoder, struct r3_record *record, const char *line, size_t length);
/* The same where the processor has what it needs, without knowing where the line ends: text[0..length) is readable, and the line is some of
 * it, or all but one byte. `last` (NULL where it is not known): the line's closing brace. Returns the byte behind that, or NULL where
 * the other way must look. */
const char *r3_record_decode_candle_wide(struct r3_decoder *decoder, struct r3_record *record, const char *text,
                                         size_t length, const char *last);
/* Remember how a canonical candle line begins. */
void r3_record_remember_candle(struct r3_decoder *decoder, const struct r3_candle *candle, const char *line,
                               size_t length);

/* Write the line of a usual candle at `at`, which has room for 1,024 bytes, and a NUL; returns the place of the NUL, or NULL where
 * the table must be followed. */
char *r3_record_encode_candle(char *at, const struct r3_candle *candle);
/* Any record by its table: the same line, or the error. r3_record_encode takes the shorter way for candles. */
int r3_record_encode_members(struct r3_buffer *out, const struct r3_record *record, struct r3_error *error);

enum { R3_TYPE_SLOTS = 64 };

/* A slot for a type by the first and the fourth character of its name (of "end" the quote behind it). No two types share one; if
 * they did, one of them would be found by r3_record_type_from_name, only later. */
static inline unsigned r3_type_slot(const char *name) {
    return ((unsigned char)name[0] + 12U * (unsigned char)name[3]) % R3_TYPE_SLOTS;
}

/* What the decoder keeps between lines. */
enum { R3_CANDLE_HEADS = 4, R3_CANDLE_HEAD_SIZE = 160 };
struct r3_candle_head {
    size_t length;                  /* 0: none yet */
    char text[R3_CANDLE_HEAD_SIZE]; /* `{"type":"candle", … "time":` of a line that was decoded */
    struct r3_candle candle;        /* of that line; its members ahead of the time are those of all such lines */
};
/* The members ahead of the time. */
static inline void r3_candle_copy_head(struct r3_candle *out, const struct r3_candle *candle) {
    memcpy(out, candle, offsetof(struct r3_candle, time));
}
/* r3_record_decode_candles where the processor has what it needs, for lines that begin like this one. */
size_t r3_record_decode_candles_wide(const struct r3_candle_head *head, const struct r3_candle_room *room,
                                     const char *text, size_t length);
struct r3_decoder {
    uint8_t types[R3_TYPE_SLOTS]; /* enum r3_record_type by r3_type_slot; 0 where there is none */
    bool wide; /* whether candles are tried by r3_record_decode_candle_wide first: the tests ask for both ways */
    struct r3_candle_head heads[R3_CANDLE_HEADS];
    unsigned head;             /* the one that fitted last */
    unsigned replace;          /* the one to overwrite next */
    struct r3_buffer borrowed; /* texts of the last command, request or state */
};

#endif
