/* Candle lines on x86-64 processors that have AVX2, in 27 ns instead of 65 with the search for the line's end. The end of each number is
 * found first, by a mask of where 64 bytes have a quote and a comma (Langdale and Lemire 2019, "Parsing gigabytes of JSON per
 * second"), so that two numbers are read at a time and none waits for the one before it. Whatever the mask shows, a line is taken only
 * if each of its bytes was compared: the head, the keys, a digit or a point, the end. All that is unusual (numbers of more than 16
 * characters, a time that has not 13) is left to decode_candle.c, which does the same for other processors; the tests and a fuzzer
 * compare. */

#include "lib/record/members.h"
#include "lib/record/scan.h"
#include "lib/record/scan_wide.h"

#if R3_AVX2

enum {
    WIDTH = 16,     /* characters of the longest number */
    TIME = 13,      /* digits of a time, from 2001 to 2286 */
    SIGHT = 65,     /* bytes that one mask is made from */
    HEAD_MIN = 64,  /* the shortest head has 69 */
    FIRST_END = 23, /* from the time to where the open may end */
    BEHIND = 15,    /* from the end of the close to the end of the line, at least */
    SHORTEST = 71,  /* from the time to the end of the line, at least */
    KEY_SIZE = 12   /* of the longest key: what stands before a number */
};
/* From the end of a number to the next. */
enum { TO_OPEN = 9, TO_HIGH = 10, TO_LOW = 9, TO_CLOSE = 11, TO_VOLUME = 12 };

/* The keys as they stand before the first digit of a number, two at a time; that digit is any of which the high half is that of '0'. */
enum { OPEN_LOW = 0, HIGH_CLOSE = 2, VOLUME = 4 };
static const char keys[5][16] = { "\0\0\0,\"open\":\"0", "\0\0\0\",\"low\":\"0", "\0\0\",\"high\":\"0",
                                  "\0\",\"close\":\"0", "\",\"volume\":\"0" };
static const uint8_t compared[5][16] = {
    { 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0xf0 },
    { 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0xf0 },
    { 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0xf0 },
    { 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0xf0 },
    { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0xf0 },
};
/* A first digit 0 where the keys have theirs, and bytes that are in no line. */
static const uint8_t first_zero[16] = {
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, '0', 255, 255, 255
};

R3_SCAN_TARGET static inline __m256i load(const char *at) {
    return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

R3_SCAN_TARGET static inline bool has_head(const struct r3_candle_head *head, const char *text, size_t length) {
    size_t last = head->length - 32;
    if (head->length < HEAD_MIN || head->length + SHORTEST >= length)
        return false;
    __m256i differ = _mm256_xor_si256(load(text + last), load(head->text + last));
    for (size_t i = 0; i < last; i += 32)
        differ = _mm256_or_si256(differ, _mm256_xor_si256(load(text + i), load(head->text + i)));
    return _mm256_testz_si256(differ, differ);
}

R3_SCAN_TARGET static inline uint32_t ends_in(const char *at) {
    __m256i quote = _mm256_cmpeq_epi8(load(at), _mm256_set1_epi8('"')),
            comma = _mm256_cmpeq_epi8(load(at + 1), _mm256_set1_epi8(','));
    return (uint32_t)_mm256_movemask_epi8(_mm256_and_si256(quote, comma));
}

/* A bit for each of the 64 bytes from `at` that ends a number. Bytes ahead of `limit` are read, and those of the head instead of what
 * is not. */
R3_SCAN_TARGET static inline uint64_t number_ends(const char *at, const char *limit) {
    const char *from = limit - SIGHT < at ? limit - SIGHT : at;
    uint64_t ends = ends_in(from) | (uint64_t)ends_in(from + 32) << 32;
    return ends >> ((unsigned)(at - from) & 63);
}

/* What the five numbers and the keys show that a usual line has not. */
struct faults {
    __m256i greatest; /* of the digits */
    __m256i keys;     /* bytes that are not as they should be */
    __m256i needless; /* byte 15 of each half: a zero or a point that ends what is behind a point */
};

/* Two numbers, of 1 to 16 characters each: their digits without the point, ahead of each half's end. */
R3_SCAN_TARGET static inline __m256i read_two(const char *low_end, size_t low_length, const char *high_end,
                                              size_t high_length, uint32_t *low_scale, uint32_t *high_scale,
                                              struct faults *faults) {
    __m256i text = r3_scan_load_two(low_end - WIDTH, high_end - WIDTH),
            kept = r3_scan_load_two(r3_scan_kept + low_length, r3_scan_kept + high_length),
            digits = _mm256_and_si256(_mm256_sub_epi8(text, _mm256_set1_epi8('0')), kept);
    uint32_t points = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(digits, _mm256_set1_epi8('.' - '0')));
    /* 16 and the digits behind the first point; without a point 0. */
    uint32_t low = 32 - _tzcnt_u32((points & 0xffff) << 1), high = 32 - _tzcnt_u32(points >> 15 & ~1u);
    __m256i ahead = r3_scan_load_two(r3_scan_kept + low, r3_scan_kept + high), /* of the point, and it */
        zeros = _mm256_cmpgt_epi8(_mm256_set1_epi8(1), digits),
            pointed = _mm256_shuffle_epi8(ahead, _mm256_setzero_si256()); /* all of a half that has a point */
    *low_scale = low & 15;
    *high_scale = high & 15;
    digits = _mm256_blendv_epi8(digits, _mm256_slli_si256(digits, 1), ahead);
    faults->greatest = _mm256_max_epu8(faults->greatest, digits);
    faults->needless = _mm256_or_si256(faults->needless, _mm256_and_si256(zeros, pointed));
    return digits;
}

