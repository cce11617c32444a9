#include "lib/input/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "lib/base/buffer.h"

enum packing { PACKING_UNKNOWN, PACKING_NONE, PACKING_GZIP, PACKING_ZSTD };
enum { RAW_SIZE = 65536, MAGIC_SIZE = 4 };

struct r3_input {
    int fd;
    char *name;
    bool regular;
    enum packing packing;
    int64_t start; /* where the descriptor stood when it was opened */
    uint64_t taken, size;
    unsigned char raw[RAW_SIZE]; /* bytes read and not yet unpacked */
    size_t raw_start, raw_end;
    bool raw_ended;
    z_stream gzip;
    ZSTD_DStream *zstd;
    bool inside; /* within a gzip member or a zstd frame: an end of file here is a cut */
};

static int open_path(struct r3_input *input, const char *path, struct r3_error *error) {
    struct stat status;
    if (strcmp(path, "-") == 0) {
        input->fd = STDIN_FILENO;
        input->name = r3_duplicate("standard input");
    } else {
        input->name = r3_duplicate(path);
        input->fd = open(path, O_RDONLY | O_CLOEXEC);
        if (input->fd < 0)
            return r3_fail_errno(error, errno == EACCES ? R3_PERMISSION : R3_IO, "%s", path);
    }
    if (fstat(input->fd, &status) < 0)
        return r3_fail_errno(error, R3_IO, "%s", input->name);
    if (S_ISDIR(status.st_mode))
        return r3_fail(error, R3_IO, "%s: it is a directory", input->name);
    if (S_ISREG(status.st_mode)) {
        input->start = lseek(input->fd, 0, SEEK_CUR);
        input->regular = input->start >= 0;
        if (input->regular && status.st_size > input->start)
            input->size = (uint64_t)(status.st_size - input->start);
    }
    return 0;
}

int r3_input_open(struct r3_input **out, const char *path, struct r3_error *error) {
    struct r3_input *input = r3_allocate(sizeof *input);
    input->fd = -1;
    if (open_path(input, path, error) < 0) {
        r3_input_close(input);
        return -1;
    }
    *out = input;
    return 0;
}

void r3_input_close(struct r3_input *input) {
    if (!input)
        return;
    if (input->packing == PACKING_GZIP)
        inflateEnd(&input->gzip);
    ZSTD_freeDStream(input->zstd);
    if (input->fd > STDERR_FILENO)
        close(input->fd);
    free(input->name);
    free(input);
}

const char *r3_input_name(const struct r3_input *input) {
    return input->name;
}

bool r3_input_regular(const struct r3_input *input) {
    return input->regular;
}

int r3_input_seekable(const struct r3_input *input, int64_t *start) {
    *start = input->start;
    return input->regular && input->packing == PACKING_NONE ? input->fd : -1;
}

int r3_input_seek(struct r3_input *input, int64_t offset, struct r3_error *error) {
    if (lseek(input->fd, input->start + offset, SEEK_SET) < 0)
        return r3_fail_errno(error, R3_IO, "%s", input->name);
    input->taken = (uint64_t)offset;
    input->raw_start = input->raw_end = 0;
    input->raw_ended = false;
    return 0;
}

void r3_input_progress(const struct r3_input *input, uint64_t *done, uint64_t *total) {
    *done = input->taken;
    *total = input->size;
}

