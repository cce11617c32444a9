/* The API key's file: what is taken, what is refused and how that is said, and that nothing of it is left behind. */
#include "lib/kucoin/credentials_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "tests/unit/check.h"

#define KEY "67a1b2c3d4e5f60001234567"
#define SECRET "01234567-89ab-cdef-0123-456789abcdef"
#define PASSPHRASE "r3-test-pass"
#define SIGNED "e9HSlMRzGUBZ11IeivPVbuRrS0oXwQZdHTHjoO9Um8g="

/* The address sanitizer's mlock does nothing. */
#ifdef __has_feature
#define SANITIZED __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static char directory[] = "/tmp/r3-credentials-XXXXXX";
static char path[64];

static void write_file(const char *where, const char *text, size_t length, mode_t mode) {
    unlink(where);
    int fd = open(where, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0);
    CHECK_INT(write(fd, text, length), (ssize_t)length);
    CHECK_INT(fchmod(fd, mode), 0);
    close(fd);
}

static void say_nothing_of_it(const struct r3_error *error) {
    static const char *const secrets[] = { KEY, SECRET, PASSPHRASE, "67a1b2", "012345", "r3-test" };
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        CHECK(!strstr(error->text, secrets[i]));
}

/* text: what the refusal holds; NULL: it is taken. */
static void try(const char *text, mode_t mode, const char *refusal) {
    struct r3_kucoin_credentials *credentials = NULL;
    struct r3_error error = { 0 };
    write_file(path, text, strlen(text), mode);
    int result = r3_kucoin_credentials_read(&credentials, path, &error);
    if (refusal) {
        CHECK_INT(result, -1);
        CHECK(!credentials);
        CHECK_INT(error.status, R3_CONFIG);
        CHECK(strstr(error.text, refusal));
        CHECK(strstr(error.text, path));
        if (!strstr(error.text, refusal))
            fprintf(stderr, "  %s\n", error.text);
        say_nothing_of_it(&error);
    } else {
        CHECK_INT(result, 0);
        if (result < 0)
            fprintf(stderr, "  %s\n", error.text);
    }
    if (credentials) {
        CHECK_TEXT(credentials->key, KEY);
        CHECK_TEXT(credentials->passphrase, SIGNED);
        CHECK_INT(credentials->version, strstr(text, "version: 2") ? 2 : 3);
        size_t left = 0; /* of the file's text */
        for (size_t i = 0; i < sizeof credentials->file; i++)
            left += credentials->file[i] != 0;
        CHECK_INT(left, 0);
    }
    r3_kucoin_credentials_free(credentials);
}

static void check_forms(void) {
    try("key: " KEY "\nsecret: " SECRET "\npassphrase: " PASSPHRASE "\n", 0600, NULL);
    try("key: " KEY "\nsecret: " SECRET "\npassphrase: " PASSPHRASE, 0400, NULL);
    try("version: 2\nkey: " KEY "\nsecret: " SECRET "\npassphrase: " PASSPHRASE "\n", 0600, NULL);
    try("key: " KEY "\nsecret: " SECRET "\npassphrase: " PASSPHRASE "\nversion: 3", 0600, NULL);
    try("key: " KEY "\nsecret: " SECRET "\npassphrase: " PASSPHRASE "\nversion: 1\n", 0600,
        "the version of a key is 2 or 3");
    try("key: " KEY "\nsecret: " SECRET "\npassphrase: " PASSPHRASE "\nversion: 22\n", 0600,
        "the version of a key is 2 or 3");
    try("key: " KEY "\nsecret: " SECRET "\npassphrase: " PASSPHRASE "\nversion:\n", 0600, ":4: the version is empty");
    try("# mine\n\npassphrase:" PASSPHRASE "\r\n  secret :x\n", 0600, ":4: not a line");
    try("# mine\r\n\r\n\tpassphrase:\t" PASSPHRASE " \r\nsecret:" SECRET "\r\n key: " KEY "\r\n", 0600, NULL);
    try("", 0600, "no line \"key: …\"");
    try("key: " KEY "\nsecret: " SECRET "\n", 0600, "no line \"passphrase: …\"");
    try("key: " KEY "\nkey: " KEY "\n", 0600, ":2: a second key");
    try("key: " KEY "\nsecret: \npassphrase: " PASSPHRASE "\n", 0600, ":2: the secret is empty");
    try("key: 67a1b2 KC-API-SIGN\nsecret: x\npassphrase: y\n", 0600, ":1: the key is empty, too long or not printable");
    try("key: " KEY "\nsecret: 012345\x01\n", 0600, ":2: the secret");
    try("key: " KEY "\n" SECRET "\n", 0600, ":2: not a line");
    try("Key: " KEY "\n", 0600, ":1: not a line");
    try(KEY "\n", 0600, ":1: not a line");
}

static void check_sizes(void) {
    char text[R3_KUCOIN_CREDENTIALS_FILE_MAX + 2];
    memset(text, '#', sizeof text);
    text[sizeof text - 1] = '\0';
    try(text, 0600, "longer than 4096 bytes");
    static const char lines[] = "\nkey: " KEY "\nsecret: " SECRET "\npassphrase: " PASSPHRASE;
    memcpy(text + R3_KUCOIN_CREDENTIALS_FILE_MAX - (sizeof lines - 1), lines, sizeof lines);
    try(text, 0600, NULL);
    snprintf(text, sizeof text, "key: %0130d\n", 1);
    try(text, 0600, ":1: the key");
    /* NUL is no end of a text here. */
    struct r3_kucoin_credentials *credentials = NULL;
    struct r3_error error = { 0 };
    write_file(path, "key: a\0b\nsecret: c\npassphrase: d\n", 33, 0600);
    CHECK_INT(r3_kucoin_credentials_read(&credentials, path, &error), -1);
    CHECK(strstr(error.text, ":1: the key"));
}

