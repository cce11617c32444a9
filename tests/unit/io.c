#include "lib/base/io.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "lib/base/write_behind.h"
#include "tests/unit/check.h"

static struct r3_error error;

/* A descriptor from which `data` can be read in pieces of `piece` bytes: a child writes them, each on its own. */
static int feed(const char *data, size_t length, size_t piece, pid_t *child) {
    int ends[2];
    CHECK(pipe(ends) == 0);
    fflush(stdout);
    *child = fork();
    if (*child == 0) {
        close(ends[0]);
        for (size_t at = 0; at < length; at += piece) {
            size_t count = length - at < piece ? length - at : piece;
            if (write(ends[1], data + at, count) != (ssize_t)count)
                _exit(1);
        }
        _exit(0);
    }
    close(ends[1]);
    return ends[0];
}

static void wait_for(pid_t child) {
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_INT(status, 0);
}

/* What the reader says of an input, as one text: lines in brackets, errors as they are. */
static void read_all(struct r3_buffer *out, int fd) {
    struct r3_reader reader;
    r3_reader_init(&reader, fd, "input");
    for (int turns = 0; turns < 100000; turns++) {
        const char *text;
        size_t length;
        int result = r3_reader_line(&reader, &text, &length, &error);
        if (result == 0)
            break;
        if (result < 0) {
            CHECK_INT(error.status, R3_DATA);
            r3_buffer_printf(out, "<%d: %s>", (int)reader.line, error.text);
        } else {
            CHECK(text[length] == '\n');
            if (length > 1000)
                r3_buffer_printf(out, "[%zu bytes]", length);
            else
                r3_buffer_printf(out, "[%.*s]", (int)length, text);
        }
    }
    r3_buffer_printf(out, "%d lines", (int)reader.line);
    r3_reader_release(&reader);
}

static void check_read(const char *data, size_t length, const char *want) {
    static const size_t pieces[] = { 1, 2, 7, 4096, 1 << 20 };
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        if (length / pieces[i] > 1000) /* a write for each byte of a long input takes too long */
            continue;
        pid_t child;
        int fd = feed(data, length, pieces[i], &child);
        struct r3_buffer got = R3_BUFFER_INIT;
        read_all(&got, fd);
        CHECK_TEXT(got.data, want);
        r3_buffer_release(&got);
        wait_for(child);
        close(fd);
    }
}

static void check_text_read(const char *data, const char *want) {
    check_read(data, strlen(data), want);
}

static void test_lines(void) {
    check_text_read("", "0 lines");
    check_text_read("\n", "[]1 lines");
    check_text_read("a\nbc\n\nd\n", "[a][bc][][d]4 lines");
    check_text_read("a\r\nb\r\n", "[a\r][b\r]2 lines");
    check_text_read("a\nb", "[a]<2: line is cut off: no newline at its end>2 lines");
    check_text_read("a", "<1: line is cut off: no newline at its end>1 lines");
}

static void append_line(struct r3_buffer *out, size_t length) {
    char *end = r3_buffer_reserve(out, length + 1);
    memset(end, 'x', length);
    end[length] = '\n';
    out->length += length + 1;
}

static void test_long_lines(void) {
    struct r3_buffer data = R3_BUFFER_INIT;
    r3_buffer_append_text(&data, "a\n");
    append_line(&data, R3_LINE_MAX);
    append_line(&data, R3_LINE_MAX + 1);
    r3_buffer_append_text(&data, "b\n");
    append_line(&data, 3 * R3_BUFFER_SIZE);
    r3_buffer_append_text(&data, "c\n");
    check_read(data.data, data.length,
               "[a][65536 bytes]<3: line is longer than 65536 bytes>[b]<5: line is longer than 65536 bytes>[c]6 lines");
    append_line(&data, 5 * R3_BUFFER_SIZE);
    check_read(data.data, data.length - 1, /* too long and cut off */
               "[a][65536 bytes]<3: line is longer than 65536 bytes>[b]<5: line is longer than 65536 bytes>[c]"
               "<7: line is longer than 65536 bytes>7 lines");
    r3_buffer_release(&data);
}