R3_SCAN_TARGET static inline void compare_keys(const char *low_start, const char *high_start, int row,
                                               struct faults *faults) {
    __m256i text = r3_scan_load_two(low_start - KEY_SIZE, high_start - KEY_SIZE);
    __m256i other = _mm256_and_si256(_mm256_xor_si256(text, load(keys[row])), load((const char *)compared[row]));
    __m256i zero = _mm256_cmpeq_epi8(text, _mm256_broadcastsi128_si256(r3_scan_load(first_zero))),
            digit = _mm256_cmpgt_epi8(_mm256_srli_si256(text, 1), _mm256_set1_epi8('0' - 1));
    faults->keys = _mm256_or_si256(faults->keys, _mm256_or_si256(other, _mm256_and_si256(zero, digit)));
}

R3_SCAN_TARGET static inline void compare_key(const char *start, int row, struct faults *faults) {
    __m128i text = r3_scan_load(start - KEY_SIZE);
    __m128i other = _mm_and_si128(_mm_xor_si128(text, r3_scan_load(keys[row])), r3_scan_load(compared[row]));
    __m128i zero = _mm_cmpeq_epi8(text, r3_scan_load(first_zero)),
            digit = _mm_cmpgt_epi8(_mm_srli_si128(text, 1), _mm_set1_epi8('0' - 1));
    __m128i all = _mm_or_si128(other, _mm_and_si128(zero, digit));
    faults->keys = _mm256_or_si256(faults->keys, _mm256_zextsi128_si256(all));
}

R3_SCAN_TARGET static inline bool is_faultless(const struct faults *faults) {
    __m256i last = _mm256_set_epi64x(INT64_MIN, 0, INT64_MIN, 0);
    __m256i any = _mm256_or_si256(_mm256_subs_epu8(faults->greatest, _mm256_set1_epi8(9)),
                                  _mm256_or_si256(faults->keys, _mm256_and_si256(faults->needless, last)));
    return _mm256_testz_si256(any, any);
}

/* What a line says behind its head. */
struct numbers {
    int64_t time, price[4], volume; /* price: open, high, low, close */
    int32_t scale[4], volume_scale;
};

/* The time and the five numbers, and the brace; whether the prices are in order is not looked at. */
__attribute__((always_inline)) R3_SCAN_TARGET static inline const char *
read_numbers(struct numbers *numbers, const char *time, const char *limit, const char *last) {
    const char *open = time + TIME + TO_OPEN, *from = time + FIRST_END;
    uint64_t ends = number_ends(from, limit), behind_first = ends & (ends - 1),
             behind_second = behind_first & (behind_first - 1), behind_third = behind_second & (behind_second - 1);
    const char *open_end = from + _tzcnt_u64(ends), *high_end = from + _tzcnt_u64(behind_first);
    const char *low_end = from + _tzcnt_u64(behind_second), *close_end = from + _tzcnt_u64(behind_third);
    if (__builtin_expect(behind_third == 0, 0)) {
        if (behind_first == 0 || limit - high_end < BEHIND + 1)
            return NULL;
        ends = number_ends(high_end + 1, limit);
        low_end = high_end + 1 + _tzcnt_u64(ends);
        close_end = high_end + 1 + _tzcnt_u64(ends & (ends - 1));
    }
    const char *high = open_end + TO_HIGH, *low = high_end + TO_LOW, *close = low_end + TO_CLOSE,
               *volume = close_end + TO_VOLUME, *volume_end = last ? last - 1 : NULL;
    if (limit - close_end < BEHIND + 1)
        return NULL;
    if (!last) {
        if (limit - volume < WIDTH + 3)
            return NULL;
        __m128i quotes = _mm_cmpeq_epi8(r3_scan_load(volume + 1), _mm_set1_epi8('"'));
        volume_end = volume + 1 + _tzcnt_u32((uint32_t)_mm_movemask_epi8(quotes) | 1u << WIDTH);
    }
    size_t open_length = (size_t)(open_end - open), high_length = (size_t)(high_end - high),
           low_length = (size_t)(low_end - low), close_length = (size_t)(close_end - close),
           volume_length = (size_t)(volume_end - volume);
    if (((open_length - 1) | (high_length - 1) | (low_length - 1) | (close_length - 1) | (volume_length - 1)) >= WIDTH)
        return NULL;

    struct faults faults = { _mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256() };
    uint32_t scale[4], time_scale, volume_scale;
    int64_t others[4];
    compare_keys(open, low, OPEN_LOW, &faults);
    compare_keys(high, close, HIGH_CLOSE, &faults);
    compare_key(volume, VOLUME, &faults);
    __m256i open_low = read_two(open_end, open_length, low_end, low_length, &scale[0], &scale[2], &faults);
    __m256i high_close = read_two(high_end, high_length, close_end, close_length, &scale[1], &scale[3], &faults);
    __m256i time_volume = read_two(time + TIME, TIME, volume_end, volume_length, &time_scale, &volume_scale, &faults);
    _mm256_storeu_si256((__m256i *)(void *)numbers->price, r3_scan_sixteens(open_low, high_close));
    _mm256_storeu_si256((__m256i *)(void *)others, r3_scan_sixteens(time_volume, time_volume));
    /* With the low, which none of the others is below, all prices are above 0. */
    if (!is_faultless(&faults) || time_scale || *time == '0' || memcmp(volume_end, "\"}", 2) != 0 ||
        numbers->price[2] == 0)
        return NULL;
    for (int i = 0; i < 4; i++)
        numbers->scale[i] = (int32_t)scale[i];
    numbers->time = others[0];
    numbers->volume = others[2];
    numbers->volume_scale = (int32_t)volume_scale;
    return volume_end + 2;
}

