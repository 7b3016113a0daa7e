/* Products with NF4 weights that stay packed, on a CPU. Plain C, no Python: called through ctypes.
 *
 * The layout is that of the files (see ../nf4.py): blocks of 64 weights along a row share one float32 scale; byte j of
 * a row holds weight 2j in its high nibble and 2j + 1 in its low one; a nibble is an index into a table of 16 numbers.
 * N: rows, K: columns (a multiple of 64), T: tokens. All matrices are row-major and need no alignment.
 *
 * Every output element is computed by one thread, in an order that depends on nothing but K: the number of threads, and
 * the other rows and tokens of a call, change nothing.
 */
#ifndef GLMV_H
#define GLMV_H

#include <stdint.h>

#if defined(__GNUC__)
#define GLMV_API __attribute__((visibility("default")))
#else
#define GLMV_API
#endif

#define GLMV_ABI 1 /* what ../native.py expects; changes with any signature below */

enum { GLMV_OK = 0, GLMV_NO_MEMORY = 1, GLMV_NO_EXPERT = 2 };

typedef struct {
    const uint8_t *packed; /* [N, K/2] */
    const float *absmax;   /* [N, K/64] */
} glmv_matrix;

/* Fused experts: one expert is a contiguous matrix; from one to the next it is `stride` elements. */
typedef struct {
    glmv_matrix gate_up, down;                 /* of expert 0: [2I, H], gate rows first, and [H, I] */
    int64_t gate_up_stride, gate_up_absmax_stride;
    int64_t down_stride, down_absmax_stride;
    int64_t count, hidden, inner;              /* E, H, I */
} glmv_experts;

GLMV_API int glmv_abi(void);

/* Kernels are numbered from 0, the fastest of a precision first. The name is "precision:instruction set"; NULL past the
 * last one. */
GLMV_API const char *glmv_kernel_name(int kernel);
/* Whether this processor can run it. */
GLMV_API int glmv_kernel_runs(int kernel);

/* y[T, N] = x[T, K] times the transposed matrix, plus bias[N] unless that is NULL. */
GLMV_API int glmv_linear(int kernel, const float table[16], const glmv_matrix *matrix, int64_t N, int64_t K,
                         const float *bias, const float *x, int64_t T, float *y, int threads);

/* out[T, H]: each token's weighted sum over its `choices` experts' down(SiLU(gate) * up). Ids [T, choices] below 0 add
 * nothing; GLMV_NO_EXPERT if there is one past the last. */
GLMV_API int glmv_routed_experts(int kernel, const float table[16], const glmv_experts *experts, const float *hidden,
                                 const int64_t *ids, const float *weights, int64_t T, int64_t choices, float *out,
                                 int threads);

/* The whole matrix as float32, out[N, K]. */
GLMV_API int glmv_unpack(int kernel, const float table[16], const glmv_matrix *matrix, int64_t N, int64_t K, float *out,
                         int threads);

#endif
