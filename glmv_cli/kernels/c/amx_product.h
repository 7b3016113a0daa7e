/* Products of tiles, for amx.c alone: one that goes on beside other work, and one of twice the rows for many tokens. */
#ifndef GLMV_AMX_PRODUCT_H
#define GLMV_AMX_PRODUCT_H

#include "amx_tiles.h"

enum {
    SLAB = GROUP * EDGE, /* bytes of 16 rows' left tiles */
    ROWS = 2 * EDGE,     /* that are multiplied together where there are many tokens */
    SUMS = ROWS * EDGE
};

/* Compilers need not know that tiles are loaded from memory, and stored there. */
#define MEMORY_CHANGES() __asm__ volatile("" ::: "memory")

/* Of 16 rows and a panel's lanes, a tile of columns at a time. */
typedef struct {
    const uint8_t *left, *right;
    int tiles;    /* of the panel's group */
    size_t count; /* of tiles of columns that are left to do */
} running;

INLINE void go_on(running *p) {
    if (!p->count) return;
    _tile_loadd(4, p->left, 64);
    _tile_loadd(6, p->right, 64);
    _tile_dpbssd(0, 4, 6);
    if (p->tiles == 2) {
        _tile_loadd(7, p->right + TILE, 64);
        _tile_dpbssd(1, 4, 7);
    }
    p->left += TILE, p->right += 2 * TILE, p->count--;
}

INLINE void start(void) {
    MEMORY_CHANGES();
    _tile_zero(0);
    _tile_zero(1);
}

/* To [16 rows][16 lanes] each; `low` if there are two tiles. */
INLINE void finish(running *p, int32_t *high, int32_t *low) {
    while (p->count) go_on(p);
    _tile_stored(0, high, 64);
    if (p->tiles == 2) _tile_stored(1, low, 64);
    MEMORY_CHANGES();
}

/* Of ROWS rows and a panel's lanes, over `count` tiles of columns, an even number: those of the upper bytes and those
 * of the lower; or, where one tile has all, those of every other tile of columns, as a sum has to wait for the one
 * before. To [ROWS][16 lanes] each. */
INLINE void product(int tiles, const uint8_t *a, const uint8_t *b, size_t count, int32_t *high, int32_t *low) {
    MEMORY_CHANGES();
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (size_t i = 0; i < count; i++, a += TILE, b += 2 * TILE) {
        _tile_loadd(4, a, 64);
        _tile_loadd(6, b, 64);
        _tile_dpbssd(0, 4, 6);
        _tile_loadd(5, a + SLAB, 64);
        _tile_dpbssd(1, 5, 6);
        if (tiles == 1) {
            i++, a += TILE, b += 2 * TILE;
            _tile_loadd(4, a, 64);
            _tile_loadd(5, a + SLAB, 64);
        }
        _tile_loadd(7, tiles == 1 ? b : b + TILE, 64);
        _tile_dpbssd(2, 4, 7);
        _tile_dpbssd(3, 5, 7);
    }
    _tile_stored(0, high, 64);
    _tile_stored(1, high + EDGE * EDGE, 64);
    _tile_stored(2, low, 64);
    _tile_stored(3, low + EDGE * EDGE, 64);
    MEMORY_CHANGES();
}

/* 16 rows' products, scaled by row and by lane, are added to what the columns before have left. `low` may be NULL. */
INLINE void add(const int32_t *high, const int32_t *low, const float *scales, const amx_group *group, int first,
                float *sums) {
    __m512 by_lane = _mm512_load_ps(group->scale);
    __m128i shift = _mm_cvtsi32_si128(group->tiles == 1 ? 0 : 8);
    UNROLL
    for (size_t r = 0; r < EDGE; r++) {
        __m512i sum = _mm512_sll_epi32(_mm512_load_si512(high + r * EDGE), shift);
        if (low) sum = _mm512_add_epi32(sum, _mm512_load_si512(low + r * EDGE));
        __m512 before = first ? _mm512_setzero_ps() : _mm512_load_ps(sums + r * EDGE);
        __m512 by_row = _mm512_mul_ps(_mm512_cvtepi32_ps(sum), by_lane);
        _mm512_store_ps(sums + r * EDGE, _mm512_fmadd_ps(by_row, _mm512_set1_ps(scales[r]), before));
    }
}

/* The sums of the lower bytes are added to those of the upper ones, where one tile has both. */
INLINE void fold(float *sums, size_t rows) {
    for (size_t r = 0; r < rows; r++) {
        __m512 both = _mm512_load_ps(sums + r * EDGE);
        _mm512_store_ps(sums + r * EDGE, _mm512_add_ps(both, _mm512_shuffle_f32x4(both, both, 0x4e)));
    }
}

#endif
