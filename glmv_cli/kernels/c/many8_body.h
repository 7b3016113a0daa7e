/* Products with many tokens in 8 bits, written once for both widths of VNNI. Who includes this has defined TARGET,
 * LANES of a vector, how many ROWS and VECTORS of tokens are summed up in registers, `dot` and `store_panels`.
 *
 * Tokens lie across the lanes, four columns of each in 32 bits; four weights are broadcast. `vpdpbusd` multiplies
 * unsigned by signed bytes, so table entries carry an offset of 128, and sums start at what that adds. The sums of a
 * unit, or of a smaller block, are whole numbers; then they get their scales. A part of two panels stays in the
 * first-level cache, while the weights of all rows pass by from the second.
 */
#include <immintrin.h>
#include <string.h>

#include "activations8.h"
#include "rounding.h"

#define INLINE static inline __attribute__((always_inline)) TARGET

typedef int32_t integers __attribute__((vector_size(LANES * sizeof(int32_t))));
typedef float reals __attribute__((vector_size(LANES * sizeof(float))));

enum { DEPTH = 512, HALF = UNIT / 2 /* the smallest block */ };

/* The sums, and in each lane the products of four weights with those of a token added. */
INLINE integers dot(integers sums, int32_t weights, integers x);

/* A panel, from some column on: values[K/4][PANEL][4], scales[K/64][PANEL], starts[K/32][PANEL]. */
typedef struct {
    int32_t *values;
    float *scales;
    int32_t *starts; /* minus 128 times the sum of 32 values */
} panel;

static size_t panel_size(size_t K) {
    return PANEL * (K + K / UNIT * sizeof(float) + K / HALF * sizeof(int32_t));
}

static panel panel_at(void *place, size_t K, size_t k) {
    int32_t *values = place, *scales = values + K / 4 * PANEL, *starts = scales + K / UNIT * PANEL;
    return (panel){values + k / 4 * PANEL, (float *)(void *)(scales + k / UNIT * PANEL), starts + k / HALF * PANEL};
}

/* Of 8 values the even ones come first, as of 4 bytes of weights the high nibbles. */
INLINE void pack_unit(const float *x, panel p, size_t token) {
    const __m128i evens_first = _mm_setr_epi8(0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15);
    int8_t rounded[UNIT];
    p.scales[token] = round_unit(x, rounded);
    for (size_t half = 0; half < 2; half++) p.starts[half * PANEL + token] = -128 * sum_of(rounded + half * HALF, HALF);
    for (size_t i = 0; i < UNIT; i += 16) {
        int32_t sorted[4];
        __m128i values = _mm_loadu_si128((const __m128i *)(const void *)(rounded + i));
        _mm_storeu_si128((__m128i *)(void *)sorted, _mm_shuffle_epi8(values, evens_first));
        for (size_t j = 0; j < 4; j++) p.values[(i / 4 + j) * PANEL + token] = sorted[j];
    }
}

TARGET static void pack(const float *const *x, size_t count, size_t K, void *place) {
    if (count < PANEL) memset(place, 0, panel_size(K));
    for (size_t t = 0; t < count; t++)
        for (size_t k = 0; k < K; k += UNIT) pack_unit(x[t] + k, panel_at(place, K, k), t);
}

static size_t padded(size_t rows) { return (rows + ROWS - 1) / ROWS * ROWS; }

/* What a thread works in: sums[panel][row][PANEL], scales[row][DEPTH/32], weights[row][DEPTH]. */
typedef struct {
    float *sums, *scales;
    uint8_t *weights;
} room;

static size_t sums_of(size_t rows, size_t tokens) { return panels_of(tokens) * padded(rows) * PANEL; }
static room room_at(void *scratch, size_t rows, size_t tokens) {
    float *sums = scratch, *scales = sums + sums_of(rows, tokens);
    return (room){sums, scales, (uint8_t *)(scales + padded(rows) * (DEPTH / HALF))};
}
static size_t scratch_size(size_t rows, size_t tokens) {
    return sums_of(rows, tokens) * sizeof(float) + padded(rows) * (DEPTH / HALF * sizeof(float) + DEPTH);
}

/* A unit of one row, in the order of the activations. */
INLINE void expand_unit(__m256i table, const uint8_t *packed, uint8_t *out) {
    __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)packed), nibble = _mm256_set1_epi8(15);
    __m256i even = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble));
    __m256i odd = _mm256_shuffle_epi8(table, _mm256_and_si256(bytes, nibble));
    __m256i low = _mm256_unpacklo_epi32(even, odd), high = _mm256_unpackhi_epi32(even, odd);
    _mm256_store_si256((__m256i *)(void *)out, _mm256_permute2x128_si256(low, high, 0x20));
    _mm256_store_si256((__m256i *)(void *)(out + HALF), _mm256_permute2x128_si256(low, high, 0x31));
}

/* Columns k … k + depth of all rows; rows that are missing become 0. */
TARGET static void expand(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t rows, size_t K,
                          size_t k, size_t depth, const room *out) {
    uint8_t entries[16];
    size_t block = (size_t)format->block, part = lesser(block, UNIT);
    for (int i = 0; i < 16; i++) entries[i] = (uint8_t)(format->entries[i] + 128);
    __m256i table = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)entries));
    for (size_t r = 0; r < rows; r++) {
        const uint8_t *place = packed + (r * K + k) / 2;
        float *scales = out->scales + r * (DEPTH / HALF);
        for (size_t i = 0; i < depth; i += UNIT) {
            if (i % PAIR == 0) prefetch_at((const uint8_t *)((uintptr_t)place + (DEPTH + i) / 2));
            expand_unit(table, place + i / 2, out->weights + r * DEPTH + i);
        }
        for (size_t i = 0; i < depth / part; i++)
            scales[i] = absmax[r * (K / block) + (k + i * part) / block] * format->step;
    }
    for (size_t r = rows; r < padded(rows); r++) {
        memset(out->weights + r * DEPTH, 0, DEPTH);
        memset(out->scales + r * (DEPTH / HALF), 0, DEPTH / HALF * sizeof(float));
    }
}

