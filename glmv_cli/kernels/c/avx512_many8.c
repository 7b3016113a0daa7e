/* AVX-512 VNNI, many tokens: weights of 16 rows lie across the lanes of a register, four columns in each; activations
 * are rounded to 8 bits by unit and broadcast.
 *
 * `vpdpbusd` multiplies unsigned by signed bytes, so table entries carry an offset of 128, and sums start at what that
 * adds. The sums of a unit, or of a smaller block, are whole numbers; then they get their scales.
 */
#include "kernel.h"

#if defined(GLMV_X86)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define INLINE static inline __attribute__((always_inline)) TARGET

enum {
    LANES = 16,
    VECTORS = 4,
    SLAB = LANES * VECTORS, /* rows that are expanded together */
    DEPTH = 512,            /* columns of them */
    TOGETHER = 4            /* tokens */
};

/* A panel: values[PANEL][K], scales[PANEL][K/64], starts[PANEL][K/32]. */
typedef struct {
    int8_t *values;
    float *scales;
    int32_t *starts; /* minus 128 times the sum of 32 values */
} panel;

static panel panel_at(void *place, size_t K) {
    int8_t *values = place;
    float *scales = (float *)(void *)(values + PANEL * K);
    return (panel){values, scales, (int32_t *)(void *)(scales + PANEL * (K / UNIT))};
}

static size_t panel_size(size_t K) {
    return PANEL * (K + K / UNIT * sizeof(float) + K / (UNIT / 2) * sizeof(int32_t));
}

/* Of 8 values the even ones come first, as of 4 bytes of weights the high nibbles. */
INLINE void pack_unit(const float *x, int8_t *values, float *scale, int32_t *starts) {
    __m128i evens_first = _mm_setr_epi8(0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15);
    __m512 v[4], sizes = _mm512_setzero_ps(), poison = _mm512_setzero_ps(); /* NaN if an element is not finite */
    for (int i = 0; i < 4; i++) {
        v[i] = _mm512_loadu_ps(x + 16 * i);
        sizes = _mm512_max_ps(_mm512_abs_ps(v[i]), sizes);
        poison = _mm512_fmadd_ps(v[i], _mm512_setzero_ps(), poison);
    }
    float largest = _mm512_reduce_max_ps(sizes), bad = _mm512_reduce_add_ps(poison);
    int usable = largest > 1e-35f && bad == 0; /* less counts as zero */
    __m512 inverse = _mm512_set1_ps(usable ? 127.0f / largest : 0);
    __m512i sums[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
    for (int i = 0; i < 4; i++) {
        __m512i rounded = _mm512_cvtps_epi32(_mm512_mul_ps(v[i], inverse));
        if (!usable) rounded = _mm512_setzero_si512();
        sums[i / 2] = _mm512_add_epi32(sums[i / 2], rounded);
        _mm_store_si128((__m128i *)(void *)(values + 16 * i),
                        _mm_shuffle_epi8(_mm512_cvtepi32_epi8(rounded), evens_first));
    }
    for (int i = 0; i < 2; i++) starts[i] = -128 * _mm512_reduce_add_epi32(sums[i]);
    *scale = (usable ? largest / 127.0f : 0) + bad;
}

TARGET static void pack(const float *const *x, size_t count, size_t K, void *place) {
    panel p = panel_at(place, K);
    for (size_t t = 0; t < count; t++)
        for (size_t u = 0; u < K / UNIT; u++)
            pack_unit(x[t] + u * UNIT, p.values + t * K + u * UNIT, p.scales + t * (K / UNIT) + u,
                      p.starts + t * (K / UNIT) * 2 + 2 * u);
}

/* What a thread works in: weights[DEPTH/4][SLAB][4], scales[DEPTH/32][SLAB]. */
typedef struct {
    uint8_t weights[DEPTH * SLAB];
    float scales[DEPTH / (UNIT / 2) * SLAB];
} tile;

static size_t scratch_size(size_t rows, size_t tokens) {
    (void)rows, (void)tokens;
    return sizeof(tile);
}

/* 4 bytes of 16 rows in each of 8 registers. */
INLINE void gather(const uint8_t *packed, size_t rows, size_t apart, __m512i out[8]) {
    __m512i a[8], b[8];
    UNROLL
    for (size_t i = 0; i < 8; i++) {
        __m256i low = _mm256_setzero_si256(), high = _mm256_setzero_si256();
        if (i < rows) low = _mm256_loadu_si256((const __m256i *)(const void *)(packed + i * apart));
        if (i + 8 < rows) high = _mm256_loadu_si256((const __m256i *)(const void *)(packed + (i + 8) * apart));
        a[i] = _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
    }
    UNROLL
    for (int i = 0; i < 8; i += 2) {
        b[i] = _mm512_unpacklo_epi32(a[i], a[i + 1]);
        b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
    }
    UNROLL
    for (int i = 0; i < 8; i += 4) {
        a[i] = _mm512_unpacklo_epi64(b[i], b[i + 2]);
        a[i + 1] = _mm512_unpackhi_epi64(b[i], b[i + 2]);
        a[i + 2] = _mm512_unpacklo_epi64(b[i + 1], b[i + 3]);
        a[i + 3] = _mm512_unpackhi_epi64(b[i + 1], b[i + 3]);
    }
    UNROLL
    for (int i = 0; i < 4; i++) {
        out[i] = _mm512_permutex2var_epi64(a[i], _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13), a[i + 4]);
        out[i + 4] = _mm512_permutex2var_epi64(a[i], _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15), a[i + 4]);
    }
}

