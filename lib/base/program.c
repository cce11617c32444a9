#include "lib/base/program.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

void r3_program_execute(const char *name, char *const argv[]) {
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path);
    char *slash = length > 0 && (size_t)length < sizeof path ? memrchr(path, '/', (size_t)length) : NULL;
    size_t size = strlen(name) + 1;
    if (slash && (size_t)(slash + 1 - path) + size <= sizeof path) {
        memcpy(slash + 1, name, size);
        execv(path, argv);
    }
    execvp(name, argv);
}
