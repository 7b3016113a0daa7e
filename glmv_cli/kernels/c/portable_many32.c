/* Many tokens in float32 without any instruction set in particular: vectors of 4 numbers are what most processors have,
 * and ARM has 32 of them. */
#include "kernel.h"
#include "panels.h"

#define TARGET

enum {
    LANES = 4,
    VECTORS = 4,
#if defined(__aarch64__)
    ROWS = 6
#else
    ROWS = 2
#endif
};

static void unpack_row(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t K, float *out) {
    exact_portable.unpack(format, packed, absmax, K, out);
}

#include "many32_body.h"

const gemm portable_many32 = {16, no_tables, nothing, panel_size, pack, scratch_size, multiply};
