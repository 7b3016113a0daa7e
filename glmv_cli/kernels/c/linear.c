/* One matrix: its product with tokens, and all of it as float32. */
#include <stdlib.h>

#include "arena.h"
#include "glmv.h"
#include "kernel.h"

typedef struct {
    const kernel *k;
    const glmv_format *format;
    const glmv_matrix *matrix;
    size_t rows, columns, tokens;
    const float *bias, *x;
    float *y; /* [tokens, rows] */
} product;

static void add_bias(const product *p, size_t first, size_t count) {
    for (size_t t = 0; p->bias && t < p->tokens; t++)
        for (size_t r = first; r < first + count; r++) p->y[t * p->rows + r] += p->bias[r];
}

/* A few tokens at a time. */
static int with_few(const product *p, int threads) {
    size_t size, chunks = chunks_of(p->rows), columns = p->columns, blocks = columns / (size_t)p->format->block;
    char *prepared = room_for(p->k, columns, p->tokens, &size);
    if (!prepared) return GLMV_NO_MEMORY;
    for (size_t t = 0; t < p->tokens; t++) p->k->prepare(p->format, p->x + t * columns, columns, prepared + t * size);
#pragma omp parallel for schedule(guided) num_threads(threads) if (chunks > 1)
    for (size_t chunk = 0; chunk < chunks; chunk++) {
        size_t first = chunk * CHUNK, count = lesser(CHUNK, p->rows - first);
        for (size_t t = 0; t < p->tokens; t += MAX_TOKENS) {
            const void *some[MAX_TOKENS];
            size_t together = lesser(MAX_TOKENS, p->tokens - t);
            for (size_t i = 0; i < together; i++) some[i] = prepared + (t + i) * size;
            p->k->rows(p->format, p->matrix->packed + first * (columns / 2), p->matrix->absmax + first * blocks, count,
                       columns, some, (int)together, p->y + t * p->rows + first, p->rows);
        }
        add_bias(p, first, count);
    }
    free(prepared);
    return GLMV_OK;
}

static void pack_panel(const product *p, size_t panel, char *place) {
    const float *x[PANEL];
    size_t first = panel * PANEL, count = lesser(PANEL, p->tokens - first);
    for (size_t t = 0; t < count; t++) x[t] = p->x + (first + t) * p->columns;
    p->k->many->pack(x, count, p->columns, place);
}

static int with_many(const product *p, int threads) {
    const gemm *many = p->k->many;
    size_t columns = p->columns, blocks = columns / (size_t)p->format->block, panels = panels_of(p->tokens);
    size_t together = rows_together(p->rows, threads), size = many->panel_size(columns);
    size_t room = many->scratch_size(together, lesser(p->tokens, MOST_TOKENS));
    arena memory;
    if (!arena_open(&memory, panels * size + (size_t)threads * room)) return GLMV_NO_MEMORY;
    char *packed = arena_take(&memory, panels * size), *scratch = arena_take(&memory, (size_t)threads * room);
#pragma omp parallel num_threads(threads) if (p->rows > CHUNK)
    {
#pragma omp for schedule(static)
        for (size_t panel = 0; panel < panels; panel++) pack_panel(p, panel, packed + panel * size);
        many->begin(p->format, scratch + thread() * room);
#pragma omp for schedule(dynamic, 1)
        for (size_t first = 0; first < p->rows; first += together) {
            size_t count = lesser(together, p->rows - first);
            for (size_t t = 0; t < p->tokens; t += MOST_TOKENS)
                many->multiply(p->format, p->matrix->packed + first * (columns / 2),
                               p->matrix->absmax + first * blocks, count, columns, packed + t / PANEL * size,
                               lesser(MOST_TOKENS, p->tokens - t), scratch + thread() * room,
                               p->y + t * p->rows + first, p->rows);
            add_bias(p, first, count);
        }
        many->end();
    }
    arena_close(&memory);
    return GLMV_OK;
}

int glmv_linear(int number, const glmv_format *format, const glmv_matrix *matrix, int64_t N, int64_t K,
                const float *bias, const float *x, int64_t T, float *y, int threads) {
    const product p = {kernel_at(number), format, matrix, (size_t)N, (size_t)K, (size_t)T, bias, x, y};
    return p.tokens > p.k->many->few ? with_many(&p, threads) : with_few(&p, threads);
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
