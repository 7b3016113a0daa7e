#include "vectors.h"

#include "decode.h"
#include "exponential.h"
#include "simd.h"

BODY void silu_times(const float *restrict gate, const float *restrict up, size_t count, float *restrict out) {
    for (size_t i = 0; i < count; i++) out[i] = gate[i] / (1 + exponential(-gate[i])) * up[i];
}

BODY void scaled(float *restrict x, const float *restrict y, float factor, size_t count) {
    for (size_t i = 0; i < count; i++) x[i] += factor * y[i];
}

FOR_EACH_SET(silu_times, (const float *gate, const float *up, size_t count, float *out), (gate, up, count, out))
FOR_EACH_SET(scaled, (float *x, const float *y, float factor, size_t count), (x, y, factor, count))

void swiglu(int set, const float *gate, const float *up, size_t count, float *out) {
    silu_times_of(set)(gate, up, count, out);
}

void add_scaled(int set, float *x, const float *y, float factor, size_t count) { scaled_of(set)(x, y, factor, count); }
