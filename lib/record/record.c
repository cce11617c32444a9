#include "lib/record/members.h"

const char *r3_record_type_name(enum r3_record_type type) {
    return r3_record_tables[type].name;
}

size_t r3_record_size(enum r3_record_type type) {
    return r3_record_tables[type].size;
}

void r3_record_init(struct r3_record *record, enum r3_record_type type) {
    const struct r3_record_table *table = &r3_record_tables[type];
    memset(record, 0, table->size);
    record->type = type;
    for (size_t i = 0; i < table->count; i++)
        r3_member_clear(record, &table->members[i]);
}

struct r3_decoder *r3_decoder_new(void) {
    return r3_allocate(sizeof(struct r3_decoder));
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
