#include "lib/sweep/resume.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/io.h"

struct place {
    uint64_t number;
    int64_t from, to;
    off_t offset;
    size_t length;
    uint64_t line; /* from 1 */
};

struct r3_sweep_resume {
    char *path;
    int fd;
    struct place *places; /* sorted by number, from, to; of several with one key the last in the file counts */
    size_t count, capacity;
    off_t end;
    time_t synced;
    struct r3_buffer line;
};

static int compare_places(const void *a, const void *b) {
    const struct place *left = a, *right = b;
    if (left->number != right->number)
        return left->number < right->number ? -1 : 1;
    if (left->from != right->from)
        return left->from < right->from ? -1 : 1;
    if (left->to != right->to)
        return left->to < right->to ? -1 : 1;
    return 0;
}

static int compare_in_file(const void *a, const void *b) {
    const struct place *left = a, *right = b;
    int order = compare_places(a, b);
    return order ? order : (left->offset < right->offset) - (left->offset > right->offset);
}

static void add_place(struct r3_sweep_resume *resume, const struct place *place) {
    if (resume->count == resume->capacity) {
        resume->capacity = resume->capacity ? 2 * resume->capacity : 64;
        resume->places = r3_reallocate(resume->places, resume->capacity * sizeof resume->places[0]);
    }
    resume->places[resume->count++] = *place;
}

/* A last line without its newline was being written when the run was killed. */
static int cut_torn_line(struct r3_sweep_resume *resume, struct r3_error *error) {
    struct stat status;
    char block[4096];
    if (fstat(resume->fd, &status) != 0)
        return r3_fail_errno(error, R3_IO, "%s", resume->path);
    if (!S_ISREG(status.st_mode))
        return r3_fail(error, R3_USAGE, "--resume %s: not a regular file", resume->path);
    off_t end = status.st_size;
    while (end > 0) {
        size_t want = end < (off_t)sizeof block ? (size_t)end : sizeof block;
        ssize_t got = pread(resume->fd, block, want, end - (off_t)want);
        if (got != (ssize_t)want)
            return r3_fail_errno(error, R3_IO, "%s", resume->path);
        const char *newline = memrchr(block, '\n', want);
        if (newline) {
            end -= (off_t)want - (newline + 1 - block);
            break;
        }
        end -= (off_t)want;
    }
    if (end != status.st_size && ftruncate(resume->fd, end) != 0)
        return r3_fail_errno(error, R3_IO, "%s", resume->path);
    resume->end = end;
    return 0;
}

static int load(struct r3_sweep_resume *resume, const char *sweep, struct r3_error *error) {
    struct r3_reader reader;
    const char *line;
    size_t length;
    off_t offset = 0;
    int got = 0;
    r3_reader_init(&reader, resume->fd, resume->path);
    if (lseek(resume->fd, 0, SEEK_SET) != 0) {
        got = r3_fail_errno(error, R3_IO, "%s", resume->path);
        goto out;
    }
    while ((got = r3_reader_line(&reader, &line, &length, error)) > 0) {
        struct r3_sweep_result_key key;
        got = r3_sweep_result_read(&key, NULL, line, length, error);
        if (got > 0 && strcmp(key.sweep, sweep) != 0)
            got = r3_fail(error, R3_DATA, "a result of another sweep (the text, --vary or --where differ)");
        if (got < 0)
            break;
        if (got > 0)
            add_place(resume, &(struct place) { key.number, key.from, key.to, offset, length, reader.line });
        offset += (off_t)length + 1;
    }
    if (got < 0 && error->status == R3_DATA)
        r3_error_at(error, "%s:%llu: ", resume->path, (unsigned long long)reader.line);
out:
    r3_reader_release(&reader);
    return got < 0 ? -1 : 0;
}

static void sort_places(struct r3_sweep_resume *resume) {
    size_t kept = 0;
    if (resume->count)
        qsort(resume->places, resume->count, sizeof resume->places[0], compare_in_file);
    for (size_t i = 0; i < resume->count; i++)
        if (kept == 0 || compare_places(&resume->places[kept - 1], &resume->places[i]) != 0)
            resume->places[kept++] = resume->places[i];
    resume->count = kept;
}

int r3_sweep_resume_open(struct r3_sweep_resume **out, const char *path, const char *sweep, struct r3_error *error) {
    struct r3_sweep_resume *resume = r3_allocate(sizeof *resume);
    resume->path = r3_duplicate(path);
    resume->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    int result = 0;
    if (resume->fd < 0)
        result = r3_fail_errno(error, R3_IO, "%s", path);
    else if (flock(resume->fd, LOCK_EX | LOCK_NB) != 0)
        result = errno == EWOULDBLOCK ? r3_fail(error, R3_RETRY, "--resume %s: another run has it open", path)
                                      : r3_fail_errno(error, R3_IO, "%s", path);
    if (result != 0 || cut_torn_line(resume, error) != 0 || load(resume, sweep, error) != 0) {
        r3_sweep_resume_free(resume);
        return -1;
    }
    sort_places(resume);
    *out = resume;
    return 0;
}

void r3_sweep_resume_free(struct r3_sweep_resume *resume) {
    if (!resume)
        return;
    if (resume->fd >= 0)
        close(resume->fd);
    r3_buffer_release(&resume->line);
    free(resume->places);
    free(resume->path);
    free(resume);
}

int r3_sweep_resume_close(struct r3_sweep_resume *resume, struct r3_error *error) {
    int fd = resume->fd;
    resume->fd = -1;
    if (fdatasync(fd) != 0) {
        r3_fail_errno(error, R3_IO, "%s", resume->path);
        close(fd);
        return -1;
    }
    return close(fd) != 0 ? r3_fail_errno(error, R3_IO, "%s", resume->path) : 0;
}

int r3_sweep_resume_find(struct r3_sweep_resume *resume, struct r3_sweep_run *run, struct r3_error *error) {
    const struct place wanted = { .number = run->number, .from = run->from, .to = run->to };
    struct r3_sweep_result_key key;
    const struct place *place = NULL;
    if (resume->count)
        place = bsearch(&wanted, resume->places, resume->count, sizeof wanted, compare_places);
    if (!place)
        return 0;
    r3_buffer_reset(&resume->line);
    r3_buffer_reserve(&resume->line, place->length + 1);
    if (pread(resume->fd, resume->line.data, place->length, place->offset) != (ssize_t)place->length)
        return r3_fail(error, R3_IO, "%s: a result could not be read again", resume->path);
    resume->line.data[place->length] = '\0';
    r3_buffer_release(&run->parameters);
    return r3_sweep_result_read(&key, run, resume->line.data, place->length, error) > 0
               ? 1
               : r3_error_at(error, "%s:%llu: ", resume->path, (unsigned long long)place->line);
}

int r3_sweep_resume_append(struct r3_sweep_resume *resume, const char *line, size_t length, struct r3_error *error) {
    for (size_t done = 0; done < length;) {
        ssize_t wrote = pwrite(resume->fd, line + done, length - done, resume->end + (off_t)done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return r3_fail_errno(error, R3_IO, "%s", resume->path);
        done += (size_t)wrote;
    }
    resume->end += (off_t)length;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    if (now.tv_sec > resume->synced && fdatasync(resume->fd) != 0)
        return r3_fail_errno(error, R3_IO, "%s", resume->path);
    resume->synced = now.tv_sec > resume->synced ? now.tv_sec : resume->synced;
    return 0;
}
