/* What an instruction set provides; kernels.c lists them. */
#ifndef GLMV_KERNEL_H
#define GLMV_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#if defined(_OPENMP)
#include <omp.h>
#endif

#include "glmv.h"

enum {
    LINE = 64, /* bytes, of a cache */
    UNIT = 64, /* weights that are loaded together, activations that share a scale; not the format's block */
    UNIT_BYTES = UNIT / 2,
    MAX_TOKENS = 8,
    PANEL = 16, /* tokens */
    MOST_ROWS = 256,
    MOST_TOKENS = 512,
    CHUNK = 64 /* rows that a thread takes at least; long runs of chunks are read faster, hence schedule(guided) */
};

static inline size_t lesser(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t chunks_of(size_t rows) { return (rows + CHUNK - 1) / CHUNK; }
static inline size_t panels_of(size_t tokens) { return (tokens + PANEL - 1) / PANEL; }

/* Rows that a thread multiplies with many tokens at a time: many, as activations are read again for each task, but such
 * that every thread has some. */
static inline size_t rows_together(size_t rows, int threads) {
    size_t together = MOST_ROWS;
    while (together > CHUNK && rows / together < 4 * (size_t)threads) together /= 2;
    return together;
}

static inline size_t thread(void) {
#if defined(_OPENMP)
    return (size_t)omp_get_thread_num();
#else
    return 0;
#endif
}

/* Of a parallel region. */
static inline int team_size(void) {
#if defined(_OPENMP)
    return omp_get_num_threads();
#else
    return 1;
#endif
}

/* Products with many tokens: a tile of weights is expanded once, and used for all of them. */
typedef struct {
    size_t few; /* up to this many tokens, `rows` of the kernel is faster */
    /* A thread calls these before and after its products, all with one scratch, of which nobody else
     * writes what `begin` has put at its start. */
    void (*begin)(const glmv_format *format, void *scratch);
    void (*end)(void);
    /* Bytes of a panel, which is PANEL tokens' activations, or those of fewer, in the form that `multiply` reads; a
     * multiple of 64. */
    size_t (*panel_size)(size_t K);
    void (*pack)(const float *const *x, size_t count, size_t K, void *panel);
    /* Bytes that `multiply` works in; a multiple of 64. */
    size_t (*scratch_size)(size_t rows, size_t tokens);
    /* y[t * stride + r] for all rows r of a matrix, 1 to MOST_ROWS of them, and 1 to MOST_TOKENS tokens t, whose panels
     * follow each other. Panels and scratch are aligned to 64 bytes. */
    void (*multiply)(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t rows, size_t K,
                     const void *panels, size_t tokens, void *scratch, float *y, size_t stride);
} gemm;

typedef struct {
    const char *name; /* "precision:instruction set" */
    int (*runs)(void);
    /* Bytes of one token's activations in the form that `rows` reads, and bringing them into it. The place is aligned
     * to 64 bytes. */
    size_t (*prepared)(size_t K);
    void (*prepare)(const glmv_format *format, const float *x, size_t K, void *prepared);
    /* y[t * stride + r] for all rows r of a matrix and 1 to MAX_TOKENS tokens t. */
    void (*rows)(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t rows, size_t K,
                 const void *const *prepared, int tokens, float *y, size_t stride);
    /* out[K]: one row as float32. */
    void (*unpack)(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t K, float *out);
    const gemm *many;
} kernel;

const kernel *kernel_at(int number);

/* Room for the activations of `count` tokens, to be freed; *size becomes the bytes of one. NULL: no memory. */
char *room_for(const kernel *k, size_t K, size_t count, size_t *size);

extern const kernel exact_portable, int8_portable;
extern const gemm portable_many32;
#if defined(GLMV_ARM)
extern const kernel int8_neon;
#endif
#if defined(GLMV_X86)
extern const kernel exact_avx2, exact_avx512, int8_avx2, int8_avx512vnni;
extern const gemm avx2_many32, avx512_many32, avx512_many8;
#if defined(GLMV_AVXVNNI)
extern const kernel int8_avxvnni;
extern const gemm avxvnni_many8;
#endif
#endif
#if defined(GLMV_AMX)
extern const kernel int8_amx;
#endif

/* The form that all exact kernels read: of every unit the 32 even elements, then the 32 odd ones. */
size_t split_size(size_t K);
void split(const glmv_format *format, const float *x, size_t K, void *prepared);

/* Weights are read once, and faster than the processor foresees: ask for them early, for the second-level cache, which
 * waits for more of them at a time than the first. Past the end this does nothing. */
#if defined(__GNUC__)
static inline void prefetch(const uint8_t *packed) {
    __builtin_prefetch((const void *)((uintptr_t)packed + 3072), 0, 2);
}
static inline void prefetch_at(const uint8_t *packed) { __builtin_prefetch((const void *)packed, 0, 2); }
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
