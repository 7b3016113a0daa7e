/* decode.h under the sanitizers, like check.c, which calls this. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "decode.h"
#include "simd.h"

static double weight_of(const glmv_rows8_matrix *m, int64_t spans, int64_t n, int64_t k) {
    const uint8_t *upper = m->upper + (n * spans + k / 256) * 192, *lower = m->lower + (n * spans + k / 256) * 64;
    int64_t quarter = k % 256 / 64, i = k % 64;
    int last = upper[i] >> 6 | upper[64 + i] >> 6 << 2 | upper[128 + i] >> 6 << 4;
    int six = quarter < 3 ? upper[quarter * 64 + i] & 63 : last;
    return (six * 4 + (lower[i] >> 2 * quarter & 3) - 128) * m->multipliers[n * spans + k / 256] * (double)m->scale[n];
}

static int rows8(int set, int64_t N, int64_t K, int64_t T, int threads) {
    int wrong = 0;
    int64_t spans = (K + 255) / 256, count = N < 20 ? N : 20;
    uint16_t *in = malloc((size_t)(N * K) * sizeof *in);
    uint8_t *upper = malloc((size_t)(N * spans * 192)), *lower = malloc((size_t)(N * spans * 64));
    uint8_t *multipliers = malloc((size_t)(N * spans));
    float *scale = numbers(N), *x = numbers(T * K), *y = numbers(T * N), *before = numbers(T * N);
    glmv_rows8_matrix m = {upper, lower, multipliers, scale};
    for (int64_t i = 0; i < N * K; i++) in[i] = (uint16_t)(0x3c00 + i * 7919 % 0x400 + i % 2 * 0x8000);
    glmv_rows8_quantize(set, in, N, K, upper, lower, multipliers, scale, threads);
    if (glmv_rows8(set, &m, N, K, x, T, count, y, threads) != GLMV_OK) wrong = 1; /* bounds; N compares results */
    if (glmv_rows8(set, &m, N, K, x, T, N, y, threads) != GLMV_OK) wrong = 1;
    for (int64_t t = 0; t < T; t++)
        for (int64_t n = 0; n < N; n++) {
            double sum = 0, size = 0;
            for (int64_t k = 0; k < K; k++) {
                double term = weight_of(&m, spans, n, k) * x[t * K + k];
                sum += term, size += term * term;
            }
            if (fabs(sum - y[t * N + n]) > 0.05 * sqrt(size) + 1e-6) wrong = 1;
        }
    memcpy(before, y, (size_t)(T * N) * sizeof *y);
    if (glmv_exact_rows(set, in, N, K, x, T, count, y, threads) != GLMV_OK) wrong = 1;
    for (int64_t t = 0; t < T; t++) {
        int64_t replaced = 0;
        for (int64_t n = 0; n < N; n++) {
            double sum = 0;
            for (int64_t k = 0; k < K; k++) sum += (double)from_bfloat16(in[n * K + k]) * x[t * K + k];
            if (y[t * N + n] != before[t * N + n]) replaced++;
            if (y[t * N + n] != before[t * N + n] && fabs(sum - y[t * N + n]) > 1e-4 * sqrt((double)K)) wrong = 1;
        }
        if (replaced > count) wrong = 1;
    }
    free(in), free(upper), free(lower), free(multipliers), free(scale), free(x), free(y), free(before);
    return wrong;
}

static int norm(int set, int64_t T, int64_t H) {
    int wrong = 0;
    float *x = numbers(T * H), *weight = numbers(H), *out = numbers(T * H);
    glmv_norm(set, x, T, H, weight, 1e-5f, out);
    for (int64_t t = 0; t < T; t++) {
        double sum = 0;
        for (int64_t h = 0; h < H; h++) sum += (double)x[t * H + h] * x[t * H + h];
        for (int64_t h = 0; h < H; h++)
            if (fabs(x[t * H + h] / sqrt(sum / (double)H + 1e-5) * weight[h] - out[t * H + h]) > 1e-4) wrong = 1;
    }
    free(x), free(weight), free(out);
    return wrong;
}

static int route(int set, int64_t T, int64_t groups, int64_t each, int64_t H, int threads) {
    int wrong = 0;
    int64_t E = groups * each, k = each, *ids = malloc((size_t)(T * k) * sizeof *ids);
    float *weight = numbers(E * H), *correction = numbers(E), *x = numbers(T * H);
    float *logits = numbers(T * E), *weights = numbers(T * k);
    glmv_router router = {weight, correction, E, H, k, groups, 1, 1, 1};
    x[0] = NAN; /* of the first token */
    glmv_route(set, &router, x, T, logits, ids, weights, threads);
    for (int64_t t = 0; t < T; t++) {
        double sum = 0;
        for (int64_t i = 0; i < k; i++) sum += weights[t * k + i];
        for (int64_t i = 0; i < k; i++)
            if (ids[t * k + i] < 0 || ids[t * k + i] >= E) wrong = 1;
        if (t ? fabs(sum - 1) > 1e-5 : !isnan(sum)) wrong = 1;
    }
    free(weight), free(correction), free(x), free(logits), free(weights), free(ids);
    return wrong;
}

int check_decode_set(int set) {
    int wrong = 0;
    float *heads = numbers(700 * 3 * 32), *angles = numbers(700 * 16);
    for (int threads = 1; threads <= 3; threads += 2) {
        wrong |= rows8(set, 67, 1, 2, threads) | rows8(set, 130, 77, 1, threads) | rows8(set, 3, 1100, 3, threads);
        wrong |= rows8(set, 17000, 3, 2, threads) | rows8(set, 1030, 4400, 1, threads); /* many parts, many spans */
        wrong |= route(set, 1, 1, 8, 64, threads) | route(set, 3, 5, 3, 71, threads);
    }
    wrong |= norm(set, 1, 128) | norm(set, 3, 71) | norm(set, 1000, 71);
    for (int pairs = 0; pairs < 2; pairs++) glmv_rotate_tokens(heads, 700, 3, 32, angles, angles, 16, pairs, 3);
    free(heads), free(angles);
    return wrong;
}

int check_decode_kernel(int kernel, const glmv_format *format, int64_t T, int threads) {
    const int64_t H = 128, I = 192;
    int wrong = 0;
    uint8_t *packed = bytes(I * H / 2), *back = bytes(H * I / 2);
    float *absmax = numbers(I * H / format->block), *scales = numbers(H * I / format->block);
    float *x = numbers(T * H), *bias = numbers(I), *y = numbers(T * I), *z = numbers(T * I), *out = numbers(T * H);
    glmv_matrix gate = {packed, absmax}, down = {back, scales};
    glmv_part parts[] = {{gate, I, bias, y}, {gate, I - 1, NULL, z}};
    if (glmv_linears(kernel, format, parts, 2, H, x, T, threads) != GLMV_OK) wrong = 1;
    for (int64_t t = 0; t < T; t++)
        for (int64_t r = 0; r < I - 1; r++)
            if (fabs(y[t * I + r] - bias[r] - z[t * (I - 1) + r]) > 1e-5) wrong = 1;
    if (glmv_mlp(kernel, format, &gate, &gate, &down, H, I, x, T, out, threads) != GLMV_OK) wrong = 1;
    for (int64_t i = 0; i < T * H; i++)
        if (!isfinite(out[i])) wrong = 1;
    free(packed), free(back), free(absmax), free(scales), free(x), free(bias), free(y), free(z), free(out);
    return wrong;
}
