/* AVX-512, many tokens in float32: sums of 8 rows and two panels fill half of the registers. */
#include "kernel.h"

#if defined(GLMV_X86)
#include "avx512_transpose.h"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl")))

enum { LANES = 16, ROWS = 8, VECTORS = 2 };

static void unpack_row(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t K, float *out) {
    exact_avx512.unpack(format, packed, absmax, K, out);
}

#include "many32_body.h"

const gemm avx512_many32 = {16, no_tables, nothing, panel_size, pack, scratch_size, multiply};
#endif
