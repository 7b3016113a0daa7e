/* AVX-VNNI, of processors without AVX-512: `vpdpbusd` multiplies unsigned by signed bytes, so table entries carry an
 * offset of 128, which is taken off at the end of a row. */
#include "kernel.h"

#if defined(GLMV_AVXVNNI)
#include <cpuid.h>
#define TARGET __attribute__((target("avx2,fma,avxvnni")))
#define OFFSET 128
#include "avx2_int8.h"

INLINE __m256i dot(__m256i even, __m256i odd, __m256i x_even, __m256i x_odd) {
    return _mm256_dpbusd_avx_epi32(_mm256_dpbusd_avx_epi32(_mm256_setzero_si256(), even, x_even), odd, x_odd);
}

/* Compilers learned to ask for it late: leaf 7, sub-leaf 1, bit 4 of EAX. */
static int runs(void) {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    return exact_avx2.runs() && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) && (eax >> 4 & 1);
}

const kernel int8_avxvnni = {"int8:avxvnni", runs, activations8_size, activations8_prepare_avx2, rows, unpack, &avxvnni_many8};
#endif
