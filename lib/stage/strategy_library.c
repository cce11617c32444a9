#include "lib/stage/strategy_library.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, PATIENCE = 10 * 1000 /* ms, for what comes through a pipe: a run of a session must end */ };

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* The directories of bundled strategies, best first: $R3_STRATEGIES alone where it is set; else beside the program (a checkout
 * has bin/ and build/VARIANT/, an installation bin/ and share/), then where `make install` put them. False after the last. */
static bool directory_at(int index, char out[PATH_SIZE]) {
    static const char *const beside[] = { "/../lib/strategies", "/../../lib/strategies", "/../share/r3/strategies" };
    enum { BESIDE = sizeof beside / sizeof beside[0] };
    const char *chosen = getenv("R3_STRATEGIES");
    if (chosen && *chosen)
        return index == 0 && snprintf(out, PATH_SIZE, "%s", chosen) < PATH_SIZE;
    if (index < BESIDE) {
        char program[PATH_SIZE];
        ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
        program[length > 0 ? length : 0] = '\0';
        char *slash = strrchr(program, '/');
        if (slash)
            *slash = '\0';
        if (!slash || snprintf(out, PATH_SIZE, "%s%s", program, beside[index]) >= PATH_SIZE)
            out[0] = '\0'; /* no such directory */
        return true;
    }
    return index == BESIDE && snprintf(out, PATH_SIZE, "%s/strategies", R3_DATADIR) < PATH_SIZE;
}

/* As read(2) does; where nothing comes for long it fails with ETIMEDOUT. */
static ssize_t read_some(int fd, char *place, size_t size) {
    struct pollfd watched = { .fd = fd, .events = POLLIN };
    int ready = poll(&watched, 1, PATIENCE);
    if (ready == 0)
        errno = ETIMEDOUT;
    return ready <= 0 ? -1 : read(fd, place, size);
}

static int read_file(struct r3_buffer *text, const char *path, struct r3_error *error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO that nobody writes to */
    ssize_t got = 0;
    if (fd < 0)
        return r3_fail_errno(error, R3_IO, "%s", path);
    while (text->length <= R3_RULES_TEXT_MAX) {
        char *place = r3_buffer_reserve(text, 4096);
        got = read_some(fd, place, 4096);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got <= 0)
            break;
        text->length += (size_t)got;
        text->data[text->length] = '\0';
    }
    if (got < 0)
        r3_fail_errno(error, R3_IO, "%s", path);
    close(fd);
    return got < 0 ? -1 : 0;
}

static int label_of(char label[R3_NAME_SIZE], const char *path, struct r3_error *error) {
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t length = strlen(name);
    if (ends_with(name, ".rules"))
        length -= strlen(".rules");
    if (!length || r3_copy_text(label, R3_NAME_SIZE, name, length) < 0)
        return r3_fail(error, R3_USAGE, "%s: a rule file's name has 1 to %d letters", path, R3_NAME_SIZE - 1);
    return 0;
}

int r3_strategy_read(struct r3_buffer *text, struct r3_buffer *file, char label[R3_NAME_SIZE], const char *name,
                     struct r3_error *error) {
    if (label_of(label, name, error) < 0)
        return -1;
    if (strchr(name, '/') || ends_with(name, ".rules")) {
        r3_buffer_append_text(file, name);
        return read_file(text, name, error);
    }
    char directory[PATH_SIZE];
    for (int i = 0; directory_at(i, directory); i++) {
        r3_buffer_reset(file);
        r3_buffer_printf(file, "%s/%s.rules", directory, name);
        if (*directory && access(file->data, F_OK) == 0) {
            int result = read_file(text, file->data, error);
            r3_buffer_reset(file); /* messages name a bundled file shortly */
            r3_buffer_printf(file, "%s.rules", name);
            return result;
        }
    }
    return r3_fail(
        error, R3_USAGE,
        "no strategy %s: --list shows the bundled ones; a file is named with a slash or .rules, as ./mine or mine.rules",
        name);
}

/* Each --set, as r3_rules_compile takes them; *count of them. New; freed by the caller. */
static const char **settings_of(const struct r3_arguments *arguments, size_t *count) {
    *count = r3_arguments_count(arguments, "set");
    const char **settings = r3_allocate((*count + 1) * sizeof *settings);
    for (size_t i = 0; i < *count; i++)
        settings[i] = r3_arguments_get(arguments, "set", i)->text;
    return settings;
}

/* The rules failed with the --plot lines behind them. When they do without, it is --plot that is wrong: its message has no
 * place in the file. */
static int blame_plot(const char *file, const struct r3_buffer *text, size_t length, const char *const *settings,
                      size_t count, struct r3_error *error) {
    struct r3_rules *rules = NULL;
    struct r3_error unused;
    if (r3_rules_compile(&rules, file, text->data, length, settings, count, &unused) < 0)
        return -1;
    r3_rules_free(rules);
    const char *message = strstr(error->text + strlen(file), ": "); /* file:line:column: message */
    char reason[sizeof error->text];
    snprintf(reason, sizeof reason, "%s", message ? message + 2 : error->text);
    return r3_fail(error, R3_USAGE, "--plot: %s", reason);
}

