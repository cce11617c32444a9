/* Usual rows of CSV files as columns: the same as by r3_csv_row, on real files, on made ones and on damaged ones. */
#include "lib/base/buffer.h"
#include "tests/unit/check.h"
#include "tests/unit/csv_compare.h"

#include <inttypes.h>

enum { HEAD = 16384 };

/* Text with the room behind it, in memory of just that size, so that the address sanitizer sees a read beyond. */
static char *with_room(const char *text, size_t length) {
    char *copy = r3_allocate(length + R3_CSV_ROOM);
    memcpy(copy, text, length);
    return copy;
}

static long rows_in(const char *text, size_t length) {
    long count = 0;
    for (size_t i = 0; i < length; i++)
        count += text[i] == '\n';
    return count;
}

/* How many rows of the text are usual: the same number by both loops; -1 when something is wrong. */
static long usual_rows(const char *text, size_t length, size_t capacity) {
    struct r3_csv csv;
    struct r3_error error = { 0 };
    const char *why = NULL;
    char *copy = with_room(text, length);
    long usual = -1, wide = -1;
    r3_csv_init(&csv, NULL, &error);
    size_t head = length < HEAD ? length : HEAD;
    if (r3_csv_sniff(&csv, copy, head, head == length, true, true, &error) == 1) {
        const char *rows = copy;
        for (uint64_t line = 1; line < csv.first_line; line++)
            rows = (const char *)memchr(rows, '\n', length) + 1;
        size_t left = length - (size_t)(rows - copy);
        usual = csv_compare(false, &csv, rows, left, capacity, &why);
        if (usual < 0)
            printf("%s\n", why);
        wide = r3_csv_has_wide() ? csv_compare(true, &csv, rows, left, capacity, &why) : usual;
        if (wide < 0)
            printf("wide: %s\n", why);
    } else {
        printf("%s\n", error.text);
    }
    free(copy);
    return usual == wide ? usual : -1;
}

static void expect(const char *text, long usual) {
    CHECK_INT(usual_rows(text, strlen(text), 100), usual);
}

static void test_file(const char *path, size_t capacity) {
    struct r3_buffer text = R3_BUFFER_INIT;
    FILE *file = fopen(path, "r");
    CHECK(file != NULL);
    if (!file)
        return;
    char piece[4096];
    size_t got;
    while ((got = fread(piece, 1, sizeof piece, file)) > 0)
        r3_buffer_append(&text, piece, got);
    fclose(file);
    /* Every row of these is usual. */
    CHECK_INT(usual_rows(text.data, text.length, capacity), rows_in(text.data, text.length) - 1);
    r3_buffer_release(&text);
}

