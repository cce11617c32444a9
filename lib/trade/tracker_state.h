#ifndef R3_TRADE_TRACKER_STATE_H
#define R3_TRADE_TRACKER_STATE_H

#include "lib/base/buffer.h"
#include "lib/trade/tracker.h"

/* Everything in the tracker that can influence what it does later, as a JSON object. Put back it goes on as if it had never
 * stopped.
 *
 * A stream that ends here, and goes on in another run, has a barrier at its end that an unbroken one would not have: what comes
 * back there must be known for the position records, and yet be acted on where the next barrier would have been. So the object
 * tells of the tracker as it was ahead of that barrier, and beside it what was heard there. */

/* Grows with a change that does not read what was written before; members that a live session adds do. */
enum { R3_TRACKER_STATE_VERSION = 1 };

/* What came back and was not acted on: updates and trades. Zeroed is empty. */
struct r3_tracker_heard {
    struct r3_record *records;
    size_t count, capacity;
};
/* Add the record, where it is one of these. */
void r3_tracker_heard_add(struct r3_tracker_heard *heard, const struct r3_record *record);
void r3_tracker_heard_release(struct r3_tracker_heard *heard);

/* Append the object, without its end; then what was heard, and the end. */
void r3_tracker_save(const struct r3_tracker *tracker, struct r3_buffer *out);
int r3_tracker_save_heard(const struct r3_tracker_heard *heard, struct r3_buffer *out, struct r3_error *error);

/* Take both up, in a tracker that knows no market yet; its options stay. What was heard is the caller's to give to
 * r3_tracker_update at the next sync, ahead of all else. R3_DATA: the text is damaged, with the place; it came too late. */
int r3_tracker_load(struct r3_tracker *tracker, struct r3_tracker_heard *heard, const char *text, size_t length,
                    struct r3_error *error);

/* A position record of each market that was traded. */
int r3_tracker_emit_positions(struct r3_tracker *tracker, struct r3_error *error);
/* The session that it knew first; NULL: it knows none. Borrowed. */
const char *r3_tracker_first_session(const struct r3_tracker *tracker);

#endif
