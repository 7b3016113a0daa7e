/* The library under the sanitizers: buffers of exactly the size they must have, against sums in double. Prints what
 * ran; exits with 1 at a wrong number. Compiled and started by test_sanitized.py. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "decode.h"

static unsigned state = 1;
static unsigned next(void) { return state = state * 1664525u + 1013904223u, state >> 8; }
static float number(void) { return (float)next() / (1 << 23) - 1; }

float *numbers(int64_t count) {
    float *out = malloc((size_t)count * sizeof *out);
    for (int64_t i = 0; i < count; i++) out[i] = number();
    return out;
}

uint8_t *bytes(int64_t count) {
    uint8_t *out = malloc((size_t)count);
    for (int64_t i = 0; i < count; i++) out[i] = (uint8_t)next();
    return out;
}

static double weight(const glmv_format *format, glmv_matrix m, int64_t K, int64_t n, int64_t k) {
    uint8_t byte = m.packed[n * K / 2 + k / 2];
    return (double)format->table[k % 2 ? byte & 15 : byte >> 4] * m.absmax[n * (K / format->block) + k / format->block];
}

static int wrong = 0;

static void linear(int kernel, const glmv_format *format, int64_t N, int64_t K, int64_t T, int threads) {
    uint8_t *packed = bytes(N * K / 2);
    float *absmax = numbers(N * K / format->block), *x = numbers(T * K), *bias = numbers(N), *y = numbers(T * N);
    float *all = numbers(N * K);
    glmv_matrix m = {packed, absmax};
    if (glmv_linear(kernel, format, &m, N, K, bias, x, T, y, threads) != GLMV_OK) wrong = 1;
    if (glmv_unpack(kernel, format, &m, N, K, all, threads) != GLMV_OK) wrong = 1;
    for (int64_t n = 0; n < N; n++)
        for (int64_t t = 0; t < T; t++) {
            double sum = bias[n];
            for (int64_t k = 0; k < K; k++) sum += weight(format, m, K, n, k) * x[t * K + k];
            if (fabs(sum - y[t * N + n]) > 0.01 * sqrt((double)K)) wrong = 1;
        }
    for (int64_t i = 0; i < N * K; i++)
        if (fabs(all[i] - weight(format, m, K, i / K, i % K)) > 1e-6) wrong = 1;
    free(packed), free(absmax), free(x), free(bias), free(y), free(all);
}

static void layer(int kernel, const glmv_format *format, int64_t T, int threads) {
    const int64_t E = 3, H = 384, I = 128, k = 2, b = format->block;
    uint8_t *gate_up = bytes(E * 2 * I * H / 2), *down = bytes(E * H * I / 2);
    float *gate_up_absmax = numbers(E * 2 * I * H / b), *down_absmax = numbers(E * H * I / b);
    float *hidden = numbers(T * H), *weights = numbers(T * k), *out = numbers(T * H);
    int64_t *ids = malloc((size_t)(T * k) * sizeof *ids);
    glmv_experts e = {{gate_up, gate_up_absmax}, {down, down_absmax}, I * H, 2 * I * H / b, H * I / 2, H * I / b,
                      E, H, I};
    for (int64_t i = 0; i < T * k; i++) ids[i] = (int64_t)(next() % 4) - 1;
    if (glmv_routed_experts(kernel, format, &e, hidden, ids, weights, T, k, out, threads) != GLMV_OK) wrong = 1;
    for (int64_t i = 0; i < T * H; i++)
        if (!isfinite(out[i])) wrong = 1;
    ids[0] = E;
    if (glmv_routed_experts(kernel, format, &e, hidden, ids, weights, T, k, out, threads) != GLMV_NO_EXPERT) wrong = 1;
    free(gate_up), free(down), free(gate_up_absmax), free(down_absmax);
    free(hidden), free(weights), free(out), free(ids);
}

static void every_shape(int kernel, const glmv_format *format) {
    for (int64_t T = 1; T <= 17; T += T < 9 ? 1 : 8) {
        int threads = T % 2 ? 1 : 3;
        linear(kernel, format, T == 2 ? 259 : 5, 128, T, threads);
        linear(kernel, format, 3, format->block == 128 ? 384 : 320, T, threads);
        if (T % 4 < 2) layer(kernel, format, T, threads);
        wrong |= check_decode_kernel(kernel, format, T, threads);
        for (int set = GLMV_PORTABLE; set <= GLMV_AVX512; set++)
            if (T <= 8 && T % 3 < 2 && glmv_set_runs(set)) wrong |= check_layers(kernel, set, format, T, 11 * (T % 4));
    }
    for (int64_t T = 33; T <= 513; T = T == 33 ? 85 : T + 428) {
        linear(kernel, format, T == 85 ? 259 : 35, T == 33 && format->block < 128 ? 320 : 384, T, 3);
        layer(kernel, format, T, 3);
    }
}

/* Of the nearest code nobody is nearer; a scale that is not finite is refused. */
static void pack(int quantizer, const glmv_format *format, int type, int64_t blocks, int threads) {
    float *wide = numbers(blocks * 64), *absmax = numbers(blocks);
    uint8_t *packed = bytes(blocks * 32);
    size_t size = type == GLMV_FLOAT32 ? 4 : 2;
    char *x = malloc((size_t)blocks * 64 * size);
    for (int64_t i = 0; i < blocks * 64; i++) {
        uint32_t bits;
        if (type == GLMV_FLOAT16) wide[i] = wide[i] < 0 ? -0.5f : 1; /* as halves, 0xb800 and 0x3c00 */
        memcpy(&bits, wide + i, 4);
        if (type == GLMV_BFLOAT16) bits &= 0xffff0000, memcpy(wide + i, &bits, 4), bits >>= 16;
        if (type == GLMV_FLOAT16) bits = wide[i] < 0 ? 0xb800 : 0x3c00;
        memcpy(x + (size_t)i * size, &bits, size); /* little-endian */
    }
    if (glmv_quantize(quantizer, format->table, type, 1, x, blocks, packed, absmax, threads) != GLMV_OK) wrong = 1;
    if (glmv_quantize(quantizer, format->table, type, 0, x, blocks, packed, absmax, threads) != GLMV_OK) wrong = 1;
    for (int64_t i = 0; i < blocks * 64; i++) {
        float scaled = wide[i] / absmax[i / 64];
        double off = fabs(weight(format, (glmv_matrix){packed, absmax}, 64, i / 64, i % 64) / absmax[i / 64] - scaled);
        for (int code = 0; code < 16; code++)
            if (fabs((double)format->table[code] - scaled) < off - 1e-6) wrong = 1;
    }
    memset(x + (size_t)blocks * 64 * size - size, 0xff, size);
    if (glmv_quantize(quantizer, format->table, type, 0, x, blocks, packed, absmax, threads) != GLMV_NOT_FINITE) wrong = 1;
    free(wide), free(absmax), free(packed), free(x);
}

