/* Products with 8-bit weights: the output head. Every token reads the upper six bits of all of them, and the lower two
 * of those rows that have come out large.
 *
 * Activations are rounded to 8 bits by span, or to 16 where one is much larger than the others. Sums are integers, on
 * which all instruction sets agree to the last bit.
 */
#include <math.h>

#include "rows8_product.h"

enum {
    ROWS_AHEAD = 8,
    PART = 1024, /* rows that a thread takes at a time: long streams are read faster */
    SEEN = 8192, /* results, to see how large those are that count among the largest */
    HALVINGS = 20
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

BODY void count_from(const float *values, size_t count, float least, size_t *found) {
    uint32_t some = 0;
    for (size_t i = 0; i < count; i++) some += values[i] >= least;
    *found = some;
}

FOR_EACH_SET(count_from, (const float *values, size_t count, float least, size_t *found), (values, count, least, found))

/* About the `count`-th largest of y[N], by one in some of them. */
static float least_of_largest(int set, const float *y, size_t N, size_t count) {
    float seen[2 * SEEN], low = INFINITY, high = -INFINITY;
    size_t step = N / SEEN > 1 ? N / SEEN : 1, length = 0;
    for (size_t n = 0; n < N; n += step) {
        low = y[n] < low ? y[n] : low;
        high = y[n] > high ? y[n] : high;
        seen[length++] = y[n];
    }
    for (int halving = 0; halving < HALVINGS; halving++) {
        float middle = low + (high - low) / 2;
        size_t found;
        count_from_of(set)(seen, length, middle, &found);
        if (found * N >= count * length) low = middle;
        else high = middle;
    }
    return low;
}

/* Rows of a part whose product was at least `least`. They lie apart, so each is asked for some rows ahead. */
static void refine_part(const rows8_functions *f, const matrix *m, size_t first, size_t rows, size_t spans,
                        const token *x, float least, float *y) {
    uint32_t places[PART];
    size_t count = 0;
    for (size_t r = 0; r < rows; r++) {
        places[count] = (uint32_t)r;
        count += y[first + r] >= least;
    }
    for (size_t i = 0; i < count + ROWS_AHEAD; i++) {
        if (i < count) ask_for_lower(m, first + places[i], spans);
        if (i >= ROWS_AHEAD) f->refine(m, first + places[i - ROWS_AHEAD], spans, x, y);
    }
}

int glmv_rows8(int set, const glmv_rows8_matrix *weight, int64_t N, int64_t K, const float *x, int64_t T, int64_t full,
               float *y, int threads) {
    size_t rows = (size_t)N, columns = (size_t)K, count = (size_t)T, spans = spans_of(columns);
    size_t parts = (rows + PART - 1) / PART;
    rows8_functions f = fastest(set);
    arena sizes = {NULL, 0}, room = {NULL, 0};
    take_tokens(&sizes, count, columns);
    if (!arena_open(&room, sizes.used)) return GLMV_NO_MEMORY;
    token *tokens = take_tokens(&room, count, columns);
    for (size_t t = 0; t < count; t++) prepare_token(set, x + t * columns, columns, &tokens[t]);
#pragma omp parallel for schedule(dynamic) num_threads(threads) if (parts > 1)
    for (size_t part = 0; part < parts; part++)
        for (size_t t = 0; t < count; t++)
            f.product(weight, part * PART, lesser(PART, rows - part * PART), spans, &tokens[t], y + t * rows);
    for (size_t t = 0; t < count && full > 0; t++) {
        float least = (size_t)full < rows ? least_of_largest(set, y + t * rows, rows, (size_t)full) : -INFINITY;
#pragma omp parallel for schedule(dynamic) num_threads(threads) if (parts > 1)
        for (size_t part = 0; part < parts; part++)
            refine_part(&f, weight, part * PART, lesser(PART, rows - part * PART), spans, &tokens[t], least,
                        y + t * rows);
    }
    arena_close(&room);
    return GLMV_OK;
}
