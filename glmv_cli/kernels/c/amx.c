/* AMX: many tokens as bfloat16 matrices in tile registers, sums in float32; a few tokens as in avx512_int8.c.
 *
 * Weights times their scales become the rows of the left tiles, activations the columns of the right ones. A tile
 * multiplies 32 columns of a matrix; a step of 128 columns fills four tiles, nibble j of every 16 bits going to tile j.
 * Expanded are 256 columns at a time, 32 rows for the first tokens that they are multiplied with: the first-level cache
 * holds that beside 64 tokens.
 */
#define _GNU_SOURCE /* syscall */
#include "activations8.h"

#if defined(GLMV_AMX)
#include <immintrin.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,amx-tile,amx-bf16")))
#define INLINE static inline __attribute__((always_inline)) TARGET

enum {
    EDGE = 16, /* of a tile: rows, and lanes of 32 bits */
    TILE = 1024,
    STEP = 128,          /* columns */
    DEPTH = 256,         /* columns that are expanded at a time */
    SLAB = DEPTH * 2 * EDGE, /* bytes of that for 16 rows */
    QUAD = 4             /* tiles of tokens that are multiplied together */
};

/* A process must ask for the tile registers. */
static int runs(void) {
    const int permission = 0x1023 /* ARCH_REQ_XCOMP_PERM */, tile_data = 18;
    return int8_avx512vnni.runs() && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bf16") &&
           __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-bf16") &&
           syscall(SYS_arch_prctl, permission, tile_data) == 0;
}

TARGET static void begin(void) {
    struct {
        uint8_t palette, start, reserved[14];
        uint16_t bytes[16];
        uint8_t rows[16];
    } shape = {.palette = 1};
    for (int i = 0; i < 8; i++) shape.bytes[i] = 64, shape.rows[i] = EDGE;
    __asm__ volatile("" ::: "memory"); /* gcc thinks that only the first 8 bytes are read */
    _tile_loadconfig(&shape);
}

TARGET static void end(void) { _tile_release(); }

static size_t steps_of(size_t K) { return (K + STEP - 1) / STEP; }
static size_t tiles_of(size_t count) { return (count + EDGE - 1) / EDGE; }

/* 16 rows of 16 lanes become columns. */
INLINE void transpose(__m512i v[EDGE]) {
    __m512i a[EDGE], b[EDGE];
    UNROLL
    for (int i = 0; i < EDGE; i += 2) {
        a[i] = _mm512_unpacklo_epi32(v[i], v[i + 1]);
        a[i + 1] = _mm512_unpackhi_epi32(v[i], v[i + 1]);
    }
    UNROLL
    for (int i = 0; i < EDGE; i += 4) {
        b[i] = _mm512_unpacklo_epi64(a[i], a[i + 2]);
        b[i + 1] = _mm512_unpackhi_epi64(a[i], a[i + 2]);
        b[i + 2] = _mm512_unpacklo_epi64(a[i + 1], a[i + 3]);
        b[i + 3] = _mm512_unpackhi_epi64(a[i + 1], a[i + 3]);
    }
    UNROLL
    for (int i = 0; i < 4; i++) {
        a[i] = _mm512_shuffle_i32x4(b[i], b[i + 4], 0x88);
        a[i + 4] = _mm512_shuffle_i32x4(b[i], b[i + 4], 0xdd);
        a[i + 8] = _mm512_shuffle_i32x4(b[i + 8], b[i + 12], 0x88);
        a[i + 12] = _mm512_shuffle_i32x4(b[i + 8], b[i + 12], 0xdd);
    }
    UNROLL
    for (int i = 0; i < 8; i++) {
        v[i] = _mm512_shuffle_i32x4(a[i], a[i + 8], 0x88);
        v[i + 8] = _mm512_shuffle_i32x4(a[i], a[i + 8], 0xdd);
    }
}

static size_t panel_size(size_t K) { return steps_of(K) * 4 * TILE; }

