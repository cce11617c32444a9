#include "lib/stage/report_gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char missing[] =
    "--plot: gnuplot is not installed (Debian, Ubuntu: apt install gnuplot-nox; macOS: brew install gnuplot)";

int r3_gnuplot_find(struct r3_error *error) {
    const char *path = getenv("PATH");
    struct r3_buffer name = R3_BUFFER_INIT;
    int found = -1;
    while (path && found != 0) {
        const char *end = strchrnul(path, ':');
        r3_buffer_reset(&name);
        r3_buffer_printf(&name, "%.*s/gnuplot", end > path ? (int)(end - path) : 1, end > path ? path : ".");
        found = access(name.data, X_OK);
        path = *end ? end + 1 : NULL;
    }
    r3_buffer_release(&name);
    return found == 0 ? 0 : r3_fail(error, R3_UNAVAILABLE, "%s", missing);
}

/* A file in memory that holds `text`, open for reading from its start. The script is handed over whole in place of a pipe's other end: a
 * gnuplot that dies early can neither block the writer nor kill it with SIGPIPE. */
static int memory_file(const char *name, const char *text, size_t length, struct r3_error *error) {
    int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd < 0)
        return r3_fail_errno(error, R3_SYSTEM, "--plot: memory for gnuplot's script");
    for (size_t done = 0; done < length;) {
        ssize_t wrote = write(fd, text + done, length - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0) {
            r3_fail_errno(error, R3_SYSTEM, "--plot: memory for gnuplot's script");
            close(fd);
            return -1;
        }
        done += (size_t)wrote;
    }
    if (lseek(fd, 0, SEEK_SET) < 0) {
        r3_fail_errno(error, R3_SYSTEM, "--plot: memory for gnuplot's script");
        close(fd);
        return -1;
    }
    return fd;
}

/* The first line that gnuplot wrote and that says something: it shows the place with lines of blanks and carets. */
static void first_message(char *out, size_t size, int fd) {
    char text[4096];
    ssize_t length = pread(fd, text, sizeof text - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    out[0] = '\0';
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *start = line + strspn(line, " \t^");
        int width = (int)strcspn(start, "\n");
        if (width > 0 && strncmp(start, "gnuplot>", 8) != 0 && *start != '\n') {
            snprintf(out, size, ": %.*s", width, start);
            return;
        }
    }
}

static int start(pid_t *child, int script, int messages, struct r3_error *error) {
    static char gnuplot[] = "gnuplot";
    char *const words[] = { gnuplot, NULL };
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return r3_fail(error, R3_SYSTEM, "--plot: no memory to start gnuplot");
    posix_spawn_file_actions_adddup2(&actions, script, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, messages, STDERR_FILENO);
    int failed = posix_spawnp(child, gnuplot, &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed == ENOENT)
        return r3_fail(error, R3_UNAVAILABLE, "%s", missing);
    if (failed) {
        errno = failed;
        return r3_fail_errno(error, R3_SYSTEM, "--plot: gnuplot does not start");
    }
    return 0;
}

int r3_gnuplot_run(const struct r3_buffer *script, struct r3_error *error) {
    int status = 0, result = -1, messages = -1;
    pid_t child, ended;
    int input = memory_file("gnuplot-script", script->data, script->length, error);
    if (input < 0)
        goto out;
    messages = memory_file("gnuplot-messages", "", 0, error);
    if (messages < 0 || start(&child, input, messages, error) != 0)
        goto out;
    while ((ended = waitpid(child, &status, 0)) < 0 && errno == EINTR)
        ;
    if (ended < 0) {
        r3_fail_errno(error, R3_SYSTEM, "--plot: waiting for gnuplot");
        goto out;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        char said[256];
        first_message(said, sizeof said, messages);
        r3_fail(error, R3_UNAVAILABLE, "--plot: gnuplot failed%s", said);
        goto out;
    }
    result = 0;
out:
    if (input >= 0)
        close(input);
    if (messages >= 0)
        close(messages);
    return result;
}
