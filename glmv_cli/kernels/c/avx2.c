/* AVX2 with FMA: the table of 16 numbers is two registers, and bit 3 of an index chooses between them. */
#include "kernel.h"

#if defined(GLMV_X86)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma")))
#define INLINE static inline __attribute__((always_inline)) TARGET

static int runs(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

INLINE __m256 choose(__m256 lower, __m256 upper, __m256i index) {
    __m256 bit3 = _mm256_castsi256_ps(_mm256_slli_epi32(index, 28));
    return _mm256_blendv_ps(_mm256_permutevar8x32_ps(lower, index), _mm256_permutevar8x32_ps(upper, index), bit3);
}

/* 8 bytes: the even weights of a quarter of a unit, and the odd ones. */
INLINE void look_up(__m256 lower, __m256 upper, const uint8_t *packed, __m256 *even, __m256 *odd) {
    __m256i bytes = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)packed));
    *even = choose(lower, upper, _mm256_srli_epi32(bytes, 4));
    *odd = choose(lower, upper, bytes);
}

INLINE float sum_of(__m256 v) {
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

INLINE void one_row(__m256 lower, __m256 upper, size_t block, const uint8_t *packed, const float *absmax, size_t K,
                    const float *const *x, int tokens, float *y, size_t stride) {
    __m256 sums[MAX_TOKENS][2];
    UNROLL
    for (int t = 0; t < tokens; t++) sums[t][0] = sums[t][1] = _mm256_setzero_ps();
    for (size_t k = 0; k < K; k += UNIT) {
        prefetch(packed + k / 2);
        UNROLL
        for (int quarter = 0; quarter < 4; quarter++) {
            __m256 scale = _mm256_set1_ps(absmax[(k + 16 * (size_t)quarter) / block]), even, odd;
            __m256 low = _mm256_mul_ps(lower, scale), high = _mm256_mul_ps(upper, scale);
            look_up(low, high, packed + k / 2 + 8 * quarter, &even, &odd);
            UNROLL
            for (int t = 0; t < tokens; t++) {
                const float *place = x[t] + k + 8 * quarter;
                sums[t][0] = _mm256_fmadd_ps(even, _mm256_load_ps(place), sums[t][0]);
                sums[t][1] = _mm256_fmadd_ps(odd, _mm256_load_ps(place + UNIT / 2), sums[t][1]);
            }
        }
    }
    UNROLL
    for (int t = 0; t < tokens; t++) y[(size_t)t * stride] = sum_of(_mm256_add_ps(sums[t][0], sums[t][1]));
}

INLINE void all_rows(const float table[16], size_t block, const uint8_t *packed, const float *absmax, size_t rows,
                     size_t K, const void *const *prepared, int tokens, float *y, size_t stride) {
    __m256 lower = _mm256_loadu_ps(table), upper = _mm256_loadu_ps(table + 8);
    const float *x[MAX_TOKENS];
    UNROLL
    for (int t = 0; t < tokens; t++) x[t] = prepared[t];
    for (size_t r = 0; r < rows; r++) {
        const float *scales = absmax + r * (K / block);
        prefetch_scales(scales + K / block, K / block);
        one_row(lower, upper, block, packed + r * K / 2, scales, K, x, tokens, y + r, stride);
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

INLINE void unpack_row(const float table[16], size_t block, const uint8_t *packed, const float *absmax, size_t K,
                       float *out) {
    __m256 lower = _mm256_loadu_ps(table), upper = _mm256_loadu_ps(table + 8);
    for (size_t k = 0; k < K; k += 16) {
        __m256 scale = _mm256_set1_ps(absmax[k / block]), even, odd;
        look_up(_mm256_mul_ps(lower, scale), _mm256_mul_ps(upper, scale), packed + k / 2, &even, &odd);
        __m256 low = _mm256_unpacklo_ps(even, odd), high = _mm256_unpackhi_ps(even, odd);
        _mm256_storeu_ps(out + k, _mm256_permute2f128_ps(low, high, 0x20));
        _mm256_storeu_ps(out + k + 8, _mm256_permute2f128_ps(low, high, 0x31));
    }
}

TARGET static void unpack(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t K, float *out) {
#define CALL(size) unpack_row(format->table, size, packed, absmax, K, out)
    FOR_BLOCKS(CALL)
#undef CALL
}

const kernel exact_avx2 = {"exact:avx2", runs, split_size, split, rows, unpack, &avx2_many32};
#endif