/* A step of one token: 32 elements for each of its tiles. */
INLINE void round_step(const float *x, size_t left, __m512i tiles[4]) {
    __m512i sorted = _mm512_set_epi16(30, 26, 22, 18, 14, 10, 6, 2, 31, 27, 23, 19, 15, 11, 7, 3, 28, 24, 20, 16, 12, 8,
                                      4, 0, 29, 25, 21, 17, 13, 9, 5, 1); /* nibble 0 is element 1 */
    __m512i v[4];
    UNROLL
    for (int i = 0; i < 4; i++) {
        int there = (size_t)i * 32 < left; /* a step's second half may lie past the end */
        __m512 low = there ? _mm512_loadu_ps(x + 32 * i) : _mm512_setzero_ps();
        __m512 high = there ? _mm512_loadu_ps(x + 32 * i + 16) : _mm512_setzero_ps();
        v[i] = _mm512_permutexvar_epi16(sorted, (__m512i)_mm512_cvtne2ps_pbh(high, low));
    }
    __m512i a = _mm512_shuffle_i32x4(v[0], v[1], 0x44), b = _mm512_shuffle_i32x4(v[2], v[3], 0x44);
    __m512i c = _mm512_shuffle_i32x4(v[0], v[1], 0xee), d = _mm512_shuffle_i32x4(v[2], v[3], 0xee);
    tiles[0] = _mm512_shuffle_i32x4(a, b, 0x88);
    tiles[1] = _mm512_shuffle_i32x4(a, b, 0xdd);
    tiles[2] = _mm512_shuffle_i32x4(c, d, 0x88);
    tiles[3] = _mm512_shuffle_i32x4(c, d, 0xdd);
}

/* Two elements of each of 16 tokens are a row of a tile; tokens that are missing are 0. */
TARGET static void pack(const float *const *x, size_t count, size_t K, void *panel) {
    for (size_t s = 0; s < steps_of(K); s++) {
        __m512i v[4][EDGE], one[4];
        for (size_t t = 0; t < EDGE; t++) {
            for (int j = 0; j < 4; j++) one[j] = _mm512_setzero_si512();
            if (t < count) round_step(x[t] + s * STEP, K - s * STEP, one);
            for (int j = 0; j < 4; j++) v[j][t] = one[j];
        }
        for (size_t j = 0; j < 4; j++) {
            transpose(v[j]);
            for (size_t i = 0; i < EDGE; i++)
                _mm512_store_si512((uint8_t *)panel + (4 * s + j) * TILE + 64 * i, v[j][i]);
        }
    }
}

