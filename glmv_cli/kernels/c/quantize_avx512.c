/* Packing with AVX-512: 16 elements at a time. */
#include "quantize.h"

#if defined(GLMV_X86)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl")))
#define INLINE static inline __attribute__((always_inline)) TARGET
#define LANES 16

typedef __m512 vector;
typedef __m512i indices;
typedef struct {
    __m512 code, first, second, third, fourth;
} levels;

static int runs(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}

INLINE __m512 eight(const float *from) { return _mm512_castps256_ps512(_mm256_loadu_ps(from)); }

INLINE levels levels_of(const codebook *book) {
    return (levels){_mm512_loadu_ps(book->code), _mm512_set1_ps(book->middle[7]), eight(book->second),
                    eight(book->third), eight(book->fourth)};
}

INLINE vector all(float x) { return _mm512_set1_ps(x); }
INLINE vector times(vector a, vector b) { return _mm512_mul_ps(a, b); }
INLINE vector plus(vector a, vector b) { return _mm512_add_ps(a, b); }
INLINE vector minus(vector a, vector b) { return _mm512_sub_ps(a, b); }

INLINE vector load(int type, const void *x, size_t at) {
    if (type == GLMV_FLOAT32) return _mm512_loadu_ps((const float *)x + at);
    __m256i half = _mm256_loadu_si256((const __m256i *)((const uint16_t *)x + at));
    if (type == GLMV_FLOAT16) return _mm512_cvtph_ps(half);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

INLINE uint32_t largest_bits(const vector x[4]) {
    __m512i sign = _mm512_set1_epi32(0x7fffffff), bits[4];
    UNROLL
    for (int i = 0; i < 4; i++) bits[i] = _mm512_and_si512(_mm512_castps_si512(x[i]), sign);
    __m512i most = _mm512_max_epi32(_mm512_max_epi32(bits[0], bits[1]), _mm512_max_epi32(bits[2], bits[3]));
    return (uint32_t)_mm512_reduce_max_epi32(most);
}

INLINE float sum_of(const vector sums[1]) {
    __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(sums[0]),
                                 _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(sums[0]), 1)));
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

/* The answer is appended to those before. */
INLINE indices asked(indices before, __m512 x, __m512 middle) {
    __m512i doubled = _mm512_add_epi32(before, before);
    return _mm512_mask_add_epi32(doubled, _mm512_cmp_ps_mask(x, middle, _CMP_GT_OQ), doubled, _mm512_set1_epi32(1));
}

INLINE indices code_of(const levels *l, vector x) {
    __m512i code = _mm512_maskz_set1_epi32(_mm512_cmp_ps_mask(x, l->first, _CMP_GT_OQ), 1);
    code = asked(code, x, _mm512_permutexvar_ps(code, l->second));
    code = asked(code, x, _mm512_permutexvar_ps(code, l->third));
    return asked(code, x, _mm512_permutexvar_ps(code, l->fourth));
}

INLINE vector value_of(const levels *l, indices code) { return _mm512_permutexvar_ps(code, l->code); }

INLINE void pack(const indices codes[4], uint8_t *out) {
    UNROLL
    for (int i = 0; i < 4; i++) { /* as pairs: the first of two in the low half, and in the high nibble */
        __m512i both = _mm512_or_si512(_mm512_slli_epi64(codes[i], 4), _mm512_srli_epi64(codes[i], 32));
        _mm_storel_epi64((__m128i *)(out + 8 * i), _mm512_cvtepi64_epi8(both));
    }
}

#include "quantize_body.h"

const quantizer quantizer_avx512 = {"avx512", runs, nearest, searched};
#endif
