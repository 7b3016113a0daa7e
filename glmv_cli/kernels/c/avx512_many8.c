/* AVX-512 VNNI, many tokens in 8 bits: sums of 8 rows and two panels fill half of the registers. */
#include "kernel.h"

#if defined(GLMV_X86)
#include "avx512_transpose.h"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

enum { LANES = 16, ROWS = 8, VECTORS = 2 };

#include "many8_body.h"

INLINE integers dot(integers sums, int32_t weights, integers x) {
    return (integers)_mm512_dpbusd_epi32((__m512i)sums, _mm512_set1_epi32(weights), (__m512i)x);
}

const gemm avx512_many8 = {16, no_tables, nothing, panel_size, pack, scratch_size, multiply};
#endif
