/* The library under the sanitizers: buffers of exactly the size they must have, against sums in double. Prints what
 * ran; exits with 1 at a wrong number. Compiled and started by test_sanitized.py. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "glmv.h"

static unsigned state = 1;
static unsigned next(void) { return state = state * 1664525u + 1013904223u, state >> 8; }
static float number(void) { return (float)next() / (1 << 23) - 1; }

static float *numbers(int64_t count) {
    float *out = malloc((size_t)count * sizeof *out);
    for (int64_t i = 0; i < count; i++) out[i] = number();
    return out;
}

static uint8_t *bytes(int64_t count) {
    uint8_t *out = malloc((size_t)count);
    for (int64_t i = 0; i < count; i++) out[i] = (uint8_t)next();
    return out;
}

static double weight(const float *table, glmv_matrix m, int64_t K, int64_t n, int64_t k) {
    uint8_t byte = m.packed[n * K / 2 + k / 2];
    return (double)table[k % 2 ? byte & 15 : byte >> 4] * m.absmax[n * (K / 64) + k / 64];
}

static int wrong = 0;

static void linear(int kernel, const float *table, int64_t N, int64_t K, int64_t T, int threads) {
    uint8_t *packed = bytes(N * K / 2);
    float *absmax = numbers(N * K / 64), *x = numbers(T * K), *bias = numbers(N), *y = numbers(T * N);
    float *all = numbers(N * K);
    glmv_matrix m = {packed, absmax};
    if (glmv_linear(kernel, table, &m, N, K, bias, x, T, y, threads) != GLMV_OK) wrong = 1;
    if (glmv_unpack(kernel, table, &m, N, K, all, threads) != GLMV_OK) wrong = 1;
    for (int64_t n = 0; n < N; n++)
        for (int64_t t = 0; t < T; t++) {
            double sum = bias[n];
            for (int64_t k = 0; k < K; k++) sum += weight(table, m, K, n, k) * x[t * K + k];
            if (fabs(sum - y[t * N + n]) > 0.01 * sqrt((double)K)) wrong = 1;
        }
    for (int64_t i = 0; i < N * K; i++)
        if (fabs(all[i] - weight(table, m, K, i / K, i % K)) > 1e-6) wrong = 1;
    free(packed), free(absmax), free(x), free(bias), free(y), free(all);
}

static void layer(int kernel, const float *table, int64_t T, int threads) {
    const int64_t E = 3, H = 192, I = 128, k = 2;
    uint8_t *gate_up = bytes(E * 2 * I * H / 2), *down = bytes(E * H * I / 2);
    float *gate_up_absmax = numbers(E * 2 * I * H / 64), *down_absmax = numbers(E * H * I / 64);
    float *hidden = numbers(T * H), *weights = numbers(T * k), *out = numbers(T * H);
    int64_t *ids = malloc((size_t)(T * k) * sizeof *ids);
    glmv_experts e = {{gate_up, gate_up_absmax}, {down, down_absmax}, I * H, I * H / 32, H * I / 2, H * I / 64, E, H, I};
    for (int64_t i = 0; i < T * k; i++) ids[i] = (int64_t)(next() % 4) - 1;
    if (glmv_routed_experts(kernel, table, &e, hidden, ids, weights, T, k, out, threads) != GLMV_OK) wrong = 1;
    for (int64_t i = 0; i < T * H; i++)
        if (!isfinite(out[i])) wrong = 1;
    ids[0] = E;
    if (glmv_routed_experts(kernel, table, &e, hidden, ids, weights, T, k, out, threads) != GLMV_NO_EXPERT) wrong = 1;
    free(gate_up), free(down), free(gate_up_absmax), free(down_absmax);
    free(hidden), free(weights), free(out), free(ids);
}

int main(void) {
    float table[16];
    for (int i = 0; i < 16; i++) table[i] = (float)(i - 8) / 8;
    for (int kernel = 0; glmv_kernel_name(kernel); kernel++) {
        if (!glmv_kernel_runs(kernel)) continue;
        for (int64_t T = 1; T <= 17; T += T < 9 ? 1 : 8)
            for (int threads = 1; threads <= 3; threads += 2) {
                linear(kernel, table, 67, 64, T, threads);
                linear(kernel, table, 3, 320, T, threads);
                layer(kernel, table, T, threads);
            }
        linear(kernel, table, 5, 13696, 2, 1);
        printf("%s\n", glmv_kernel_name(kernel));
    }
    return wrong;
}
