/* Rounding activations to 8 bits, by unit. Plain C that compilers turn into vectors. */
#include "activations8.h"

#include <string.h>

static const float ROUNDS = 12582912.0f; /* 1.5 * 2^23: what is added to it becomes a whole number in its low bits */

static inline int32_t bits_of(float x) {
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* The largest magnitude; infinite or NaN if any element is. */
static float largest_of(const float *x) {
    int32_t largest = 0;
    float out;
    for (int i = 0; i < UNIT; i++) {
        int32_t size = bits_of(x[i]) & 0x7fffffff;
        largest = size > largest ? size : largest;
    }
    memcpy(&out, &largest, sizeof out);
    return out;
}

/* The unit's elements, and what one step of them is worth. */
static float round_unit(const float *x, int8_t rounded[UNIT]) {
    float largest = largest_of(x);
    int finite = largest <= 3.4028235e38f, usable = finite && largest > 1e-35f; /* less counts as zero */
    float inverse = usable ? 127.0f / largest : 0;
    if (!usable) {
        memset(rounded, 0, UNIT);
        return finite ? 0 : largest - largest; /* NaN */
    }
    for (int i = 0; i < UNIT; i++) rounded[i] = (int8_t)(bits_of(x[i] * inverse + ROUNDS) - bits_of(ROUNDS));
    return largest / 127.0f;
}

static int32_t sum_of(const int8_t *values, int count) {
    int32_t sum = 0;
    for (int i = 0; i < count; i++) sum += values[i];
    return sum;
}

size_t activations8_size(size_t K) { return pairs_of(K) * (PAIR + 2 * sizeof(float)) + K / 32 * sizeof(float); }

void activations8_prepare(const glmv_format *format, const float *x, size_t K, void *prepared) {
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
