/* AMX: many tokens as matrices of 8 bits in tile registers, sums in 32 bits; a few tokens as in avx512_int8.c.
 *
 * 512 columns of 32 rows are expanded at a time, which the first-level cache holds beside 16 tokens. Their sums, which
 * share a scale by row and one by token, are added up as float32.
 */
#define _GNU_SOURCE /* syscall */
#include "activations8.h"
#include "amx_tiles.h"
#include "arena.h"

#if defined(GLMV_AMX)
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "avx512_transpose.h"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,amx-tile,amx-int8")))
#define INLINE static inline __attribute__((always_inline)) TARGET

#include "amx_expand.h"

/* A process must ask for the tile registers. */
static int runs(void) {
    const int permission = 0x1023 /* ARCH_REQ_XCOMP_PERM */, tile_data = 18;
    return int8_avx512vnni.runs() && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("amx-tile") &&
           __builtin_cpu_supports("amx-int8") && syscall(SYS_arch_prctl, permission, tile_data) == 0;
}

TARGET static void begin(const glmv_format *format, void *scratch) {
    struct {
        uint8_t palette, start, reserved[14];
        uint16_t bytes[16];
        uint8_t rows[16];
    } shape = {.palette = 1};
    for (int i = 0; i < 8; i++) shape.bytes[i] = 64, shape.rows[i] = EDGE;
    __asm__ volatile("" ::: "memory"); /* gcc thinks that only the first 8 bytes are read */
    _tile_loadconfig(&shape);
    tabulate(format, scratch);
}

TARGET static void end(void) { _tile_release(); }

static size_t tiles_of(size_t count) { return (count + EDGE - 1) / EDGE; }
static size_t bands_of(size_t rows) { return (rows + ROWS - 1) / ROWS; }

enum {
    SUMS = ROWS * EDGE,
    PLENTY = 1 << 19 /* bytes of activations that stay in the second-level cache while weights pass by */
};

/* Columns that all rows go through before the next: as memory is read best in long runs, all of them, unless there are
 * too many tokens. */
static size_t depth_for(size_t K, size_t tokens) {
    size_t most = PLENTY / (tiles_of(tokens) * EDGE * 2) / GROUP * GROUP;
    return lesser(K, most > GROUP ? most : GROUP);
}

/* What a thread works in; `tables` come first, whatever the sizes. */
typedef struct {
    uint8_t *tables;
    float *sums;       /* [tile of tokens][band of ROWS rows][ROWS][16 tokens] */
    int32_t *products; /* [high, low][ROWS][16 tokens] */
    uint8_t *left;     /* the left tiles of a group of columns of ROWS rows, [16 rows][64 columns] */
    float *scales;     /* [ROWS] */
    int32_t *limits;   /* [ROWS][4], of what is expanded in the next round */
} room;

static room lay_out(arena *a, size_t rows, size_t tokens) {
    room at = {.tables = arena_take(a, TABLES_SIZE)};
    at.sums = arena_take(a, bands_of(rows) * tiles_of(tokens) * SUMS * sizeof(float));
    at.products = arena_take(a, 2 * SUMS * sizeof(int32_t));
    at.left = arena_take(a, 2 * SLAB);
    at.scales = arena_take(a, ROWS * sizeof(float));
    at.limits = arena_take(a, 4 * ROWS * sizeof(int32_t));
    return at;
}

static size_t scratch_size(size_t rows, size_t tokens) {
    arena sizes = {0};
    lay_out(&sizes, rows, tokens);
    return sizes.used;
}

/* A group of columns of ROWS rows, fewer at the ends of a matrix, from where they begin. */
typedef struct {
    const uint8_t *packed;
    const float *absmax;
    size_t rows, depth; /* 0: there is none */
} slab;

/* A matrix of which `depth` columns from k on are multiplied, group by group, then the same of the next ROWS rows. */
typedef struct {
    const uint8_t *packed;
    const float *absmax;
    size_t rows, K, block, k, depth;
    size_t bytes, blocks; /* of a row */
} source;

static size_t groups_of(const source *from) { return (from->depth + GROUP - 1) / GROUP; }

static slab slab_at(const source *from, size_t n) {
    size_t row = n / groups_of(from) * ROWS, column = n % groups_of(from) * GROUP;
    size_t place = row * from->K + from->k + column;
    if (row >= from->rows) return (slab){0};
    return (slab){from->packed + place / 2, from->absmax + place / from->block, lesser(ROWS, from->rows - row),
                  lesser(GROUP, from->depth - column)};
}

INLINE void ask_for_row(const source *all, const slab *next, size_t r) {
    const uintptr_t packed = (uintptr_t)next->packed + r * all->bytes;
    for (size_t i = 0; i < GROUP / 2; i += 64) prefetch_at((const uint8_t *)(packed + i));
    prefetch_at((const uint8_t *)((uintptr_t)next->absmax + r * all->blocks * sizeof(float)));
}

