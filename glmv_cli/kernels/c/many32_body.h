/* Products with many tokens in float32, written once for all instruction sets. Who includes this has defined TARGET,
 * LANES of a vector, how many ROWS and VECTORS of tokens are summed up in registers, `unpack_row` and `store_panels`.
 *
 * Tokens lie across the lanes and weights are broadcast, so what is expanded may stay in the order of the file. A part
 * of two panels stays in the first-level cache, while the weights of all rows pass by from the second.
 */
#include <string.h>

#define INLINE static inline __attribute__((always_inline)) TARGET

typedef float vector __attribute__((vector_size(LANES * sizeof(float))));

enum { DEPTH = 128 /* columns that are expanded at a time: a short sum is a precise one */ };

/* [K][PANEL]; tokens that are missing are 0. */
static size_t panel_size(size_t K) { return K * PANEL * sizeof(float); }

static void pack(const float *const *x, size_t count, size_t K, void *place) {
    float *panel = place;
    for (size_t k = 0; k < K; k++)
        for (size_t t = 0; t < PANEL; t++) panel[k * PANEL + t] = t < count ? x[t][k] : 0;
}

static size_t padded(size_t rows) { return (rows + ROWS - 1) / ROWS * ROWS; }

/* Sums [panel][row][PANEL], then weights [row][DEPTH]. */
static size_t sums_size(size_t rows, size_t tokens) {
    return panels_of(tokens) * padded(rows) * PANEL * sizeof(float);
}
static size_t scratch_size(size_t rows, size_t tokens) {
    return sums_size(rows, tokens) + padded(rows) * DEPTH * sizeof(float);
}

/* ROWS of weights times some vectors of tokens are added to sums, or begin them. Panels are `apart` floats, and their
 * sums `sums_apart`. */
INLINE void one_tile(const float *weights, const float *panel, size_t apart, size_t depth, int vectors, int first,
                     float *sums, size_t sums_apart) {
    vector sum[ROWS][VECTORS], x[VECTORS];
    UNROLL
    for (int r = 0; r < ROWS; r++) {
        UNROLL
        for (int v = 0; v < vectors; v++) sum[r][v] = (vector){0};
    }
    for (size_t k = 0; k < depth; k++) {
        UNROLL
        for (int v = 0; v < vectors; v++) {
            const size_t token = (size_t)v * LANES;
            x[v] = *(const vector *)(const void *)(panel + token / PANEL * apart + k * PANEL + token % PANEL);
        }
        UNROLL
        for (int r = 0; r < ROWS; r++) {
            UNROLL
            for (int v = 0; v < vectors; v++) sum[r][v] += weights[(size_t)r * DEPTH + k] * x[v];
        }
    }
    UNROLL
    for (int r = 0; r < ROWS; r++) {
        UNROLL
        for (int v = 0; v < vectors; v++) {
            const size_t token = (size_t)v * LANES;
            vector *out = (vector *)(void *)(sums + token / PANEL * sums_apart + (size_t)r * PANEL + token % PANEL);
            *out = first ? sum[r][v] : *out + sum[r][v];
        }
    }
}

/* All rows times one panel, or two where these are VECTORS. */
TARGET static void some_panels(const float *weights, const float *panel, size_t apart, size_t depth, size_t panels,
                               int first, float *sums, size_t rows) {
    for (size_t r = 0; r < rows; r += ROWS) {
        float *place = sums + r * PANEL;
        if (panels * PANEL < VECTORS * LANES)
            one_tile(weights + r * DEPTH, panel, apart, depth, PANEL / LANES, first, place, rows * PANEL);
        else one_tile(weights + r * DEPTH, panel, apart, depth, VECTORS, first, place, rows * PANEL);
    }
}

/* Rows that are missing become 0. */
static void expand(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t rows, size_t K,
                   size_t k, size_t depth, float *out) {
    for (size_t r = 0; r < padded(rows); r++) {
        if (r < rows)
            unpack_row(format, packed + (r * K + k) / 2, absmax + (r * K + k) / (size_t)format->block, depth,
                       out + r * DEPTH);
        else memset(out + r * DEPTH, 0, depth * sizeof(float));
    }
}

TARGET static void multiply(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t rows,
                            size_t K, const void *panels, size_t tokens, void *scratch, float *y, size_t stride) {
    const size_t together = VECTORS * LANES / PANEL, all = panels_of(tokens), apart = K * PANEL;
    float *sums = scratch, *weights = sums + sums_size(rows, tokens) / sizeof(float);
    for (size_t k = 0; k < K; k += DEPTH) {
        size_t depth = lesser(DEPTH, K - k);
        expand(format, packed, absmax, rows, K, k, depth, weights);
        for (size_t p = 0; p < all; p += together)
            some_panels(weights, (const float *)panels + p * apart + k * PANEL, apart, depth, lesser(together, all - p),
                        k == 0, sums + p * padded(rows) * PANEL, padded(rows));
    }
    store_panels(sums, padded(rows), rows, tokens, y, stride);
}

static void nothing(void) {}
static void no_tables(const glmv_format *format, void *scratch) {
    (void)format;
    (void)scratch;
}
