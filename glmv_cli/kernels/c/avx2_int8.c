/* AVX2 without VNNI: `vpmaddubsw` multiplies unsigned by signed bytes and adds two products in 16 bits: the weight
 * gives its size, the activation takes its sign, and 2 * 127 * 127 fits. */
#include "kernel.h"

#if defined(GLMV_X86)
#define TARGET __attribute__((target("avx2,fma")))
#define OFFSET 0
#include "avx2_int8.h"

INLINE __m256i dot(__m256i even, __m256i odd, __m256i x_even, __m256i x_odd) {
    __m256i ones = _mm256_set1_epi16(1);
    __m256i evens = _mm256_maddubs_epi16(_mm256_abs_epi8(even), _mm256_sign_epi8(x_even, even));
    __m256i odds = _mm256_maddubs_epi16(_mm256_abs_epi8(odd), _mm256_sign_epi8(x_odd, odd));
    return _mm256_add_epi32(_mm256_madd_epi16(evens, ones), _mm256_madd_epi16(odds, ones));
}

static int runs(void) { return exact_avx2.runs(); }

const kernel int8_avx2 = {"int8:avx2", runs, activations8_size, activations8_prepare_avx2, rows, unpack, &avx2_many32};
#endif
