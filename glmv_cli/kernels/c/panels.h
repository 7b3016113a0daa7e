/* Sums of tokens that lie in panels. */
#ifndef GLMV_PANELS_H
#define GLMV_PANELS_H

#include "kernel.h"

/* y[t * stride + r] from sums[panel][padded rows][PANEL]. */
static inline void store_panels(const float *sums, size_t padded, size_t rows, size_t tokens, float *y, size_t stride) {
    for (size_t t = 0; t < tokens; t++)
        for (size_t r = 0; r < rows; r++)
            y[t * stride + r] = sums[(t / PANEL * padded + r) * PANEL + t % PANEL];
}

#endif
