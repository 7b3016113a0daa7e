/* What an instruction set provides; kernels.c lists them. */
#ifndef GLMV_KERNEL_H
#define GLMV_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "glmv.h"

enum {
    UNIT = 64, /* weights that are loaded together, activations that share a scale; not the format's block */
    UNIT_BYTES = UNIT / 2,
    MAX_TOKENS = 8,
    CHUNK = 64 /* rows that a thread takes at a time */
};

static inline size_t lesser(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t chunks_of(size_t rows) { return (rows + CHUNK - 1) / CHUNK; }

typedef struct {
    const char *name; /* "precision:instruction set" */
    int (*runs)(void);
    /* Bytes of one token's activations in the form that `rows` reads, and bringing them into it. The place is aligned
     * to 64 bytes. */
    size_t (*prepared)(size_t K);
    void (*prepare)(const float *x, size_t K, void *prepared);
    /* y[t * stride + r] for all rows r of a matrix and 1 to MAX_TOKENS tokens t. */
    void (*rows)(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t rows, size_t K,
                 const void *const *prepared, int tokens, float *y, size_t stride);
    /* out[K]: one row as float32. */
    void (*unpack)(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t K, float *out);
} kernel;

const kernel *kernel_at(int number);

/* Room for the activations of `count` tokens, to be freed; *size becomes the bytes of one. NULL: no memory. */
char *room_for(const kernel *k, size_t K, size_t count, size_t *size);

extern const kernel exact_portable;
#if defined(GLMV_X86)
extern const kernel exact_avx2, exact_avx512, int8_avx2, int8_avx512vnni;
#endif

/* The form that all exact kernels read: of every unit the 32 even elements, then the 32 odd ones. */
size_t split_size(size_t K);
void split(const float *x, size_t K, void *prepared);

/* Weights are read once, and faster than the processor foresees: ask for them early. Past the end this does nothing. */
#if defined(__GNUC__)
static inline void prefetch(const uint8_t *packed) { __builtin_prefetch((const void *)((uintptr_t)packed + 1024)); }
static inline void prefetch_scales(const float *next_row, size_t blocks) {
    for (size_t b = 0; b < blocks; b += 16) __builtin_prefetch((const void *)((uintptr_t)next_row + 4 * b));
}
#endif

#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#elif defined(__GNUC__)
#define UNROLL _Pragma("GCC unroll 8")
#else
#define UNROLL
#endif

/* The size of a block and the number of tokens are constants where it matters: the compiler keeps the sums in registers
 * and knows which weights share a scale. */
#define FOR_BLOCKS(call)                                                                                               \
    switch (format->block) {                                                                                           \
    case 32: call(32); break;                                                                                          \
    case 64: call(64); break;                                                                                          \
    default: call(128); break;                                                                                         \
    }
#define FOR_TOKENS(block, call)                                                                                        \
    switch (tokens) {                                                                                                  \
    case 1: call(block, 1); break;                                                                                     \
    case 2: call(block, 2); break;                                                                                     \
    case 3: call(block, 3); break;                                                                                     \
    case 4: call(block, 4); break;                                                                                     \
    case 5: call(block, 5); break;                                                                                     \
    case 6: call(block, 6); break;                                                                                     \
    case 7: call(block, 7); break;                                                                                     \
    default: call(block, 8); break;                                                                                    \
    }

#endif
