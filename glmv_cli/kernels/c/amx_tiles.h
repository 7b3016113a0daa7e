/* How amx.c wants its matrices: in tiles of 16 rows of 64 bytes.
 *
 * Weights as whole numbers are the rows of the left tiles, activations the columns of the right ones. A tile multiplies
 * 64 columns of a matrix; a step of 128 fills two, with the even ones and the odd ones, which share bytes of weights.
 */
#ifndef GLMV_AMX_TILES_H
#define GLMV_AMX_TILES_H

#include "kernel.h"

enum {
    EDGE = 16, /* of a tile: rows, and lanes of 32 bits */
    TILE = 1024,
    STEP = 128, /* columns */
    GROUP = 512 /* columns that share a scale, in a row of weights and in a token */
};

static inline size_t steps_of(size_t K) { return (K + STEP - 1) / STEP; }

static inline size_t groups_in(size_t K) { return (K + GROUP - 1) / GROUP; }

/* Scales of a group's columns of a panel, and how many tiles a step has for the even ones, as many as for the odd. */
typedef struct {
    _Alignas(64) float scale[EDGE]; /* by lane of the products */
    int32_t tiles;
} amx_group;

enum {
    HALF = EDGE / 2 /* tokens of a panel whose upper and lower bytes are in one tile */
};

/* A panel is [step][even, odd][2] tiles, then its groups. Four elements of each of 16 tokens are a row of a tile; tokens
 * that are missing are 0. An activation is the scale of its group times 256 * upper + lower, both in 8 bits, of which
 * the second tile has the lower. Up to HALF tokens need but the first, where lane HALF + t has the lower bytes of
 * token t. With more, a group in which no token has an element far larger than its others is rounded to the upper byte.
 * A second tile that is not needed is not written. */
static inline size_t amx_panel_size(size_t K) { return steps_of(K) * 4 * TILE + groups_in(K) * sizeof(amx_group); }
static inline const amx_group *amx_groups(const void *panel, size_t K) {
    return (const amx_group *)(const void *)((const char *)panel + steps_of(K) * 4 * TILE);
}
void amx_pack(const float *const *x, size_t count, size_t K, void *panel);

#endif
