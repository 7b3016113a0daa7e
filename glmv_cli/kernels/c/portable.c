/* Float32 activations, in plain C. */
#include "kernel.h"

enum { LANES = 8 };

size_t split_size(size_t K) { return K * sizeof(float); }

void split(const glmv_format *format, const float *x, size_t K, void *prepared) {
    (void)format;
    float *out = prepared;
    for (size_t k = 0; k < K; k += UNIT)
        for (size_t i = 0; i < UNIT / 2; i++) {
            out[k + i] = x[k + 2 * i];
            out[k + UNIT / 2 + i] = x[k + 2 * i + 1];
        }
}

static int always(void) { return 1; }

static void unpack(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t K, float *out) {
    size_t block = (size_t)format->block;
    for (size_t k = 0; k < K; k += 2) {
        uint8_t byte = packed[k / 2];
        out[k] = format->table[byte >> 4] * absmax[k / block];
        out[k + 1] = format->table[byte & 15] * absmax[k / block];
    }
}

/* A unit: even weights first, as the activations. `scales` are those of its two halves. */
static void unpack_unit(const float table[16], const uint8_t *packed, const float scales[2], float weights[UNIT]) {
    for (int half = 0; half < 2; half++) {
        float scaled[16];
        for (int i = 0; i < 16; i++) scaled[i] = table[i] * scales[half];
        for (int i = half * UNIT_BYTES / 2; i < (half + 1) * UNIT_BYTES / 2; i++) {
            weights[i] = scaled[packed[i] >> 4];
            weights[UNIT_BYTES + i] = scaled[packed[i] & 15];
        }
    }
}

static void rows(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t count, size_t K,
                 const void *const *prepared, int tokens, float *y, size_t stride) {
    size_t block = (size_t)format->block;
    for (size_t r = 0; r < count; r++, packed += K / 2, absmax += K / block) {
        float sums[MAX_TOKENS][LANES] = {{0}};
        for (size_t k = 0; k < K; k += UNIT) {
            float scales[2] = {absmax[k / block], absmax[(k + UNIT / 2) / block]}, weights[UNIT];
            unpack_unit(format->table, packed + k / 2, scales, weights);
            for (int t = 0; t < tokens; t++) {
                const float *x = (const float *)prepared[t] + k;
                for (int i = 0; i < UNIT; i += LANES)
                    for (int l = 0; l < LANES; l++) sums[t][l] += weights[i + l] * x[i + l];
            }
        }
        for (int t = 0; t < tokens; t++) {
            float sum = 0;
            for (int l = 0; l < LANES; l++) sum += sums[t][l];
            y[(size_t)t * stride + r] = sum;
        }
    }
}

const kernel exact_portable = {"exact:portable", always, split_size, split, rows, unpack, &portable_many32};
