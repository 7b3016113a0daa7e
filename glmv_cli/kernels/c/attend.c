/* Scores are taken block by block, with sums that are scaled anew where a larger score comes (arXiv:1805.02867), so that
 * keys and values are read once, for all heads of a group and all tokens. */
#include "attend.h"

#include <math.h>
#include <string.h>

#include "exponential.h"

enum {
    LANES = 16,
    BLOCK = 32,  /* positions whose keys, or values, the first-level cache holds */
    PART = 512,  /* positions at least of a part */
    PARTS = 32,
    TOGETHER = 4 /* heads that share what is read of keys and values */
};

/* Lowered to what the instruction set has. */
typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

static size_t lesser(size_t a, size_t b) { return a < b ? a : b; }

BODY float total(const lanes *v) {
    float sums[LANES];
    memcpy(sums, v, sizeof sums);
    for (size_t half = LANES / 2; half; half /= 2)
        for (size_t l = 0; l < half; l++) sums[l] += sums[l + half];
    return sums[0];
}

/* scores[i * BLOCK]: those of `rows` (1 or TOGETHER) queries with a key. */
BODY void score(const float *q, size_t rows, const float *key, size_t D, float *scores) {
    lanes sums[TOGETHER] = {{0}};
    size_t d = 0;
    for (; d + LANES <= D; d += LANES)
        for (size_t i = 0; i < rows; i++) sums[i] += *(const lanes *)(q + i * D + d) * *(const lanes *)(key + d);
    for (size_t i = 0; i < rows; i++) {
        scores[i * BLOCK] = total(&sums[i]);
        for (size_t e = d; e < D; e++) scores[i * BLOCK] += q[i * D + e] * key[e];
    }
}

/* Adds the values of `count` positions, weighted, to those of `rows` queries. */
BODY void weigh(const float *weights, size_t rows, const float *values, size_t count, size_t D, float *out,
                size_t stride) {
    size_t d = 0;
    for (; d + 2 * LANES <= D; d += 2 * LANES) {
        lanes sums[TOGETHER][2];
        for (size_t i = 0; i < rows; i++) memcpy(sums[i], out + i * stride + d, sizeof sums[i]);
        for (size_t j = 0; j < count; j++) {
            lanes first = *(const lanes *)(values + j * D + d), second = *(const lanes *)(values + j * D + d + LANES);
            for (size_t i = 0; i < rows; i++) {
                sums[i][0] += weights[i * BLOCK + j] * first;
                sums[i][1] += weights[i * BLOCK + j] * second;
            }
        }
        for (size_t i = 0; i < rows; i++) memcpy(out + i * stride + d, sums[i], sizeof sums[i]);
    }
    for (; d < D; d++)
        for (size_t i = 0; i < rows; i++)
            for (size_t j = 0; j < count; j++) out[i * stride + d] += weights[i * BLOCK + j] * values[j * D + d];
}

/* The scores of a query become weights; what it has summed up so far is scaled to them. */
BODY void soften(float *scores, size_t count, size_t D, float *out) {
    float largest = out[D + 1], sum = 0;
    for (size_t j = 0; j < count; j++) largest = scores[j] > largest ? scores[j] : largest;
    float factor = out[D + 1] > -INFINITY ? exponential(out[D + 1] - largest) : 0;
    for (size_t j = 0; j < BLOCK; j++) scores[j] = exponential(scores[j] - largest);
    for (size_t j = 0; j < count; j++) sum += scores[j];
    if (factor != 1)
        for (size_t d = 0; d < D; d++) out[d] *= factor;
    out[D] = out[D] * factor + sum;
    out[D + 1] = largest;
}

/* `rows` queries [rows, D] that see `count` positions. */
BODY void block(const float *q, size_t rows, const float *keys, const float *values, size_t count, size_t D, float *out,
                size_t stride) {
    float scores[TOGETHER * BLOCK] = {0};
    for (size_t j = 0; j < count; j++) score(q, rows, keys + j * D, D, scores + j);
    for (size_t i = 0; i < rows; i++) soften(scores + i * BLOCK, count, D, out + i * stride);
    weigh(scores, rows, values, count, D, out, stride);
}

BODY void some_heads(const float *q, size_t heads, const float *keys, const float *values, size_t count, size_t D,
                     float *out) {
    size_t h = 0, stride = D + 2;
    for (; h + TOGETHER <= heads; h += TOGETHER)
        block(q + h * D, TOGETHER, keys, values, count, D, out + h * stride, stride);
    for (; h < heads; h++) block(q + h * D, 1, keys, values, count, D, out + h * stride, stride);
}

