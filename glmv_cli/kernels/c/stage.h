/* Products that threads compute together: rows of several matrices, in chunks. */
#ifndef GLMV_STAGE_H
#define GLMV_STAGE_H

#include "kernel.h"
#include "team.h"

/* A matrix with some tokens: y[i * stride + r] is that of row r and token i. */
typedef struct {
    const uint8_t *packed; /* [rows, K/2], with absmax; NULL: plain[rows, K] */
    const float *absmax, *plain;
    const float *bias; /* [rows], or NULL */
    size_t rows, K;
    size_t tokens;              /* 1 to MAX_TOKENS */
    const void *x[MAX_TOKENS];  /* prepared, or plain numbers for a plain matrix */
    float *y;
    size_t stride;
    size_t together, first; /* rows of a chunk, and the first of its chunks in the stage: stage_add sets them */
} piece;

typedef struct {
    piece *pieces;
    size_t count, chunks, block; /* of the format */
} stage;

void stage_add(stage *s, piece p);

/* Computes chunks until nothing is left. `set` is for plain matrices. */
void stage_run(const kernel *k, int set, const glmv_format *format, const stage *s, team *t, size_t self);

/* Asks for what thread `self` will need first: `turn` by turn the next few lines, up to what a cache should hold. */
void stage_ask(const stage *s, const team *t, size_t self, size_t turn);

#endif
