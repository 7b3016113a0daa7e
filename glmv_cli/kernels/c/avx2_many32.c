/* AVX2 with FMA, many tokens in float32: sums of 6 rows and one panel are 12 registers of 16. */
#include "kernel.h"

#if defined(GLMV_X86)
#include "panels.h"

#define TARGET __attribute__((target("avx2,fma")))

enum { LANES = 8, ROWS = 6, VECTORS = 2 };

static void unpack_row(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t K, float *out) {
    exact_avx2.unpack(format, packed, absmax, K, out);
}

#include "many32_body.h"

const gemm avx2_many32 = {16, no_tables, nothing, panel_size, pack, scratch_size, multiply};
#endif
