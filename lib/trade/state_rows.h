#ifndef R3_TRADE_STATE_ROWS_H
#define R3_TRADE_STATE_ROWS_H

#include "lib/record/state_members.h"

/* Rows of the tables from which this module's states are written and read: T is the struct, M the member. */
/* clang-format off */
#define ROW_DECIMAL(T, M)     { R3_STATE_ROW(T, M, R3_STATE_DECIMAL) }
#define ROW_DECIMAL_IF(T, M)  { R3_STATE_ROW(T, M, R3_STATE_DECIMAL), .optional = true }
#define ROW_ZERO(T, M)        { R3_STATE_ROW(T, M, R3_STATE_DECIMAL), .rule = R3_STATE_NOT_NEGATIVE }
#define ROW_ABOVE(T, M)       { R3_STATE_ROW(T, M, R3_STATE_DECIMAL), .rule = R3_STATE_POSITIVE }
#define ROW_ABOVE_IF(T, M)    { R3_STATE_ROW(T, M, R3_STATE_DECIMAL), .rule = R3_STATE_POSITIVE, .optional = true }
#define ROW_WORD(T, M)        { R3_STATE_ROW(T, M, R3_STATE_WORD) }
#define ROW_WORD_IF(T, M)     { R3_STATE_ROW(T, M, R3_STATE_WORD), .optional = true }
#define ROW_FLAG(T, M)        { R3_STATE_ROW(T, M, R3_STATE_FLAG) }
#define ROW_COUNT(T, M)       { R3_STATE_ROW(T, M, R3_STATE_COUNT) }
#define ROW_INTEGER(T, M)     { R3_STATE_ROW(T, M, R3_STATE_INTEGER) }
#define ROW_TIME(T, M)        { R3_STATE_ROW(T, M, R3_STATE_TIME) }
#define ROW_TIME_IF(T, M)     { R3_STATE_ROW(T, M, R3_STATE_TIME), .optional = true }
#define ROW_NAME(T, M, N)     { R3_STATE_ROW(T, M, R3_STATE_NAME), .names = &(N) }
#define ROW_NAME_IF(T, M, N)  { R3_STATE_ROW(T, M, R3_STATE_NAME), .names = &(N), .optional = true }
/* A number of attempts, or of trades: far below what an int holds. */
#define ROW_SMALL_AS(T, M, NAME) { R3_STATE_ROW_AS(T, M, NAME, R3_STATE_SMALL), .most = 1000000000 }
#define ROW_SMALL(T, M)       ROW_SMALL_AS(T, M, #M)
#define ROW_NATURAL(T, M)     { R3_STATE_ROW(T, M, R3_STATE_NATURAL), .most = 1000000000 }
/* clang-format on */

#endif
