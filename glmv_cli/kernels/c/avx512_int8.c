/* AVX-512 VNNI: activations rounded to 8 bits by unit, and weights to 8-bit table entries, multiplied as integers.
 *
 * A register holds two units. `vpdpbusd` multiplies unsigned by signed bytes, so table entries carry an offset of 128;
 * what that adds is known for a block of weights but for its scale, and taken off at the end of a row.
 */
#include "activations8.h"

#if defined(GLMV_X86)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define INLINE static inline __attribute__((always_inline)) TARGET

enum { TOGETHER = 2 }; /* rows that share what is read of the activations */

static int runs(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

/* Lanes 4i to 4i + 3 belong to half unit i: its scale. With the last unit alone, the upper lanes are 0. */
INLINE __m512 lanes_of(size_t block, const float *first, int alone) {
    const __mmask16 present = alone ? 0x00ff : 0xffff;
    __m512 lanes = _mm512_maskz_broadcastss_ps(present, _mm_load_ss(first));
    if (block == 32) lanes = _mm512_mask_broadcastss_ps(lanes, 0x00f0, _mm_load_ss(first + 1));
    if (block == 32 && !alone) lanes = _mm512_mask_broadcastss_ps(lanes, 0x0f00, _mm_load_ss(first + 2));
    if (block == 32 && !alone) lanes = _mm512_mask_broadcastss_ps(lanes, 0xf000, _mm_load_ss(first + 3));
    if (block == 64 && !alone) lanes = _mm512_mask_broadcastss_ps(lanes, 0xff00, _mm_load_ss(first + 1));
    return lanes;
}

/* Pair p of some rows, the first of which starts at `packed`. */
INLINE void one_pair(__m512i table, size_t block, const uint8_t *packed, const float *absmax, size_t K, size_t p,
                     const activations8 *x, int rows, int tokens, int alone, __m512 sums[TOGETHER][MAX_TOKENS]) {
    __m512i nibble = _mm512_set1_epi8(15), even[TOGETHER], odd[TOGETHER];
    __m512 scales[TOGETHER];
    UNROLL
    for (int r = 0; r < rows; r++) {
        const uint8_t *place = packed + (size_t)r * (K / 2) + p * (PAIR / 2);
        __m512i bytes = _mm512_maskz_loadu_epi8(alone ? 0xffffffff : ~(__mmask64)0, place);
        even[r] = _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(bytes, 4), nibble));
        odd[r] = _mm512_shuffle_epi8(table, _mm512_and_si512(bytes, nibble));
        scales[r] = lanes_of(block, absmax + (size_t)r * (K / block) + p * PAIR / block, alone);
    }
    UNROLL
    for (int t = 0; t < tokens; t++) {
        __m512i x_even = _mm512_load_si512(x[t].values + p * PAIR);
        __m512i x_odd = _mm512_load_si512(x[t].values + p * PAIR + UNIT);
        __m512 x_scales = lanes_of(UNIT, x[t].scales + 2 * p, 0);
        UNROLL
        for (int r = 0; r < rows; r++) {
            __m512i sum = _mm512_dpbusd_epi32(_mm512_setzero_si512(), even[r], x_even);
            sum = _mm512_dpbusd_epi32(sum, odd[r], x_odd);
            sums[r][t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_mul_ps(scales[r], x_scales), sums[r][t]);
        }
    }
}

/* The offset that table entries carry, taken off. */
INLINE __m512 without_offset(__m512 sum, const float *absmax, const float *offsets, size_t blocks) {
    for (size_t b = 0; b < blocks; b += 16) {
        __mmask16 present = blocks - b < 16 ? (__mmask16)((1u << (blocks - b)) - 1) : 0xffff;
        sum = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(present, absmax + b), _mm512_maskz_loadu_ps(present, offsets + b),
                              sum);
    }
    return sum;
}

/* Rows that follow each other. Memory is asked for in the order in which it lies. */
INLINE void some_rows(__m512i table, float step, size_t block, const uint8_t *packed, const float *absmax, size_t K,
                      const activations8 *x, int rows, int tokens, float *y, size_t stride) {
    __m512 sums[TOGETHER][MAX_TOKENS];
    UNROLL
    for (int r = 0; r < rows; r++) {
        UNROLL
        for (int t = 0; t < tokens; t++) sums[r][t] = _mm512_setzero_ps();
    }
    prefetch_scales(absmax + (size_t)rows * (K / block), (size_t)rows * (K / block));
    for (size_t p = 0; p < K / PAIR; p++) {
        UNROLL
        for (int r = 0; r < rows; r++)
            prefetch(packed + ((size_t)rows * p + (size_t)r) * (PAIR / 2));
        one_pair(table, block, packed, absmax, K, p, x, rows, tokens, 0, sums);
    }
    if (K % PAIR) one_pair(table, block, packed, absmax, K, K / PAIR, x, rows, tokens, 1, sums);
    UNROLL
    for (int r = 0; r < rows; r++) {
        UNROLL
        for (int t = 0; t < tokens; t++) {
            __m512 sum = without_offset(sums[r][t], absmax + (size_t)r * (K / block), x[t].offsets, K / block);
            y[(size_t)t * stride + (size_t)r] = _mm512_reduce_add_ps(sum) * step;
        }
    }
}

INLINE void all_rows(__m512i table, float step, size_t block, const uint8_t *packed, const float *absmax, size_t rows,
                     size_t K, const void *const *prepared, int tokens, float *y, size_t stride) {
    const int together = tokens == 1 ? 1 : TOGETHER; /* one stream is what the hardware foresees best */
    activations8 x[MAX_TOKENS];
    size_t r = 0;
    UNROLL
    for (int t = 0; t < tokens; t++) x[t] = activations8_at(prepared[t], K);
    for (; r + (size_t)together <= rows; r += (size_t)together)
        some_rows(table, step, block, packed + r * (K / 2), absmax + r * (K / block), K, x, together, tokens, y + r,
                  stride);
    for (; r < rows; r++)
        some_rows(table, step, block, packed + r * (K / 2), absmax + r * (K / block), K, x, 1, tokens, y + r, stride);
}

TARGET static void rows(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t count, size_t K,
                        const void *const *prepared, int tokens, float *y, size_t stride) {
    uint8_t entries[16];
    for (int i = 0; i < 16; i++) entries[i] = (uint8_t)(format->entries[i] + 128);
    __m512i table = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)entries));
#define CALL(size, n) all_rows(table, format->step, size, packed, absmax, count, K, prepared, n, y, stride)
#define BLOCKS(size) FOR_TOKENS(size, CALL)
    FOR_BLOCKS(BLOCKS)
#undef CALL
#undef BLOCKS
}

static void unpack(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t K, float *out) {
    exact_avx512.unpack(format, packed, absmax, K, out);
}

const kernel int8_avx512vnni = {"int8:avx512vnni", runs, activations8_size, activations8_prepare_avx512, rows, unpack,
                                &avx512_many8};
#endif