/* Two scales, and the table times each of them as bfloat16. */
INLINE __m512i scaled(__m512 table, float first, float second) {
    __m512 low = _mm512_mul_ps(table, _mm512_set1_ps(first)), high = _mm512_mul_ps(table, _mm512_set1_ps(second));
    return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

/* A row's step: 64 bytes, or the 32 that are left. */
INLINE void expand_step(__m512 table, size_t block, const uint8_t *packed, const float *absmax, int alone,
                        uint8_t *out) {
    const int half = block == 128 ? 0 : (int)(64 / block); /* scales to the second half of a step */
    __m512i words = _mm512_maskz_loadu_epi8(alone ? 0xffffffff : ~(__mmask64)0, packed);
    __m512i nibble = _mm512_set1_epi16(15), which, first, second;
    if (block == 32) { /* 8 words share a scale */
        which = _mm512_broadcast_i64x4(_mm256_inserti128_si256(_mm256_setzero_si256(), _mm_set1_epi16(16), 1));
        first = scaled(table, absmax[0], absmax[1]);
        second = scaled(table, alone ? 0 : absmax[2 % (2 * half)], alone ? 0 : absmax[3 % (2 * half)]);
    } else {
        which = _mm512_inserti64x4(_mm512_setzero_si512(), _mm256_set1_epi16(16), 1);
        first = second = scaled(table, absmax[0], alone ? 0 : absmax[half]);
    }
    UNROLL
    for (int j = 0; j < 4; j++) {
        __m512i index = _mm512_ternarylogic_epi32(_mm512_srli_epi16(words, 4 * (unsigned)j), nibble, which, 0xea);
        __m512i weights = _mm512_permutexvar_epi16(index, first);
        if (block == 32) weights = _mm512_mask_permutexvar_epi16(weights, 0xffff0000, index, second);
        _mm512_store_si512(out + j * TILE, weights);
    }
}

/* Columns k … k + depth of up to 16 rows, as the left tiles; rows that are missing are 0. */
INLINE void expand_rows(const float *numbers, size_t block, const uint8_t *packed, const float *absmax, size_t rows,
                        size_t K, size_t k, size_t depth, uint8_t *out) {
    __m512 table = _mm512_loadu_ps(numbers);
    for (size_t r = 0; r < rows; r++) {
        const uint8_t *place = packed + (r * K + k) / 2;
        const float *scales = absmax + (r * K + k) / block;
        size_t s = 0;
        for (; (s + 1) * STEP <= depth; s++) {
            __builtin_prefetch((const void *)((uintptr_t)place + s * STEP / 2 + DEPTH / 2), 0, 2);
            expand_step(table, block, place + s * STEP / 2, scales + s * STEP / block, 0, out + 4 * s * TILE + 64 * r);
        }
        if (s * STEP < depth)
            expand_step(table, block, place + s * STEP / 2, scales + s * STEP / block, 1, out + 4 * s * TILE + 64 * r);
    }
    for (size_t r = rows; r < EDGE; r++)
        for (size_t i = 0; i < 4 * steps_of(depth); i++) _mm512_store_si512(out + i * TILE + 64 * r, _mm512_setzero_si512());
}

TARGET static void expand(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t rows, size_t K,
                          size_t k, size_t depth, uint8_t *out) {
#define CALL(size) expand_rows(format->table, size, packed, absmax, rows, K, k, depth, out)
    FOR_BLOCKS(CALL)
#undef CALL
}

#define LOAD_SUM(i, place)                                                                                             \
    if (first) _tile_zero(i);                                                                                          \
    else _tile_loadd(i, place, 64)
#define MULTIPLY(i, left, right, place)                                                                                \
    _tile_loadd(right, place, 64);                                                                                     \
    _tile_dpbf16ps(i, left, right)

/* 16 rows and 3 or 4 tiles of tokens, which lie `apart`; the sums follow each other. */
INLINE void one_row(const uint8_t *a, const uint8_t *b, size_t apart, size_t count, int four, int first, uint8_t *sums) {
    LOAD_SUM(0, sums);
    LOAD_SUM(1, sums + TILE);
    LOAD_SUM(2, sums + 2 * TILE);
    if (four) { LOAD_SUM(3, sums + 3 * TILE); }
    for (size_t i = 0; i < count; i++, a += TILE, b += TILE) {
        _tile_loadd(4, a, 64);
        MULTIPLY(0, 4, 5, b);
        MULTIPLY(1, 4, 6, b + apart);
        MULTIPLY(2, 4, 5, b + 2 * apart);
        if (four) { MULTIPLY(3, 4, 6, b + 3 * apart); }
    }
    _tile_stored(0, sums, 64);
    _tile_stored(1, sums + TILE, 64);
    _tile_stored(2, sums + 2 * TILE, 64);
    if (four) _tile_stored(3, sums + 3 * TILE, 64);
}

/* 32 rows and 1 or 2 tiles of tokens. */
INLINE void two_rows(const uint8_t *a, const uint8_t *b, size_t apart, size_t count, int two, int first, uint8_t *sums) {
    LOAD_SUM(0, sums);
    LOAD_SUM(1, sums + QUAD * TILE);
    if (two) { LOAD_SUM(2, sums + TILE); }
    if (two) { LOAD_SUM(3, sums + QUAD * TILE + TILE); }
    for (size_t i = 0; i < count; i++, a += TILE, b += TILE) {
        _tile_loadd(4, a, 64);
        MULTIPLY(0, 4, 6, b);
        if (two) { MULTIPLY(2, 4, 7, b + apart); }
        _tile_loadd(5, a + SLAB, 64);
        _tile_dpbf16ps(1, 5, 6);
        if (two) _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, sums, 64);
    _tile_stored(1, sums + QUAD * TILE, 64);
    if (two) _tile_stored(2, sums + TILE, 64);
    if (two) _tile_stored(3, sums + QUAD * TILE + TILE, 64);
}

/* 32 rows and up to 4 tiles of tokens. */
TARGET static void product(const uint8_t *a, const uint8_t *b, size_t apart, size_t count, size_t tiles, int first,
                           uint8_t *sums) {
    switch (tiles) {
    case 1: two_rows(a, b, apart, count, 0, first, sums); break;
    case 2: two_rows(a, b, apart, count, 1, first, sums); break;
    case 3:
        one_row(a, b, apart, count, 0, first, sums);
        one_row(a + SLAB, b, apart, count, 0, first, sums + QUAD * TILE);
        break;
    default:
        one_row(a, b, apart, count, 1, first, sums);
        one_row(a + SLAB, b, apart, count, 1, first, sums + QUAD * TILE);
    }
}

TARGET static void store(const uint8_t *sums, size_t rows, size_t tokens, float *y, size_t stride) {
    __m512i v[EDGE];
    for (int i = 0; i < EDGE; i++) v[i] = _mm512_load_si512(sums + 64 * i);
    transpose(v);
    for (size_t t = 0; t < tokens; t++)
        _mm512_mask_storeu_epi32(y + t * stride, (__mmask16)((1u << rows) - 1), v[t]);
}

/* Sums [quad of token tiles][tile of rows, an even number][4], then the left tiles of 256 columns. */
static size_t even_tiles(size_t rows) { return (tiles_of(rows) + 1) / 2 * 2; }
static size_t sums_size(size_t rows, size_t tokens) {
    return even_tiles(rows) * ((tiles_of(tokens) + QUAD - 1) / QUAD * QUAD) * TILE;
}
static size_t scratch_size(size_t rows, size_t tokens) { return sums_size(rows, tokens) + even_tiles(rows) * SLAB; }

static void multiply(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t rows, size_t K,
                     const void *panels, size_t tokens, void *scratch, float *y, size_t stride) {
    uint8_t *sums = scratch, *left = sums + sums_size(rows, tokens);
    size_t apart = panel_size(K), tiles = even_tiles(rows), columns = tiles_of(tokens), block = (size_t)format->block;
    int kept = columns > QUAD; /* else 32 rows are used up before the next are expanded */
    for (size_t k = 0; k < K; k += DEPTH) {
        size_t depth = lesser(DEPTH, K - k), count = 4 * steps_of(depth);
        for (size_t t = 0; t < columns; t += QUAD)
            for (size_t r = 0; r < tiles; r += 2) {
                uint8_t *a = left + (kept ? r : 0) * SLAB;
                for (size_t i = r; t == 0 && i < r + 2; i++) {
                    size_t from = lesser(i * EDGE, rows);
                    expand(format, packed + from * (K / 2), absmax + from * (K / block), lesser(EDGE, rows - from), K,
                           k, depth, a + (i - r) * SLAB);
                }
                product(a, (const uint8_t *)panels + t * apart + k / 32 * TILE, apart, count,
                        lesser(QUAD, columns - t), k == 0, sums + (t * tiles + r * QUAD) * TILE);
            }
    }
    for (size_t t = 0; t < columns; t++)
        for (size_t r = 0; r < tiles_of(rows); r++)
            store(sums + (t / QUAD * QUAD * tiles + r * QUAD + t % QUAD) * TILE, lesser(EDGE, rows - r * EDGE),
                  lesser(EDGE, tokens - t * EDGE), y + t * EDGE * stride + r * EDGE, stride);
}

static void rows(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t count, size_t K,
                 const void *const *x, int tokens, float *y, size_t stride) {
    int8_avx512vnni.rows(format, packed, absmax, count, K, x, tokens, y, stride);
}

static void unpack(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t K, float *out) {
    exact_avx512.unpack(format, packed, absmax, K, out);
}

static const gemm many = {4, begin, end, panel_size, pack, scratch_size, multiply};

const kernel int8_amx = {"int8:amx", runs, activations8_size, activations8_prepare, rows, unpack, &many};
#endif
