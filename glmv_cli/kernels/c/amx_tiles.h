/* How amx.c wants its matrices: in tiles of 16 rows of 64 bytes.
 *
 * Weights times their scales become the rows of the left tiles, activations the columns of the right ones. A tile
 * multiplies 32 columns of a matrix; a step of 128 columns fills four tiles, nibble j of every 16 bits going to tile j.
 */
#ifndef GLMV_AMX_TILES_H
#define GLMV_AMX_TILES_H

#include "kernel.h"

enum {
    EDGE = 16, /* of a tile: rows, and lanes of 32 bits */
    TILE = 1024,
    STEP = 128,             /* columns */
    DEPTH = 256,            /* columns that are expanded at a time */
    SLAB = DEPTH * 2 * EDGE /* bytes of that for 16 rows */
};

static inline size_t steps_of(size_t K) { return (K + STEP - 1) / STEP; }

/* A panel is [step][4] tiles: two elements of each of 16 tokens are a row of one; tokens that are missing are 0. */
static inline size_t amx_panel_size(size_t K) { return steps_of(K) * 4 * TILE; }
void amx_pack(const float *const *x, size_t count, size_t K, void *panel);

#endif