/* read(2) with the three results of r3_input_read. A descriptor that someone set to non-blocking is waited for. */
static int read_raw(struct r3_input *input, void *out, size_t size, size_t *got, struct r3_error *error) {
    struct pollfd watched = { .fd = input->fd, .events = POLLIN };
    ssize_t count;
    while ((count = read(input->fd, out, size)) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        if (poll(&watched, 1, -1) < 0)
            break;
    if (count < 0 && errno == EINTR)
        return R3_INPUT_INTERRUPTED;
    if (count < 0)
        return r3_fail_errno(error, R3_IO, "%s", input->name);
    *got = (size_t)count;
    input->taken += (uint64_t)count;
    return count ? R3_INPUT_MORE : R3_INPUT_END;
}

/* More raw bytes behind those that are there. */
static int fill_raw(struct r3_input *input, struct r3_error *error) {
    size_t got = 0;
    if (input->raw_start == input->raw_end)
        input->raw_start = input->raw_end = 0;
    if (input->raw_ended)
        return R3_INPUT_END;
    int result = read_raw(input, input->raw + input->raw_end, RAW_SIZE - input->raw_end, &got, error);
    if (result == R3_INPUT_MORE)
        input->raw_end += got;
    if (result == R3_INPUT_END)
        input->raw_ended = true;
    return result;
}

static int start_unpacking(struct r3_input *input, struct r3_error *error) {
    static const unsigned char gzip[] = { 0x1f, 0x8b }, zstd[] = { 0x28, 0xb5, 0x2f, 0xfd }, zip[] = { 'P', 'K', 3, 4 };
    size_t length = input->raw_end;
    if (length >= sizeof gzip && memcmp(input->raw, gzip, sizeof gzip) == 0) {
        if (inflateInit2(&input->gzip, 15 + 16) != Z_OK)
            return r3_fail(error, R3_SYSTEM, "%s: zlib cannot start", input->name);
        input->packing = PACKING_GZIP;
        input->inside = true;
    } else if (length >= sizeof zstd && memcmp(input->raw, zstd, sizeof zstd) == 0) {
        input->zstd = ZSTD_createDStream();
        if (!input->zstd)
            return r3_fail(error, R3_SYSTEM, "%s: zstd cannot start", input->name);
        input->packing = PACKING_ZSTD;
        input->inside = true;
    } else if (length >= sizeof zip && memcmp(input->raw, zip, sizeof zip) == 0) {
        return r3_fail(error, R3_DATA,
                       "%s: it is a zip archive: unpack it, as in `unzip -p %s | r3-collect --market …`", input->name,
                       input->name);
    } else {
        input->packing = PACKING_NONE;
    }
    return 0;
}

static int recognise(struct r3_input *input, struct r3_error *error) {
    while (input->raw_end < MAGIC_SIZE) {
        int result = fill_raw(input, error);
        if (result == R3_INPUT_END)
            break;
        if (result != R3_INPUT_MORE)
            return result;
    }
    return start_unpacking(input, error) < 0 ? -1 : R3_INPUT_MORE;
}

static int read_plain(struct r3_input *input, void *out, size_t size, size_t *got, struct r3_error *error) {
    size_t held = input->raw_end - input->raw_start;
    if (held) { /* what was read to recognise the packing */
        *got = held < size ? held : size;
        memcpy(out, input->raw + input->raw_start, *got);
        input->raw_start += *got;
        return R3_INPUT_MORE;
    }
    return input->raw_ended ? R3_INPUT_END : read_raw(input, out, size, got, error);
}

/* One step of zlib: *got bytes out, perhaps none. */
static int step_gzip(struct r3_input *input, void *out, size_t size, size_t *got, struct r3_error *error) {
    z_stream *gzip = &input->gzip;
    if (!input->inside) { /* a further member */
        if (inflateReset(gzip) != Z_OK)
            return r3_fail(error, R3_BUG, "%s: zlib cannot start again", input->name);
        input->inside = true;
    }
    gzip->next_in = input->raw + input->raw_start;
    gzip->avail_in = (uInt)(input->raw_end - input->raw_start);
    gzip->next_out = out;
    gzip->avail_out = (uInt)size;
    int result = inflate(gzip, Z_NO_FLUSH);
    input->raw_start = input->raw_end - gzip->avail_in;
    *got = size - gzip->avail_out;
    if (result == Z_STREAM_END)
        input->inside = false;
    else if (result == Z_MEM_ERROR)
        return r3_fail(error, R3_SYSTEM, "%s: zlib: no memory", input->name);
    else if (result != Z_OK && result != Z_BUF_ERROR)
        return r3_fail(error, R3_DATA, "%s: gzip data is damaged: %s", input->name,
                       gzip->msg ? gzip->msg : "no reason given");
    return 0;
}

static int step_zstd(struct r3_input *input, void *out, size_t size, size_t *got, struct r3_error *error) {
    ZSTD_inBuffer in = { input->raw + input->raw_start, input->raw_end - input->raw_start, 0 };
    ZSTD_outBuffer unpacked = { out, size, 0 };
    size_t result = ZSTD_decompressStream(input->zstd, &unpacked, &in);
    if (ZSTD_isError(result))
        return r3_fail(error, R3_DATA, "%s: zstd data is damaged: %s", input->name, ZSTD_getErrorName(result));
    input->raw_start += in.pos;
    input->inside = result != 0;
    *got = unpacked.pos;
    return 0;
}

static int read_packed(struct r3_input *input, void *out, size_t size, size_t *got, struct r3_error *error) {
    *got = 0;
    for (;;) {
        /* An unpacker may hold bytes that did not fit last time, so it is asked even when no raw bytes are left. */
        if (input->raw_start < input->raw_end || input->inside) {
            int failed = input->packing == PACKING_GZIP ? step_gzip(input, out, size, got, error)
                                                        : step_zstd(input, out, size, got, error);
            if (failed)
                return -1;
            if (*got)
                return R3_INPUT_MORE;
        }
        if (input->raw_start < input->raw_end)
            continue;
        int result = fill_raw(input, error);
        if (result == R3_INPUT_END && input->inside)
            return r3_fail(error, R3_DATA, "%s: the packed data is cut off", input->name);
        if (result != R3_INPUT_MORE)
            return result;
    }
}

int r3_input_read(struct r3_input *input, void *out, size_t size, size_t *got, struct r3_error *error) {
    if (input->packing == PACKING_UNKNOWN) {
        int result = recognise(input, error);
        if (result != R3_INPUT_MORE)
            return result;
    }
    return input->packing == PACKING_NONE ? read_plain(input, out, size, got, error)
                                          : read_packed(input, out, size, got, error);
}