static void check_permissions(void) {
    static const char good[] = "key: " KEY "\nsecret: " SECRET "\npassphrase: " PASSPHRASE "\n";
    static const mode_t refused[] = { 0640, 0604, 0660, 0644, 0601, 0610, 0620, 0602, 0777 };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        try(good, refused[i], "others can read or change it");
    try(good, 0700, NULL);
    char link[80];
    struct r3_kucoin_credentials *credentials = NULL;
    struct r3_error error = { 0 };
    snprintf(link, sizeof link, "%s/link", directory);
    CHECK_INT(symlink(path, link), 0);
    CHECK_INT(r3_kucoin_credentials_read(&credentials, link, &error), 0);
    r3_kucoin_credentials_free(credentials);
    CHECK_INT(chmod(path, 0644), 0);
    CHECK_INT(r3_kucoin_credentials_read(&credentials, link, &error), -1);
    unlink(link);
    CHECK_INT(r3_kucoin_credentials_read(&credentials, directory, &error), -1);
    CHECK(strstr(error.text, "not a regular file"));
    CHECK_INT(mkfifo(link, 0600), 0);
    CHECK_INT(r3_kucoin_credentials_read(&credentials, link, &error), -1);
    CHECK(strstr(error.text, "not a regular file"));
    unlink(link);
    CHECK_INT(r3_kucoin_credentials_read(&credentials, link, &error), -1);
    CHECK_INT(error.status, R3_CONFIG);
    CHECK(strstr(error.text, "no API key: "));
    CHECK_INT(r3_kucoin_credentials_read(&credentials, "/proc/1/environ", &error), -1);
    if (geteuid() == 0) {
        CHECK_INT(chmod(path, 0600), 0);
        CHECK_INT(chown(path, 12345, 12345), 0);
        CHECK_INT(r3_kucoin_credentials_read(&credentials, path, &error), -1);
        CHECK(strstr(error.text, "belongs to another user"));
        unlink(path);
    }
}

static void place(const char *where, const char *key) {
    char name[160], text[200];
    snprintf(name, sizeof name, "%s/%s", directory, where);
    for (char *slash = name + strlen(directory) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        CHECK(mkdir(name, 0700) == 0 || errno == EEXIST);
        *slash = '/';
    }
    snprintf(text, sizeof text, "key: %s\nsecret: " SECRET "\npassphrase: " PASSPHRASE "\n", key);
    write_file(name, text, strlen(text), 0600);
}

static void expect_place(const char *key) {
    struct r3_kucoin_credentials *credentials = NULL;
    struct r3_error error = { 0 };
    CHECK_INT(r3_kucoin_credentials_read(&credentials, NULL, &error), key ? 0 : -1);
    if (key && credentials)
        CHECK_TEXT(credentials->key, key);
    r3_kucoin_credentials_free(credentials);
}

static void set_below(const char *name, const char *where) {
    char value[160];
    snprintf(value, sizeof value, "%s/%s", directory, where);
    setenv(name, value, 1);
}

static void check_places(void) {
    place("home/.config/r3/kucoin", "home");
    place("config/r3/kucoin", "config");
    place("manager/kucoin", "manager");
    unsetenv("CREDENTIALS_DIRECTORY");
    unsetenv("XDG_CONFIG_HOME");
    set_below("HOME", "home");
    expect_place("home");
    setenv("XDG_CONFIG_HOME", "relative", 1);
    expect_place("home");
    set_below("XDG_CONFIG_HOME", "config");
    expect_place("config");
    set_below("CREDENTIALS_DIRECTORY", "manager");
    expect_place("manager");
    /* A manager's directory that has none for us. */
    set_below("CREDENTIALS_DIRECTORY", "home");
    expect_place("config");
    unsetenv("CREDENTIALS_DIRECTORY");
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("HOME");
    expect_place(NULL);
}

/* The pages are locked and not in a core dump: the kernel says so of the mapping. */
static void check_memory(void) {
    struct r3_kucoin_credentials *credentials = NULL;
    struct r3_error error = { 0 };
    static const char good[] = "key: " KEY "\nsecret: " SECRET "\npassphrase: " PASSPHRASE "\n";
    write_file(path, good, sizeof good - 1, 0600);
    CHECK_INT(r3_kucoin_credentials_read(&credentials, path, &error), 0);
    FILE *maps = fopen("/proc/self/smaps", "r");
    char line[512], start[32];
    bool inside = false, locked = false, no_dump = false;
    snprintf(start, sizeof start, "%lx-", (unsigned long)credentials);
    while (maps && fgets(line, sizeof line, maps)) {
        if (strchr(line, '-') && strspn(line, "0123456789abcdef") > 6)
            inside = strncmp(line, start, strlen(start)) == 0;
        if (inside && strncmp(line, "VmFlags:", 8) == 0) {
            locked = strstr(line, " lo");
            no_dump = strstr(line, " dd");
        }
    }
    if (maps) {
        fclose(maps);
        CHECK(locked || SANITIZED);
        CHECK(no_dump);
    }
    r3_kucoin_credentials_free(credentials);
}

int main(void) {
    CHECK(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/kucoin", directory);
    check_forms();
    check_sizes();
    check_permissions();
    check_memory();
    check_places();
    char command[80];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    CHECK_INT(system(command), 0);
    return check_done();
}
