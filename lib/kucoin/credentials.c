#include "lib/kucoin/credentials_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/base64.h"
#include "lib/base/buffer.h"

/* ---- memory ---- */

/* Pages of its own: what is locked, left out of core dumps and wiped is this and nothing else. */
static int take_memory(struct r3_kucoin_credentials **out, struct r3_error *error) {
    void *memory =
        mmap(NULL, sizeof(struct r3_kucoin_credentials), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return r3_fail_errno(error, R3_SYSTEM, "memory for the API key");
    if (mlock(memory, sizeof(struct r3_kucoin_credentials)) != 0 ||
        madvise(memory, sizeof(struct r3_kucoin_credentials), MADV_DONTDUMP) != 0) {
        r3_fail_errno(error, R3_SYSTEM, "memory for the API key cannot be locked (ulimit -l)");
        munmap(memory, sizeof(struct r3_kucoin_credentials));
        return -1;
    }
    *out = memory;
    return 0;
}

/* libcurl and its TLS keep headers (key, signatures, the signed passphrase) in memory of their own: so there is no core dump of a process that has a
 * key at all, neither as a file nor, where they go to a program, to that one. */
static int forbid_core(struct r3_error *error) {
    if (setrlimit(RLIMIT_CORE, &(struct rlimit) { 0 }) != 0)
        return r3_fail_errno(error, R3_SYSTEM, "core dumps cannot be forbidden");
#ifndef __SANITIZE_ADDRESS__ /* which looks for leaks as a debugger does */
    if (prctl(PR_SET_DUMPABLE, 0) != 0)
        return r3_fail_errno(error, R3_SYSTEM, "core dumps cannot be forbidden");
#endif
    return 0;
}

void r3_kucoin_credentials_free(struct r3_kucoin_credentials *credentials) {
    if (!credentials)
        return;
    explicit_bzero(credentials, sizeof *credentials);
    munmap(credentials, sizeof *credentials);
}

/* ---- the file's lines ---- */

enum { KEY, SECRET, PASSPHRASE, REQUIRED, VERSION = REQUIRED, LINES };
static const char *const names[LINES] = { "key", "secret", "passphrase", "version" };
enum { USUAL_VERSION = 3 };

struct value {
    const char *text;
    size_t length;
};

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

/* What is sent in a header must be printable ASCII without a space; the others are only signed, but a control byte in them is a
 * damaged file. */
static bool is_fit(int which, const struct value *value) {
    for (size_t i = 0; i < value->length; i++) {
        unsigned char c = (unsigned char)value->text[i];
        if (c < 0x20 || c == 0x7f || (which == KEY && (c == ' ' || c > 0x7e)))
            return false;
    }
    return value->length > 0 && (which != KEY || value->length < R3_KUCOIN_KEY_SIZE);
}

static int take_line(struct value values[LINES], const char *text, size_t length, size_t number, const char *path,
                     struct r3_error *error) {
    while (length > 0 && is_blank(text[length - 1]))
        length--;
    while (length > 0 && is_blank(*text))
        text++, length--;
    if (length == 0 || *text == '#')
        return 0;
    const char *colon = memchr(text, ':', length);
    size_t name = colon ? (size_t)(colon - text) : 0;
    for (int which = 0; colon && which < LINES; which++) {
        if (strlen(names[which]) != name || memcmp(names[which], text, name) != 0)
            continue;
        struct value value = { colon + 1, length - name - 1 };
        while (value.length > 0 && is_blank(*value.text))
            value.text++, value.length--;
        if (!is_fit(which, &value))
            return r3_fail(error, R3_CONFIG, "%s:%zu: the %s is empty, too long or not printable", path, number,
                           names[which]);
        if (values[which].text)
            return r3_fail(error, R3_CONFIG, "%s:%zu: a second %s", path, number, names[which]);
        values[which] = value;
        return 0;
    }
    return r3_fail(error, R3_CONFIG,
                   "%s:%zu: not a line \"key: …\", \"secret: …\", \"passphrase: …\" or \"version: …\"", path, number);
}

static int take_lines(struct value values[LINES], const char *text, size_t length, const char *path,
                      struct r3_error *error) {
    size_t number = 0;
    for (const char *end = text + length; text < end;) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        if (!stop)
            stop = end;
        if (take_line(values, text, (size_t)(stop - text), ++number, path, error) < 0)
            return -1;
        text = stop + (stop < end);
    }
    for (int which = 0; which < REQUIRED; which++)
        if (!values[which].text)
            return r3_fail(error, R3_CONFIG, "%s: no line \"%s: …\"", path, names[which]);
    return 0;
}

/* The signed passphrase is no secret: it goes out with each call. */
static int sign_passphrase(struct r3_kucoin_credentials *credentials, struct value *passphrase,
                           struct r3_error *error) {
    unsigned char digest[R3_KUCOIN_DIGEST_SIZE];
    struct r3_buffer text = R3_BUFFER_INIT;
    credentials->file[passphrase->text - credentials->file + (ptrdiff_t)passphrase->length] = '\0';
    if (r3_kucoin_sign(digest, &credentials->secret, (const char *const[]) { passphrase->text, NULL }, error) < 0)
        return -1;
    r3_base64_append(&text, digest, sizeof digest);
    int result = r3_copy_text(credentials->passphrase, sizeof credentials->passphrase, text.data, text.length);
    r3_buffer_release(&text);
    return result;
}

