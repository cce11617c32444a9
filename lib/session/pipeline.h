#ifndef R3_SESSION_PIPELINE_H
#define R3_SESSION_PIPELINE_H

#include <stdbool.h>

#include "lib/base/buffer.h"
#include "lib/session/session.h"
#include "lib/stage/stage.h"
#include "lib/strategy/rules.h"

/* The texts of pipelines that a session's row stands for. Words are quoted where a shell needs it. */

/* The rules of its row, read and compiled anew. New in *out; NULL: no r3-strategy is among its stages. R3_USAGE, R3_DATA, R3_IO. */
int r3_session_rules(struct r3_rules **out, const struct r3_session *session, struct r3_error *error);
/* What tells those rules from others: comments and blanks do not, nor does another release. */
void r3_session_rules_hash(char out[R3_RULE_HASH_SIZE], const struct r3_rules *rules);
/* R3_CONFIG where they are not those that it was created with. */
int r3_session_check_rules(const struct r3_session *session, const struct r3_rules *rules, struct r3_error *error);
/* Whether a stage of its row has that option; *value: the last of it, or what follows an option without one. */
bool r3_session_option(struct r3_buffer *value, const struct r3_session *session, const struct r3_stage *stage,
                       const char *name);
bool r3_session_has_option(const struct r3_session *session, const struct r3_stage *stage, const char *name);

/* Open of the first candle that the session wants, so that its rules are ready when it begins to act; R3_TIME_ABSENT before it is started. The rules are read anew;
 * R3_USAGE, R3_DATA, R3_IO where they cannot be. */
int r3_session_warm_up_from(int64_t *from, const struct r3_session *session, struct r3_error *error);

/* Whether candles can be had from the exchange that it is on. */
bool r3_session_knows_exchange(const struct r3_session *session);

/* Append "r3-collect FILE …": the session's candles that open in [from, to), of its file or of its exchange; `to`
 * R3_TIME_ABSENT: to the end. R3_CONFIG where the exchange is none that r3-fetch knows. */
int r3_session_write_source(struct r3_buffer *out, const struct r3_session *session, int64_t from, int64_t to,
                            struct r3_error *error);

/* Append "r3-strategy … | r3-track … | r3-size … | r3-order …": the stages of its row, r3-strategy with --session ID and --from the time
 * that it acts from, r3-order with --session ID. With `state` they are those of a run: --state for each program that has that option, and
 * --entries-from for r3-order where entries_from is not NULL. Without, those of a backtest: what is live is on paper. */
int r3_session_write_stages(struct r3_buffer *out, const struct r3_session *session, bool state,
                            const char *entries_from, struct r3_error *error);

#endif
