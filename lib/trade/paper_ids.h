#ifndef R3_TRADE_PAPER_IDS_H
#define R3_TRADE_PAPER_IDS_H

#include <stddef.h>
#include <stdint.h>

/* The order ids that were seen, each with a digest of the order's content: 16 bytes an order, so that a run of hundreds of
 * thousands of orders stays small. Ids are told apart by a 64-bit hash: among a million ids the chance that any two
 * meet is 3 in 100 million. */

struct r3_paper_ids {
    struct r3_paper_id {
        uint64_t id, content;
    } * slots;              /* id 0: free */
    size_t count, capacity; /* capacity: 0 or a power of two */
};

enum r3_paper_seen { R3_PAPER_NEW, R3_PAPER_SAME, R3_PAPER_DIFFERENT };

void r3_paper_ids_release(struct r3_paper_ids *ids);
/* Note the id when it is new; say whether it was there, with the same content or with other. */
enum r3_paper_seen r3_paper_ids_add(struct r3_paper_ids *ids, const char *id, const void *content, size_t length);
/* Whether it was noted before. */
int r3_paper_ids_has(const struct r3_paper_ids *ids, const char *id);

#endif
