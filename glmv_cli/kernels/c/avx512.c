/* AVX-512: the table of 16 numbers is one register, and `vpermps` looks at the low four bits of an index only. */
#include "kernel.h"

#if defined(GLMV_X86)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl")))
#define INLINE static inline __attribute__((always_inline)) TARGET

static int runs(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl");
}

INLINE __m512 scaled(__m512 table, float scale) { return _mm512_mul_ps(table, _mm512_set1_ps(scale)); }

/* 16 bytes: the even weights of half a unit, and the odd ones. */
INLINE void look_up(__m512 table, const uint8_t *packed, __m512 *even, __m512 *odd) {
    __m512i bytes = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)packed));
    *even = _mm512_permutexvar_ps(_mm512_srli_epi32(bytes, 4), table);
    *odd = _mm512_permutexvar_ps(bytes, table);
}

/* One row. Sums of a token that do not wait for each other: as many as fit into the registers. */
INLINE void one_row(__m512 table, size_t block, const uint8_t *packed, const float *absmax, size_t K,
                    const float *const *x, int tokens, float *y, size_t stride) {
    const int apart = tokens <= 4 ? 4 : 2;
    __m512 sums[MAX_TOKENS][4];
    UNROLL
    for (int t = 0; t < tokens; t++) {
        UNROLL
        for (int i = 0; i < apart; i++) sums[t][i] = _mm512_setzero_ps();
    }
    for (size_t k = 0; k < K; k += UNIT) {
        __m512 even[2], odd[2];
        prefetch(packed + k / 2);
        look_up(scaled(table, absmax[k / block]), packed + k / 2, &even[0], &odd[0]);
        look_up(scaled(table, absmax[(k + UNIT / 2) / block]), packed + k / 2 + 16, &even[1], &odd[1]);
        UNROLL
        for (int t = 0; t < tokens; t++) {
            const float *place = x[t] + k;
            sums[t][0] = _mm512_fmadd_ps(even[0], _mm512_load_ps(place), sums[t][0]);
            sums[t][1] = _mm512_fmadd_ps(even[1], _mm512_load_ps(place + 16), sums[t][1]);
            sums[t][2 % apart] = _mm512_fmadd_ps(odd[0], _mm512_load_ps(place + 32), sums[t][2 % apart]);
            sums[t][3 % apart] = _mm512_fmadd_ps(odd[1], _mm512_load_ps(place + 48), sums[t][3 % apart]);
        }
    }
    UNROLL
    for (int t = 0; t < tokens; t++) {
        __m512 sum = _mm512_add_ps(sums[t][0], sums[t][1]);
        if (apart == 4) sum = _mm512_add_ps(sum, _mm512_add_ps(sums[t][2], sums[t][3]));
        y[(size_t)t * stride] = _mm512_reduce_add_ps(sum);
    }
}

INLINE void all_rows(const float numbers[16], size_t block, const uint8_t *packed, const float *absmax, size_t rows,
                     size_t K, const void *const *prepared, int tokens, float *y, size_t stride) {
    __m512 table = _mm512_loadu_ps(numbers);
    const float *x[MAX_TOKENS];
    for (int t = 0; t < tokens; t++) x[t] = prepared[t];
    for (size_t r = 0; r < rows; r++) {
        const float *scales = absmax + r * (K / block);
        prefetch_scales(scales + K / block, K / block);
        one_row(table, block, packed + r * K / 2, scales, K, x, tokens, y + r, stride);
    }
}

TARGET static void rows(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t count, size_t K,
                        const void *const *prepared, int tokens, float *y, size_t stride) {
#define CALL(size, n) all_rows(format->table, size, packed, absmax, count, K, prepared, n, y, stride)
#define BLOCKS(size) FOR_TOKENS(size, CALL)
    FOR_BLOCKS(BLOCKS)
#undef CALL
#undef BLOCKS
}

INLINE void unpack_row(const float numbers[16], size_t block, const uint8_t *packed, const float *absmax, size_t K,
                       float *out) {
    __m512 table = _mm512_loadu_ps(numbers);
    __m512i low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    __m512i high = _mm512_add_epi32(low, _mm512_set1_epi32(8));
    for (size_t k = 0; k < K; k += 32) {
        __m512 even, odd;
        look_up(scaled(table, absmax[k / block]), packed + k / 2, &even, &odd);
        _mm512_storeu_ps(out + k, _mm512_permutex2var_ps(even, low, odd));
        _mm512_storeu_ps(out + k + 16, _mm512_permutex2var_ps(even, high, odd));
    }
}

TARGET static void unpack(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t K, float *out) {
#define CALL(size) unpack_row(format->table, size, packed, absmax, K, out)
    FOR_BLOCKS(CALL)
#undef CALL
}

const kernel exact_avx512 = {"exact:avx512", runs, split_size, split, rows, unpack, &avx512_many32};
#endif