/* Many lines of all lengths: the buffer slides under partial lines. */
static void test_sliding(void) {
    struct r3_buffer data = R3_BUFFER_INIT;
    for (int i = 0; i < 20000; i++) {
        r3_buffer_printf(&data, "%d ", i);
        append_line(&data, (size_t)(i * 37 % 311));
    }
    pid_t child;
    int fd = feed(data.data, data.length, 50021, &child);
    struct r3_reader reader;
    r3_reader_init(&reader, fd, "input");
    const char *text, *want = data.data;
    size_t length;
    int wrong = 0;
    while (r3_reader_line(&reader, &text, &length, &error) == 1) {
        wrong += memcmp(text, want, length + 1) != 0;
        want += length + 1;
    }
    CHECK_INT(wrong, 0);
    CHECK(want == data.data + data.length);
    CHECK_INT(reader.line, 20000);
    r3_reader_release(&reader);
    wait_for(child);
    close(fd);
    r3_buffer_release(&data);
}

static int count_calls(void *context, struct r3_error *out) {
    (void)out;
    ++*(int *)context;
    return 0;
}

static int refuse(void *context, struct r3_error *out) {
    (void)context;
    return r3_fail(out, R3_PROTOCOL, "no more");
}

static void test_before_read(void) {
    int ends[2], calls = 0;
    const char *text;
    size_t length;
    struct r3_reader reader;
    CHECK(pipe(ends) == 0);
    CHECK(write(ends[1], "a\nb\nc", 5) == 5);
    r3_reader_init(&reader, ends[0], "input");
    reader.before_read = count_calls;
    reader.context = &calls;
    CHECK_INT(r3_reader_line(&reader, &text, &length, &error), 1);
    CHECK_INT(calls, 1);
    CHECK_INT(r3_reader_line(&reader, &text, &length, &error), 1);
    CHECK_INT(calls, 1);
    reader.before_read = refuse;
    CHECK_INT(r3_reader_line(&reader, &text, &length, &error), -1);
    CHECK_INT(error.status, R3_PROTOCOL);
    CHECK_TEXT(error.text, "no more");
    reader.before_read = NULL;
    CHECK(write(ends[1], "d\n", 2) == 2);
    CHECK_INT(r3_reader_line(&reader, &text, &length, &error), 1); /* nothing was lost */
    CHECK(length == 2 && memcmp(text, "cd\n", 3) == 0);
    r3_reader_release(&reader);
    close(ends[0]);
    close(ends[1]);
}

static void test_read_errors(void) {
    const char *text;
    size_t length;
    struct r3_reader reader;
    int fd = open("/", O_RDONLY);
    r3_reader_init(&reader, fd, "a directory");
    CHECK_INT(r3_reader_line(&reader, &text, &length, &error), -1);
    CHECK_INT(error.status, R3_IO);
    CHECK_TEXT(error.text, "a directory: Is a directory");
    r3_reader_release(&reader);
    close(fd);
}

static void ignore_signal(int number) {
    (void)number;
}

/* Signals in the middle of a read change nothing, nor does a descriptor that is set to non-blocking. */
static void test_interruptions(int flags) {
    struct sigaction action = { .sa_handler = ignore_signal }, old;
    int ends[2];
    sigaction(SIGUSR1, &action, &old); /* without SA_RESTART */
    CHECK(pipe(ends) == 0);
    CHECK(fcntl(ends[0], F_SETFL, flags) == 0);
    fflush(stdout);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        for (int i = 0; i < 5; i++) {
            nanosleep(&(struct timespec) { .tv_nsec = 2000000 }, NULL);
            kill(parent, SIGUSR1);
        }
        _exit(write(ends[1], "late\n", 5) == 5 ? 0 : 1);
    }
    close(ends[1]);
    struct r3_buffer got = R3_BUFFER_INIT;
    read_all(&got, ends[0]);
    CHECK_TEXT(got.data, "[late]1 lines");
    r3_buffer_release(&got);
    wait_for(child);
    close(ends[0]);
    sigaction(SIGUSR1, &old, NULL);
}