/* Of ROWS rows and 16 tokens, over `count` tiles of columns. Memory would rest while tiles are multiplied, so that is
 * when what comes next is asked for. */
INLINE void product(const uint8_t *a, const uint8_t *b, size_t count, const source *all, const slab *next,
                    int32_t *out) {
    __asm__ volatile("" ::: "memory"); /* gcc does not know that tiles are loaded from there */
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (size_t i = 0; i < count; i++, a += TILE, b += 2 * TILE) {
        _tile_loadd(4, a, 64);
        _tile_loadd(6, b, 64);
        _tile_dpbssd(0, 4, 6);
        if (next->depth) ask_for_row(all, next, 4 * i);
        _tile_loadd(5, a + SLAB, 64);
        _tile_dpbssd(1, 5, 6);
        if (next->depth) ask_for_row(all, next, 4 * i + 1);
        _tile_loadd(7, b + TILE, 64);
        _tile_dpbssd(2, 4, 7);
        if (next->depth) ask_for_row(all, next, 4 * i + 2);
        _tile_dpbssd(3, 5, 7);
        if (next->depth) ask_for_row(all, next, 4 * i + 3);
    }
    _tile_stored(0, out, 64);
    _tile_stored(1, out + SUMS / 2, 64);
    _tile_stored(2, out + SUMS, 64);
    _tile_stored(3, out + SUMS + SUMS / 2, 64);
}

/* Scaled by row and by token, added to what the columns before have left. */
INLINE void add(const int32_t *products, const float *scales, const float *by_token, int first, float *sums) {
    __m512 tokens = _mm512_load_ps(by_token);
    UNROLL
    for (size_t r = 0; r < ROWS; r++) {
        __m512i high = _mm512_load_si512(products + r * EDGE), low = _mm512_load_si512(products + SUMS + r * EDGE);
        __m512 whole = _mm512_cvtepi32_ps(_mm512_add_epi32(_mm512_slli_epi32(high, 8), low));
        __m512 before = first ? _mm512_setzero_ps() : _mm512_load_ps(sums + r * EDGE);
        _mm512_store_ps(sums + r * EDGE, _mm512_fmadd_ps(_mm512_mul_ps(whole, tokens), _mm512_set1_ps(scales[r]), before));
    }
}

/* A round; true: another one is needed. */
TARGET static int expand_slab(const glmv_format *format, const slab *now, const source *all, const room *at) {
    int left = 0;
    for (size_t i = 0; i < 2; i++) {
        size_t first = lesser(i * EDGE, now->rows);
        left |= expand(format, at->tables, now->packed + first * all->bytes, now->absmax + first * all->blocks,
                       lesser(EDGE, now->rows - first), all->K, now->depth, at->limits + 4 * i * EDGE,
                       at->left + i * SLAB, at->scales + i * EDGE);
    }
    return left;
}

/* Adds the products of the source's columns to the sums. */
TARGET static void multiply_columns(const glmv_format *format, const source *all, const uint8_t *panels, size_t tokens,
                                    const room *at) {
    const slab none = {0};
    for (size_t n = 0; n < bands_of(all->rows) * groups_of(all); n++) {
        slab now = slab_at(all, n), next = slab_at(all, n + 1);
        size_t column = all->k + n % groups_of(all) * GROUP, band = n / groups_of(all);
        for (size_t i = 0; i < 4 * ROWS; i++) at->limits[i] = -1; /* the largest without a sign */
        for (int left = 1, round = 0; left; round++) {
            left = expand_slab(format, &now, all, at);
            for (size_t t = 0; t < tiles_of(tokens); t++) {
                const uint8_t *panel = panels + t * amx_panel_size(all->K);
                product(at->left, panel + column / STEP * 4 * TILE, 2 * steps_of(now.depth), all,
                        t || round ? &none : &next, at->products);
                add(at->products, at->scales, amx_scales(panel, all->K) + column / GROUP * EDGE,
                    column == 0 && round == 0, at->sums + (t * bands_of(all->rows) + band) * SUMS);
            }
        }
    }
}

TARGET static void multiply(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t rows,
                            size_t K, const void *panels, size_t tokens, void *scratch, float *y, size_t stride) {
    arena memory = {.base = scratch};
    room at = lay_out(&memory, rows, tokens);
    size_t depth = depth_for(K, tokens);
    for (size_t k = 0; k < K; k += depth) {
        source all = {packed, absmax, rows, K, (size_t)format->block, k, lesser(depth, K - k), K / 2,
                      K / (size_t)format->block};
        multiply_columns(format, &all, panels, tokens, &at);
    }
    for (size_t t = 0; t < tiles_of(tokens); t++)
        for (size_t r = 0; r < tiles_of(rows); r++)
            store_square(at.sums + (t * bands_of(rows) + r / 2) * SUMS + r % 2 * EDGE * EDGE, rows - r * EDGE,
                         tokens - t * EDGE, y + t * EDGE * stride + r * EDGE, stride);
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
