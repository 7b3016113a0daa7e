/* 8-bit weights with a scale a row, as they lie in memory: the upper six bits of a row apart from the lower two.
 *
 * A row is cut into spans of 256 columns, the last of which may be filled up with zeros. A weight is
 * row scale * multiplier of the span * (u - 128), u = 1 to 255. In a span, column i of each quarter: bytes
 *   upper[i], upper[64 + i], upper[128 + i]: in their lower six bits the upper six of columns i, 64 + i, 128 + i;
 *     in their upper two those of column 192 + i, from the lowest pair to the highest;
 *   lower[i]: the lower two bits of columns i, 64 + i, 128 + i, 192 + i, from the lowest pair to the highest.
 */
#ifndef GLMV_ROWS8_H
#define GLMV_ROWS8_H

#include <stddef.h>

enum { SPAN = 256, QUARTER = SPAN / 4, UPPER = 3 * QUARTER, LOWER = QUARTER };

/* A row's largest weight is 127 steps from the middle, and its largest span has the multiplier 255. Activations are
 * rounded to spans in the same way. */
enum { MIDDLE = 128, MOST = 127, FINEST = 255 };

static inline size_t spans_of(size_t K) { return (K + SPAN - 1) / SPAN; }

#endif
