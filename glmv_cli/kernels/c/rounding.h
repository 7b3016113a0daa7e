/* A unit of activations rounded to 8 bits, in plain C that compilers turn into vectors of whatever includes it. */
#ifndef GLMV_ROUNDING_H
#define GLMV_ROUNDING_H

#include <string.h>

#include "kernel.h"
#include "simd.h"

static const float ROUNDS = 12582912.0f; /* 1.5 * 2^23: what is added to it becomes a whole number in its low bits */

BODY int32_t bits_of(float x) {
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* The largest magnitude; infinite or NaN if any element is. */
BODY float largest_of(const float *x) {
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
BODY float round_unit(const float *x, int8_t rounded[UNIT]) {
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

BODY int32_t sum_of(const int8_t *values, int count) {
    int32_t sum = 0;
    for (int i = 0; i < count; i++) sum += values[i];
    return sum;
}

#endif
