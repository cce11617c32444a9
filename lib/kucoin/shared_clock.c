#include "lib/kucoin/shared_clock.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/time.h"

enum { PLACE = 4096, BOOT_SIZE = 36 }; /* PLACE: behind all that the rate limit keeps */

struct entry {
    char boot[BOOT_SIZE + 4];       /* of the machine: its clock counts anew after each */
    int64_t measured, offset, trip; /* by CLOCK_BOOTTIME, which goes on while it sleeps */
    uint64_t hash;                  /* of the rest */
};

static int64_t uptime(void) {
    struct timespec time;
    clock_gettime(CLOCK_BOOTTIME, &time);
    return (int64_t)time.tv_sec * R3_SECOND + time.tv_nsec / 1000000;
}

static bool begin_entry(struct entry *entry) {
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    *entry = (struct entry) { .measured = 0 };
    bool known = fd >= 0 && read(fd, entry->boot, BOOT_SIZE) == BOOT_SIZE;
    if (fd >= 0)
        close(fd);
    return known;
}

static uint64_t hash_of(const struct entry *entry) {
    return r3_hash(entry, offsetof(struct entry, hash), 0);
}

void r3_kucoin_clock_save(int fd, int64_t offset, int64_t trip, int64_t measured) {
    struct entry entry;
    if (fd < 0 || !begin_entry(&entry))
        return;
    int64_t apart = uptime() - r3_clock_monotonic();
    entry.measured = measured + apart;
    entry.offset = offset - apart;
    entry.trip = trip;
    entry.hash = hash_of(&entry);
    if (pwrite(fd, &entry, sizeof entry, PLACE) != (ssize_t)sizeof entry)
        return; /* the hash tells */
}

bool r3_kucoin_clock_load(int fd, int64_t most, int64_t *offset, int64_t *trip, int64_t *measured) {
    struct entry mine, found;
    if (fd < 0 || !begin_entry(&mine) || pread(fd, &found, sizeof found, PLACE) != (ssize_t)sizeof found ||
        found.hash != hash_of(&found) || memcmp(found.boot, mine.boot, sizeof mine.boot) != 0)
        return false;
    int64_t now = uptime(), apart = now - r3_clock_monotonic();
    if (found.measured > now || now - found.measured > most)
        return false;
    *offset = found.offset + apart;
    *trip = found.trip;
    *measured = found.measured - apart;
    return true;
}
