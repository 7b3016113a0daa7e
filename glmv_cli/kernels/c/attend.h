/* Attention of a few tokens over the cache, one group of heads after another, and parts of a long cache apart. */
#ifndef GLMV_ATTEND_H
#define GLMV_ATTEND_H

#include <stddef.h>

#include "layers.h"

typedef struct {
    int set;
    const glmv_attention *layer;
    const glmv_step *step;
    const float *q, *k, *v; /* [T, heads or groups, D], as projected */
    size_t parts;
    float *partial; /* of each part: weighted values, the sum of the weights, the largest score */
} attention;

/* In how many parts a cache is read. */
size_t attend_parts(size_t before);

/* Numbers that `attend` works in, and those of `partial` for a part. */
size_t attend_scratch(const glmv_attention *layer, const glmv_step *step);
size_t attend_partial(const glmv_attention *layer, const glmv_step *step);

/* Tasks are numbered by group, then part. The last part of a group appends to the cache. */
void attend(const attention *a, size_t task, float *scratch);

/* out[heads, D] of a token, when all tasks are done. */
void attend_combine(const attention *a, size_t token, float *out);

#endif
