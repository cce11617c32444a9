#include "lib/input/lines.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "lib/base/buffer.h"
#include "lib/base/io.h"
#include "tests/unit/check.h"

static char directory[] = "/tmp/r3-input-XXXXXX";
static char path[64];

static uint64_t random_state = 88172645463325252u;

static uint64_t random_number(void) { /* xorshift64, Marsaglia 2003 */
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void write_file(const void *data, size_t length) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0 && write(fd, data, length) == (ssize_t)length);
    close(fd);
}

static bool leaves; /* what is no whole line at the end */

/* Lines with their numbers, in the order in which they came: "3:text\n"; then "end", or the error. */
static void read_lines(struct r3_buffer *out, const char *name, size_t block, uint64_t reverse_from) {
    struct r3_input *input;
    struct r3_error error = { 0 };
    r3_buffer_reset(out);
    r3_buffer_append_text(out, "");
    if (r3_input_open(&input, name, &error) < 0) {
        r3_buffer_append_text(out, error.text);
        return;
    }
    struct r3_lines *lines = r3_lines_new_take(input, block);
    if (leaves)
        r3_lines_leave_unended(lines);
    const char *text;
    size_t length;
    bool whole;
    int result = R3_INPUT_MORE;
    if (reverse_from) {
        result = r3_lines_peek(lines, 1 << 20, &text, &length, &whole, &error);
        if (result == R3_INPUT_MORE)
            result = r3_lines_reverse(lines, reverse_from, &error);
    }
    while (result == R3_INPUT_MORE && (result = r3_lines_next(lines, &text, &length, &error)) == R3_INPUT_MORE) {
        CHECK(text[length] == '\n');
        r3_buffer_printf(out, "%llu:", (unsigned long long)r3_lines_number(lines));
        r3_buffer_append(out, text, length + 1);
    }
    CHECK(result == R3_INPUT_END || result == -1);
    r3_buffer_append_text(out, result == R3_INPUT_END ? "end" : error.text);
    if (result < 0)
        r3_buffer_printf(out, " (%d)", error.status);
    r3_lines_free(lines);
}

static void check_lines(const char *content, uint64_t reverse_from, const char *want) {
    struct r3_buffer got = R3_BUFFER_INIT;
    write_file(content, strlen(content));
    read_lines(&got, path, 0, reverse_from);
    CHECK_TEXT(got.data, want);
    r3_buffer_release(&got);
}

static void test_small(void) {
    check_lines("", 0, "end");
    check_lines("a", 0, "1:a\nend");
    check_lines("a\n", 0, "1:a\nend");
    check_lines("a\n\nb", 0, "1:a\n2:\n3:b\nend");
    check_lines("\n\n", 0, "1:\n2:\nend");
    check_lines("\xef\xbb\xbf"
                "a\nb\n",
                0, "1:a\n2:b\nend");
    check_lines("\xef\xbb\xbf", 0, "end");
    check_lines("a", 1, "1:a\nend");
    check_lines("a\nb\nc\n", 1, "3:c\n2:b\n1:a\nend");
    check_lines("a\nb\nc", 2, "3:c\n2:b\nend");
    check_lines("a\nb\n\n", 2, "3:\n2:b\nend");
    check_lines("a\nb\n", 3, "end");
    check_lines("a\nb", 3, "end");
    check_lines("", 1, "end");
    check_lines("\xef\xbb\xbf"
                "a\nb\n",
                1, "2:b\n1:a\nend");
    check_lines("\xef\xbb\xbf"
                "a\nb\n",
                2, "2:b\nend");
}

