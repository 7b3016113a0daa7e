/* Which experts a token goes to: scores, groups, choices. The rule is that of DeepSeek-V3 (arXiv:2412.19437, 2.1.2), as
 * the GLM-4.5 router in transformers has it. */
#include <math.h>
#include <stddef.h>

#include "route.h"
#include "simd.h"

enum { LANES = 64 };

BODY void logit(const float *weight, const float *x, size_t H, float *out) {
    float sums[LANES] = {0};
    size_t h = 0;
    for (; h + LANES <= H; h += LANES)
        for (size_t l = 0; l < LANES; l++) sums[l] += weight[h + l] * x[h + l];
    for (; h < H; h++) sums[0] += weight[h] * x[h];
    for (size_t half = LANES / 2; half; half /= 2)
        for (size_t l = 0; l < half; l++) sums[l] += sums[l + half];
    *out = sums[0];
}

FOR_EACH_SET(logit, (const float *weight, const float *x, size_t H, float *out), (weight, x, H, out))

void router_logits(int set, const float *weight, size_t rows, size_t H, const float *x, float *logits) {
    for (size_t e = 0; e < rows; e++) logit_of(set)(weight + e * H, x, H, logits + e);
}

/* The first of the largest that is not taken yet; any, where there is no number. Takes it. */
static int64_t take_largest(const float *values, char *taken, int64_t count) {
    int64_t best = 0;
    while (taken[best]) best++;
    for (int64_t i = best + 1; i < count; i++)
        if (!taken[i] && values[i] > values[best]) best = i;
    taken[best] = 1;
    return best;
}

/* The sum of the two largest. */
static float worth(const float *values, int64_t count) {
    float first = -INFINITY, second = -INFINITY;
    for (int64_t i = 0; i < count; i++) {
        if (values[i] > first) second = first, first = values[i];
        else if (values[i] > second) second = values[i];
    }
    return first + second;
}

void router_choose(const glmv_router *r, const float *logits, int64_t *ids, float *weights) {
    float scores[GLMV_MOST_EXPERTS], ranked[GLMV_MOST_EXPERTS], worths[GLMV_MOST_EXPERTS], sum = 0;
    char taken[GLMV_MOST_EXPERTS] = {0}, open[GLMV_MOST_EXPERTS] = {0};
    int64_t each = r->experts / r->groups;
    for (int64_t e = 0; e < r->experts; e++) {
        scores[e] = 1 / (1 + expf(-logits[e]));
        ranked[e] = scores[e] + r->correction[e];
    }
    for (int64_t g = 0; g < r->groups; g++) worths[g] = worth(ranked + g * each, each);
    for (int64_t i = 0; i < r->open_groups; i++) take_largest(worths, open, r->groups);
    for (int64_t e = 0; e < r->experts; e++)
        if (!open[e / each]) ranked[e] = -INFINITY;
    for (int64_t i = 0; i < r->choices; i++) {
        ids[i] = take_largest(ranked, taken, r->experts);
        weights[i] = scores[ids[i]];
        sum += weights[i];
    }
    for (int64_t i = 0; i < r->choices; i++) weights[i] *= r->factor / (r->normalized ? sum + 1e-20f : 1);
}

void glmv_route(int set, const glmv_router *r, const float *x, int64_t T, float *logits, int64_t *ids, float *weights,
                int threads) {
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t e = 0; e < r->experts; e++)
        for (int64_t t = 0; t < T; t++)
            router_logits(set, r->weight + e * r->hidden, 1, (size_t)r->hidden, x + t * r->hidden,
                          logits + t * r->experts + e);
    for (int64_t t = 0; t < T; t++)
        router_choose(r, logits + t * r->experts, ids + t * r->choices, weights + t * r->choices);
}
