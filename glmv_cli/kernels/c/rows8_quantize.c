/* bfloat16 to 8-bit rows. */
#include "rows8.h"

#include <float.h>
#include <math.h>
#include <stdint.h>

#include "decode.h"
#include "simd.h"

/* Without the sign, bits are in the order of the numbers, and those of what is no number are above all of them. */
BODY uint16_t largest_bits(const uint16_t *in, size_t count) {
    uint16_t largest = 0;
    for (size_t k = 0; k < count; k++) {
        uint16_t size = in[k] & 0x7fff;
        largest = size > largest ? size : largest;
    }
    return largest;
}

BODY void quantize_span(const uint16_t *in, size_t count, float step, uint8_t *upper, uint8_t *lower) {
    uint8_t u[SPAN], *a = upper, *b = a + QUARTER, *c = b + QUARTER;
    float inverse = 1 / step;
    for (size_t k = 0; k < count; k++) {
        float rounded = rintf(from_bfloat16(in[k]) * inverse);
        rounded = rounded > MOST ? MOST : rounded >= -MOST ? rounded : -MOST; /* no number is some number */
        u[k] = (uint8_t)((int)rounded + MIDDLE);
    }
    for (size_t k = count; k < SPAN; k++) u[k] = MIDDLE;
    for (size_t i = 0; i < QUARTER; i++) {
        uint8_t d = u[3 * QUARTER + i];
        a[i] = (uint8_t)(u[i] >> 2 | ((d >> 2) & 3) << 6);
        b[i] = (uint8_t)(u[QUARTER + i] >> 2 | ((d >> 4) & 3) << 6);
        c[i] = (uint8_t)(u[2 * QUARTER + i] >> 2 | (d >> 6) << 6);
        lower[i] = (uint8_t)((u[i] & 3) | (u[QUARTER + i] & 3) << 2 | (u[2 * QUARTER + i] & 3) << 4 | (d & 3) << 6);
    }
}

BODY void quantize(const uint16_t *in, size_t K, uint8_t *upper, uint8_t *lower, uint8_t *multipliers, float *scale) {
    const float least = FLT_MIN * MOST * FINEST;
    float largest = from_bfloat16(largest_bits(in, K));
    largest = largest < least ? least : largest; /* no number stays none */
    *scale = largest / (MOST * FINEST);
    for (size_t s = 0; s < spans_of(K); s++) {
        const uint16_t *first = in + s * SPAN;
        size_t count = K - s * SPAN < SPAN ? K - s * SPAN : SPAN;
        float share = ceilf(from_bfloat16(largest_bits(first, count)) / largest * FINEST);
        multipliers[s] = share >= 1 && share <= FINEST ? (uint8_t)share : share < 1 ? 1 : FINEST;
        quantize_span(first, count, *scale * multipliers[s], upper + s * UPPER, lower + s * LOWER);
    }
}

#define PARAMETERS                                                                                                     \
    (const uint16_t *in, size_t K, uint8_t *upper, uint8_t *lower, uint8_t *multipliers, float *scale)
FOR_EACH_SET(quantize, PARAMETERS, (in, K, upper, lower, multipliers, scale))

void glmv_rows8_quantize(int set, const uint16_t *in, int64_t N, int64_t K, uint8_t *upper, uint8_t *lower,
                         uint8_t *multipliers, float *scale, int threads) {
    size_t spans = spans_of((size_t)K);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t n = 0; n < N; n++) {
        size_t row = (size_t)n;
        quantize_of(set)(in + row * (size_t)K, (size_t)K, upper + row * spans * UPPER, lower + row * spans * LOWER,
                         multipliers + row * spans, scale + row);
    }
}