/* A last line that is being written. */
static void test_unended(void) {
    struct r3_input *input;
    struct r3_error error = { 0 };
    const char *text;
    size_t length;
    bool whole;
    leaves = true;
    check_lines("a", 0, "end");
    check_lines("a\n", 0, "1:a\nend");
    check_lines("a\n\nb", 0, "1:a\n2:\nend");
    check_lines("\xef\xbb\xbf"
                "a\nb",
                0, "1:a\nend");
    check_lines("a\nb\nc", 1, "2:b\n1:a\nend");
    check_lines("a\nb\nc\n", 1, "3:c\n2:b\n1:a\nend");
    check_lines("a\nb\nc", 3, "end");
    check_lines("a", 1, "end");
    leaves = false;
    static const char *const contents[] = { "a\nb\nc", "abc" };
    for (size_t i = 0; i < 2; i++) {
        write_file(contents[i], strlen(contents[i]));
        CHECK_INT(r3_input_open(&input, path, &error), 0);
        struct r3_lines *lines = r3_lines_new_take(input, 0);
        r3_lines_leave_unended(lines);
        CHECK_INT(r3_lines_peek(lines, 1000, &text, &length, &whole, &error), R3_INPUT_MORE);
        CHECK(whole && length == (i == 0 ? 3 : 0) && text[length] == '\n');
        r3_lines_free(lines);
    }
}

/* Lines of random lengths, many blocks of them. */
static void make_content(struct r3_buffer *content, unsigned lines, unsigned longest, bool last_newline) {
    for (unsigned i = 0; i < lines; i++) {
        uint64_t length = random_number() % (random_number() % 20 ? 60 : longest);
        while (length--)
            r3_buffer_append(content, &"abcdefghijklmnop"[random_number() % 16], 1);
        if (i + 1 < lines || last_newline)
            r3_buffer_append_text(content, "\n");
    }
}

/* What read_lines must give, made the plain way. */
static void expect(struct r3_buffer *out, const struct r3_buffer *content, uint64_t reverse_from) {
    struct r3_buffer line = R3_BUFFER_INIT, all = R3_BUFFER_INIT;
    const char *at = content->data, *end = at + content->length;
    for (uint64_t number = 1; at < end; number++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((newline ? newline : end) - at);
        r3_buffer_reset(&line);
        r3_buffer_printf(&line, "%llu:", (unsigned long long)number);
        r3_buffer_append(&line, at, length);
        r3_buffer_append_text(&line, "\n");
        at += length + 1;
        if (reverse_from && number < reverse_from)
            continue;
        if (reverse_from) {
            r3_buffer_append(&line, all.data, all.length);
            struct r3_buffer swap = all;
            all = line;
            line = swap;
        } else {
            r3_buffer_append(&all, line.data, line.length);
        }
    }
    r3_buffer_reset(out);
    r3_buffer_append(out, all.data, all.length);
    r3_buffer_append_text(out, "end");
    r3_buffer_release(&line);
    r3_buffer_release(&all);
}

static size_t pack_gzip(struct r3_buffer *out, const struct r3_buffer *content) {
    z_stream stream = { 0 };
    CHECK(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    size_t bound = deflateBound(&stream, content->length);
    stream.next_in = (unsigned char *)content->data;
    stream.avail_in = (unsigned)content->length;
    stream.next_out = (unsigned char *)r3_buffer_reserve(out, bound);
    stream.avail_out = (unsigned)bound;
    CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    size_t length = bound - stream.avail_out;
    deflateEnd(&stream);
    out->length += length;
    return length;
}

static size_t pack_zstd(struct r3_buffer *out, const struct r3_buffer *content) {
    size_t bound = ZSTD_compressBound(content->length);
    size_t length = ZSTD_compress(r3_buffer_reserve(out, bound), bound, content->data, content->length, 3);
    CHECK(!ZSTD_isError(length));
    out->length += length;
    return length;
}

static void check_same(const struct r3_buffer *got, const struct r3_buffer *want) {
    CHECK_INT(got->length, want->length);
    CHECK(got->length == want->length && memcmp(got->data, want->data, want->length) == 0);
}

/* Plain, gzip, zstd; both directions; several block sizes: the same lines. */
static void test_large(void) {
    static const size_t blocks[] = { 16384, 20000, 262144 };
    for (unsigned round = 0; round < 4; round++) {
        struct r3_buffer content = R3_BUFFER_INIT, want = R3_BUFFER_INIT, got = R3_BUFFER_INIT, packed = R3_BUFFER_INIT;
        make_content(&content, 1500, round < 2 ? 4000 : 60000, round % 2);
        for (unsigned form = 0; form < 3; form++) {
            r3_buffer_reset(&packed);
            if (form == 0)
                r3_buffer_append(&packed, content.data, content.length);
            else if (form == 1)
                pack_gzip(&packed, &content);
            else
                pack_zstd(&packed, &content);
            write_file(packed.data, packed.length);
            for (uint64_t reverse = 0; reverse < 3; reverse++) {
                expect(&want, &content, reverse);
                for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
                    read_lines(&got, path, blocks[i], reverse);
                    check_same(&got, &want);
                }
            }
        }
        r3_buffer_release(&content);
        r3_buffer_release(&want);
        r3_buffer_release(&got);
        r3_buffer_release(&packed);
    }
}

