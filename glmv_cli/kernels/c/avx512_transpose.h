/* Squares of 16 x 16 numbers of 32 bits turned around, and sums of tokens in panels stored that way. */
#ifndef GLMV_AVX512_TRANSPOSE_H
#define GLMV_AVX512_TRANSPOSE_H

#include <immintrin.h>

#include "kernel.h"

#define TURNING static inline __attribute__((always_inline, target("avx512f,avx512bw,avx512vl")))

/* 16 rows of 16 lanes become columns. */
TURNING void transpose(__m512i v[16]) {
    __m512i a[16], b[16];
    UNROLL
    for (int i = 0; i < 16; i += 2) {
        a[i] = _mm512_unpacklo_epi32(v[i], v[i + 1]);
        a[i + 1] = _mm512_unpackhi_epi32(v[i], v[i + 1]);
    }
    UNROLL
    for (int i = 0; i < 16; i += 4) {
        b[i] = _mm512_unpacklo_epi64(a[i], a[i + 2]);
        b[i + 1] = _mm512_unpackhi_epi64(a[i], a[i + 2]);
        b[i + 2] = _mm512_unpacklo_epi64(a[i + 1], a[i + 3]);
        b[i + 3] = _mm512_unpackhi_epi64(a[i + 1], a[i + 3]);
    }
    UNROLL
    for (int i = 0; i < 4; i++) {
        a[i] = _mm512_shuffle_i32x4(b[i], b[i + 4], 0x88);
        a[i + 4] = _mm512_shuffle_i32x4(b[i], b[i + 4], 0xdd);
        a[i + 8] = _mm512_shuffle_i32x4(b[i + 8], b[i + 12], 0x88);
        a[i + 12] = _mm512_shuffle_i32x4(b[i + 8], b[i + 12], 0xdd);
    }
    UNROLL
    for (int i = 0; i < 8; i++) {
        v[i] = _mm512_shuffle_i32x4(a[i], a[i + 8], 0x88);
        v[i + 8] = _mm512_shuffle_i32x4(a[i], a[i + 8], 0xdd);
    }
}

/* y[t * stride + r] from [row][token], 16 of each, of which the first are wanted. */
TURNING void store_square(const void *sums, size_t rows, size_t tokens, float *y, size_t stride) {
    __m512i v[16];
    UNROLL
    for (int i = 0; i < 16; i++) v[i] = _mm512_load_si512((const char *)sums + 64 * i);
    transpose(v);
    for (size_t t = 0; t < lesser(tokens, 16); t++)
        _mm512_mask_storeu_epi32(y + t * stride, (__mmask16)((1u << lesser(rows, 16)) - 1), v[t]);
}

/* y[t * stride + r] from sums[panel][padded rows][PANEL], which 15 more rows may follow that are read for nothing. */
TURNING void store_panels(const float *sums, size_t padded, size_t rows, size_t tokens, float *y, size_t stride) {
    for (size_t t = 0; t < tokens; t += PANEL)
        for (size_t r = 0; r < rows; r += 16)
            store_square(sums + t * padded + r * PANEL, rows - r, tokens - t, y + t * stride + r, stride);
}

#endif
