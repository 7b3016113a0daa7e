/* Weights times their scales as the left tiles of amx_tiles.h, for amx.c alone: apart from the loop that calls it, gcc
 * makes a slower function of it (a fifth less speed with 8 tokens). */
#include "amx_tiles.h"

/* Two scales, and the table times each of them as bfloat16. */
INLINE __m512i scaled(__m512 table, float first, float second) {
    __m512 low = _mm512_mul_ps(table, _mm512_set1_ps(first)), high = _mm512_mul_ps(table, _mm512_set1_ps(second));
    return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

/* A row's step: 64 bytes, or the 32 that are left. */
INLINE void expand_step(__m512 table, size_t block, const uint8_t *packed, const float *absmax, int alone,
                        uint8_t *out) {
    const int half = block == 128 ? 0 : (int)(64 / block); /* scales to the second half of a step */
    __m512i words = _mm512_maskz_loadu_epi8(alone ? 0xffffffff : ~(__mmask64)0, packed);
    __m512i nibble = _mm512_set1_epi16(15), which, first, second;
    if (block == 32) { /* 8 words share a scale */
        which = _mm512_broadcast_i64x4(_mm256_inserti128_si256(_mm256_setzero_si256(), _mm_set1_epi16(16), 1));
        first = scaled(table, absmax[0], absmax[1]);
        second = scaled(table, alone ? 0 : absmax[2 % (2 * half)], alone ? 0 : absmax[3 % (2 * half)]);
    } else {
        which = _mm512_inserti64x4(_mm512_setzero_si512(), _mm256_set1_epi16(16), 1);
        first = second = scaled(table, absmax[0], alone ? 0 : absmax[half]);
    }
    UNROLL
    for (int j = 0; j < 4; j++) {
        __m512i index = _mm512_ternarylogic_epi32(_mm512_srli_epi16(words, 4 * (unsigned)j), nibble, which, 0xea);
        __m512i weights = _mm512_permutexvar_epi16(index, first);
        if (block == 32) weights = _mm512_mask_permutexvar_epi16(weights, 0xffff0000, index, second);
        _mm512_store_si512(out + j * TILE, weights);
    }
}

/* Columns k … k + depth of up to 16 rows, as the left tiles; rows that are missing are 0. */
INLINE void expand_rows(const float *numbers, size_t block, const uint8_t *packed, const float *absmax, size_t rows,
                        size_t K, size_t k, size_t depth, uint8_t *out) {
    __m512 table = _mm512_loadu_ps(numbers);
    for (size_t r = 0; r < rows; r++) {
        const uint8_t *place = packed + (r * K + k) / 2;
        const float *scales = absmax + (r * K + k) / block;
        size_t s = 0;
        for (; (s + 1) * STEP <= depth; s++) {
            __builtin_prefetch((const void *)((uintptr_t)place + s * STEP / 2 + DEPTH / 2), 0, 2);
            expand_step(table, block, place + s * STEP / 2, scales + s * STEP / block, 0, out + 4 * s * TILE + 64 * r);
        }
        if (s * STEP < depth)
            expand_step(table, block, place + s * STEP / 2, scales + s * STEP / block, 1, out + 4 * s * TILE + 64 * r);
    }
    for (size_t r = rows; r < EDGE; r++)
        for (size_t i = 0; i < 4 * steps_of(depth); i++) _mm512_store_si512(out + i * TILE + 64 * r, _mm512_setzero_si512());
}

/* Columns k … k + depth, at most DEPTH, of up to 16 rows: [step][4] tiles. */
TARGET static void expand(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t rows, size_t K,
                          size_t k, size_t depth, uint8_t *out) {
#define CALL(size) expand_rows(format->table, size, packed, absmax, rows, K, k, depth, out)
    FOR_BLOCKS(CALL)
#undef CALL
}