static void test_shapes(void) {
    const char *const usual[] = {
        "time,open,high,low,close,volume\n1385337600,800.01,808,799.75,805.99,316.92265231\n1385341200,805.5,809,800,806,0\n",
        /* line ends of Windows; times in ms, µs */
        "1385337600000,800.01,808,799.75,805.99,316.9\r\n1385341200000,805.5,809,800,806,0.0\r\n",
        "1385337600000000,800.01,808,799.75,805.99,316.9\n1385341200000000,805.5,809,800,806,0.0\n",
        /* times in words, over midnight, with a zone, without a clock */
        "time,open,high,low,close,volume\n2013-11-25 23:00:00,8,9,7,8,1\n2013-11-26 00:00:00,8,9,7,8,1\n",
        "time,open,high,low,close,volume\n2013-11-25T23:00:00+02:00,8,9,7,8,1\n2013-11-26T00:00:00+02:00,8,9,7,8,1\n",
        "time,open,high,low,close,volume\n2013-11-25T23:00:00Z,8,9,7,8,1\n2013-11-26T00:00:00.000Z,8,9,7,8,1\n",
        "time,open,high,low,close,volume\n2013-11-25,8,9,7,8,1\n2013-11-26,8,9,7,8,1\n",
        /* another order, columns ahead, between and behind; other separators; no volume */
        "time;low;high;open;close;volume\n1385337600;7;9;8;8;1\n1385341200;7;9;8;8;2\n",
        "symbol,time,low,x,high,open,close,volume,trades\nBTC,1385337600,7,,9,8,8,1,5\nBTC,1385341200,7,?,9,8,8,2,\n",
        "time\topen\thigh\tlow\tclose\n1385337600\t8\t9\t7\t8\n1385341200\t8\t9\t7\t8.5\n",
        /* numbers of any length up to 18 digits, and needless zeros */
        "time,open,high,low,close,volume\n1385337600,8.00000000,9,7.1,8,123456789012345678\n1385341200,8,9,7,8,000.500\n",
        "time,open,high,low,close,volume\n1385337600,0.00001234,0.000012345,0.00001,0.000011,1\n1385341200,0.00001,0.00001,0.00001,0.00001,2\n",
        "time,open,high,low,close,volume\n1385337600,12345678,12345678.5,1234567.12345678,12345678.12345678,1\n1385341200,1,1,1,1,2\n",
        "time,open,high,low,close,volume\n1385337600,1.12345678901234567,2,1,1.1,1.1234567890123\n1385341200,1,1,1,1,2\n",
    };
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        long count = usual_rows(usual[i], strlen(usual[i]), 100);
        CHECK_INT(count, 2);
        if (count != 2)
            printf("shape %zu\n", i);
    }
}

/* What is left to r3_csv_row: the second of three rows. */
static void test_odd_rows(void) {
    static const char *const rows[] = {
        "1385341200,\"8\",9,7,8,1", "1385341200, 8,9,7,8,1", "1385341200,8,9,7,8,1e3",  "1385341200,8,9,7,8,-0",
        "1385341200,.5,9,.4,8,1",   "1385341200,8.,9,7,8,1", "1385341200,8,9,7,8",      "1385341200,8,9,7,8,1,2",
        "1385341200,8,7,9,8,1",     "1385341200,8,9,0,8,1",  "1385341200,8,9,7,,1",     "",
        "1385341200,8,9,7,8,1.2.3", "1385341200,8,9,7,8,:",  "1385341200.0x,8,9,7,8,1", "1385341200,8,9,7,8,\xff\xff",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "time,open,high,low,close,volume\n1385337600,8,9,7,8,1\n%s\n1385344800,8,9,7,8,1\n",
                 rows[i]);
        expect(text, 2);
    }
    expect("time,open,high,low,close,volume\n20131125,8,9,7,8,1\n20131126,8,9,7,8,1\n20131127,8,9,7,8,1\n", 0);
}

/* A file of many rows, with each kind of damage that changes of single bytes make. */
static void test_damage(void) {
    static const char bytes[] = "0123456789.,;-+e\"\r\n \t:/\x01\xff";
    uint64_t state = 88172645463325252u; /* xorshift64, Marsaglia 2003 */
    long usual = 0, total = 0;
    for (int round = 0; round < 400; round++) {
        struct r3_buffer text = R3_BUFFER_INIT;
        r3_buffer_append_text(&text, "time,open,high,low,close,volume\n");
        for (int64_t i = 0; i < 60; i++) {
            state ^= state << 13, state ^= state >> 7, state ^= state << 17;
            unsigned price = 1000 + (unsigned)(state % 1000), part = (unsigned)(state >> 20) % 100;
            r3_buffer_printf(&text, "%" PRId64 ",%u.%02u,%u.5,%u,%u,%u.%08u\n", INT64_C(1385337600) + i * 60, price,
                             part, price + 2, price - 3, price - 1, (unsigned)(state >> 30) % 2000,
                             (unsigned)(state >> 40) % 100000000);
        }
        for (int k = 0; k < 3; k++) {
            state ^= state << 13, state ^= state >> 7, state ^= state << 17;
            text.data[40 + state % (text.length - 42)] = bytes[(state >> 32) % (sizeof bytes - 1)];
        }
        /* -1 aside, the two loops may differ: the plain one looks at less of the text at a time. */
        long count = usual_rows(text.data, text.length, 1 + (size_t)round % 50);
        CHECK(count >= 0);
        usual += count > 0 ? count : 0;
        total += rows_in(text.data, text.length) - 1;
        r3_buffer_release(&text);
    }
    CHECK(usual > total * 9 / 10);
    CHECK(usual < total);
}

