/* What a step computes besides products with 4-bit weights. Conventions as in glmv.h.
 *
 * `set` is the instruction set to use, one that glmv_set_runs.
 */
#ifndef GLMV_DECODE_H
#define GLMV_DECODE_H

#include "glmv.h"

enum { GLMV_PORTABLE, GLMV_AVX2, GLMV_AVX512 };

/* Whether this processor has it. */
GLMV_API int glmv_set_runs(int set);

/* An 8-bit matrix, as rows8.h describes it: for each row and each span of 256 columns the upper six bits of the weights
 * (192 bytes), the lower two (64 bytes), and a multiplier of the row's scale. */
typedef struct {
    const uint8_t *upper, *lower, *multipliers;
    const float *scale; /* [N] */
} glmv_rows8_matrix;

/* y[T, N] = x[T, K] times the transposed weight[N, K]: by the upper six bits, and for about the `full` largest of each
 * token by all eight. Not-a-number for a token with an element that is not finite. K may be any number. */
GLMV_API int glmv_rows8(int set, const glmv_rows8_matrix *weight, int64_t N, int64_t K, const float *x, int64_t T,
                        int64_t full, float *y, int threads);

/* Such a matrix of bfloat16 numbers in[N, K]. A scale that is not finite says that its row is not. */
GLMV_API void glmv_rows8_quantize(int set, const uint16_t *in, int64_t N, int64_t K, uint8_t *upper, uint8_t *lower,
                                  uint8_t *multipliers, float *scale, int threads);

/* Replaces the `count` largest of each token's y[T, N], 1 to N of them, by the products of x[T, K] and the rows of
 * weight[N, K] in bfloat16. */
GLMV_API int glmv_exact_rows(int set, const uint16_t *weight, int64_t N, int64_t K, const float *x, int64_t T,
                             int64_t count, float *y, int threads);

/* One of several matrices with the same input. */
typedef struct {
    glmv_matrix matrix;
    int64_t rows;
    const float *bias; /* [rows], or NULL */
    float *y;          /* [T, rows] */
} glmv_part;

/* Each part's y = x[T, K] times its transposed matrix, plus its bias. */
GLMV_API int glmv_linears(int kernel, const glmv_format *format, const glmv_part *parts, int64_t count, int64_t K,
                          const float *x, int64_t T, int threads);

/* out[T, H] = down(SiLU(gate) * up), with matrices [I, H], [I, H], [H, I]. */
GLMV_API int glmv_mlp(int kernel, const glmv_format *format, const glmv_matrix *gate, const glmv_matrix *up,
                      const glmv_matrix *down, int64_t H, int64_t I, const float *x, int64_t T, float *out,
                      int threads);

enum { GLMV_MOST_EXPERTS = 1024 };

typedef struct {
    const float *weight;     /* [experts, hidden] */
    const float *correction; /* [experts]: what scores get for the choice only */
    int64_t experts, hidden, choices;
    int64_t groups, open_groups; /* experts of so many groups, the best ones, can be chosen */
    int32_t normalized;          /* whether the weights of a token are divided by their sum */
    float factor;
} glmv_router;

/* logits[T, experts], chosen ids[T, choices] and their weights. There are no more experts than GLMV_MOST_EXPERTS. */
GLMV_API void glmv_route(int set, const glmv_router *router, const float *x, int64_t T, float *logits, int64_t *ids,
                         float *weights, int threads);

/* out[T, H]: each row of x divided by the root of eps plus the mean of its squares, times weight[H]. In one
 * thread, or with many elements in as many as OpenMP has been told. */
GLMV_API void glmv_norm(int set, const float *x, int64_t T, int64_t H, const float *weight, float eps, float *out);

/* Rotates, in place, the first `rotated` of D elements of each head of one token; cosines[rotated], sines[rotated].
 * Element i belongs to i + rotated/2, or with `pairs` 2i to 2i + 1. */
GLMV_API void glmv_rotate(float *heads, int64_t count, int64_t D, const float *cosines, const float *sines,
                          int64_t rotated, int pairs);

/* The same for heads[T, count, D], with cosines and sines [T, rotated]. */
GLMV_API void glmv_rotate_tokens(float *heads, int64_t T, int64_t count, int64_t D, const float *cosines,
                                 const float *sines, int64_t rotated, int pairs, int threads);

#endif