/* A unit of up to 16 rows; rows that are missing are computed, and not stored. */
INLINE void expand_unit(__m512i table, const uint8_t *packed, size_t rows, size_t K, uint8_t *out) {
    __m512i bytes[8], nibble = _mm512_set1_epi8(15);
    gather(packed, rows, K / 2, bytes);
    UNROLL
    for (int i = 0; i < 8; i++) {
        __m512i high = _mm512_and_si512(_mm512_srli_epi16(bytes[i], 4), nibble);
        _mm512_store_si512(out + 8 * i * SLAB, _mm512_shuffle_epi8(table, high));
        _mm512_store_si512(out + (8 * i + 4) * SLAB, _mm512_shuffle_epi8(table, _mm512_and_si512(bytes[i], nibble)));
    }
}

TARGET static void expand(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t rows, size_t K,
                          size_t k, size_t depth, tile *out) {
    uint8_t entries[16];
    size_t block = (size_t)format->block, part = lesser(block, UNIT);
    for (int i = 0; i < 16; i++) entries[i] = (uint8_t)(format->entries[i] + 128);
    __m512i table = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)entries));
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < depth; i += 128) prefetch_at((const uint8_t *)((uintptr_t)packed + (r * K + k + DEPTH + i) / 2));
    for (size_t v = 0; v < (rows + LANES - 1) / LANES; v++)
        for (size_t i = 0; i < depth; i += UNIT)
            expand_unit(table, packed + (v * LANES * K + k + i) / 2, rows - v * LANES, K,
                        out->weights + i * SLAB + v * LANES * 4);
    for (size_t i = 0; i < depth / part; i++)
        for (size_t r = 0; r < SLAB; r++)
            out->scales[i * SLAB + r] = r < rows ? absmax[r * (K / block) + (k + i * part) / block] * format->step : 0;
}

/* `columns` of a tile from `weights` on, times those of some tokens, scaled and added to sums. */
INLINE void multiply_part(const uint8_t *weights, const float *scales, const int8_t *values, size_t K, size_t columns,
                          const int32_t starts[TOGETHER], const float x_scales[TOGETHER], int tokens,
                          __m512 sums[TOGETHER][VECTORS]) {
    __m512i whole[TOGETHER][VECTORS];
    UNROLL
    for (int t = 0; t < tokens; t++) {
        UNROLL
        for (int v = 0; v < VECTORS; v++) whole[t][v] = _mm512_set1_epi32(starts[t]);
    }
    for (size_t i = 0; i < columns; i += 4) {
        __m512i w[VECTORS];
        UNROLL
        for (int v = 0; v < VECTORS; v++) w[v] = _mm512_load_si512(weights + i * SLAB + 64 * v);
        UNROLL
        for (int t = 0; t < tokens; t++) {
            __m512i x = _mm512_set1_epi32(*(const int32_t *)(const void *)(values + (size_t)t * K + i));
            UNROLL
            for (int v = 0; v < VECTORS; v++) whole[t][v] = _mm512_dpbusd_epi32(whole[t][v], w[v], x);
        }
    }
    UNROLL
    for (int t = 0; t < tokens; t++) {
        UNROLL
        for (int v = 0; v < VECTORS; v++) {
            __m512 scale = _mm512_mul_ps(_mm512_load_ps(scales + LANES * v), _mm512_set1_ps(x_scales[t]));
            sums[t][v] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(whole[t][v]), scale, sums[t][v]);
        }
    }
}

