/* Packing with AVX2: 8 elements at a time. */
#include "quantize.h"

#if defined(GLMV_X86)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,f16c")))
#define INLINE static inline __attribute__((always_inline)) TARGET
#define LANES 8

typedef __m256 vector;
typedef __m256i indices;
typedef struct {
    __m256 lower, upper; /* codes 0 to 7, and 8 to 15 */
    __m256 first, second, third, fourth;
} levels;

/* No processor has AVX2 without F16C, for which older compilers cannot ask. */
static int runs(void) { return __builtin_cpu_supports("avx2"); }

INLINE levels levels_of(const codebook *book) {
    return (levels){_mm256_loadu_ps(book->code),   _mm256_loadu_ps(book->code + 8), _mm256_set1_ps(book->middle[7]),
                    _mm256_loadu_ps(book->second), _mm256_loadu_ps(book->third),    _mm256_loadu_ps(book->fourth)};
}

INLINE vector all(float x) { return _mm256_set1_ps(x); }
INLINE vector times(vector a, vector b) { return _mm256_mul_ps(a, b); }
INLINE vector plus(vector a, vector b) { return _mm256_add_ps(a, b); }
INLINE vector minus(vector a, vector b) { return _mm256_sub_ps(a, b); }

INLINE vector load(int type, const void *x, size_t at) {
    if (type == GLMV_FLOAT32) return _mm256_loadu_ps((const float *)x + at);
    __m128i half = _mm_loadu_si128((const __m128i *)((const uint16_t *)x + at));
    if (type == GLMV_FLOAT16) return _mm256_cvtph_ps(half);
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
}

INLINE uint32_t largest_bits(const vector x[8]) {
    __m256i sign = _mm256_set1_epi32(0x7fffffff), most = _mm256_setzero_si256();
    UNROLL
    for (int i = 0; i < 8; i++) most = _mm256_max_epi32(most, _mm256_and_si256(_mm256_castps_si256(x[i]), sign));
    __m128i four = _mm_max_epi32(_mm256_castsi256_si128(most), _mm256_extracti128_si256(most, 1));
    __m128i two = _mm_max_epi32(four, _mm_shuffle_epi32(four, 0x4e));
    return (uint32_t)_mm_cvtsi128_si32(_mm_max_epi32(two, _mm_shuffle_epi32(two, 0xb1)));
}

INLINE float sum_of(const vector sums[2]) {
    __m256 eight = _mm256_add_ps(sums[0], sums[1]);
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

/* The answer, 0 or -1, is appended to those before. */
INLINE indices asked(indices before, __m256 x, __m256 middle) {
    __m256i answer = _mm256_castps_si256(_mm256_cmp_ps(x, middle, _CMP_GT_OQ));
    return _mm256_sub_epi32(_mm256_add_epi32(before, before), answer);
}

INLINE indices code_of(const levels *l, vector x) {
    __m256i code = asked(_mm256_setzero_si256(), x, l->first);
    code = asked(code, x, _mm256_permutevar8x32_ps(l->second, code));
    code = asked(code, x, _mm256_permutevar8x32_ps(l->third, code));
    return asked(code, x, _mm256_permutevar8x32_ps(l->fourth, code));
}

INLINE vector value_of(const levels *l, indices code) {
    __m256 bit3 = _mm256_castsi256_ps(_mm256_slli_epi32(code, 28));
    return _mm256_blendv_ps(_mm256_permutevar8x32_ps(l->lower, code), _mm256_permutevar8x32_ps(l->upper, code), bit3);
}

INLINE void pack(const indices codes[8], uint8_t *out) {
    /* 4 bytes that matter of a vector: the lowest of each pair, the first of two in the high nibble. */
    __m128i lowest = _mm_setr_epi8(0, 8, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    UNROLL
    for (int i = 0; i < 8; i++) {
        __m256i both = _mm256_or_si256(_mm256_slli_epi64(codes[i], 4), _mm256_srli_epi64(codes[i], 32));
        __m128i low = _mm_shuffle_epi8(_mm256_castsi256_si128(both), lowest);
        __m128i high = _mm_shuffle_epi8(_mm256_extracti128_si256(both, 1), lowest);
        int four = _mm_cvtsi128_si32(_mm_unpacklo_epi16(low, high));
        memcpy(out + 4 * i, &four, 4);
    }
}

#include "quantize_body.h"

const quantizer quantizer_avx2 = {"avx2", runs, nearest, searched};
#endif
