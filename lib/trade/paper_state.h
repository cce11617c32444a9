#ifndef R3_TRADE_PAPER_STATE_H
#define R3_TRADE_PAPER_STATE_H

#include "lib/base/buffer.h"
#include "lib/trade/paper.h"

/* Everything in the paper exchange that can influence what it does later, as a JSON object: ledgers, orders that work and what
 * protects positions, markets and their last candles, the ids that were seen. Put back it goes on as if it had never stopped. */

/* Grows with a change of what is written, and of the digests by which ids are known (lib/trade/paper_ids.h). */
enum { R3_PAPER_STATE_VERSION = 1 };

/* Append the object. opened: whether the first accounts were written, which the caller knows. */
void r3_paper_save(struct r3_paper *paper, bool opened, struct r3_buffer *out);

/* Take it up, in an exchange in which nothing has happened yet; sessions and instruments may be known. The rules of a market whose
 * instrument came stay; so do the options. *opened: as it was saved. R3_DATA: the text is damaged, with
 * the place; it came too late. */
int r3_paper_load(struct r3_paper *paper, bool *opened, const char *text, size_t length, struct r3_error *error);

#endif
