#include "lib/base/shared_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int r3_shared_path(struct r3_buffer *path, const char *name) {
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (state && *state == '/')
        r3_buffer_append_text(path, state);
    else if (home && *home == '/')
        r3_buffer_printf(path, "%s/.local/state", home);
    else
        return -1;
    r3_buffer_printf(path, "/r3/%s", name);
    return 0;
}

int r3_shared_make_directories(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return -1;
        *slash = '/';
    }
    return 0;
}

static int open_own(const char *path) {
    struct stat status;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != geteuid())) {
        close(fd);
        fd = -1;
    }
    return fd;
}

int r3_shared_open(const char *name) {
    struct r3_buffer path = R3_BUFFER_INIT;
    int fd = -1;
    if (r3_shared_path(&path, name) == 0) {
        fd = open_own(path.data);
        if (fd < 0 && errno == ENOENT && r3_shared_make_directories(path.data) == 0)
            fd = open_own(path.data);
    }
    r3_buffer_release(&path);
    return fd;
}
