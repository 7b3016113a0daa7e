/* One matrix: its product with a few tokens, and all of it as float32. */
#include <stdlib.h>

#include "glmv.h"
#include "kernel.h"

int glmv_linear(int number, const glmv_format *format, const glmv_matrix *matrix, int64_t N, int64_t K,
                const float *bias, const float *x, int64_t T, float *y, int threads) {
    const kernel *k = kernel_at(number);
    size_t size, tokens = (size_t)T, rows = (size_t)N, columns = (size_t)K, chunks = chunks_of(rows);
    size_t block = (size_t)format->block;
    char *prepared = room_for(k, columns, tokens, &size);
    if (!prepared) return GLMV_NO_MEMORY;
    for (size_t t = 0; t < tokens; t++) k->prepare(x + t * columns, columns, prepared + t * size);
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads) if (chunks > 1)
    for (size_t chunk = 0; chunk < chunks; chunk++) {
        size_t first = chunk * CHUNK, count = lesser(CHUNK, rows - first);
        for (size_t t = 0; t < tokens; t += MAX_TOKENS) {
            const void *some[MAX_TOKENS];
            size_t together = lesser(MAX_TOKENS, tokens - t);
            for (size_t i = 0; i < together; i++) some[i] = prepared + (t + i) * size;
            k->rows(format, matrix->packed + first * (columns / 2), matrix->absmax + first * (columns / block), count,
                    columns, some, (int)together, y + t * rows + first, rows);
        }
        for (size_t t = 0; bias && t < tokens; t++)
            for (size_t r = first; r < first + count; r++) y[t * rows + r] += bias[r];
    }
    free(prepared);
    return GLMV_OK;
}

int glmv_unpack(int number, const glmv_format *format, const glmv_matrix *matrix, int64_t N, int64_t K, float *out,
                int threads) {
    const kernel *k = kernel_at(number);
    int64_t blocks = K / format->block;
#pragma omp parallel for schedule(static) num_threads(threads) if (N * K > 1 << 16)
    for (int64_t n = 0; n < N; n++)
        k->unpack(format, matrix->packed + n * (K / 2), matrix->absmax + n * blocks, (size_t)K, out + n * K);
    return GLMV_OK;
}
