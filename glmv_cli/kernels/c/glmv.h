/* Products with 4-bit weights that stay packed, on a CPU. Plain C, no Python: called through ctypes.
 *
 * The layout is that of the files (see ../nf4.py): blocks of weights along a row share one float32 scale; byte j of a
 * row holds weight 2j in its high nibble and 2j + 1 in its low one; a nibble is an index into a table of 16 numbers.
 * Table and block size are the format. NF4 with blocks of 64 is what glmv ships; FP4, symmetric int4 or MXFP4's values
 * are other tables.
 * N: rows, K: columns (a multiple of 64 and of the block), T: tokens. All matrices are row-major and need no alignment.
 *
 * Every output element is computed by one thread, in an order that depends on nothing but K: the number of threads, and
 * the other rows and tokens of a call, change nothing; but more than `few` tokens are computed in another way, and with
 * AMX how finely a token is rounded depends on those that share its panel (amx_tiles.h).
 */
#ifndef GLMV_H
#define GLMV_H

#include <stdint.h>

#if defined(__GNUC__)
#define GLMV_API __attribute__((visibility("default")))
#else
#define GLMV_API
#endif

#define GLMV_ABI 7 /* what ../library.py expects; changes with any signature or structure */

enum { GLMV_OK = 0, GLMV_NO_MEMORY = 1, GLMV_NO_EXPERT = 2, GLMV_NO_FORMAT = 3, GLMV_NOT_FINITE = 4 };

/* Filled by glmv_make_format. */
typedef struct {
    float table[16];
    int8_t entries[16]; /* table as nearly as 8 bits say it, in steps of `step` */
    float step;
    int64_t block; /* 32, 64 or 128 weights share a scale */
} glmv_format;

/* The types of what is packed. */
enum { GLMV_FLOAT32 = 0, GLMV_FLOAT16 = 1, GLMV_BFLOAT16 = 2 };

typedef struct {
    const uint8_t *packed; /* [N, K/2] */
    const float *absmax;   /* [N, K/block] */
} glmv_matrix;

/* Fused experts: one expert is a contiguous matrix; from one to the next it is `stride` elements. */
typedef struct {
    glmv_matrix gate_up, down;                 /* of expert 0: [2I, H], gate rows first, and [H, I] */
    int64_t gate_up_stride, gate_up_absmax_stride;
    int64_t down_stride, down_absmax_stride;
    int64_t count, hidden, inner;              /* E, H, I */
} glmv_experts;

GLMV_API int glmv_abi(void);

/* GLMV_NO_FORMAT for a block of another size, or a table that holds what is not finite. */
GLMV_API int glmv_make_format(const float table[16], int64_t block, glmv_format *format);

/* Kernels are numbered from 0, the fastest of a precision first. The name is "precision:instruction set"; NULL past the
 * last one. */
GLMV_API const char *glmv_kernel_name(int kernel);
/* Whether this processor can run it. */
GLMV_API int glmv_kernel_runs(int kernel);
/* Up to this many tokens it expands weights anew for every 8; for more, once for all of them. */
GLMV_API int64_t glmv_kernel_few(int kernel);

/* y[T, N] = x[T, K] times the transposed matrix, plus bias[N] unless that is NULL. */
GLMV_API int glmv_linear(int kernel, const glmv_format *format, const glmv_matrix *matrix, int64_t N, int64_t K,
                         const float *bias, const float *x, int64_t T, float *y, int threads);

/* out[T, H]: each token's weighted sum over its `choices` experts' down(SiLU(gate) * up). Ids [T, choices] below 0 add
 * nothing; GLMV_NO_EXPERT if there is one past the last. */
GLMV_API int glmv_routed_experts(int kernel, const glmv_format *format, const glmv_experts *experts,
                                 const float *hidden, const int64_t *ids, const float *weights, int64_t T,
                                 int64_t choices, float *out, int threads);

/* The whole matrix as float32, out[N, K]. */
GLMV_API int glmv_unpack(int kernel, const glmv_format *format, const glmv_matrix *matrix, int64_t N, int64_t K,
                         float *out, int threads);

/* Reads all bytes with all threads; a checksum, so that no compiler leaves it out. For measuring memory. */
GLMV_API int64_t glmv_read(const uint8_t *bytes, int64_t size, int threads);

/* Quantizers are numbered from 0, the fastest first; all make the same bytes. The name is the instruction set; NULL past
 * the last one. */
GLMV_API const char *glmv_quantizer_name(int quantizer);
GLMV_API int glmv_quantizer_runs(int quantizer);

/* x[blocks, 64] of a type above → packed[blocks, 32] and absmax[blocks]: by the nearest codes of an ascending table, or
 * with scales that are `search`ed for a small squared error. GLMV_NOT_FINITE if there is an infinity or a NaN. */
GLMV_API int glmv_quantize(int quantizer, const float table[16], int type, int search, const void *x, int64_t blocks,
                           uint8_t *packed, float *absmax, int threads);

#endif