/* The scale of a block becomes greater while it is empty, and not later. */
static void test_scales(void) {
    static const char text[] = "0,1,1,1,1,1\n60,1.5,1.5,1.5,1.5,1\n120,1,1,1,1,1.25\n";
    struct r3_csv csv;
    struct r3_csv_block block;
    struct r3_csv_walk walk = { .span = R3_MINUTE, .end = INT64_MAX };
    struct r3_error error;
    struct r3_candle candle = { 0 };
    CHECK_INT(r3_csv_init(&csv, "time,open,high,low,close,volume", &error), 0);
    csv.separator = ',';
    char *copy = with_room(text, sizeof text - 1);
    r3_csv_block_init(&block, 10);
    CHECK_INT((long)r3_csv_block_read(&block, &csv, &walk, copy, sizeof text - 1), 12);
    CHECK_INT(block.price_scale, 0);
    block.count = 0;
    CHECK_INT((long)r3_csv_block_read(&block, &csv, &walk, copy + 12, sizeof text - 13), 21);
    CHECK_INT(block.price_scale, 1);
    CHECK_INT(block.volume_scale, 0);
    CHECK_INT(block.open[0], 15);
    block.count = 0;
    walk.end = 120000;
    CHECK_INT((long)r3_csv_block_read(&block, &csv, &walk, copy + 33, sizeof text - 34), 0);
    walk.end = 120001;
    CHECK_INT((long)r3_csv_block_read(&block, &csv, &walk, copy + 33, sizeof text - 34), 17);
    CHECK_INT(block.price_scale, 1);
    CHECK_INT(block.volume_scale, 2);
    CHECK_INT(block.open[0], 10);
    CHECK_INT(walk.next, 180000);

    candle.open = candle.high = candle.low = candle.close = R3_DECIMAL(1234, 3);
    candle.volume = R3_DECIMAL(7, 0);
    CHECK(!r3_csv_block_append(&block, &candle)); /* three decimals, and the block is not empty */
    block.count = 0;
    CHECK(r3_csv_block_append(&block, &candle));
    CHECK_INT(block.price_scale, 3);
    CHECK_INT(block.volume[0], 700);
    candle.close = R3_DECIMAL(INT64_MAX, 2);
    CHECK(!r3_csv_block_append(&block, &candle)); /* too wide at three decimals */
    candle.close = R3_DECIMAL(5, 0);
    candle.time = 60000;
    CHECK(r3_csv_block_append(&block, &candle));
    CHECK_INT(block.close[1], 5000);
    r3_csv_block_candle(&block, 1, &candle);
    CHECK_INT(candle.close.scale, 0);
    CHECK_INT((long)candle.close.coefficient, 5);
    CHECK_INT(candle.time, 60000);
    while (r3_csv_block_append(&block, &candle))
        ;
    CHECK_INT((long)block.count, 10);
    r3_csv_block_release(&block);
    free(copy);
}

int main(void) {
    test_file("tests/data/btcusd-bitstamp-2013_1H.csv", 4096);
    test_file("tests/data/btcusd-bitstamp-2013_5m.csv", 4096);
    test_file("tests/data/btcusd-bitstamp-2013_5m.csv", 7);
    test_file("tests/data/btcusd-bitstamp-2013_1m.csv", 100);
    test_shapes();
    test_odd_rows();
    test_damage();
    test_scales();
    return check_done();
}
