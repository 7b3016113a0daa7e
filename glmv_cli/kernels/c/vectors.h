/* What is done with vectors between products. */
#ifndef GLMV_VECTORS_H
#define GLMV_VECTORS_H

#include <stddef.h>

/* out[count] = SiLU(gate) * up. */
void swiglu(int set, const float *gate, const float *up, size_t count, float *out);

/* x[count] += factor * y. */
void add_scaled(int set, float *x, const float *y, float factor, size_t count);

#endif
