#include "lib/fetch/place.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/buffer.h"

int r3_fetch_open_file(const char *name) {
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    struct r3_buffer path = R3_BUFFER_INIT;
    int fd = -1;
    if (state && *state == '/')
        r3_buffer_append_text(&path, state);
    else if (home && *home == '/')
        r3_buffer_printf(&path, "%s/.local/state", home);
    if (path.length > 0) {
        r3_buffer_printf(&path, "/r3/%s", name);
        for (char *slash = strchr(path.data + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
            *slash = '\0';
            mkdir(path.data, 0700); /* mostly it is there; what cannot be made cannot be opened below */
            *slash = '/';
        }
        fd = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    r3_buffer_release(&path);
    return fd;
}