/* ---- writer ---- */

static void test_writer(void) {
    char path[] = "/tmp/r3-io-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    struct r3_writer writer;
    struct r3_buffer want = R3_BUFFER_INIT;
    r3_writer_init(&writer, fd, path);
    int failures = 0;
    for (int i = 0; i < 30000; i++) {
        size_t before = want.length;
        r3_buffer_printf(&want, "line %d\n", i);
        failures += r3_writer_put(&writer, want.data + before, want.length - before, &error) != 0;
    }
    size_t before = want.length;
    append_line(&want, 3 * R3_BUFFER_SIZE);
    failures += r3_writer_put(&writer, want.data + before, want.length - before, &error) != 0;
    failures += r3_writer_put(&writer, "", 0, &error) != 0;
    CHECK_INT(failures, 0);
    CHECK_INT(r3_writer_close(&writer, &error), 0);
    CHECK(writer.data == NULL);
    char *got = r3_allocate(want.length + 1);
    fd = open(path, O_RDONLY);
    size_t length = 0;
    for (ssize_t count; (count = read(fd, got + length, want.length + 1 - length)) > 0;)
        length += (size_t)count;
    CHECK_INT(length, want.length);
    CHECK(memcmp(got, want.data, want.length) == 0);
    close(fd);
    unlink(path);
    free(got);
    r3_buffer_release(&want);
}

static void test_write_errors(void) {
    struct r3_writer writer;
    r3_writer_init(&writer, open("/dev/full", O_WRONLY), "standard output");
    CHECK_INT(r3_writer_put(&writer, "a\n", 2, &error), 0);
    CHECK_INT(r3_writer_close(&writer, &error), -1);
    CHECK_INT(error.status, R3_IO);
    CHECK_TEXT(error.text, "standard output: No space left on device");

    int ends[2];
    void (*old)(int) = signal(SIGPIPE, SIG_IGN);
    CHECK(pipe(ends) == 0);
    close(ends[0]);
    r3_writer_init(&writer, ends[1], "standard output");
    CHECK_INT(r3_writer_put(&writer, "a\n", 2, &error), 0);
    CHECK_INT(r3_writer_flush(&writer, &error), -1);
    CHECK_TEXT(error.text, "standard output: Broken pipe");
    CHECK_INT(r3_writer_close(&writer, &error), 0); /* said once */
    signal(SIGPIPE, old);

    r3_writer_init(&writer, -1, "nothing");
    CHECK_INT(r3_writer_close(&writer, &error), -1);
    CHECK_TEXT(error.text, "nothing: Bad file descriptor");
}

/* A reader that is slow, behind a non-blocking descriptor: all arrives. */
static void test_slow_reader(void) {
    int ends[2];
    CHECK(pipe(ends) == 0);
    r3_pipe_enlarge(ends[1]);
    CHECK(fcntl(ends[1], F_GETPIPE_SZ) >= 4096);
    r3_pipe_enlarge(-1); /* of no consequence */
    CHECK(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        char block[65536];
        size_t sum = 0;
        close(ends[1]);
        nanosleep(&(struct timespec) { .tv_nsec = 5000000 }, NULL);
        for (ssize_t count; (count = read(ends[0], block, sizeof block)) > 0;)
            sum += (size_t)count;
        _exit(sum == 4000000 ? 0 : 1);
    }
    close(ends[0]);
    struct r3_writer writer;
    r3_writer_init(&writer, ends[1], "pipe");
    int failures = 0;
    for (int i = 0; i < 400000; i++)
        failures += r3_writer_put(&writer, "0123456789", 10, &error) != 0;
    CHECK_INT(failures, 0);
    CHECK_INT(r3_writer_close(&writer, &error), 0);
    wait_for(child);
}

