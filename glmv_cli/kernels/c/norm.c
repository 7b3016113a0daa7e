/* Root-mean-square normalisation (arXiv:1910.07467). */
#include <math.h>
#include <stddef.h>

#include "decode.h"
#include "simd.h"

enum { LANES = 64 };

BODY void norm(const float *x, size_t H, const float *weight, float eps, float *out) {
    float sums[LANES] = {0};
    size_t h = 0;
    for (; h + LANES <= H; h += LANES)
        for (size_t l = 0; l < LANES; l++) sums[l] += x[h + l] * x[h + l];
    for (; h < H; h++) sums[0] += x[h] * x[h];
    for (size_t half = LANES / 2; half; half /= 2)
        for (size_t l = 0; l < half; l++) sums[l] += sums[l + half];
    float factor = 1 / sqrtf(sums[0] / (float)H + eps);
    for (h = 0; h < H; h++) out[h] = x[h] * factor * weight[h];
}

FOR_EACH_SET(norm, (const float *x, size_t H, const float *weight, float eps, float *out), (x, H, weight, eps, out))

void glmv_norm(int set, const float *x, int64_t T, int64_t H, const float *weight, float eps, float *out) {
#pragma omp parallel for schedule(static) if (T * H > 1 << 16)
    for (int64_t t = 0; t < T; t++) norm_of(set)(x + t * H, (size_t)H, weight, eps, out + t * H);
}