/* A pipe that brings one byte at a time gives what the file gives. */
static void test_slow_pipe(void) {
    struct r3_buffer content = R3_BUFFER_INIT, want = R3_BUFFER_INIT, got = R3_BUFFER_INIT, packed = R3_BUFFER_INIT;
    r3_buffer_append_text(&content, "\xef\xbb\xbf");
    make_content(&content, 50, 300, false);
    struct r3_buffer body = { .data = content.data + 3, .length = content.length - 3 };
    for (unsigned form = 0; form < 6; form++) {
        r3_buffer_reset(&packed);
        if (form % 3 == 0)
            r3_buffer_append(&packed, content.data, content.length);
        else if (form % 3 == 1)
            pack_gzip(&packed, &content);
        else
            pack_zstd(&packed, &content);
        int ends[2];
        CHECK(pipe(ends) == 0);
        pid_t child = fork();
        if (child == 0) {
            close(ends[0]);
            for (size_t i = 0; i < packed.length; i++)
                if (write(ends[1], packed.data + i, 1) != 1)
                    _exit(1);
            _exit(0);
        }
        close(ends[1]);
        char name[32];
        snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
        read_lines(&got, name, 0, form < 3 ? 0 : 2);
        close(ends[0]);
        CHECK(waitpid(child, NULL, 0) == child);
        expect(&want, &body, form < 3 ? 0 : 2);
        check_same(&got, &want);
    }
    r3_buffer_release(&content);
    r3_buffer_release(&want);
    r3_buffer_release(&got);
    r3_buffer_release(&packed);
}

/* Any cut of packed data is an error; so is any changed bit, unless it only pads. Never fewer or other lines. */
static void test_damage(void) {
    struct r3_buffer content = R3_BUFFER_INIT, want = R3_BUFFER_INIT, got = R3_BUFFER_INIT;
    make_content(&content, 40, 100, true);
    expect(&want, &content, 0);
    for (unsigned form = 0; form < 2; form++) {
        struct r3_buffer packed = R3_BUFFER_INIT;
        if (form == 0)
            pack_gzip(&packed, &content);
        else
            pack_zstd(&packed, &content);
        for (size_t cut = 4; cut < packed.length; cut += 7) {
            write_file(packed.data, cut);
            read_lines(&got, path, 0, 0);
            CHECK(strstr(got.data, "cut off (65)"));
        }
        for (size_t i = packed.length / 2; form == 0 && i < packed.length; i++) {
            packed.data[i] ^= 0x10;
            write_file(packed.data, packed.length);
            packed.data[i] ^= 0x10;
            read_lines(&got, path, 0, 0);
            bool padding = got.length == want.length && memcmp(got.data, want.data, want.length) == 0;
            CHECK(padding || strstr(got.data, "(65)"));
        }
        /* Twice the same: two members, two frames. */
        size_t once = packed.length;
        struct r3_buffer twice = R3_BUFFER_INIT, both = R3_BUFFER_INIT;
        r3_buffer_append(&twice, packed.data, once);
        r3_buffer_append(&twice, packed.data, once);
        r3_buffer_append(&both, content.data, content.length);
        r3_buffer_append(&both, content.data, content.length);
        write_file(twice.data, twice.length);
        read_lines(&got, path, 0, 0);
        expect(&want, &both, 0);
        check_same(&got, &want);
        r3_buffer_release(&twice);
        r3_buffer_release(&both);
        r3_buffer_release(&packed);
    }
    r3_buffer_release(&content);
    r3_buffer_release(&want);
    r3_buffer_release(&got);
}

