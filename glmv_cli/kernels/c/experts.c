/* The routed experts of a layer, in one parallel region: every chosen expert's weights are read once. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "glmv.h"
#include "kernel.h"

/* A choice: this token, through the expert that it is listed under. */
typedef struct {
    size_t token;
    float weight;
} choice;

typedef struct {
    int64_t expert;
    size_t first, count; /* of its choices */
} group;

typedef struct {
    size_t choices, groups;
    choice *choice;
    group *group;
} work;

/* Sorts the choices by expert; those of an expert stay in the order of the tokens. False: no memory. */
static int sort_choices(const int64_t *ids, const float *weights, size_t T, size_t k, work *out) {
    int64_t largest = -1;
    for (size_t i = 0; i < T * k; i++) largest = ids[i] > largest ? ids[i] : largest;
    size_t experts = (size_t)(largest + 1), *end = calloc(experts + 1, sizeof *end);
    *out = (work){0, 0, malloc((T * k + 1) * sizeof(choice)), malloc((lesser(experts, T * k) + 1) * sizeof(group))};
    if (end && out->choice && out->group) {
        for (size_t i = 0; i < T * k; i++)
            if (ids[i] >= 0) end[ids[i]]++;
        for (size_t e = 0; e < experts; e++) {
            if (end[e]) out->group[out->groups++] = (group){(int64_t)e, out->choices, end[e]};
            size_t count = end[e];
            end[e] = out->choices;
            out->choices += count;
        }
        for (size_t i = 0; i < T * k; i++)
            if (ids[i] >= 0) out->choice[end[ids[i]]++] = (choice){i / k, weights[i]};
        free(end);
        return 1;
    }
    free(end);
    return 0;
}

/* All that a call works on. x and inner are activations in the form of the kernel. */
typedef struct {
    const kernel *k;
    const glmv_format *format;
    const glmv_experts *e;
    work work;
    char *x, *inner;
    size_t x_size, inner_size;
    float *swiglu; /* [choices, I] */
    float *out;    /* [T, H] */
} layer;

static glmv_matrix matrix_of(glmv_matrix first, int64_t stride, int64_t absmax_stride, int64_t expert) {
    return (glmv_matrix){first.packed + expert * stride, first.absmax + expert * absmax_stride};
}

/* y[i * CHUNK + r] for rows `first` … of a matrix. */
static void rows_of(const layer *l, glmv_matrix m, size_t first, size_t rows, size_t K, const void *const *tokens,
                    size_t count, float *y) {
    size_t blocks = K / (size_t)l->format->block;
    l->k->rows(l->format, m.packed + first * (K / 2), m.absmax + first * blocks, rows, K, tokens, (int)count, y, CHUNK);
}

/* Elements `first` … of SiLU(gate) * up, for all choices of a group. */
static void gate_and_up(const layer *l, const group *g, size_t first) {
    size_t H = (size_t)l->e->hidden, I = (size_t)l->e->inner, rows = lesser(CHUNK, I - first);
    glmv_matrix m = matrix_of(l->e->gate_up, l->e->gate_up_stride, l->e->gate_up_absmax_stride, g->expert);
    for (size_t c = g->first; c < g->first + g->count; c += MAX_TOKENS) {
        float gate[MAX_TOKENS * CHUNK], up[MAX_TOKENS * CHUNK];
        const void *tokens[MAX_TOKENS];
        size_t count = lesser(MAX_TOKENS, g->first + g->count - c);
        for (size_t i = 0; i < count; i++) tokens[i] = l->x + l->work.choice[c + i].token * l->x_size;
        rows_of(l, m, first, rows, H, tokens, count, gate);
        rows_of(l, m, I + first, rows, H, tokens, count, up);
        for (size_t i = 0; i < count; i++)
            for (size_t r = 0; r < rows; r++) {
                float z = gate[i * CHUNK + r];
                l->swiglu[(c + i) * I + first + r] = z / (1 + expf(-z)) * up[i * CHUNK + r];
            }
    }
}

/* Elements `first` … of every token's sum. */
static void down(const layer *l, size_t T, size_t first) {
    size_t H = (size_t)l->e->hidden, I = (size_t)l->e->inner, rows = lesser(CHUNK, H - first);
    for (size_t t = 0; t < T; t++) memset(l->out + t * H + first, 0, rows * sizeof(float));
    for (size_t n = 0; n < l->work.groups; n++) {
        const group *g = &l->work.group[n];
        glmv_matrix m = matrix_of(l->e->down, l->e->down_stride, l->e->down_absmax_stride, g->expert);
        for (size_t c = g->first; c < g->first + g->count; c += MAX_TOKENS) {
            float y[MAX_TOKENS * CHUNK];
            const void *tokens[MAX_TOKENS];
            size_t count = lesser(MAX_TOKENS, g->first + g->count - c);
            for (size_t i = 0; i < count; i++) tokens[i] = l->inner + (c + i) * l->inner_size;
            rows_of(l, m, first, rows, I, tokens, count, y);
            for (size_t i = 0; i < count; i++) {
                choice one = l->work.choice[c + i];
                for (size_t r = 0; r < rows; r++) l->out[one.token * H + first + r] += one.weight * y[i * CHUNK + r];
            }
        }
    }
}

static void compute(const layer *l, const float *hidden, size_t T, int threads) {
    size_t H = (size_t)l->e->hidden, I = (size_t)l->e->inner, chunks = chunks_of(I);
    size_t work = l->work.choices * H * I;
#pragma omp parallel num_threads(threads) if (work > 1 << 16)
    {
#pragma omp for schedule(static)
        for (size_t t = 0; t < T; t++) l->k->prepare(hidden + t * H, H, l->x + t * l->x_size);
#pragma omp for schedule(dynamic, 1)
        for (size_t n = 0; n < l->work.groups * chunks; n++)
            gate_and_up(l, &l->work.group[n / chunks], n % chunks * CHUNK);
#pragma omp for schedule(static)
        for (size_t c = 0; c < l->work.choices; c++) l->k->prepare(l->swiglu + c * I, I, l->inner + c * l->inner_size);
#pragma omp for schedule(dynamic, 1)
        for (size_t first = 0; first < H; first += CHUNK) down(l, T, first);
    }
}

int glmv_routed_experts(int number, const glmv_format *format, const glmv_experts *experts, const float *hidden,
                        const int64_t *ids, const float *weights, int64_t T, int64_t choices, float *out,
                        int threads) {
    layer l = {.k = kernel_at(number), .format = format, .e = experts, .out = out};
    int status = GLMV_NO_MEMORY;
    for (int64_t i = 0; i < T * choices; i++)
        if (ids[i] >= experts->count) return GLMV_NO_EXPERT;
    if (sort_choices(ids, weights, (size_t)T, (size_t)choices, &l.work)) {
        size_t I = (size_t)experts->inner;
        l.x = room_for(l.k, (size_t)experts->hidden, (size_t)T, &l.x_size);
        l.inner = room_for(l.k, I, l.work.choices, &l.inner_size);
        l.swiglu = malloc((l.work.choices + 1) * I * sizeof(float));
        if (l.x && l.inner && l.swiglu) {
            compute(&l, hidden, (size_t)T, threads);
            status = GLMV_OK;
        }
    }
    free(l.x);
    free(l.inner);
    free(l.swiglu);
    free(l.work.choice);
    free(l.work.group);
    return status;
}
