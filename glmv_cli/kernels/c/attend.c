/* Scores are taken block by block, with sums that are scaled anew where a larger score comes (arXiv:1805.02867): keys and
 * values are read once, for all heads of a group and all tokens. */
#include "attend.h"

#include <math.h>
#include <string.h>

#include "exponential.h"

enum {
    LANES = 16,
    HEADS = 4,  /* that share what is read of keys and values; their scores lie side by side */
    BLOCK = 32, /* positions whose keys, or values, the first-level cache holds */
    SCORES = BLOCK * HEADS,
    PART = 512, /* positions at least of a part */
    PARTS = 32
};

/* Lowered to what the instruction set has. */
typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

static size_t lesser(size_t a, size_t b) { return a < b ? a : b; }

static size_t padded(const glmv_attention *l) { return (size_t)((l->heads / l->groups + HEADS - 1) / HEADS * HEADS); }

/* What adds up to the total of each of four vectors. */
BODY void totals(const lanes v[HEADS], float out[HEADS]) {
#if defined(__has_builtin) && __has_builtin(__builtin_shufflevector)
#define MIX __builtin_shufflevector
    lanes ab = MIX(v[0], v[1], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
               MIX(v[0], v[1], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    lanes cd = MIX(v[2], v[3], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
               MIX(v[2], v[3], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    lanes four = MIX(ab, cd, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) +
                 MIX(ab, cd, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
    four += MIX(four, four, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    four += MIX(four, four, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
    for (size_t i = 0; i < HEADS; i++) out[i] = four[4 * i];
#undef MIX
#else
    for (size_t i = 0; i < HEADS; i++) {
        out[i] = 0;
        for (size_t l = 0; l < LANES; l++) out[i] += v[i][l];
    }
#endif
}

/* Those of HEADS queries q[HEADS, D] with a key. */
BODY void score(const float *q, const float *key, size_t D, float scores[HEADS]) {
    lanes sums[HEADS] = {{0}};
    size_t d = 0;
    for (; d + LANES <= D; d += LANES)
        for (size_t i = 0; i < HEADS; i++) sums[i] += *(const lanes *)(q + i * D + d) * *(const lanes *)(key + d);
    totals(sums, scores);
    for (; d < D; d++)
        for (size_t i = 0; i < HEADS; i++) scores[i] += q[i * D + d] * key[d];
}

/* Adds the values of `count` positions, weighted, to out[HEADS, stride]. */
BODY void weigh(const float *weights, const float *values, size_t count, size_t D, float *out, size_t stride) {
    size_t d = 0;
    for (; d + 2 * LANES <= D; d += 2 * LANES) {
        lanes sums[HEADS][2];
        for (size_t i = 0; i < HEADS; i++) memcpy(sums[i], out + i * stride + d, sizeof sums[i]);
        for (size_t j = 0; j < count; j++) {
            lanes first = *(const lanes *)(values + j * D + d), second = *(const lanes *)(values + j * D + d + LANES);
            for (size_t i = 0; i < HEADS; i++) {
                sums[i][0] += weights[j * HEADS + i] * first;
                sums[i][1] += weights[j * HEADS + i] * second;
            }
        }
        for (size_t i = 0; i < HEADS; i++) memcpy(out + i * stride + d, sums[i], sizeof sums[i]);
    }
    for (; d < D; d++)
        for (size_t i = 0; i < HEADS; i++)
            for (size_t j = 0; j < count; j++) out[i * stride + d] += weights[j * HEADS + i] * values[j * D + d];
}

/* Scores become weights; what has been summed up so far is scaled to them. */
BODY void soften(float *scores, size_t count, size_t D, float *out, size_t stride) {
    float largest[LANES], sums[HEADS] = {0};
    for (size_t l = 0; l < LANES; l++) largest[l] = out[l % HEADS * stride + D + 1];
    for (size_t e = count * HEADS; e < SCORES; e++) scores[e] = -INFINITY;
    for (size_t e = 0; e < SCORES; e += LANES)
        for (size_t l = 0; l < LANES; l++) largest[l] = scores[e + l] > largest[l] ? scores[e + l] : largest[l];
    for (size_t half = LANES / 2; half >= HEADS; half /= 2)
        for (size_t l = 0; l < half; l++) largest[l] = largest[l + half] > largest[l] ? largest[l + half] : largest[l];
    for (size_t l = HEADS; l < LANES; l++) largest[l] = largest[l - HEADS];
    for (size_t e = 0; e < SCORES; e += LANES)
        for (size_t l = 0; l < LANES; l++) scores[e + l] = exponential(scores[e + l] - largest[l]);
    for (size_t j = 0; j < count; j++)
        for (size_t i = 0; i < HEADS; i++) sums[i] += scores[j * HEADS + i];
    for (size_t i = 0; i < HEADS; i++) {
        float *sum = out + i * stride + D, factor = sum[1] == largest[i] ? 1 : exponential(sum[1] - largest[i]);
        for (size_t d = 0; factor != 1 && d < D; d++) out[i * stride + d] *= factor;
        sum[0] = sum[0] * factor + sums[i];
        sum[1] = largest[i];
    }
}

/* Queries q[heads, D] of a token that sees `count` positions, BLOCK at most; heads are a multiple of HEADS. */
BODY void see(const float *q, size_t heads, const float *keys, const float *values, size_t count, size_t D,
              float *out) {
    size_t stride = D + 2;
    for (size_t h = 0; h < heads; h += HEADS) {
        float scores[SCORES];
        for (size_t j = 0; j < count; j++) score(q + h * D, keys + j * D, D, scores + j * HEADS);
        soften(scores, count, D, out + h * stride, stride);
        weigh(scores, values, count, D, out + h * stride, stride);
    }
}

/* out[D] from what parts have summed up, `apart` numbers from one to the next. */
BODY void combine(const float *partial, size_t parts, size_t apart, size_t D, float *out) {
    float largest = -INFINITY, sum = 0;
    for (size_t p = 0; p < parts; p++) {
        float score = partial[p * apart + D + 1];
        largest = score > largest ? score : largest;
    }
    memset(out, 0, D * sizeof(float));
    for (size_t p = 0; p < parts; p++) {
        const float *part = partial + p * apart;
        float factor = part[D + 1] == largest ? 1 : exponential(part[D + 1] - largest);
        sum += part[D] * factor;
        for (size_t d = 0; d < D; d++) out[d] += part[d] * factor;
    }
    for (size_t d = 0; d < D; d++) out[d] /= sum;
}

#define PARAMETERS                                                                                                     \
    (const float *q, size_t heads, const float *keys, const float *values, size_t count, size_t D, float *out)
FOR_EACH_SET(see, PARAMETERS, (q, heads, keys, values, count, D, out))
FOR_EACH_SET(combine, (const float *partial, size_t parts, size_t apart, size_t D, float *out),
             (partial, parts, apart, D, out))

size_t attend_parts(size_t before) {
    size_t parts = (before + PART - 1) / PART;
    return parts < 1 ? 1 : lesser(parts, PARTS);
}

size_t attend_scratch(const glmv_attention *l, const glmv_step *s) {
    return (size_t)(s->tokens * l->width) * padded(l);
}

size_t attend_partial(const glmv_attention *l, const glmv_step *s) {
    return (size_t)(s->tokens * l->groups * (l->width + 2)) * padded(l);
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

/* Where the sums of a token's heads of a group are. */
static float *sums_of(const attention *a, size_t part, size_t token, size_t group) {
    size_t groups = (size_t)a->layer->groups;
    return a->partial + ((part * (size_t)a->step->tokens + token) * groups + group) * padded(a->layer) *
                            ((size_t)a->layer->width + 2);
}

/* A token's queries of a group to q[heads, D], and nothing summed up. */
static void begin(const attention *a, size_t part, size_t token, size_t group, float *q) {
    const glmv_attention *l = a->layer;
    size_t D = (size_t)l->width, heads = (size_t)(l->heads / l->groups), all = padded(l);
    float *sums = sums_of(a, part, token, group);
    place(a, a->q + (token * (size_t)l->heads + group * heads) * D, l->q_norm, (int64_t)heads, token,
          1 / sqrtf((float)D), q);
    memset(q + heads * D, 0, (all - heads) * D * sizeof(float));
    memset(sums, 0, all * (D + 2) * sizeof(float));
    for (size_t h = 0; h < all; h++) sums[h * (D + 2) + D + 1] = -INFINITY;
}

void attend(const attention *a, size_t task, float *q) {
    const glmv_attention *l = a->layer;
    size_t D = (size_t)l->width, heads = padded(l), tokens = (size_t)a->step->tokens, last = a->parts - 1;
    size_t group = task / a->parts, part = task % a->parts, before = (size_t)a->step->before;
    size_t first = before * part / a->parts, end = part < last ? before * (part + 1) / a->parts : before + tokens;
    float *keys = l->keys + group * (size_t)l->capacity * D, *values = l->values + group * (size_t)l->capacity * D;
    if (part == last) append(a, group, keys, values);
    for (size_t t = 0; t < tokens; t++) begin(a, part, t, group, q + t * heads * D);
    for (size_t j = first; j < end; j += BLOCK)
        for (size_t t = 0; t < tokens; t++) {
            size_t seen = lesser(end, before + t + 1);
            if (j < seen)
                see_of(a->set)(q + t * heads * D, heads, keys + j * D, values + j * D, lesser(BLOCK, seen - j), D,
                               sums_of(a, part, t, group));
        }
}

void attend_combine(const attention *a, size_t token, float *out) {
    const glmv_attention *l = a->layer;
    size_t D = (size_t)l->width, heads = (size_t)(l->heads / l->groups), apart = attend_partial(l, a->step);
    for (size_t h = 0; h < (size_t)l->heads; h++)
        combine_of(a->set)(sums_of(a, 0, token, h / heads) + h % heads * (D + 2), a->parts, apart, D, out + h * D);
}