static inline void put_decimal(struct r3_decimal *out, int64_t coefficient, int32_t scale) {
    out->coefficient = (r3_int128)(uint64_t)coefficient;
    out->scale = scale;
}

R3_SCAN_TARGET const char *r3_record_decode_candle_wide(struct r3_decoder *decoder, struct r3_record *record,
                                                        const char *text, size_t length, const char *last) {
    unsigned index = decoder->head;
    for (unsigned tried = 0; tried < R3_CANDLE_HEADS; tried++, index = (index + 1) % R3_CANDLE_HEADS) {
        const struct r3_candle_head *head = &decoder->heads[index];
        if (!has_head(head, text, length))
            continue;
        decoder->head = index;
        struct numbers numbers;
        const char *end = read_numbers(&numbers, text + head->length, text + length, last);
        if (!end || !r3_scan_is_ordered(numbers.price, numbers.scale))
            return NULL;
        struct r3_candle *candle = &record->candle;
        record->type = R3_CANDLE;
        r3_candle_copy_head(candle, &head->candle);
        candle->time = numbers.time;
        put_decimal(&candle->open, numbers.price[0], numbers.scale[0]);
        put_decimal(&candle->high, numbers.price[1], numbers.scale[1]);
        put_decimal(&candle->low, numbers.price[2], numbers.scale[2]);
        put_decimal(&candle->close, numbers.price[3], numbers.scale[3]);
        put_decimal(&candle->volume, numbers.volume, numbers.volume_scale);
        return end;
    }
    return NULL;
}

/* At the block's scale; false: it has more digits, or needs more bits. */
static inline bool bring(int64_t *out, int64_t coefficient, int32_t scale, int32_t common) {
    return scale <= common && !__builtin_mul_overflow(coefficient, r3_scan_power[(uint32_t)(common - scale)], out);
}

R3_SCAN_TARGET size_t r3_record_decode_candles_wide(const struct r3_candle_head *head,
                                                    const struct r3_candle_room *room, const char *text,
                                                    size_t length) {
    const char *at = text, *limit = text + length;
    int64_t before = room->after;
    size_t i = 0;
    for (; i < room->most && has_head(head, at, (size_t)(limit - at)); i++) {
        struct numbers numbers;
        int64_t open, high, low, close, volume;
        const char *end = read_numbers(&numbers, at + head->length, limit, NULL);
        if (!end || *end != '\n' || !bring(&open, numbers.price[0], numbers.scale[0], room->price_scale) ||
            !bring(&high, numbers.price[1], numbers.scale[1], room->price_scale) ||
            !bring(&low, numbers.price[2], numbers.scale[2], room->price_scale) ||
            !bring(&close, numbers.price[3], numbers.scale[3], room->price_scale) ||
            !bring(&volume, numbers.volume, numbers.volume_scale, room->volume_scale))
            break;
        if (((high < open) | (high < close) | (low > open) | (low > close) | (numbers.time <= before)) != 0)
            break;
        if (room->in_order)
            before = numbers.time;
        room->time[i] = numbers.time;
        room->open[i] = open;
        room->high[i] = high;
        room->low[i] = low;
        room->close[i] = close;
        room->volume[i] = volume;
        at = end + 1;
        room->ends[i] = (uint32_t)(at - text);
    }
    return i;
}

#else

const char *r3_record_decode_candle_wide(struct r3_decoder *decoder, struct r3_record *record, const char *text,
                                         size_t length, const char *last) {
    (void)decoder, (void)record, (void)text, (void)length, (void)last;
    return NULL;
}

size_t r3_record_decode_candles_wide(const struct r3_candle_head *head, const struct r3_candle_room *room,
                                     const char *text, size_t length) {
    (void)head, (void)room, (void)text, (void)length;
    return 0;
}

#endif
