/* Activations as the tiles of amx_tiles.h, rounded to 16 bits, or to 8 where that loses little. */
#include "amx_tiles.h"

#if defined(GLMV_AMX)
#include <math.h>
#include <string.h>

#include "avx512_transpose.h"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#define INLINE static inline __attribute__((always_inline)) TARGET

enum { LARGEST = 127 * 256 + 127, OUTLYING = 8 };
static const float LEAST = 1e-33f; /* what is smaller has no inverse, and is 0 */

/* The largest absolute value; NaN if there is a NaN, as its bits are the largest. */
INLINE float largest_of(const float *x, size_t K) {
    __m512i largest = _mm512_setzero_si512(), absolute = _mm512_set1_epi32(0x7fffffff);
    for (size_t k = 0; k < K; k += 16)
        largest = _mm512_max_epi32(largest, _mm512_and_si512(_mm512_loadu_si512(x + k), absolute));
    union {
        int32_t bits;
        float value;
    } found = {.bits = _mm512_reduce_max_epi32(largest)};
    return found.value;
}

/* 32 elements as words of 16 bits. */
INLINE __m512i round_32(const float *x, __m512 inverse) {
    __m512i low = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x), inverse));
    __m512i high = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x + 16), inverse));
    return _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtepi32_epi16(low)), _mm512_cvtepi32_epi16(high), 1);
}

/* A step of one token: 64 bytes for each of its four tiles; `left` elements are there. */
INLINE void round_step(const float *x, size_t left, __m512 inverse, __m512i tiles[4]) {
    /* Of 4 pairs of words the upper and lower bytes, even ones first. */
    const __m512i sorted = _mm512_broadcast_i32x4(_mm_setr_epi8(1, 5, 9, 13, 0, 4, 8, 12, 3, 7, 11, 15, 2, 6, 10, 14));
    const __m512i by_tile = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const __m512i half = _mm512_set1_epi16(128);
    __m512i v[4];
    UNROLL
    for (int i = 0; i < 4; i++) {
        __m512i words = (size_t)i * 32 < left ? round_32(x + 32 * i, inverse) : _mm512_setzero_si512();
        __m512i upper = _mm512_add_epi16(words, half); /* the lower byte has a sign */
        __m512i bytes = _mm512_mask_blend_epi8(0xaaaaaaaaaaaaaaaa, words, upper);
        v[i] = _mm512_permutexvar_epi32(by_tile, _mm512_shuffle_epi8(bytes, sorted));
    }
    __m512i a = _mm512_shuffle_i32x4(v[0], v[1], 0x44), b = _mm512_shuffle_i32x4(v[2], v[3], 0x44);
    __m512i c = _mm512_shuffle_i32x4(v[0], v[1], 0xee), d = _mm512_shuffle_i32x4(v[2], v[3], 0xee);
    tiles[0] = _mm512_shuffle_i32x4(a, b, 0x88);
    tiles[1] = _mm512_shuffle_i32x4(a, b, 0xdd);
    tiles[2] = _mm512_shuffle_i32x4(c, d, 0x88);
    tiles[3] = _mm512_shuffle_i32x4(c, d, 0xdd);
}

/* Whether 8 bits would lose too much: there is a number more than OUTLYING times as large as their root mean square. */
INLINE int has_outlier(const float *x, size_t count, __m512 inverse) {
    __m512 squares = _mm512_setzero_ps();
    for (size_t k = 0; k < count; k += 16) {
        __m512 v = _mm512_mul_ps(_mm512_loadu_ps(x + k), inverse);
        squares = _mm512_fmadd_ps(v, v, squares);
    }
    const float largest = LARGEST, sum = _mm512_reduce_add_ps(squares); /* 0 if all count as zero */
    return sum > 0 && largest * largest * (float)count > OUTLYING * OUTLYING * sum;
}

/* A group of one token: its scale, and by what its elements are multiplied. */
INLINE __m512 scale_group(const float *x, size_t count, float *scale) {
    float largest = largest_of(x, count);
    *scale = largest < INFINITY ? largest / LARGEST : NAN;
    return _mm512_set1_ps(largest > LEAST && largest < INFINITY ? LARGEST / largest : 0);
}

/* The groups of a panel: scales, and inverse[token]. */
INLINE void scale_groups(const float *const *x, size_t count, size_t k, size_t K, amx_group *to, __m512 *inverse) {
    const size_t there = lesser(GROUP, K - k);
    memset(to, 0, sizeof *to);
    to->tiles = 1;
    for (size_t t = 0; t < count; t++) {
        inverse[t] = scale_group(x[t] + k, there, to->scale + t);
        if (count > HALF && to->scale[t] > 0 && has_outlier(x[t] + k, there, inverse[t])) to->tiles = 2;
    }
    for (size_t t = 0; t < count && count <= HALF; t++) to->scale[HALF + t] = to->scale[t];
    for (size_t t = 0; t < count && to->tiles == 1; t++) to->scale[t] *= 256;
}

TARGET void amx_pack(const float *const *x, size_t count, size_t K, void *panel) {
    amx_group *groups = (amx_group *)(uintptr_t)amx_groups(panel, K);
    __m512 inverse[EDGE];
    for (size_t s = 0; s < steps_of(K); s++) {
        __m512i v[4][EDGE], one[4];
        size_t k = s * STEP;
        amx_group *group = groups + k / GROUP;
        if (k % GROUP == 0) scale_groups(x, count, k, K, group, inverse);
        memset(v, 0, sizeof v);
        for (size_t t = 0; t < count; t++) {
            round_step(x[t] + k, K - k, inverse[t], one);
            for (int j = 0; j < 4; j++) v[j][t] = one[j];
            if (count <= HALF) v[0][HALF + t] = one[1], v[2][HALF + t] = one[3];
        }
        for (size_t j = 0; j < 4; j++) {
            if (j % 2 && group->tiles == 1) continue;
            transpose(v[j]);
            for (size_t i = 0; i < EDGE; i++)
                _mm512_store_si512((uint8_t *)panel + (4 * s + j) * TILE + 64 * i, v[j][i]);
        }
    }
}
#endif
