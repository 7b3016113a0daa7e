/* Decoder layers for a few tokens, in one parallel region. Conventions as in glmv.h and decode.h.
 *
 * H: hidden width; D: width of a head; a group: the heads that share keys and values.
 */
#ifndef GLMV_LAYERS_H
#define GLMV_LAYERS_H

#include "decode.h"

enum { GLMV_MOST_TOKENS = 8 };

/* A linear layer: [rows, K]. */
typedef struct {
    glmv_matrix matrix;
    int64_t rows;
    const float *bias; /* [rows], or NULL */
} glmv_projection;

typedef struct {
    const float *norm;  /* [H]: of what comes in */
    const float *after; /* [H]: of what goes out, or NULL */
    glmv_projection q, k, v, o;
    const float *q_norm, *k_norm;  /* [D], or NULL */
    int64_t heads, groups, width;  /* width: D */
    float *keys, *values;          /* the cache: [groups, capacity, D] */
    int64_t capacity;
} glmv_attention;

typedef struct {
    const float *norm, *after;  /* as above */
    glmv_matrix gate, up, down; /* of the MLP, or of the shared expert: [inner, H], [inner, H], [H, inner] */
    int64_t inner;
    glmv_router router;   /* of no experts: there is the MLP alone */
    glmv_experts experts;
} glmv_feedforward;

typedef struct {
    glmv_attention attention;
    glmv_feedforward feedforward;
} glmv_layer;

/* What is the same for all layers. */
typedef struct {
    int64_t tokens, before; /* T, no more than GLMV_MOST_TOKENS; tokens in the cache */
    int64_t hidden;         /* H */
    const float *cosines, *sines; /* [T, rotated] */
    int64_t rotated;
    int32_t pairs; /* as in glmv_rotate */
    float eps;
    const float *norm; /* [H]: after the last layer */
} glmv_step;

/* x[T, H] through all layers and the norm after them, in place. Keys and values are appended to the caches, which have
 * room for them. */
GLMV_API int glmv_layers(int kernel, int set, const glmv_format *format, const glmv_layer *layers, int64_t count,
                         const glmv_step *step, float *x, int threads);

#endif
