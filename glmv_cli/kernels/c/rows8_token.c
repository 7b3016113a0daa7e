/* Rounding the activations of a token for products with 8-bit rows. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "rows8_product.h"

enum {
    OUTLYING = 8, /* an activation so many times as large as their root mean square makes 8 bits too coarse */
    LANES = 16
};

static token take_token(arena *a, size_t K) {
    size_t padded = spans_of(K) * SPAN, by_span = spans_of(K) * sizeof(int32_t);
    int16_t *whole = arena_take(a, padded * sizeof *whole);
    int8_t *low = arena_take(a, padded), *high = arena_take(a, padded);
    int32_t *multipliers = arena_take(a, by_span), *sums = arena_take(a, by_span), *fine = arena_take(a, by_span);
    return (token){whole, low, high, multipliers, sums, fine, 0};
}

token *take_tokens(arena *a, size_t T, size_t K) {
    token *tokens = arena_take(a, T * sizeof *tokens);
    for (size_t t = 0; t < T; t++) {
        token next = take_token(a, K);
        if (a->base) tokens[t] = next;
    }
    return tokens;
}

/* The largest in size. Without the sign, bits are in the order of the numbers; what is no number is above all of them. */
BODY float largest_size(const float *x, size_t count) {
    uint32_t largest = 0;
    float size;
    for (size_t k = 0; k < count; k++) {
        uint32_t bits;
        memcpy(&bits, x + k, sizeof bits);
        bits &= 0x7fffffff;
        largest = bits > largest ? bits : largest;
    }
    memcpy(&size, &largest, sizeof size);
    return size;
}

/* Whether 8 bits would lose too much: a number is more than OUTLYING times as large as their root mean square. */
BODY int32_t outlying(const float *x, size_t count, float largest) {
    float sums[LANES] = {0}, sum = 0;
    size_t k = 0;
    for (; k + LANES <= count; k += LANES)
        for (size_t l = 0; l < LANES; l++) sums[l] += x[k + l] * x[k + l];
    for (; k < count; k++) sum += x[k] * x[k];
    for (size_t l = 0; l < LANES; l++) sum += sums[l];
    return largest * largest * (float)count > OUTLYING * OUTLYING * sum;
}

/* `count` numbers of a span, the largest of a token being `largest` in size. */
BODY void prepare_span(const float *x, size_t count, float largest, token *out, size_t span) {
    float size = largest_size(x, count), multiplier = ceilf(size / largest * FINEST);
    int16_t *whole = out->whole + span * SPAN;
    int8_t *low = out->low + span * SPAN, *high = out->high + span * SPAN;
    int32_t sum = 0;
    multiplier = multiplier > 1 ? multiplier : 1;
    out->multipliers[span] = (int32_t)multiplier;
    out->fine[span] = outlying(x, count, size);
    float part = out->fine[span] ? 1 : 256, inverse = 256 * MOST / part * (FINEST / largest) / multiplier;
    for (size_t k = 0; k < count; k++) whole[k] = (int16_t)((int)rintf(x[k] * inverse) * (int)part);
    for (size_t k = count; k < SPAN; k++) whole[k] = 0;
    for (size_t k = 0; k < SPAN; k++) sum += whole[k];
    for (size_t k = 0; k < SPAN; k++) low[k] = (int8_t)(uint8_t)whole[k];
    for (size_t k = 0; k < SPAN; k++) high[k] = (int8_t)((whole[k] - low[k]) / 256);
    out->sums[span] = sum;
}

BODY void prepare(const float *x, size_t K, token *out) {
    float largest = largest_size(x, K);
    int nothing = !(largest >= 1e-30f && largest <= FLT_MAX); /* less counts as zero */
    for (size_t s = 0; s < spans_of(K); s++)
        prepare_span(x + s * SPAN, nothing ? 0 : lesser(SPAN, K - s * SPAN), nothing ? 1 : largest, out, s);
    out->scale = nothing ? 0 * largest : largest / (256.0f * MOST * FINEST);
}

FOR_EACH_SET(prepare, (const float *x, size_t K, token *out), (x, K, out))

void prepare_token(int set, const float *x, size_t K, token *out) { prepare_of(set)(x, K, out); }