/* Columns k … k + depth of `p`, from its token `first` on, are added to y, or begin it. */
INLINE void multiply_tile(const tile *tile, size_t part, panel p, size_t first, int tokens, size_t K, size_t k,
                          size_t depth, size_t rows, float *y, size_t stride) {
    __m512 sums[TOGETHER][VECTORS];
    __mmask16 there[VECTORS];
    UNROLL
    for (int v = 0; v < VECTORS; v++) {
        size_t left = rows > (size_t)v * LANES ? rows - (size_t)v * LANES : 0;
        there[v] = left < LANES ? (__mmask16)((1u << left) - 1) : 0xffff;
        UNROLL
        for (int t = 0; t < tokens; t++)
            sums[t][v] = k ? _mm512_maskz_loadu_ps(there[v], y + (size_t)t * stride + v * LANES) : _mm512_setzero_ps();
    }
    for (size_t i = 0; i < depth; i += part) {
        int32_t starts[TOGETHER];
        float scales[TOGETHER];
        UNROLL
        for (int t = 0; t < tokens; t++) {
            const int32_t *start = p.starts + ((first + (size_t)t) * K + k + i) / (UNIT / 2);
            starts[t] = part == UNIT ? start[0] + start[1] : start[0];
            scales[t] = p.scales[((first + (size_t)t) * K + k + i) / UNIT];
        }
        multiply_part(tile->weights + i * SLAB, tile->scales + i / part * SLAB, p.values + first * K + k + i, K, part,
                      starts, scales, tokens, sums);
    }
    UNROLL
    for (int v = 0; v < VECTORS; v++) {
        UNROLL
        for (int t = 0; t < tokens; t++)
            _mm512_mask_storeu_ps(y + (size_t)t * stride + v * LANES, there[v], sums[t][v]);
    }
}

TARGET static void some_tokens(const tile *tile, size_t block, panel p, size_t first, size_t tokens, size_t K, size_t k,
                               size_t depth, size_t rows, float *y, size_t stride) {
#define CALL(part, n) multiply_tile(tile, part, p, first, n, K, k, depth, rows, y, stride)
#define TOKENS(part)                                                                                                   \
    switch (tokens) {                                                                                                  \
    case 1: CALL(part, 1); break;                                                                                      \
    case 2: CALL(part, 2); break;                                                                                      \
    case 3: CALL(part, 3); break;                                                                                      \
    default: CALL(part, 4); break;                                                                                     \
    }
    if (block == 32) { TOKENS(32) }
    else { TOKENS(64) }
#undef TOKENS
#undef CALL
}

static void multiply(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t rows, size_t K,
                     const void *panels, size_t tokens, void *scratch, float *y, size_t stride) {
    size_t block = (size_t)format->block;
    for (size_t r = 0; r < rows; r += SLAB)
        for (size_t k = 0; k < K; k += DEPTH) {
            size_t here = lesser(SLAB, rows - r), depth = lesser(DEPTH, K - k);
            expand(format, packed + r * (K / 2), absmax + r * (K / block), here, K, k, depth, scratch);
            for (size_t t = 0; t < tokens; t += TOGETHER)
                some_tokens(scratch, block, panel_at((char *)(uintptr_t)panels + t / PANEL * panel_size(K), K),
                            t % PANEL, lesser(TOGETHER, tokens - t), K, k, depth, here, y + t * stride + r, stride);
        }
}

static void nothing(void) {}

const gemm avx512_many8 = {16, nothing, nothing, panel_size, pack, scratch_size, multiply};
#endif