int r3_strategy_rules(struct r3_rules **out, char label[R3_NAME_SIZE], const struct r3_arguments *arguments,
                      struct r3_error *error) {
    struct r3_buffer text = R3_BUFFER_INIT, file = R3_BUFFER_INIT;
    size_t expressions = r3_arguments_count(arguments, "expression");
    size_t operands = r3_arguments_operands(arguments), count;
    const char **settings = settings_of(arguments, &count);
    int result = -1;
    if (operands + (expressions > 0) != 1) {
        r3_fail(error, R3_USAGE, operands ? "one strategy at a time" : "a strategy is wanted: NAME, FILE or -e TEXT");
        goto out;
    }
    if (expressions) {
        for (size_t i = 0; i < expressions; i++) /* each is a line, as for sed */
            r3_buffer_printf(&text, "%s%s", i ? "\n" : "", r3_arguments_get(arguments, "expression", i)->text);
        r3_buffer_append_text(&file, "-e");
        r3_copy_text(label, R3_NAME_SIZE, "inline", strlen("inline"));
    } else if (r3_strategy_read(&text, &file, label, r3_arguments_operand(arguments, 0), error) < 0) {
        goto out;
    }
    size_t own = text.length;
    for (size_t i = 0; i < r3_arguments_count(arguments, "plot"); i++) /* as if the rules ended with the line */
        r3_buffer_printf(&text, "\nplot %s", r3_arguments_get(arguments, "plot", i)->text);
    result = r3_rules_compile(out, file.data, text.data ? text.data : "", text.length, settings, count, error);
    if (result < 0 && text.length > own)
        result = blame_plot(file.data, &text, own, settings, count, error);
out:
    free(settings);
    r3_buffer_release(&text);
    r3_buffer_release(&file);
    return result;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The first comment line of a rule text, without its sign. */
static void append_title(struct r3_buffer *out, const struct r3_buffer *text) {
    const char *at = text->data ? text->data : "";
    if (*at != '#')
        return;
    at += strspn(at, "# ");
    r3_buffer_append(out, at, strcspn(at, "\n"));
}

static int list_directory(struct r3_buffer *out, DIR *entries, const char *directory, struct r3_error *error) {
    char **names = NULL;
    size_t count = 0, widest = 0;
    int result = 0;
    for (const struct dirent *entry; (entry = readdir(entries));) {
        if (!ends_with(entry->d_name, ".rules"))
            continue;
        names = r3_reallocate(names, (count + 1) * sizeof *names);
        names[count] = r3_duplicate(entry->d_name);
        widest = strlen(names[count]) > widest ? strlen(names[count]) : widest;
        count++;
    }
    if (count)
        qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 0; i < count; i++) {
        struct r3_buffer text = R3_BUFFER_INIT;
        char path[PATH_SIZE];
        if (result == 0 && snprintf(path, sizeof path, "%s/%s", directory, names[i]) < PATH_SIZE)
            result = read_file(&text, path, error);
        r3_buffer_printf(out, "%-*.*s  ", (int)(widest - 6), (int)(strlen(names[i]) - 6), names[i]); /* 6: ".rules" */
        append_title(out, &text);
        r3_buffer_append_text(out, "\n");
        r3_buffer_release(&text);
        free(names[i]);
    }
    free(names);
    return result;
}

int r3_strategy_list(struct r3_buffer *out, struct r3_error *error) {
    char directory[PATH_SIZE];
    for (int i = 0; directory_at(i, directory); i++) {
        DIR *entries = *directory ? opendir(directory) : NULL;
        if (!entries)
            continue;
        int result = list_directory(out, entries, directory, error);
        closedir(entries);
        return result;
    }
    return r3_fail(error, R3_IO,
                   "the bundled strategies are not where they should be: R3_STRATEGIES can name their directory");
}

int r3_strategy_explain(struct r3_buffer *out, const char *name, const struct r3_arguments *arguments,
                        struct r3_error *error) {
    struct r3_buffer text = R3_BUFFER_INIT, file = R3_BUFFER_INIT;
    struct r3_rules *rules = NULL;
    char label[R3_NAME_SIZE];
    size_t count;
    const char **settings = settings_of(arguments, &count);
    int result = -1;
    if (r3_strategy_read(&text, &file, label, name, error) < 0 ||
        r3_rules_compile(&rules, file.data, text.data ? text.data : "", text.length, settings, count, error) < 0)
        goto out;
    r3_buffer_append(out, text.data, text.length);
    r3_buffer_append_text(out, "\n");
    r3_rules_describe(rules, out);
    result = 0;
out:
    r3_rules_free(rules);
    free(settings);
    r3_buffer_release(&text);
    r3_buffer_release(&file);
    return result;
}
