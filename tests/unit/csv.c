#include "lib/market/csv.h"

#include <inttypes.h>

#include "lib/base/buffer.h"
#include "tests/unit/check.h"

static uint64_t random_state = 88172645463325252u;

static uint64_t random_number(void) { /* xorshift64, Marsaglia 2003 */
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static char shown[512];

/* A row as text: "1 time open high low close volume", "0", "0 missing" or the error. */
static const char *show(const struct r3_csv *csv, const char *line) {
    struct r3_candle candle = { 0 };
    struct r3_error error = { 0 };
    bool missing;
    int result = r3_csv_row(csv, line, strlen(line), &candle, &missing, &error);
    if (result < 0)
        snprintf(shown, sizeof shown, "%d %s", error.status, error.text);
    else if (result == 0)
        snprintf(shown, sizeof shown, "0%s", missing ? " missing" : "");
    else {
        const struct r3_decimal *const values[] = { &candle.open, &candle.high, &candle.low, &candle.close,
                                                    &candle.volume };
        int length = snprintf(shown, sizeof shown, "1 %" PRId64, candle.time);
        for (unsigned i = 0; i < 5; i++) {
            char text[R3_DECIMAL_TEXT_SIZE];
            r3_decimal_format(text, values[i]);
            length += snprintf(shown + length, sizeof shown - (size_t)length, " %s", text);
        }
    }
    return shown;
}

static struct r3_csv sniffed(const char *text, bool spaced) {
    struct r3_csv csv;
    struct r3_error error = { 0 };
    CHECK(r3_csv_init(&csv, NULL, &error) == 0);
    int result = r3_csv_sniff(&csv, text, strlen(text), true, true, spaced, &error);
    if (result != 1)
        fprintf(stderr, "%s\n", error.text);
    CHECK_INT(result, 1);
    return csv;
}

static const char *sniff_error(const char *text) {
    static struct r3_error error;
    struct r3_csv csv;
    error = (struct r3_error) { 0 };
    CHECK(r3_csv_init(&csv, NULL, &error) == 0);
    CHECK_INT(r3_csv_sniff(&csv, text, strlen(text), true, true, true, &error), -1);
    CHECK_INT(error.status, R3_DATA);
    return error.text;
}

/* The columns as letters, '-' for those that are skipped. */
static const char *columns_of(const char *text) {
    static char letters[R3_CSV_FIELDS_MAX + 1];
    struct r3_csv csv = sniffed(text, false);
    unsigned i = 0;
    for (; i < csv.needed; i++)
        letters[i] = "-tohlcv"[csv.column[i]];
    letters[i] = '\0';
    return letters;
}

static void test_rows(void) {
    struct r3_csv csv = sniffed("time,open,high,low,close,volume\n", false);
    CHECK_TEXT(show(&csv, "1385337600,800.01,808,799.75,805.99,316.92265231"),
               "1 1385337600000 800.01 808 799.75 805.99 316.92265231");
    CHECK_TEXT(show(&csv, "1385337600,800.0100,808.0,799.750,805.990,0.0\r"),
               "1 1385337600000 800.01 808 799.75 805.99 0");
    CHECK_TEXT(show(&csv, "1385337600000,1,1,1,1,1"), "1 1385337600000 1 1 1 1 1");
    CHECK_TEXT(show(&csv, "1385337600000000,1,1,1,1,1"), "1 1385337600000 1 1 1 1 1");
    CHECK_TEXT(show(&csv, "1385337600000000000,1,1,1,1,1"), "1 1385337600000 1 1 1 1 1");
    CHECK_TEXT(show(&csv, "0,1,1,1,1,1"), "1 0 1 1 1 1 1");
    CHECK_TEXT(show(&csv, " \"1385337600\" , \"1\" ,1.5e0, +5E-1 , 1 ,1e-8"), "1 1385337600000 1 1.5 0.5 1 0.00000001");
    CHECK_TEXT(
        show(&csv,
             "1,123456789012345678901234.5,123456789012345678901234.5,0.000000000000000001,1,99999999999999999999"),
        "1 1000 123456789012345678901234.5 123456789012345678901234.5 0.000000000000000001 1 99999999999999999999");
    CHECK_TEXT(show(&csv, "1,0.00000001,0.00000001,0.00000001,0.00000001,.5"),
               "1 1000 0.00000001 0.00000001 0.00000001 0.00000001 0.5");
    CHECK_TEXT(show(&csv, ""), "0");
    CHECK_TEXT(show(&csv, " \t\r"), "0");
    CHECK_TEXT(show(&csv, "1385337600,null,null,null,null,null"), "0 missing");
    CHECK_TEXT(show(&csv, "1385337600,NaN,nan,NAN,NULL,0"), "0 missing");
    CHECK_TEXT(show(&csv, "1385337600,,,,,"), "0 missing");
}

static void test_bad_rows(void) {
    struct r3_csv csv = sniffed("time,open,high,low,close,volume\n", false);
    CHECK_TEXT(show(&csv, "1,1,1,1,1"), "65 5 fields where 6 are expected");
    CHECK_TEXT(show(&csv, "1,1,1,1,1,1,1"), "65 7 fields where 6 are expected");
    CHECK_TEXT(show(&csv, "1,1,1,1,1,1,"), "65 7 fields where 6 are expected");
    CHECK_TEXT(show(&csv, "x,1,1,1,1,1"), "65 time: not a time (like 2024-01-31T13:45:00Z): \"x\"");
    CHECK_TEXT(show(&csv, "1,abc,1,1,1,1"), "65 open: not a decimal: \"abc\"");
    CHECK_TEXT(show(&csv, "1,1,1..5,1,1,1"), "65 high: not a decimal: \"1..5\"");
    CHECK_TEXT(show(&csv, "1,1,1,.,1,1"), "65 low: not a decimal: \".\"");
    CHECK_TEXT(show(&csv, "1,1,1,1,\"1,1"), "65 close: a quote is not closed");
    CHECK_TEXT(show(&csv, "\"1,1,1,1,1,1"), "65 time: a quote is not closed");
    CHECK_TEXT(show(&csv, "1,1,1,1,null,1"), "65 close is missing");
    CHECK_TEXT(show(&csv, "1,1,1,1,1,"), "65 volume is missing");
    CHECK_TEXT(show(&csv, "1,1,2,3,1,1"), "65 high is below low (open 1, high 2, low 3, close 1)");
    CHECK_TEXT(show(&csv, "1,3,2,1,1,1"), "65 high is not the highest price (open 3, high 2, low 1, close 1)");
    CHECK_TEXT(show(&csv, "1,1,2,1.5,1.5,1"), "65 low is not the lowest price (open 1, high 2, low 1.5, close 1.5)");
    CHECK_TEXT(show(&csv, "1,1,1.0000000000000001,1,1.00000000000000011,1"),
               "65 high is not the highest price (open 1, high 1.0000000000000001, low 1, close 1.00000000000000011)");
    CHECK_TEXT(show(&csv, "1,1,1,0,1,1"), "65 a price is not above 0 (open 1, high 1, low 0, close 1)");
    CHECK_TEXT(show(&csv, "1,1,1,-1,1,1"), "65 a price is not above 0 (open 1, high 1, low -1, close 1)");
    CHECK_TEXT(show(&csv, "1,1,1,1,1,-1"), "65 volume is below 0");
    CHECK(strncmp(show(&csv, "1,1,1,1,1,0.1234567890123456789"), "65 volume: ", 11) == 0);
    CHECK(strncmp(show(&csv, "1,1,99999999999999999999999999999999999,1,1,1"), "65 high: ", 9) == 0);
    CHECK(strncmp(show(&csv, "1385337600000001,1,1,1,1,1"), "65 time: not a whole millisecond", 32) == 0);
}

/* The fast way and the slow way (taken for quoted fields) must agree on whatever looks like a number. */
static void test_fast_and_slow(void) {
    struct r3_csv csv = sniffed("time,open,high,low,close,volume\n", false);
    for (int i = 0; i < 20000; i++) {
        char number[64], fast[400], slow[400], fast_shown[512];
        size_t size = 0;
        unsigned whole = (unsigned)(random_number() % 12), fraction = (unsigned)(random_number() % 14);
        for (unsigned k = 0; k < whole; k++)
            number[size++] = (char)('0' + random_number() % 10);
        if (fraction) {
            number[size++] = '.';
            for (unsigned k = 1; k < fraction; k++)
                number[size++] = random_number() % 3 ? (char)('0' + random_number() % 10) : '0';
        }
        if (random_number() % 50 == 0 && size)
            number[random_number() % size] = "-+eE x"[random_number() % 6];
        number[size] = '\0';
        snprintf(fast, sizeof fast, "60,%s,%s,%s,%s,%s", number, number, number, number, number);
        snprintf(slow, sizeof slow, "\"60\",\"%s\",\"%s\",\"%s\",\"%s\",\"%s\"", number, number, number, number,
                 number);
        memcpy(fast_shown, show(&csv, fast), sizeof fast_shown);
        CHECK_TEXT(fast_shown, show(&csv, slow));
    }
}

static void check_time(const char *text, int64_t want) {
    int64_t time = -1;
    struct r3_error error = { 0 };
    CHECK_INT(r3_csv_time(&time, text, strlen(text), &error), 0);
    CHECK_INT(time, want);
}

static void check_no_time(const char *text) {
    int64_t time;
    struct r3_error error = { 0 };
    CHECK_INT(r3_csv_time(&time, text, strlen(text), &error), -1);
    CHECK_INT(error.status, R3_DATA);
}

static void test_times(void) {
    check_time("1385337600", 1385337600000);
    check_time("1385337600.0", 1385337600000);
    check_time("1.3853376e9", 1385337600000);
    check_time("1385337600.5", 1385337600500);
    check_time("1385337600000.0", 1385337600000);
    check_time("99999999999", 99999999999000);
    check_time("100000000000", 100000000000);
    check_time("99999999999999", 99999999999999);
    check_time("100000000000000", 100000000000);
    check_time("100000000000000000", 100000000000);
    check_time("20131125", 20131125000);
    check_time("2013-11-25", 1385337600000);
    check_time("2013-11-25 01:00:00+01:00", 1385337600000);
    check_time("2013-11-25T00:00:00.000Z", 1385337600000);
    check_time("2013-11-25 00:00:00 UTC", 1385337600000);
    check_no_time("");
    check_no_time("-1");
    check_no_time("1385337600.0005");
    check_no_time("2013-11-31");
    check_no_time("99999999999999999999");
    check_no_time("1e30");
    check_no_time("25.11.2013");
}

static void test_headers(void) {
    CHECK_TEXT(columns_of("time,open,high,low,close,volume\n"), "tohlcv");
    CHECK_TEXT(columns_of("Volume;CLOSE;low;High;Open;Time\r\n"), "vclhot");
    CHECK_TEXT(columns_of("<DATE>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\n"), "tohlc-v");
    CHECK_TEXT(columns_of("open_time,open,high,low,close,volume,close_time,quote_volume,count,a,b,ignore\n"), "tohlcv");
    CHECK_TEXT(columns_of("Date,Open,High,Low,Close,Adj Close,Volume\n"), "tohlc-v");
    CHECK_TEXT(
        columns_of("https://www.CryptoDataDownload.com\nunix,date,symbol,open,high,low,close,Volume BTC,Volume USD\n"),
        "t--ohlcv");
    CHECK_TEXT(columns_of("date,unix,open,high,low,close\n"), "-tohlc");
    CHECK_TEXT(columns_of(",Open,High,Low,Close,Volume\n"), "tohlcv");
    CHECK_TEXT(columns_of("Timestamp,Open,High,Low,Close,Volume_(BTC),Volume_(Currency),Weighted_Price\n"), "tohlcv");
    CHECK_TEXT(columns_of("timestamp,\"1. open\",\"2. high\",\"3. low\",\"4. close\",\"5. volume\"\n"), "tohlcv");
    CHECK_TEXT(columns_of("# a comment\n\n#\nts,o,h,l,c\n"), "tohlc");
    CHECK_TEXT(sniff_error("time,open,high,low,volume\n"),
               "1: the header has no close column: name the columns with --columns");
    CHECK_TEXT(sniff_error("\n\nopen,high,low,close,volume\n"),
               "3: the header has no time column: name the columns with --columns");
    CHECK_TEXT(sniff_error("time,open,high,low,close,close\n"),
               "1: the header has two close columns: choose with --columns");
    CHECK_TEXT(sniff_error("hello\n"),
               "1: neither a header that names candles nor a row: name the columns with --columns");
    CHECK(strncmp(sniff_error("\xff\xfet\n"), "1: this is UTF-16", 17) == 0);
}

static void test_headerless(void) {
    CHECK_TEXT(columns_of("60,5,9,1,6,10\n"), "tohlcv");
    CHECK_TEXT(columns_of("60,5,6,9,1,10\n"), "tochlv");
    CHECK_TEXT(columns_of("60,1,9,5,6,10\n"), "tlhocv");
    CHECK_TEXT(columns_of("60,5,9,1,6,10,42\n"), "tohlcv");
    CHECK_TEXT(columns_of("60,5,6,9,1,10,42\n"), "tochlv");
    CHECK_TEXT(columns_of("60,5,9,1,6,5.5,10,42\n"), "tohlc-v");
    /* Flat rows tell nothing; the first that is not flat does. */
    CHECK_TEXT(columns_of("60,5,5,5,5,10,42\n120,5,5,5,5,10,42\n180,5,6,9,1,10,42\n"), "tochlv");
    /* A damaged row refutes nothing. */
    CHECK_TEXT(columns_of("60,5,9,1,6,10,42\n120,1,1\n180,x,5,5,5,10,42\n"), "tohlcv");
    CHECK_TEXT(sniff_error("60,5,5,5,5,10,42\n"),
               "1: no header, and the rows fit the columns of Kraken and of KuCoin: name them with --columns");
    /* The first row that tells settles it; one that contradicts is a bad row. */
    CHECK_TEXT(columns_of("60,5,9,1,6,10,42\n120,5,6,9,1,10,42\n"), "tohlcv");
    CHECK_TEXT(sniff_error("60,5,9,1,6\n"), "1: no header, and 5 columns: name them with --columns");
}

static void test_rows_measured(void) {
    struct r3_csv csv = sniffed("time,open,high,low,close\n60,1,1,1,1\n120,1,1,1,1\n180,1,1,1,1\n360,1,1,1,1\n", true);
    CHECK_INT(csv.spacing, 60000);
    CHECK_INT(csv.first_time, 60000);
    CHECK_INT(csv.first_line, 2);
    CHECK(!csv.newest_first && !csv.has_volume);
    csv = sniffed("time,open,high,low,close\n180,1,1,1,1\n180,1,1,1,1\n120,1,1,1,1\n60,1,1,1,1\n", true);
    CHECK(csv.newest_first);
    CHECK_INT(csv.spacing, 60000);
    csv = sniffed(
        "date,open,high,low,close\n2024-01-01,1,1,1,1\n2024-02-01,1,1,1,1\n2024-03-01,1,1,1,1\n2024-04-01,1,1,1,1\n",
        true);
    CHECK_INT(csv.spacing, r3_timeframe_span(R3_1M));
    csv = sniffed("date;open;high;low;close\n20240228;1;1;1;1\n\"20240229\";1;1;1;1\n20240301;1;1;1;1\n", true);
    CHECK(csv.compact_days);
    CHECK_INT(csv.first_time, 1709078400000);
    CHECK_INT(csv.spacing, R3_DAY);
    CHECK_TEXT(show(&csv, "20240301;1;1;1;1"), "1 1709251200000 1 1 1 1 0");
    CHECK(strncmp(show(&csv, "20240230;1;1;1;1"), "65 time: ", 9) == 0);
    CHECK_TEXT(show(&csv, "2024030;1;1;1;1"), "65 time: not a day like 20131125: \"2024030\"");
    csv = sniffed("time,open,high,low,close\n20010120,1,1,1,1\n20010180,1,1,1,1\n", true);
    CHECK(!csv.compact_days);
    CHECK_INT(csv.first_time, 20010120000);
    csv = sniffed("date,open,high,low,close\n2024-01-01,1,1,1,1\n", true);
    CHECK_INT(csv.spacing, 0);
    csv = sniffed("date,open,high,low,close\n", true);
    CHECK(csv.first_time == R3_TIME_ABSENT);
    csv = sniffed("", true);
    CHECK(csv.first_time == R3_TIME_ABSENT);
}

/* A head that is cut anywhere gives either "more" or what the whole gives. */
static void test_partial_heads(void) {
    static const char *const texts[] = {
        "https://www.CryptoDataDownload.com\nunix,date,symbol,open,high,low,close,Volume BTC\n180,x,y,1,1,1,1,1\n120,x,y,1,1,1,1,1\n60,x,y,1,1,1,1,1\n",
        "60,5,5,5,5,10,42\n120,5,5,5,5,10,42\n180,5,6,9,1,10,42\n240,5,6,9,1,10,42\n",
        "\"time\";open;high;low;close\r\n60;1;1;1;1\r\n120;1;1;1;1\r\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct r3_csv whole = sniffed(texts[i], false);
        size_t length = strlen(texts[i]), found = 0;
        for (size_t cut = 0; cut <= length; cut++) {
            struct r3_csv csv;
            struct r3_error error = { 0 };
            struct r3_buffer head = R3_BUFFER_INIT;
            r3_buffer_append(&head, texts[i], cut);
            r3_buffer_reserve(&head, 1);
            r3_csv_init(&csv, NULL, &error);
            int result = r3_csv_sniff(&csv, head.data, cut, false, false, false, &error);
            CHECK(result >= 0);
            found += result == 1;
            if (result == 1) {
                CHECK(memcmp(csv.column, whole.column, sizeof csv.column) == 0);
                CHECK_INT(csv.first_line, whole.first_line);
                CHECK_INT(csv.newest_first, whole.newest_first);
            }
            r3_buffer_release(&head);
        }
        CHECK(found > 0 && found < length);
    }
}

static const char *columns_error(const char *columns) {
    static struct r3_error error;
    struct r3_csv csv;
    error = (struct r3_error) { 0 };
    CHECK_INT(r3_csv_init(&csv, columns, &error), -1);
    CHECK_INT(error.status, R3_USAGE);
    return error.text;
}

static void test_named_columns(void) {
    struct r3_csv csv;
    struct r3_error error = { 0 };
    static const char text[] = "when,a,b,c,d,e\n60,x,1,2,1,1.5,7,8\n";
    CHECK(r3_csv_init(&csv, "Time,-,open,high,low,close", &error) == 0);
    CHECK_INT(r3_csv_sniff(&csv, text, strlen(text), true, true, false, &error), 1);
    CHECK_INT(csv.first_line, 2);
    CHECK_TEXT(show(&csv, "60,x,1,2,1,1.5,7,8"), "1 60000 1 2 1 1.5 0");
    CHECK_TEXT(show(&csv, "60,x,1,2"), "65 4 fields where 6 are expected");
    CHECK_TEXT(columns_error("time,open,high,low"), "--columns: close is missing");
    CHECK_TEXT(columns_error("time,open,high,low,close,close"), "--columns: close is there twice");
    CHECK_TEXT(columns_error("time,open,high,low,last"),
               "--columns: \"last\" is not one of time open high low close volume -");
    CHECK_TEXT(columns_error(""), "--columns: \"\" is not one of time open high low close volume -");
}

static void test_order(void) {
    struct r3_csv csv = sniffed("time,open,high,low,close,volume\n", false);
    struct r3_candle a = { 0 }, b = { 0 };
    struct r3_error error = { 0 };
    bool missing;
    r3_csv_row(&csv, "60,1,1,1,1,1", 12, &a, &missing, &error);
    r3_csv_row(&csv, "120,1,1,1,1,1", 13, &b, &missing, &error);
    CHECK_INT(r3_csv_follows(&a, &b, "line 2", &error), 1);
    CHECK_INT(r3_csv_follows(&a, &a, "line 2", &error), 0);
    CHECK_INT(r3_csv_follows(&b, &a, "line 2", &error), -1);
    CHECK_TEXT(error.text, "out of order: 1970-01-01T00:01:00Z comes after 1970-01-01T00:02:00Z of line 2");
    b.time = a.time;
    CHECK_INT(r3_csv_follows(&a, &b, "line 2", &error), 0);
    b.volume = R3_DECIMAL(2, 0);
    CHECK_INT(r3_csv_follows(&a, &b, "line 2", &error), -1);
    CHECK_TEXT(error.text, "1970-01-01T00:01:00Z again with other values: line 2 has it too");
}

int main(void) {
    test_rows();
    test_bad_rows();
    test_fast_and_slow();
    test_times();
    test_headers();
    test_headerless();
    test_rows_measured();
    test_partial_heads();
    test_named_columns();
    test_order();
    return check_done();
}
