/* A product with 8-bit rows: what those who compute a part of it share. */
#ifndef GLMV_ROWS8_PRODUCT_H
#define GLMV_ROWS8_PRODUCT_H

#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "decode.h"
#include "kernel.h"
#include "rows8.h"
#include "simd.h"

/* A token, filled up with zeros to the end of a span. A number is scale * multiplier of the span * whole; whole is
 * low + 256 * high, where low is 0 unless the span is fine. */
typedef struct {
    int16_t *whole;
    int8_t *low, *high;
    int32_t *multipliers, *sums, *fine; /* by span; sums: of whole */
    float scale;                        /* not-a-number if there is an element that is not finite */
} token;

typedef glmv_rows8_matrix matrix;

/* Room for T tokens, which `prepare_token` fills. */
token *take_tokens(arena *a, size_t T, size_t K);
void prepare_token(int set, const float *x, size_t K, token *out);

#define PRODUCT (const matrix *m, size_t first, size_t rows, size_t spans, const token *x, float *y)
#define REFINE (const matrix *m, size_t r, size_t spans, const token *x, float *y)

typedef struct {
    void(*product) PRODUCT; /* y of rows from `first` on, by the upper bits */
    void(*refine) REFINE;   /* adds to y of a row what its lower bits say */
} rows8_functions;

#if defined(GLMV_X86)
extern const rows8_functions rows8_vnni; /* where there is AVX-512 with VNNI */
#endif

/* A row's product, times 2, of the sums over its spans of multiplier * upper bits * x and of multiplier * x: the lower
 * bits count as 1.5. What they add to it, of the same with lower bits. */
BODY float by_upper(int64_t sum, int64_t sum_of_x) { return (float)(8 * sum - (2 * MIDDLE - 3) * sum_of_x); }
BODY float by_lower(int64_t sum, int64_t sum_of_x) { return (float)(2 * sum - 3 * sum_of_x); }
BODY float step_of(const matrix *m, size_t row, const token *x) { return m->scale[row] * 0.5f * x->scale; }

/* Asks for what lies ahead in the stream of upper bits. */
BODY void ask(const uint8_t *upper) {
    enum { AHEAD = 3072 };
    for (size_t byte = 0; byte < UPPER; byte += LINE) PREFETCH((uintptr_t)upper + AHEAD + byte);
}

BODY void ask_for_lower(const matrix *m, size_t row, size_t spans) {
    for (size_t span = 0; span < spans; span++) PREFETCH(m->lower + (row * spans + span) * LOWER);
}

#endif
