/* AMX: many tokens as bfloat16 matrices in tile registers, sums in float32; a few tokens as in avx512_int8.c.
 *
 * Expanded are 256 columns at a time, 32 rows for the first tokens that they are multiplied with: the first-level cache
 * holds that beside 64 tokens.
 */
#define _GNU_SOURCE /* syscall */
#include "activations8.h"
#include "amx_tiles.h"

#if defined(GLMV_AMX)
#include <immintrin.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "avx512_transpose.h"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,amx-tile,amx-bf16")))
#define INLINE static inline __attribute__((always_inline)) TARGET

#include "amx_expand.h"

enum { QUAD = 4 /* tiles of tokens that are multiplied together */ };

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

static size_t tiles_of(size_t count) { return (count + EDGE - 1) / EDGE; }

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
    store_square(sums, rows, tokens, y, stride);
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
    size_t apart = amx_panel_size(K), tiles = even_tiles(rows), columns = tiles_of(tokens), block = (size_t)format->block;
    int kept = columns > QUAD; /* else 32 rows are used up before the next are expanded */
    for (size_t k = 0; k < K; k += DEPTH) {
        size_t depth = lesser(DEPTH, K - k), count = 4 * steps_of(depth);
        for (size_t t = 0; t < columns; t += QUAD)
            for (size_t r = 0; r < tiles; r += 2) {
                uint8_t *a = left + (kept ? r : 0) * SLAB;
                for (size_t i = r; t == 0 && i < r + 2; i++) {
                    size_t from = lesser(i * EDGE, rows);
                    expand(format, packed + from * (K / 2), absmax + from * (K / block),
                           lesser(EDGE, rows - from), K, k, depth, a + (i - r) * SLAB);
                }
                product(a, (const uint8_t *)panels + t * apart + k / 32 * TILE, apart, count,
                        lesser(QUAD, columns - t), k == 0, sums + (t * tiles + r * QUAD) * TILE);
            }
    }
    for (size_t t = 0; t < columns; t++)
        for (size_t r = 0; r < tiles_of(rows); r++)
            store(sums + (t / QUAD * QUAD * tiles + r * QUAD + t % QUAD) * TILE, rows - r * EDGE, tokens - t * EDGE,
                  y + t * EDGE * stride + r * EDGE, stride);
}

static void rows(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t count, size_t K,
                 const void *const *x, int tokens, float *y, size_t stride) {
    int8_avx512vnni.rows(format, packed, absmax, count, K, x, tokens, y, stride);
}

static void unpack(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t K, float *out) {
    exact_avx512.unpack(format, packed, absmax, K, out);
}

static const gemm many = {4, begin, end, amx_panel_size, amx_pack, scratch_size, multiply};

const kernel int8_amx = {"int8:amx", runs, activations8_size, activations8_prepare_avx512, rows, unpack, &many};
#endif