/* Vector v of tokens, of which each panel has PANEL and panels are `apart`. */
#define VECTOR(type, first, apart, v)                                                                                  \
    (*(const type *)(const void *)((const char *)(first) + (v) * LANES / PANEL * (apart) + (v) * LANES % PANEL * 4))

/* ROWS of weights of one `part`, a unit or half of one, times some vectors of tokens, scaled and added to sums. */
INLINE void one_part(const uint8_t *weights, const float *scales, panel p, size_t apart, size_t part, size_t vectors,
                     reals sum[ROWS][VECTORS]) {
    integers whole[ROWS][VECTORS], x[VECTORS];
    UNROLL
    for (size_t v = 0; v < vectors; v++) {
        x[v] = VECTOR(integers, p.starts, apart, v);
        if (part == UNIT) x[v] += VECTOR(integers, p.starts + PANEL, apart, v);
        UNROLL
        for (int r = 0; r < ROWS; r++) whole[r][v] = x[v];
    }
    for (size_t i = 0; i < part; i += 4) {
        UNROLL
        for (size_t v = 0; v < vectors; v++) x[v] = VECTOR(integers, p.values + i / 4 * PANEL, apart, v);
        UNROLL
        for (size_t r = 0; r < ROWS; r++) {
            int32_t four;
            memcpy(&four, weights + r * DEPTH + i, 4);
            UNROLL
            for (size_t v = 0; v < vectors; v++) whole[r][v] = dot(whole[r][v], four, x[v]);
        }
    }
    UNROLL
    for (size_t v = 0; v < vectors; v++) {
        reals scale = VECTOR(reals, p.scales, apart, v);
        UNROLL
        for (size_t r = 0; r < ROWS; r++)
            sum[r][v] += __builtin_convertvector(whole[r][v], reals) * (scale * scales[r * (DEPTH / HALF)]);
    }
}

/* `depth` columns of ROWS are added to sums, or begin them. */
INLINE void one_tile(const uint8_t *weights, const float *scales, panel p, size_t apart, size_t part, size_t depth,
                     size_t vectors, int first, float *sums, size_t sums_apart) {
    reals sum[ROWS][VECTORS];
    UNROLL
    for (size_t r = 0; r < ROWS; r++) {
        UNROLL
        for (size_t v = 0; v < vectors; v++)
            sum[r][v] = first ? (reals){0} : VECTOR(reals, sums + r * PANEL, sums_apart, v);
    }
    for (size_t k = 0; k < depth; k += part) {
        panel here = {p.values + k / 4 * PANEL, p.scales + k / UNIT * PANEL, p.starts + k / HALF * PANEL};
        one_part(weights + k, scales + k / part, here, apart, part, vectors, sum);
    }
    UNROLL
    for (size_t r = 0; r < ROWS; r++) {
        UNROLL
        for (size_t v = 0; v < vectors; v++)
            *(reals *)(uintptr_t)&VECTOR(reals, sums + r * PANEL, sums_apart, v) = sum[r][v];
    }
}

/* All rows times one panel, or two where these are VECTORS. */
TARGET static void some_panels(const room *in, panel p, size_t apart, size_t block, size_t depth, size_t panels,
                               int first, float *sums, size_t rows) {
    int all = panels * PANEL >= VECTORS * LANES;
    size_t sums_apart = rows * PANEL * sizeof(float);
    for (size_t r = 0; r < rows; r += ROWS) {
        const uint8_t *weights = in->weights + r * DEPTH;
        const float *scales = in->scales + r * (DEPTH / HALF);
#define CALL(part, vectors)                                                                                            \
    one_tile(weights, scales, p, apart, part, depth, vectors, first, sums + r * PANEL, sums_apart)
        if (block == HALF && all) CALL(HALF, VECTORS);
        else if (block == HALF) CALL(HALF, PANEL / LANES);
        else if (all) CALL(UNIT, VECTORS);
        else CALL(UNIT, PANEL / LANES);
#undef CALL
    }
}

TARGET static void multiply(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t rows,
                            size_t K, const void *panels, size_t tokens, void *scratch, float *y, size_t stride) {
    const size_t together = VECTORS * LANES / PANEL, all = panels_of(tokens), apart = panel_size(K);
    room r = room_at(scratch, rows, tokens);
    for (size_t k = 0; k < K; k += DEPTH) {
        size_t depth = lesser(DEPTH, K - k);
        expand(format, packed, absmax, rows, K, k, depth, &r);
        for (size_t p = 0; p < all; p += together)
            some_panels(&r, panel_at((char *)(uintptr_t)panels + p * apart, K, k), apart, (size_t)format->block, depth,
                        lesser(together, all - p), k == 0, r.sums + p * padded(rows) * PANEL, padded(rows));
    }
    store_panels(r.sums, padded(rows), rows, tokens, y, stride);
}

static void nothing(void) {}
static void no_tables(const glmv_format *format, void *scratch) {
    (void)format;
    (void)scratch;
}