#define PARAMETERS                                                                                                     \
    (const float *q, size_t heads, const float *keys, const float *values, size_t count, size_t D, float *out)
FOR_EACH_SET(some_heads, PARAMETERS, (q, heads, keys, values, count, D, out))

size_t attend_parts(size_t before) {
    size_t parts = (before + PART - 1) / PART;
    return parts < 1 ? 1 : lesser(parts, PARTS);
}

size_t attend_scratch(const glmv_attention *l, const glmv_step *s) {
    return (size_t)(s->tokens * (l->heads / l->groups) * l->width);
}

/* A token's heads of a group, in the form in which they are compared: normed, rotated, and keys scaled by 1. */
static void place(const attention *a, const float *from, const float *norm, int64_t heads, size_t token, float scaling,
                  float *to) {
    const glmv_step *s = a->step;
    int64_t D = a->layer->width;
    size_t count = (size_t)(heads * D), angle = token * (size_t)s->rotated;
    if (norm) glmv_norm(a->set, from, heads, D, norm, s->eps, to);
    else memcpy(to, from, count * sizeof(float));
    glmv_rotate(to, heads, D, s->cosines + angle, s->sines + angle, s->rotated, s->pairs);
    for (size_t i = 0; scaling != 1 && i < count; i++) to[i] *= scaling;
}

static void append(const attention *a, size_t group, float *keys, float *values) {
    const glmv_attention *l = a->layer;
    size_t D = (size_t)l->width, groups = (size_t)l->groups;
    for (size_t t = 0; t < (size_t)a->step->tokens; t++) {
        size_t from = (t * groups + group) * D, to = ((size_t)a->step->before + t) * D;
        place(a, a->k + from, l->k_norm, 1, t, 1, keys + to);
        memcpy(values + to, a->v + from, D * sizeof(float));
    }
}

void attend(const attention *a, size_t task, float *scratch) {
    const glmv_attention *l = a->layer;
    size_t D = (size_t)l->width, heads = (size_t)(l->heads / l->groups), tokens = (size_t)a->step->tokens;
    size_t group = task / a->parts, part = task % a->parts, before = (size_t)a->step->before, last = a->parts - 1;
    size_t first = before * part / a->parts, end = part < last ? before * (part + 1) / a->parts : before + tokens;
    float *keys = l->keys + group * (size_t)l->capacity * D, *values = l->values + group * (size_t)l->capacity * D;
    float scaling = 1 / sqrtf((float)D);
    float *out = a->partial + (part * tokens * (size_t)l->heads + group * heads) * (D + 2);
    if (part == last) append(a, group, keys, values);
    for (size_t t = 0; t < tokens; t++) {
        float *sums = out + t * (size_t)l->heads * (D + 2);
        place(a, a->q + (t * (size_t)l->heads + group * heads) * D, l->q_norm, (int64_t)heads, t, scaling,
              scratch + t * heads * D);
        memset(sums, 0, heads * (D + 2) * sizeof(float));
        for (size_t h = 0; h < heads; h++) sums[h * (D + 2) + D + 1] = -INFINITY;
    }
    for (size_t j = first; j < end; j += BLOCK)
        for (size_t t = 0; t < tokens; t++) {
            size_t seen = lesser(end, before + t + 1), count = j < seen ? lesser(BLOCK, seen - j) : 0;
            if (count)
                some_heads_of(a->set)(scratch + t * heads * D, heads, keys + j * D, values + j * D, count, D,
                                      out + t * (size_t)l->heads * (D + 2));
        }
}

void attend_combine(const attention *a, size_t token, float *out) {
    size_t D = (size_t)a->layer->width, heads = (size_t)a->layer->heads, stride = D + 2;
    for (size_t h = 0; h < heads; h++) {
        const float *parts[PARTS];
        float largest = -INFINITY, sum = 0, *place = out + h * D;
        for (size_t p = 0; p < a->parts; p++) {
            parts[p] = a->partial + ((p * (size_t)a->step->tokens + token) * heads + h) * stride;
            largest = parts[p][D + 1] > largest ? parts[p][D + 1] : largest;
        }
        memset(place, 0, D * sizeof(float));
        for (size_t p = 0; p < a->parts; p++) {
            float factor = parts[p][D + 1] == largest ? 1 : expf(parts[p][D + 1] - largest);
            sum += parts[p][D] * factor;
            for (size_t d = 0; d < D; d++) place[d] += parts[p][d] * factor;
        }
        float inverse = 1 / sum;
        for (size_t d = 0; d < D; d++) place[d] *= inverse;
    }
}
