/* What an instruction set provides for packing weights; quantize.c lists them. */
#ifndef GLMV_QUANTIZE_H
#define GLMV_QUANTIZE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "glmv.h"
#include "kernel.h"

enum { BLOCK = 64, BLOCK_BYTES = BLOCK / 2 };

/* Code i ends where the middle between it and the next one does. A search for the nearest code asks 4 questions; the
 * answers so far, as a binary number, choose the next middle. */
typedef struct {
    float code[16];
    float middle[15];
    float second[8], third[8], fourth[8]; /* middles to compare with, by the answers before; 2, 4 and 8 count */
} codebook;

typedef struct {
    const char *name; /* the instruction set */
    int (*runs)(void);
    /* Packs `blocks` blocks of elements of one type; 0: one of them is not finite. */
    int (*nearest)(const codebook *book, int type, const void *x, size_t blocks, uint8_t *packed, float *absmax);
    int (*searched)(const codebook *book, int type, const void *x, size_t blocks, uint8_t *packed, float *absmax);
} quantizer;

extern const quantizer quantizer_portable;
#if defined(GLMV_X86)
extern const quantizer quantizer_avx2, quantizer_avx512;
#endif

static inline float as_float(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline uint32_t as_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline size_t bytes_of(int type) { return type == GLMV_FLOAT32 ? 4 : 2; }

#endif