int main(void) {
    float table[16];
    glmv_format format;
    for (int i = 0; i < 16; i++) table[i] = (float)(i - 8) / 8;
    if (glmv_make_format(table, 48, &format) != GLMV_NO_FORMAT) wrong = 1;
    for (int kernel = 0; glmv_kernel_name(kernel); kernel++) {
        if (!glmv_kernel_runs(kernel)) continue;
        for (int64_t block = 32; block <= 128; block *= 2) {
            if (glmv_make_format(table, block, &format) != GLMV_OK) wrong = 1;
            every_shape(kernel, &format);
        }
        glmv_make_format(table, 64, &format);
        linear(kernel, &format, 2, 64, 3, 1);
        linear(kernel, &format, 3, 13696, 1, 1);
        linear(kernel, &format, 3, 13696, 18, 1);
        printf("%s\n", glmv_kernel_name(kernel));
    }
    for (int set = GLMV_PORTABLE; set <= GLMV_AVX512; set++)
        if (glmv_set_runs(set)) wrong |= check_decode_set(set);
    uint8_t *ones = bytes(1000003);
    if (glmv_read(ones, 1000003, 2) != glmv_read(ones, 1000003, 1)) wrong = 1;
    free(ones);
    for (int quantizer = 0; glmv_quantizer_name(quantizer); quantizer++)
        for (int type = GLMV_FLOAT32; glmv_quantizer_runs(quantizer) && type <= GLMV_BFLOAT16; type++)
            pack(quantizer, &format, type, 1, 1), pack(quantizer, &format, type, 2051, 3);
    return wrong;
}
