/* Float32 activations, in plain C. */
#include "kernel.h"

enum { LANES = 8 };

size_t split_size(size_t K) { return K * sizeof(float); }

void split(const float *x, size_t K, void *prepared) {
    float *out = prepared;
    for (size_t k = 0; k < K; k += BLOCK)
        for (size_t i = 0; i < BLOCK / 2; i++) {
            out[k + i] = x[k + 2 * i];
            out[k + BLOCK / 2 + i] = x[k + 2 * i + 1];
        }
}

static int always(void) { return 1; }

static void unpack(const float table[16], const uint8_t *packed, const float *absmax, size_t K, float *out) {
    for (size_t k = 0; k < K; k += 2) {
        uint8_t byte = packed[k / 2];
        out[k] = table[byte >> 4] * absmax[k / BLOCK];
        out[k + 1] = table[byte & 15] * absmax[k / BLOCK];
    }
}

static void rows(const float table[16], const uint8_t *packed, const float *absmax, size_t count, size_t K,
                 const void *const *prepared, int tokens, float *y, size_t stride) {
    for (size_t r = 0; r < count; r++) {
        float sums[MAX_TOKENS][LANES] = {{0}};
        for (size_t k = 0; k < K; k += BLOCK) {
            float scaled[16], weights[BLOCK]; /* even ones first, as the activations */
            for (int i = 0; i < 16; i++) scaled[i] = table[i] * *absmax;
            for (int i = 0; i < BLOCK_BYTES; i++) {
                weights[i] = scaled[packed[i] >> 4];
                weights[BLOCK_BYTES + i] = scaled[packed[i] & 15];
            }
            for (int t = 0; t < tokens; t++) {
                const float *x = (const float *)prepared[t] + k;
                for (int i = 0; i < BLOCK; i += LANES)
                    for (int l = 0; l < LANES; l++) sums[t][l] += weights[i + l] * x[i + l];
            }
            packed += BLOCK_BYTES;
            absmax++;
        }
        for (int t = 0; t < tokens; t++) {
            float sum = 0;
            for (int l = 0; l < LANES; l++) sum += sums[t][l];
            y[(size_t)t * stride + r] = sum;
        }
    }
}

const kernel exact_portable = {"exact:portable", always, split_size, split, rows, unpack};