static int take_version(int *out, const struct value *version, const char *path, struct r3_error *error) {
    *out = version->text ? *version->text - '0' : USUAL_VERSION;
    return version->length <= 1 && (*out == 2 || *out == 3)
               ? 0
               : r3_fail(error, R3_CONFIG, "%s: the version of a key is 2 or 3", path);
}

static int understand(struct r3_kucoin_credentials *credentials, size_t length, const char *path,
                      struct r3_error *error) {
    struct value values[LINES] = { { NULL, 0 } };
    int result = -1;
    if (take_lines(values, credentials->file, length, path, error) == 0 &&
        take_version(&credentials->version, &values[VERSION], path, error) == 0 &&
        r3_kucoin_secret_set(&credentials->secret, values[SECRET].text, values[SECRET].length, error) == 0 &&
        sign_passphrase(credentials, &values[PASSPHRASE], error) == 0)
        result = r3_copy_text(credentials->key, sizeof credentials->key, values[KEY].text, values[KEY].length);
    explicit_bzero(credentials->file, sizeof credentials->file);
    return result;
}

/* ---- the file ---- */

/* All is asked of what was opened, so a symbolic link may lead to it, as those of service managers and of configuration kept elsewhere do.
 * A service manager gives its files to root with an entry for the user, which shows as bits of the group. */
static int check_file(int fd, const char *path, bool from_manager, struct r3_error *error) {
    struct stat state;
    if (fstat(fd, &state) != 0)
        return r3_fail_errno(error, R3_CONFIG, "%s", path);
    if (!S_ISREG(state.st_mode))
        return r3_fail(error, R3_CONFIG, "%s: not a regular file", path);
    bool of_root = from_manager && state.st_uid == 0;
    if (state.st_uid != geteuid() && !of_root)
        return r3_fail(error, R3_CONFIG, "%s: belongs to another user", path);
    mode_t refused = of_root ? S_IRWXO | S_IWGRP | S_IXGRP : S_IRWXO | S_IRWXG;
    if (state.st_mode & refused)
        return r3_fail(error, R3_CONFIG, "%s: others can read or change it: chmod 600", path);
    return 0;
}

static int read_file(struct r3_kucoin_credentials *credentials, size_t *length, int fd, const char *path,
                     struct r3_error *error) {
    *length = 0;
    for (;;) {
        ssize_t count = read(fd, credentials->file + *length, sizeof credentials->file - *length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return r3_fail_errno(error, R3_CONFIG, "%s", path);
        *length += (size_t)count;
        if (*length > R3_KUCOIN_CREDENTIALS_FILE_MAX)
            return r3_fail(error, R3_CONFIG, "%s: longer than %d bytes", path, R3_KUCOIN_CREDENTIALS_FILE_MAX);
        if (count == 0)
            return 0;
    }
}

static int read_from(struct r3_kucoin_credentials **out, int fd, const char *path, bool from_manager,
                     struct r3_error *error) {
    struct r3_kucoin_credentials *credentials = NULL;
    size_t length;
    if (check_file(fd, path, from_manager, error) < 0 || take_memory(&credentials, error) < 0)
        return -1;
    if (read_file(credentials, &length, fd, path, error) < 0 || understand(credentials, length, path, error) < 0) {
        r3_kucoin_credentials_free(credentials);
        return -1;
    }
    *out = credentials;
    return 0;
}

static int open_file(const char *path) {
    return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/* Where the user's own file is; empty: nowhere. */
static void name_own(struct r3_buffer *path) {
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (config && *config == '/')
        r3_buffer_printf(path, "%s/r3/kucoin", config);
    else if (home && *home)
        r3_buffer_printf(path, "%s/.config/r3/kucoin", home);
}

/* Open it where it is looked for; -1 with errno, and with an empty name where there is no place for one. */
static int open_place(struct r3_buffer *name, const char *path, bool *managed) {
    const char *manager = path ? NULL : getenv("CREDENTIALS_DIRECTORY");
    *managed = manager && *manager == '/';
    if (*managed) {
        r3_buffer_printf(name, "%s/kucoin", manager);
        int fd = open_file(name->data);
        if (fd >= 0 || errno != ENOENT)
            return fd;
        *managed = false;
        r3_buffer_reset(name);
    }
    if (path)
        r3_buffer_append_text(name, path);
    else
        name_own(name);
    errno = ENOENT;
    return name->length ? open_file(name->data) : -1;
}

bool r3_kucoin_credentials_exist(void) {
    struct r3_buffer name = R3_BUFFER_INIT;
    bool managed;
    int fd = open_place(&name, NULL, &managed);
    bool exist = fd >= 0 || errno != ENOENT;
    if (fd >= 0)
        close(fd);
    r3_buffer_release(&name);
    return exist;
}

int r3_kucoin_credentials_read(struct r3_kucoin_credentials **out, const char *path, struct r3_error *error) {
    struct r3_buffer name = R3_BUFFER_INIT;
    bool managed;
    int result = -1;
    *out = NULL;
    if (forbid_core(error) < 0)
        return -1;
    int fd = open_place(&name, path, &managed);
    if (name.length == 0) {
        r3_fail(error, R3_CONFIG, "no place for the API key: --credentials, XDG_CONFIG_HOME and HOME are not set");
        goto out;
    }
    if (fd < 0) {
        r3_fail_errno(error, R3_CONFIG, "no API key: %s", name.data);
        goto out;
    }
    result = read_from(out, fd, name.data, managed, error);
out:
    if (fd >= 0)
        close(fd);
    r3_buffer_release(&name);
    return result;
}
