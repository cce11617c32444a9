#include <string.h>

#include "lib/record/members.h"
#include "lib/record/scan_wide.h"

const char *r3_record_type_name(enum r3_record_type type) {
    return r3_record_tables[type].name;
}

size_t r3_record_size(enum r3_record_type type) {
    return r3_record_tables[type].size;
}

/* An empty record of each type, made from the tables before main begins: then r3_record_init is one copy, a fifth of the
 * instructions that clearing each member takes. */
static struct r3_record empty_records[R3_RECORD_TYPES];

__attribute__((constructor)) static void make_empty_records(void) {
    for (unsigned type = 0; type < R3_RECORD_TYPES; type++) {
        const struct r3_record_table *table = &r3_record_tables[type];
        empty_records[type].type = (enum r3_record_type)type;
        for (size_t i = 0; i < table->count; i++)
            r3_member_clear(&empty_records[type], &table->members[i]);
    }
}

void r3_record_init(struct r3_record *record, enum r3_record_type type) {
    memcpy(record, &empty_records[type], r3_record_tables[type].size);
}

struct r3_decoder *r3_decoder_new(void) {
    struct r3_decoder *decoder = r3_allocate(sizeof *decoder);
    decoder->wide = r3_scan_has_wide();
    for (unsigned type = R3_UNKNOWN + 1; type < R3_RECORD_TYPES; type++) {
        char name[] = "\"\"\"\""; /* a name of three letters has the quote behind it as the fourth character */
        const struct r3_record_table *table = &r3_record_tables[type];
        memcpy(name, table->name, table->name_length < 4 ? table->name_length : 4);
        decoder->types[r3_type_slot(name)] = (uint8_t)type;
    }
    return decoder;
}

void r3_decoder_free(struct r3_decoder *decoder) {
    if (!decoder)
        return;
    r3_buffer_release(&decoder->borrowed);
    free(decoder);
}

int r3_record_decode(struct r3_decoder *decoder, struct r3_record *record, const char *line, size_t length,
                     struct r3_error *error) {
    if (r3_record_decode_canonical(decoder, record, line, length))
        return 0;
    return r3_record_decode_json(decoder, record, line, length, error);
}

size_t r3_record_decode_ahead(struct r3_decoder *decoder, struct r3_record *record, const char *text, size_t length) {
    const char *behind = decoder->wide ? r3_record_decode_candle_wide(decoder, record, text, length, NULL) : NULL;
    return behind && *behind == '\n' ? (size_t)(behind - text) : 0;
}

size_t r3_record_decode_candles(struct r3_decoder *decoder, const struct r3_candles *series,
                                const struct r3_candle_room *room, const char *text, size_t length) {
    const struct r3_candle_head *head = &decoder->heads[decoder->head];
    return decoder->wide && (!series || r3_candles_go_on(series, &head->candle))
               ? r3_record_decode_candles_wide(head, room, text, length)
               : 0;
}
