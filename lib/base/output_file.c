#include "lib/base/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buffer.h"

enum { NAMES_TRIED = 100 };

/* A new file beside `path`. O_EXCL, so that two runs that write the same path at once do not share one file. */
static int create_beside(char **name, const char *path, struct r3_error *error) {
    struct r3_buffer text = R3_BUFFER_INIT;
    int fd = -1;
    for (int i = 0; fd < 0 && i < NAMES_TRIED; i++) {
        r3_buffer_reset(&text);
        r3_buffer_printf(&text, "%s.%ld-%d.part", path, (long)getpid(), i);
        fd = open(text.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    if (fd < 0) {
        r3_fail_errno(error, R3_IO, "%s", path);
        r3_buffer_release(&text);
        return -1;
    }
    *name = text.data; /* taken over from the buffer */
    return fd;
}

/* Whether it is the file that standard output goes to (a shell's >, perhaps named as /dev/stdout). */
static bool is_standard_output(const struct stat *status) {
    struct stat output;
    return fstat(STDOUT_FILENO, &output) == 0 && output.st_dev == status->st_dev && output.st_ino == status->st_ino;
}

int r3_output_file_open(struct r3_output_file *file, const char *path, struct r3_error *error) {
    struct stat status;
    char *real = NULL, *temporary = NULL;
    int fd;
    bool exists = stat(path, &status) == 0;
    if (exists && S_ISREG(status.st_mode) && is_standard_output(&status))
        return r3_fail(error, R3_USAGE, "%s: standard output goes there, and would be replaced", path);
    if (exists && !S_ISREG(status.st_mode)) {
        fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0)
            return r3_fail_errno(error, R3_IO, "%s", path);
    } else {
        real = realpath(path, NULL); /* a link stays a link: what it points at is replaced */
        fd = create_beside(&temporary, real ? real : path, error);
        if (fd < 0) {
            free(real);
            return -1;
        }
    }
    file->path = real ? real : r3_duplicate(path);
    file->temporary = temporary;
    r3_writer_init(&file->writer, fd, file->path);
    return 0;
}

const char *r3_output_file_name(const struct r3_output_file *file) {
    return file->temporary ? file->temporary : file->path;
}

static void forget(struct r3_output_file *file) {
    free(file->path);
    free(file->temporary);
    *file = (struct r3_output_file)R3_OUTPUT_FILE_INIT;
}

int r3_output_file_commit(struct r3_output_file *file, struct r3_error *error) {
    int result = r3_writer_close(&file->writer, error);
    if (result == 0 && file->temporary && rename(file->temporary, file->path) != 0)
        result = r3_fail_errno(error, R3_IO, "%s", file->path);
    if (result != 0 && file->temporary)
        unlink(file->temporary);
    forget(file);
    return result;
}

void r3_output_file_abandon(struct r3_output_file *file) {
    if (!file->path)
        return;
    struct r3_error ignored = { 0 };
    file->writer.length = 0; /* what is still in memory is not wanted either */
    r3_writer_close(&file->writer, &ignored);
    if (file->temporary)
        unlink(file->temporary);
    forget(file);
}
