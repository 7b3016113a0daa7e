/* AMX: many tokens as matrices of 8 bits in tile registers, sums in 32 bits; a few tokens as in avx512_int8.c.
 *
 * 512 columns of 16 or 32 rows are expanded at a time, which the first-level cache holds beside 16 tokens. Their sums,
 * which share a scale by row and one by lane, are added up as float32. With one panel of tokens, reading and expanding
 * weights takes most of the time, and the products before go on beside it; with more, 32 rows are multiplied at once.
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
    float *sums;         /* [panel][band of ROWS rows][ROWS][16 lanes] */
    int32_t *high, *low; /* products, [ROWS][16 lanes] */
    uint8_t *left;       /* [2][tile of columns][16 rows][64 columns]: left tiles of a group of columns */
    float *scales;       /* [2][16 rows] */
    int32_t *limits;     /* [2][16 rows][4], of what is expanded in the next round */
} room;

static room lay_out(arena *a, size_t rows, size_t tokens) {
    room at = {.tables = arena_take(a, TABLES_SIZE)};
    at.sums = arena_take(a, bands_of(rows) * tiles_of(tokens) * SUMS * sizeof(float));
    at.high = arena_take(a, SUMS * sizeof(int32_t));
    at.low = arena_take(a, SUMS * sizeof(int32_t));
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

/* A group of columns of a band of rows, fewer at the ends of a matrix, from where they begin. */
typedef struct {
    const uint8_t *packed;
    const float *absmax;
    size_t rows, depth; /* 0: it is past the end */
    size_t column, band;
} slab;

/* A matrix of which `depth` columns from k on are multiplied, band by band of `height` rows, and in these group by
 * group. */
typedef struct {
    const glmv_format *format;
    const uint8_t *packed;
    const float *absmax;
    size_t rows, K, k, depth, height;
    size_t bytes, blocks; /* of a row */
} source;

static size_t slabs_of(const source *from) {
    return (from->rows + from->height - 1) / from->height * groups_in(from->depth);
}

static slab slab_at(const source *from, size_t n) {
    size_t band = n / groups_in(from->depth), row = band * from->height, column = n % groups_in(from->depth) * GROUP;
    size_t place = row * from->K + from->k + column;
    if (row >= from->rows) return (slab){0};
    return (slab){from->packed + place / 2, from->absmax + place / (size_t)from->format->block,
                  lesser(from->height, from->rows - row), lesser(GROUP, from->depth - column), from->k + column, band};
}

static const amx_group *group_at(const uint8_t *panel, const source *from, const slab *now) {
    return amx_groups(panel, from->K) + now->column / GROUP;
}

/* The largest without a sign: nothing was there before. */
static void no_limits(const room *at) {
    for (size_t i = 0; i < 4 * ROWS; i++) at->limits[i] = -1;
}

/* A round of 16 rows of a slab, the first or the second ones, into one of the two places of the room. True: another
 * round is needed. `next` may be NULL. */
TARGET static int expand_rows(const source *from, const slab *now, size_t which, size_t place, const slab *next,
                              running *product, const room *at) {
    size_t row = lesser(which * EDGE, now->rows), bytes = row * from->bytes, blocks = row * from->blocks;
    meanwhile other = {.product = product};
    if (next && next->depth) {
        other.packed = (uintptr_t)next->packed + bytes;
        other.absmax = (uintptr_t)next->absmax + blocks * sizeof(float);
    }
    return expand(from->format, at->tables, now->packed + bytes, now->absmax + blocks, lesser(EDGE, now->rows - row),
                  from->K, now->depth, at->limits + 4 * EDGE * which, &other, at->left + place * SLAB,
                  at->scales + place * EDGE);
}

/* 16 rows whose products are still to come, or to be added up. */
typedef struct {
    running product;
    const float *scales;
    const amx_group *group;
    int first;
    float *sums; /* NULL: there is nothing */
} pending;

INLINE void settle(pending *p, const room *at) {
    if (!p->sums) return;
    finish(&p->product, at->high, at->low);
    add(at->high, p->product.tiles == 2 ? at->low : NULL, p->scales, p->group, p->first, p->sums);
}

/* Adds the products of the source's columns and one panel to the sums. While 16 rows are expanded, those before are
 * multiplied. */
TARGET static void multiply_panel(const source *all, const uint8_t *panel, const room *at) {
    pending before = {.sums = NULL};
    size_t place = 0;
    for (size_t n = 0; n < slabs_of(all); n++) {
        slab now = slab_at(all, n), next = slab_at(all, n + 1);
        const amx_group *group = group_at(panel, all, &now);
        no_limits(at);
        for (int left = 1, round = 0; left; round++, place = !place) {
            start();
            left = expand_rows(all, &now, 0, place, round ? NULL : &next, &before.product, at);
            settle(&before, at);
            before = (pending){{at->left + place * SLAB, panel + now.column / STEP * 4 * TILE, group->tiles,
                                2 * steps_of(now.depth)},
                               at->scales + place * EDGE,
                               group,
                               now.column == 0 && round == 0,
                               at->sums + now.band * EDGE * EDGE};
        }
    }
    start();
    settle(&before, at);
}

/* The same of several panels. */
TARGET static void multiply_panels(const source *all, const uint8_t *panels, size_t count, const room *at) {
    running none = {0};
    for (size_t n = 0; n < slabs_of(all); n++) {
        slab now = slab_at(all, n), next = slab_at(all, n + 1);
        no_limits(at);
        for (int left = 1, round = 0; left; round++) {
            left = 0;
            for (size_t i = 0; i < 2; i++)
                left |= expand_rows(all, &now, i, i, round ? NULL : &next, &none, at);
            for (size_t t = 0; t < count; t++) {
                const uint8_t *panel = panels + t * amx_panel_size(all->K);
                const uint8_t *right = panel + now.column / STEP * 4 * TILE;
                const amx_group *group = group_at(panel, all, &now);
                float *sums = at->sums + (t * bands_of(all->rows) + now.band) * SUMS;
                int first = now.column == 0 && round == 0;
                if (group->tiles == 1)
                    product(1, at->left, right, 2 * steps_of(now.depth), at->high, at->low);
                else
                    product(2, at->left, right, 2 * steps_of(now.depth), at->high, at->low);
                for (size_t i = 0, place = 0; i < 2; i++, place += EDGE * EDGE)
                    add(at->high + place, at->low + place, at->scales + i * EDGE, group, first, sums + place);
            }
        }
    }
}

TARGET static void multiply(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t rows,
                            size_t K, const void *panels, size_t tokens, void *scratch, float *y, size_t stride) {
    arena memory = {.base = scratch};
    room at = lay_out(&memory, rows, tokens);
    size_t depth = depth_for(K, tokens), height = tokens <= EDGE ? EDGE : ROWS;
    for (size_t k = 0; k < K; k += depth) {
        source all = {format, packed, absmax, rows, K, k, lesser(depth, K - k), height, K / 2,
                      K / (size_t)format->block};
        if (height == EDGE)
            multiply_panel(&all, panels, &at);
        else
            multiply_panels(&all, panels, tiles_of(tokens), &at);
    }
    for (size_t t = 0; t < tiles_of(tokens); t++) {
        if (tokens - t * EDGE <= HALF) fold(at.sums + t * bands_of(rows) * SUMS, rows);
        for (size_t r = 0; r < tiles_of(rows); r++)
            store_square(at.sums + (t * bands_of(rows) + r / 2) * SUMS + r % 2 * EDGE * EDGE, rows - r * EDGE,
                         tokens - t * EDGE, y + t * EDGE * stride + r * EDGE, stride);
    }
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
