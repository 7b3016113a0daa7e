/* Activations rounded to 8 bits, in plain C. */
#include "activations8.h"

/* A unit's products, by half: the block may end in the middle. `x` is where its even activations are. */
static void dot(const int8_t entries[16], const uint8_t *packed, const int8_t *x, int32_t sums[2]) {
    for (int half = 0; half < 2; half++) {
        int32_t sum = 0;
        for (int i = half * UNIT_BYTES / 2; i < (half + 1) * UNIT_BYTES / 2; i++)
            sum += entries[packed[i] >> 4] * x[i] + entries[packed[i] & 15] * x[UNIT + i];
        sums[half] = sum;
    }
}

static void rows(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t count, size_t K,
                 const void *const *prepared, int tokens, float *y, size_t stride) {
    size_t block = (size_t)format->block;
    for (size_t r = 0; r < count; r++, packed += K / 2, absmax += K / block)
        for (int t = 0; t < tokens; t++) {
            activations8 x = activations8_at(prepared[t], K);
            float sum = 0;
            for (size_t u = 0; u < K / UNIT; u++) {
                int32_t sums[2];
                dot(format->entries, packed + u * UNIT_BYTES, x.values + u / 2 * PAIR + u % 2 * UNIT_BYTES, sums);
                sum += (float)sums[0] * (absmax[u * UNIT / block] * x.scales[u]);
                sum += (float)sums[1] * (absmax[(u * UNIT + UNIT / 2) / block] * x.scales[u]);
            }
            y[(size_t)t * stride + r] = sum * format->step;
        }
}

static int runs(void) { return exact_portable.runs(); }

static void unpack(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t K, float *out) {
    exact_portable.unpack(format, packed, absmax, K, out);
}

const kernel int8_portable = {"int8:portable", runs, activations8_size, activations8_prepare, rows, unpack, &portable_many32};
