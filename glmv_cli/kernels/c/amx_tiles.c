/* Activations and weights as the tiles of amx_tiles.h, rounded to bfloat16. */
#include "amx_tiles.h"

#if defined(GLMV_AMX)
#include "avx512_transpose.h"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))
#define INLINE static inline __attribute__((always_inline)) TARGET

/* A step of one token: 32 elements for each of its tiles. */
INLINE void round_step(const float *x, size_t left, __m512i tiles[4]) {
    __m512i sorted = _mm512_set_epi16(30, 26, 22, 18, 14, 10, 6, 2, 31, 27, 23, 19, 15, 11, 7, 3, 28, 24, 20, 16, 12, 8,
                                      4, 0, 29, 25, 21, 17, 13, 9, 5, 1); /* nibble 0 is element 1 */
    __m512i v[4];
    UNROLL
    for (int i = 0; i < 4; i++) {
        int there = (size_t)i * 32 < left; /* a step's second half may lie past the end */
        __m512 low = there ? _mm512_loadu_ps(x + 32 * i) : _mm512_setzero_ps();
        __m512 high = there ? _mm512_loadu_ps(x + 32 * i + 16) : _mm512_setzero_ps();
        v[i] = _mm512_permutexvar_epi16(sorted, (__m512i)_mm512_cvtne2ps_pbh(high, low));
    }
    __m512i a = _mm512_shuffle_i32x4(v[0], v[1], 0x44), b = _mm512_shuffle_i32x4(v[2], v[3], 0x44);
    __m512i c = _mm512_shuffle_i32x4(v[0], v[1], 0xee), d = _mm512_shuffle_i32x4(v[2], v[3], 0xee);
    tiles[0] = _mm512_shuffle_i32x4(a, b, 0x88);
    tiles[1] = _mm512_shuffle_i32x4(a, b, 0xdd);
    tiles[2] = _mm512_shuffle_i32x4(c, d, 0x88);
    tiles[3] = _mm512_shuffle_i32x4(c, d, 0xdd);
}

TARGET void amx_pack(const float *const *x, size_t count, size_t K, void *panel) {
    for (size_t s = 0; s < steps_of(K); s++) {
        __m512i v[4][EDGE], one[4];
        for (size_t t = 0; t < EDGE; t++) {
            for (int j = 0; j < 4; j++) one[j] = _mm512_setzero_si512();
            if (t < count) round_step(x[t] + s * STEP, K - s * STEP, one);
            for (int j = 0; j < 4; j++) v[j][t] = one[j];
        }
        for (size_t j = 0; j < 4; j++) {
            transpose(v[j]);
            for (size_t i = 0; i < EDGE; i++)
                _mm512_store_si512((uint8_t *)panel + (4 * s + j) * TILE + 64 * i, v[j][i]);
        }
    }
}

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

TARGET void amx_expand(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t rows, size_t K,
                       size_t k, size_t depth, uint8_t *out) {
#define CALL(size) expand_rows(format->table, size, packed, absmax, rows, K, k, depth, out)
    FOR_BLOCKS(CALL)
#undef CALL
}
#endif