static void test_errors(void) {
    struct r3_buffer content = R3_BUFFER_INIT, got = R3_BUFFER_INIT;
    r3_buffer_append_text(&content, "short\n");
    for (int i = 0; i < R3_LINE_MAX + 1; i++)
        r3_buffer_append_text(&content, "x");
    r3_buffer_append_text(&content, "\nshort\n");
    write_file(content.data, content.length);
    read_lines(&got, path, 0, 0);
    CHECK(strncmp(got.data, "1:short\n", 8) == 0 && strstr(got.data, ":2: the line is longer than 65536 bytes (65)"));
    read_lines(&got, path, 0, 1);
    CHECK(strncmp(got.data, "3:short\n", 8) == 0 && strstr(got.data, ":2: the line is longer than 65536 bytes (65)"));
    /* One byte less is a line. */
    size_t before = content.length;
    memmove(content.data + 6, content.data + 7, before - 7);
    write_file(content.data, before - 1);
    read_lines(&got, path, 0, 0);
    CHECK(got.length > 3 && strcmp(got.data + got.length - 3, "end") == 0);
    read_lines(&got, path, 0, 1);
    CHECK(got.length > 3 && strcmp(got.data + got.length - 3, "end") == 0);
    write_file("PK\3\4....", 8);
    read_lines(&got, path, 0, 0);
    CHECK(strstr(got.data, "it is a zip archive") && strstr(got.data, "(65)"));
    read_lines(&got, directory, 0, 0);
    CHECK(strstr(got.data, "it is a directory"));
    read_lines(&got, "/nowhere/at/all", 0, 0);
    CHECK_TEXT(got.data, "/nowhere/at/all: No such file or directory");
    r3_buffer_release(&content);
    r3_buffer_release(&got);
}

/* Whole lines taken as one piece, between lines taken one by one. */
static void test_held(void) {
    static const char content[] = "one\n2\n\nfour\nlast";
    struct r3_input *input;
    struct r3_error error = { 0 };
    const char *text;
    size_t length;
    bool whole;
    write_file(content, sizeof content - 1);
    CHECK_INT(r3_input_open(&input, path, &error), 0);
    struct r3_lines *lines = r3_lines_new_take(input, 0);
    CHECK_INT((long)r3_lines_held(lines, &text), 0); /* nothing was read */
    CHECK_INT(r3_lines_peek(lines, 1000, &text, &length, &whole, &error), R3_INPUT_MORE);
    CHECK_INT((long)r3_lines_held(lines, &text), 0); /* a byte-order mark may be ahead of the first line */
    CHECK_INT(r3_lines_next(lines, &text, &length, &error), R3_INPUT_MORE);
    CHECK_INT((long)r3_lines_held(lines, &text), 8);
    CHECK(memcmp(text, "2\n\nfour\n", 8) == 0);
    unsigned sum = 0;
    for (int i = 0; i < R3_LINES_ROOM; i++)
        sum += (unsigned char)text[12 + i]; /* the address sanitizer sees whether they may be read */
    CHECK(sum < R3_LINES_ROOM * 256u);
    r3_lines_skip(lines, 3, 2);
    CHECK_INT((long)r3_lines_number(lines), 3);
    CHECK_INT((long)r3_lines_held(lines, &text), 5);
    CHECK_INT(r3_lines_next(lines, &text, &length, &error), R3_INPUT_MORE);
    CHECK(length == 4 && memcmp(text, "four", 4) == 0);
    CHECK_INT((long)r3_lines_held(lines, &text), 0); /* what is left is no whole line yet */
    CHECK_INT(r3_lines_next(lines, &text, &length, &error), R3_INPUT_MORE);
    CHECK(length == 4 && memcmp(text, "last", 4) == 0);
    CHECK_INT((long)r3_lines_number(lines), 5);
    CHECK_INT((long)r3_lines_held(lines, &text), 0);
    CHECK_INT(r3_lines_next(lines, &text, &length, &error), R3_INPUT_END);
    r3_lines_free(lines);
}

int main(void) {
    if (!mkdtemp(directory))
        return 71;
    snprintf(path, sizeof path, "%s/file", directory);
    test_small();
    test_unended();
    test_large();
    test_slow_pipe();
    test_damage();
    test_errors();
    test_held();
    unlink(path);
    rmdir(directory);
    return check_done();
}
