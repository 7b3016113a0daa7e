/* Rounding activations to 8 bits, by unit. Plain C that compilers turn into vectors. */
#include "activations8.h"

#include <string.h>

#include "rounding.h"

size_t activations8_size(size_t K) { return pairs_of(K) * (PAIR + 2 * sizeof(float)) + K / 32 * sizeof(float); }

BODY void fill(const glmv_format *format, const float *x, size_t K, void *prepared) {
    int8_t *values = prepared;
    activations8 at = activations8_at(prepared, K);
    float *scales = (float *)(uintptr_t)at.scales, *offsets = (float *)(uintptr_t)at.offsets;
    size_t block = (size_t)format->block, part = lesser(block, UNIT);
    if (K % PAIR) memset(values + (pairs_of(K) - 1) * PAIR, 0, PAIR);
    scales[2 * pairs_of(K) - 1] = 0;
    memset(offsets, 0, K / block * sizeof *offsets);
    for (size_t u = 0; u < K / UNIT; u++) {
        int8_t rounded[UNIT], *place = values + u / 2 * PAIR + u % 2 * UNIT_BYTES;
        scales[u] = round_unit(x + u * UNIT, rounded);
        for (int i = 0; i < UNIT / 2; i++) {
            place[i] = rounded[2 * i];
            place[UNIT + i] = rounded[2 * i + 1];
        }
        for (size_t k = 0; k < UNIT; k += part)
            offsets[(u * UNIT + k) / block] -= 128.0f * scales[u] * (float)sum_of(rounded + k, (int)part);
    }
}

#define PARAMETERS (const glmv_format *format, const float *x, size_t K, void *prepared)
void activations8_prepare PARAMETERS { fill(format, x, K, prepared); }
#if defined(GLMV_X86)
__attribute__((target("avx2,fma"))) void activations8_prepare_avx2 PARAMETERS {
    fill(format, x, K, prepared);
}
__attribute__((target("avx512f,avx512bw,avx512vl"))) void activations8_prepare_avx512 PARAMETERS {
    fill(format, x, K, prepared);
}
#endif
