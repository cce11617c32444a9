/* Usual rows on any processor, by 64-bit words (lib/record/scan.h). */

#include "lib/market/csv_rows_loop.h"

/* The top bit of each byte of the word that is `byte`. (One just above such a byte may be marked too, where it differs in its last
 * bit alone; a field then ends where it should not, and the row is no usual one.) */
static inline uint64_t bytes_that_are(uint64_t word, char byte) {
    uint64_t other = word ^ (unsigned char)byte * UINT64_C(0x0101010101010101);
    return (other - UINT64_C(0x0101010101010101)) & ~other & UINT64_C(0x8080808080808080);
}

size_t r3_csv_marks(uint16_t places[R3_CSV_MARKS_MAX], const char *text, size_t length, char separator) {
    size_t count = 0;
    for (size_t base = 0; base < length; base += 8) {
        uint64_t word;
        memcpy(&word, text + base, sizeof word);
        uint64_t marks = bytes_that_are(word, separator) | bytes_that_are(word, '\n') | bytes_that_are(word, '"');
        for (; marks; marks &= marks - 1) {
            size_t place = base + (unsigned)__builtin_ctzll(marks) / 8;
            places[count] = (uint16_t)place;
            count += place < length;
        }
    }
    return count;
}

size_t r3_csv_rows(struct r3_csv_loop *loop, const char *text, const uint16_t *places, size_t count) {
    return R3_SCAN_WIDE ? read_rows_of(loop, text, places, count) : 0;
}
