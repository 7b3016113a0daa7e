/* AVX-VNNI, many tokens in 8 bits: sums of 6 rows and one panel are 12 registers of 16. */
#include "kernel.h"

#if defined(GLMV_AVXVNNI)
#include "panels.h"

#define TARGET __attribute__((target("avx2,fma,avxvnni")))

enum { LANES = 8, ROWS = 6, VECTORS = 2 };

#include "many8_body.h"

INLINE integers dot(integers sums, int32_t weights, integers x) {
    return (integers)_mm256_dpbusd_avx_epi32((__m256i)sums, _mm256_set1_epi32(weights), (__m256i)x);
}

const gemm avxvnni_many8 = {10, no_tables, nothing, panel_size, pack, scratch_size, multiply};
#endif
