/* Several matrices with the same input in one parallel region, and an MLP in one: starting a region costs as much as
 * reading some 100 KB. */
#include <math.h>
#include <stdlib.h>

#include "decode.h"
#include "kernel.h"

/* Rows `first` to `first + count` of a matrix times some tokens; y[t * stride + r] is that of row `first + r`. */
static void rows_of(const kernel *k, const glmv_format *f, const glmv_matrix *m, size_t K, size_t first, size_t count,
                    const char *prepared, size_t size, size_t tokens, float *y, size_t stride) {
    for (size_t t = 0; t < tokens; t += MAX_TOKENS) {
        const void *some[MAX_TOKENS];
        size_t together = lesser(MAX_TOKENS, tokens - t);
        for (size_t i = 0; i < together; i++) some[i] = prepared + (t + i) * size;
        k->rows(f, m->packed + first * (K / 2), m->absmax + first * (K / (size_t)f->block), count, K, some,
                (int)together, y + t * stride, stride);
    }
}

int glmv_linears(int number, const glmv_format *format, const glmv_part *parts, int64_t count, int64_t K,
                 const float *x, int64_t T, int threads) {
    const kernel *k = kernel_at(number);
    size_t size, tokens = (size_t)T, columns = (size_t)K, chunks = 0;
    for (int64_t p = 0; p < count; p++) chunks += chunks_of((size_t)parts[p].rows);
    char *prepared = room_for(k, columns, tokens, &size);
    if (!prepared) return GLMV_NO_MEMORY;
    for (size_t t = 0; t < tokens; t++) k->prepare(format, x + t * columns, columns, prepared + t * size);
#pragma omp parallel for schedule(guided) num_threads(threads)
    for (size_t n = 0; n < chunks; n++) {
        const glmv_part *part = parts;
        size_t chunk = n;
        for (; chunk >= chunks_of((size_t)part->rows); part++) chunk -= chunks_of((size_t)part->rows);
        size_t rows = (size_t)part->rows, first = chunk * CHUNK, some = lesser(CHUNK, rows - first);
        rows_of(k, format, &part->matrix, columns, first, some, prepared, size, tokens, part->y + first, rows);
        for (size_t t = 0; part->bias && t < tokens; t++)
            for (size_t r = first; r < first + some; r++) part->y[t * rows + r] += part->bias[r];
    }
    free(prepared);
    return GLMV_OK;
}

/* An MLP at work: x and inner are activations in the form of the kernel. */
typedef struct {
    const kernel *k;
    const glmv_format *format;
    const glmv_matrix *gate, *up, *down;
    size_t H, I, T, x_size, inner_size;
    char *x, *inner;
    float *gated, *swiglu; /* [T, I] each */
} mlp;

static void gate_and_up(const mlp *m, size_t first) {
    size_t count = lesser(CHUNK, m->I - first);
    rows_of(m->k, m->format, m->gate, m->H, first, count, m->x, m->x_size, m->T, m->gated + first, m->I);
    rows_of(m->k, m->format, m->up, m->H, first, count, m->x, m->x_size, m->T, m->swiglu + first, m->I);
    for (size_t t = 0; t < m->T; t++)
        for (size_t i = t * m->I + first; i < t * m->I + first + count; i++) {
            float z = m->gated[i];
            m->swiglu[i] *= z / (1 + expf(-z));
        }
}

static void compute(const mlp *m, const float *x, float *out, int threads) {
#pragma omp parallel num_threads(threads)
    {
#pragma omp for schedule(static)
        for (size_t t = 0; t < m->T; t++) m->k->prepare(m->format, x + t * m->H, m->H, m->x + t * m->x_size);
#pragma omp for schedule(guided)
        for (size_t first = 0; first < m->I; first += CHUNK) gate_and_up(m, first);
#pragma omp for schedule(static)
        for (size_t t = 0; t < m->T; t++) m->k->prepare(m->format, m->swiglu + t * m->I, m->I, m->inner + t * m->inner_size);
#pragma omp for schedule(guided)
        for (size_t first = 0; first < m->H; first += CHUNK)
            rows_of(m->k, m->format, m->down, m->I, first, lesser(CHUNK, m->H - first), m->inner, m->inner_size, m->T,
                    out + first, m->H);
    }
}

int glmv_mlp(int number, const glmv_format *format, const glmv_matrix *gate, const glmv_matrix *up,
             const glmv_matrix *down, int64_t H, int64_t I, const float *x, int64_t T, float *out, int threads) {
    mlp m = {.k = kernel_at(number), .format = format, .gate = gate, .up = up, .down = down, .H = (size_t)H,
             .I = (size_t)I, .T = (size_t)T};
    m.x = room_for(m.k, m.H, m.T, &m.x_size);
    m.inner = room_for(m.k, m.I, m.T, &m.inner_size);
    m.gated = malloc(m.T * m.I * sizeof(float) + 1);
    m.swiglu = malloc(m.T * m.I * sizeof(float) + 1);
    int status = m.x && m.inner && m.gated && m.swiglu ? GLMV_OK : GLMV_NO_MEMORY;
    if (status == GLMV_OK) compute(&m, x, out, threads);
    free(m.x);
    free(m.inner);
    free(m.gated);
    free(m.swiglu);
    return status;
}
