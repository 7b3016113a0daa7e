/* ARM NEON with the dot product of bytes (ARMv8.2): a register holds 16 bytes of weights, half a unit. */
#include "activations8.h"

#if defined(GLMV_ARM)
#include <arm_neon.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif

/* This file is compiled for ARMv8.2: compilers do not agree on how one would say so here. */
#define INLINE static inline __attribute__((always_inline))

static int runs(void) {
#if defined(__linux__)
    return (getauxval(AT_HWCAP) >> 20 & 1) != 0; /* HWCAP_ASIMDDP */
#elif defined(__APPLE__)
    return 1;
#else
    return 0;
#endif
}

/* Half a unit: 16 bytes of weights, of all tokens. */
INLINE void half_unit(int8x16_t table, const uint8_t *packed, float absmax, const activations8 *x, size_t unit,
                      size_t half, int tokens, float32x4_t *sums) {
    uint8x16_t bytes = vld1q_u8(packed + unit * UNIT_BYTES + 16 * half);
    int8x16_t even = vqtbl1q_s8(table, vshrq_n_u8(bytes, 4)), odd = vqtbl1q_s8(table, vandq_u8(bytes, vdupq_n_u8(15)));
    UNROLL
    for (int t = 0; t < tokens; t++) {
        const int8_t *place = x[t].values + unit / 2 * PAIR + unit % 2 * UNIT_BYTES + 16 * half;
        int32x4_t sum = vdotq_s32(vdupq_n_s32(0), even, vld1q_s8(place));
        sum = vdotq_s32(sum, odd, vld1q_s8(place + UNIT));
        sums[t] = vfmaq_n_f32(sums[t], vcvtq_f32_s32(sum), absmax * x[t].scales[unit]);
    }
}

INLINE void all_rows(const glmv_format *format, size_t block, const uint8_t *packed, const float *absmax, size_t rows,
                     size_t K, const void *const *prepared, int tokens, float *y, size_t stride) {
    int8x16_t table = vld1q_s8(format->entries);
    activations8 x[MAX_TOKENS];
    UNROLL
    for (int t = 0; t < tokens; t++) x[t] = activations8_at(prepared[t], K);
    for (size_t r = 0; r < rows; r++, packed += K / 2, absmax += K / block) {
        float32x4_t sums[MAX_TOKENS];
        UNROLL
        for (int t = 0; t < tokens; t++) sums[t] = vdupq_n_f32(0);
        prefetch_scales(absmax + K / block, K / block);
        for (size_t u = 0; u < K / UNIT; u++) {
            prefetch(packed + u * UNIT_BYTES);
            half_unit(table, packed, absmax[u * UNIT / block], x, u, 0, tokens, sums);
            half_unit(table, packed, absmax[(u * UNIT + UNIT / 2) / block], x, u, 1, tokens, sums);
        }
        UNROLL
        for (int t = 0; t < tokens; t++) y[(size_t)t * stride + r] = vaddvq_f32(sums[t]) * format->step;
    }
}

static void rows(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t count, size_t K,
                        const void *const *prepared, int tokens, float *y, size_t stride) {
#define CALL(size, n) all_rows(format, size, packed, absmax, count, K, prepared, n, y, stride)
#define BLOCKS(size) FOR_TOKENS(size, CALL)
    FOR_BLOCKS(BLOCKS)
#undef CALL
#undef BLOCKS
}

static void unpack(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t K, float *out) {
    exact_portable.unpack(format, packed, absmax, K, out);
}

const kernel int8_neon = {"int8:neon", runs, activations8_size, activations8_prepare, rows, unpack, &portable_many32};
#endif
