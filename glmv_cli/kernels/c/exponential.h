/* e^x in plain C that compilers turn into vectors; within two steps of the last bit. */
#ifndef GLMV_EXPONENTIAL_H
#define GLMV_EXPONENTIAL_H

#include <stdint.h>
#include <string.h>

#include "simd.h"

/* e^x = 2^n * e^r with |r| <= ln(2) / 2, whose series is cut off after r^7. Below -87 it is e^-87, above 88 e^88; what
 * is no number stays none. */
BODY float exponential(float x) {
    const float whole = 12582912.0f; /* 1.5 * 2^23: what is added to it becomes a whole number in its low bits */
    x = x < -87.0f ? -87.0f : x;
    x = x > 88.0f ? 88.0f : x;
    float shifted = x * 1.44269504f + whole, n = shifted - whole;
    float r = x - n * 0.693359375f + n * 2.12194440e-4f, power;
    float series = 1.0f / 5040;
    series = series * r + 1.0f / 720;
    series = series * r + 1.0f / 120;
    series = series * r + 1.0f / 24;
    series = series * r + 1.0f / 6;
    series = series * r + 0.5f;
    series = series * r + 1;
    series = series * r + 1;
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 127) << 23;
    memcpy(&power, &bits, sizeof power);
    return series * power;
}

#endif
