/* Activations as the tiles of amx_tiles.h, rounded to bfloat16. */
#include "amx_tiles.h"

#if defined(GLMV_AMX)
#include "avx512_transpose.h"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))
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
#endif
