/* What a decode step computes besides products with 4-bit weights. Conventions as in glmv.h.
 *
 * `set` is the instruction set to use, one that glmv_set_runs.
 */
#ifndef GLMV_DECODE_H
#define GLMV_DECODE_H

#include "glmv.h"

enum { GLMV_PORTABLE, GLMV_AVX2, GLMV_AVX512 };

/* Whether this processor has it. */
GLMV_API int glmv_set_runs(int set);

/* y[T, N] = x[T, K] times the transposed 8-bit weight[N, K], which has one scale a row. Not-a-number for a token with
 * an element that is not finite. K may be any number. */
GLMV_API int glmv_rows8(int set, const int8_t *weight, const float *scale, int64_t N, int64_t K, const float *x,
                        int64_t T, float *y, int threads);

/* Such a matrix, out[N, K] with scale[N], of bfloat16 numbers in[N, K]: the largest of a row becomes 127 or -127. A scale
 * that is not finite says that its row is not. */
GLMV_API void glmv_rows8_quantize(int set, const uint16_t *in, int64_t N, int64_t K, int8_t *out, float *scale,
                                  int threads);

#endif
