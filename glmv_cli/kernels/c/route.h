/* The steps of glmv_route. */
#ifndef GLMV_ROUTE_H
#define GLMV_ROUTE_H

#include <stddef.h>

#include "decode.h"

/* logits[rows] of a token x[H]. */
void router_logits(int set, const float *weight, size_t rows, size_t H, const float *x, float *logits);

/* The experts of a token, and their weights. */
void router_choose(const glmv_router *router, const float *logits, int64_t *ids, float *weights);

#endif
