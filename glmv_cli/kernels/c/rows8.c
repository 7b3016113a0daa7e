/* Products with 8-bit weights: the output head. Every token reads the upper six bits of all of them, and the lower two
 * of those rows that have come out large.
 *
 * Activations are rounded to 8 bits by span, or to 16 where one is much larger than the others. Sums are integers, on
 * which all instruction sets agree to the last bit.
 */
#include "rows8_product.h"

enum {
    ROWS_AHEAD = 8,
    PART = 1024 /* rows that a thread takes at a time: long streams are read faster */
};

BODY void unpack_upper(const uint8_t *upper, int16_t *w) {
    const uint8_t *a = upper, *b = a + QUARTER, *c = b + QUARTER;
    for (size_t i = 0; i < QUARTER; i++) w[i] = a[i] & 63;
    for (size_t i = 0; i < QUARTER; i++) w[QUARTER + i] = b[i] & 63;
    for (size_t i = 0; i < QUARTER; i++) w[2 * QUARTER + i] = c[i] & 63;
    for (size_t i = 0; i < QUARTER; i++)
        w[3 * QUARTER + i] = (int16_t)((a[i] >> 6) | ((b[i] >> 4) & 12) | ((c[i] >> 2) & 48));
}

BODY void unpack_lower(const uint8_t *lower, int16_t *w) {
    for (size_t quarter = 0; quarter < 4; quarter++)
        for (size_t i = 0; i < QUARTER; i++) w[quarter * QUARTER + i] = (int16_t)((lower[i] >> (2 * quarter)) & 3);
}

/* In 32 bits: 256 * 63 * 2^15 < 2^31. */
BODY int32_t dot(const int16_t *w, const int16_t *x) {
    int32_t sum = 0;
    for (size_t i = 0; i < SPAN; i++) sum += w[i] * x[i];
    return sum;
}

BODY void product(const matrix *m, size_t first, size_t rows, size_t spans, const token *x, float *y) {
    for (size_t r = first; r < first + rows; r++) {
        int64_t sum = 0, sum_of_x = 0;
        for (size_t s = 0; s < spans; s++) {
            const uint8_t *upper = m->upper + (r * spans + s) * UPPER;
            int64_t multiplier = m->multipliers[r * spans + s] * x->multipliers[s];
            int16_t w[SPAN];
            ask(upper);
            unpack_upper(upper, w);
            sum += multiplier * dot(w, x->whole + s * SPAN);
            sum_of_x += multiplier * x->sums[s];
        }
        y[r] = by_upper(sum, sum_of_x) * step_of(m, r, x);
    }
}

BODY void refine(const matrix *m, size_t r, size_t spans, const token *x, float *y) {
    int64_t sum = 0, sum_of_x = 0;
    for (size_t s = 0; s < spans; s++) {
        int64_t multiplier = m->multipliers[r * spans + s] * x->multipliers[s];
        int16_t w[SPAN];
        unpack_lower(m->lower + (r * spans + s) * LOWER, w);
        sum += multiplier * dot(w, x->whole + s * SPAN);
        sum_of_x += multiplier * x->sums[s];
    }
    y[r] += by_lower(sum, sum_of_x) * step_of(m, r, x);
}

FOR_EACH_SET(product, PRODUCT, (m, first, rows, spans, x, y))
FOR_EACH_SET(refine, REFINE, (m, r, spans, x, y))

static rows8_functions fastest(int set) {
#if defined(GLMV_X86)
    if (set == GLMV_AVX512 && __builtin_cpu_supports("avx512vnni")) return rows8_vnni;
#endif
    return (rows8_functions){product_of(set), refine_of(set)};
}

/* Those rows whose product was at least `threshold`. They lie apart, so each is asked for some rows ahead. */
static void refine_part(const rows8_functions *f, const matrix *m, size_t first, size_t rows, size_t spans, const token *x,
                        float threshold, float *y) {
    uint32_t places[PART];
    size_t count = 0;
    for (size_t r = 0; r < rows; r++) {
        places[count] = (uint32_t)r;
        count += y[first + r] >= threshold;
    }
    for (size_t i = 0; i < count + ROWS_AHEAD; i++) {
        if (i < count) ask_for_lower(m, first + places[i], spans);
        if (i >= ROWS_AHEAD) f->refine(m, first + places[i - ROWS_AHEAD], spans, x, y);
    }
}

static int for_all(int set, const matrix *m, size_t rows, size_t K, const float *x, size_t T, const float *thresholds,
                   float *y, int threads) {
    size_t parts = (rows + PART - 1) / PART, spans = spans_of(K);
    rows8_functions f = fastest(set);
    arena sizes = {NULL, 0}, room = {NULL, 0};
    take_tokens(&sizes, T, K);
    if (!arena_open(&room, sizes.used)) return GLMV_NO_MEMORY;
    token *tokens = take_tokens(&room, T, K);
    for (size_t t = 0; t < T; t++) prepare_token(set, x + t * K, K, &tokens[t]);
#pragma omp parallel for schedule(dynamic) num_threads(threads) if (parts > 1)
    for (size_t part = 0; part < parts; part++) {
        size_t first = part * PART, some = lesser(PART, rows - first);
        for (size_t t = 0; t < T; t++) {
            if (thresholds) refine_part(&f, m, first, some, spans, &tokens[t], thresholds[t], y + t * rows);
            else f.product(m, first, some, spans, &tokens[t], y + t * rows);
        }
    }
    arena_close(&room);
    return GLMV_OK;
}

int glmv_rows8(int set, const glmv_rows8_matrix *weight, int64_t N, int64_t K, const float *x, int64_t T, float *y,
               int threads) {
    return for_all(set, weight, (size_t)N, (size_t)K, x, (size_t)T, NULL, y, threads);
}

int glmv_rows8_refine(int set, const glmv_rows8_matrix *weight, int64_t N, int64_t K, const float *x, int64_t T,
                      const float *thresholds, float *y, int threads) {
    return for_all(set, weight, (size_t)N, (size_t)K, x, (size_t)T, thresholds, y, threads);
}