/* A writer with a thread: the same bytes, in pieces smaller and larger than its buffer. */
static void test_write_behind(void) {
    char path[] = "/tmp/r3-io-XXXXXX";
    int fd = mkstemp(path);
    cpu_set_t all;
    struct r3_writer writer;
    struct r3_buffer want = R3_BUFFER_INIT;
    CHECK(fd >= 0 && sched_getaffinity(0, sizeof all, &all) == 0);
    for (int i = 0; i < 400000; i++)
        r3_buffer_printf(&want, "%d\n", i);
    r3_writer_init(&writer, fd, path);
    writer.behind = r3_write_behind_new(fd, &all);
    CHECK(writer.behind != NULL);
    for (size_t at = 0, piece = 1; at<want.length; at += piece, piece = piece> 900000 ? 3 : 2 * piece + 1) {
        piece = piece < want.length - at ? piece : want.length - at;
        CHECK_INT(r3_writer_put(&writer, want.data + at, piece, &error), 0);
        if (piece % 3 == 0)
            CHECK_INT(r3_writer_flush(&writer, &error), 0);
    }
    CHECK_INT(r3_writer_close(&writer, &error), 0);
    struct r3_buffer got = R3_BUFFER_INIT;
    fd = open(path, O_RDONLY);
    CHECK(read(fd, r3_buffer_reserve(&got, want.length + 1), want.length + 1) == (ssize_t)want.length);
    CHECK(memcmp(got.data, want.data, want.length) == 0);
    close(fd);
    unlink(path);
    r3_buffer_release(&got);
    r3_buffer_release(&want);

    fd = open("/dev/full", O_WRONLY);
    r3_writer_init(&writer, fd, "standard output");
    writer.behind = r3_write_behind_new(fd, &all);
    CHECK_INT(r3_writer_put(&writer, "a\n", 2, &error), 0);
    CHECK_INT(r3_writer_close(&writer, &error), -1);
    CHECK_INT(error.status, R3_IO);
    CHECK_TEXT(error.text, "standard output: No space left on device");
}

/* What is written behind a line that has no end does not become a part of it. */
static void test_begin_line(int flags) {
    static const char *const cases[][2] = { { "", "" }, { "whole\n", "" }, { "torn", "\n" }, { "whole\ntorn", "\n" } };
    struct r3_writer writer;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[] = "/tmp/r3-io.XXXXXX", want[64], got[64] = "";
        int made = mkstemp(path);
        CHECK(write(made, cases[i][0], strlen(cases[i][0])) == (ssize_t)strlen(cases[i][0]));
        int fd = open(path, O_WRONLY | flags);
        lseek(fd, 0, SEEK_END);
        r3_writer_init(&writer, fd, "file");
        for (int k = 0; k < 2; k++) {
            CHECK_INT(r3_writer_begin_line(&writer, &error), 0);
            CHECK_INT(r3_writer_put(&writer, "line\n", 5, &error), 0);
        }
        CHECK_INT(r3_writer_close(&writer, &error), 0);
        snprintf(want, sizeof want, "%s%sline\nline\n", cases[i][0], cases[i][1]);
        CHECK(pread(made, got, sizeof got - 1, 0) > 0);
        CHECK_TEXT(got, want);
        close(made);
        unlink(path);
    }
    int ends[2];
    CHECK(pipe(ends) == 0);
    r3_writer_init(&writer, ends[1], "pipe");
    CHECK_INT(r3_writer_begin_line(&writer, &error), 0);
    CHECK_INT(writer.length, 0);
    CHECK_INT(r3_writer_close(&writer, &error), 0);
    close(ends[0]);
}

int main(void) {
    test_write_behind();
    test_lines();
    test_long_lines();
    test_sliding();
    test_before_read();
    test_read_errors();
    test_interruptions(0);
    test_interruptions(O_NONBLOCK);
    test_writer();
    test_write_errors();
    test_slow_reader();
    test_begin_line(0);
    test_begin_line(O_APPEND);
    return check_done();
}
