/* Rotary positions (arXiv:2104.09864). */
#include <stddef.h>

#include "decode.h"

void glmv_rotate(float *heads, int64_t count, int64_t D, const float *cosines, const float *sines, int64_t rotated,
                 int pairs) {
    for (float *head = heads; head < heads + count * D; head += D)
        for (int64_t i = 0; i < rotated / 2; i++) {
            int64_t a = pairs ? 2 * i : i, b = pairs ? a + 1 : a + rotated / 2;
            float first = head[a], second = head[b];
            head[a] = first * cosines[a] - second * sines[a];
            head[b] = second * cosines[b] + first * sines[b];
        }
}

void glmv_rotate_tokens(float *heads, int64_t T, int64_t count, int64_t D, const float *cosines, const float *sines,
                        int64_t rotated, int pairs, int threads) {
#pragma omp parallel for schedule(static) num_threads(threads) if (T * count * D > 1 << 16)
    for (int64_t t = 0; t < T; t++)
        glmv_rotate(heads + t * count * D, count, D, cosines + t * rotated, sines + t * rotated, rotated, pairs);
}
