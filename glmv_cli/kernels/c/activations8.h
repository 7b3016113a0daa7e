/* A token's activations rounded to 8 bits: what all int8 kernels multiply with. */
#ifndef GLMV_ACTIVATIONS8_H
#define GLMV_ACTIVATIONS8_H

#include "kernel.h"

/* Units go in pairs, of which the last may lack its second: its values and scale are 0. */
typedef struct {
    const int8_t *values; /* of a pair: 32 even elements of each unit, then 32 odd ones of each */
    const float *scales;  /* of a unit; NaN if an element is not finite */
    const float *offsets; /* of a block of weights: minus 128 times what its activations add up to, scaled */
} activations8;

enum { PAIR = 2 * UNIT };

static inline size_t pairs_of(size_t K) { return (K + PAIR - 1) / PAIR; }

static inline activations8 activations8_at(const void *prepared, size_t K) {
    const float *scales = (const float *)(const void *)((const int8_t *)prepared + pairs_of(K) * PAIR);
    return (activations8){prepared, scales, scales + 2 * pairs_of(K)};
}

size_t activations8_size(size_t K);
void activations8_prepare(const glmv_format *format, const float *x, size_t K, void *prepared);
#if defined(GLMV_X86)
void activations8_prepare_avx2(const glmv_format *format, const float *x, size_t K, void *prepared);
void activations8_prepare_avx512(const glmv_format *format, const float *x, size_t K, void *prepared);
#endif

#endif
