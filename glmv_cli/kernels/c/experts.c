/* The routed experts of a layer, in one parallel region: every chosen expert's weights are read once. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "choices.h"
#include "glmv.h"
#include "kernel.h"

/* What is multiplied: one by one for `rows` of the kernel, in panels for groups of many tokens. */
typedef struct {
    size_t K, size, panel_size;
    int of_tokens; /* `each` is by token, otherwise by choice */
    char *each, *panels;
} activations;

/* All that a call works on. */
typedef struct {
    const kernel *k;
    const glmv_format *format;
    const glmv_experts *e;
    sorted work;
    size_t few;             /* choices, up to which a group has no panels */
    activations x, inner;
    const float *hidden;    /* [T, H] */
    float *swiglu;          /* [choices, I] */
    float *out;             /* [T, H] */
    size_t tokens;          /* of a group that are multiplied at a time */
    size_t down_rows;       /* that a thread takes at a time */
    size_t room;            /* bytes of scratch and products for a thread */
    char *scratch;
} layer;

static int is_many(const layer *l, const group *g) { return g->count > l->few; }

static glmv_matrix matrix_of(glmv_matrix first, int64_t stride, int64_t absmax_stride, int64_t expert) {
    return (glmv_matrix){first.packed + expert * stride, first.absmax + expert * absmax_stride};
}

/* y[i * stride + r] for rows `first` … of a matrix, and choices c + i of a group. */
static void multiply(const layer *l, glmv_matrix m, size_t first, size_t rows, const activations *x, const group *g,
                     size_t c, size_t count, float *y, size_t stride) {
    const uint8_t *packed = m.packed + first * (x->K / 2);
    const float *absmax = m.absmax + first * (x->K / (size_t)l->format->block);
    if (is_many(l, g)) {
        const char *panels = x->panels + (g->panel + (c - g->first) / PANEL) * x->panel_size;
        l->k->many->multiply(l->format, packed, absmax, rows, x->K, panels, count, l->scratch + thread() * l->room, y,
                             stride);
        return;
    }
    for (size_t i = 0; i < count; i += MAX_TOKENS) {
        const void *some[MAX_TOKENS];
        size_t together = lesser(MAX_TOKENS, count - i);
        for (size_t n = 0; n < together; n++)
            some[n] = x->each + (x->of_tokens ? l->work.choice[c + i + n].token : c + i + n) * x->size;
        l->k->rows(l->format, packed, absmax, rows, x->K, some, (int)together, y + i * stride, stride);
    }
}

/* A thread's room for products: [tokens, MOST_ROWS]. */
static float *products_of(const layer *l) {
    return (float *)(void *)(l->scratch + (thread() + 1) * l->room) - l->tokens * MOST_ROWS;
}

/* Elements `first` … of SiLU(gate) * up, for all choices of a group. */
static void gate_and_up(const layer *l, const group *g, size_t first) {
    size_t I = (size_t)l->e->inner, rows = lesser(CHUNK, I - first);
    glmv_matrix m = matrix_of(l->e->gate_up, l->e->gate_up_stride, l->e->gate_up_absmax_stride, g->expert);
    float *gate = products_of(l), *up = gate + CHUNK;
    for (size_t c = g->first; c < g->first + g->count; c += l->tokens) {
        size_t count = lesser(l->tokens, g->first + g->count - c);
        multiply(l, m, first, rows, &l->x, g, c, count, gate, MOST_ROWS);
        multiply(l, m, I + first, rows, &l->x, g, c, count, up, MOST_ROWS);
        for (size_t i = 0; i < count; i++)
            for (size_t r = 0; r < rows; r++) {
                float z = gate[i * MOST_ROWS + r];
                l->swiglu[(c + i) * I + first + r] = z / (1 + expf(-z)) * up[i * MOST_ROWS + r];
            }
    }
}

/* Elements `first` … of every token's sum. */
static void down(const layer *l, size_t T, size_t first) {
    size_t H = (size_t)l->e->hidden, rows = lesser(l->down_rows, H - first);
    float *y = products_of(l);
    for (size_t t = 0; t < T; t++) memset(l->out + t * H + first, 0, rows * sizeof(float));
    for (size_t n = 0; n < l->work.groups; n++) {
        const group *g = &l->work.group[n];
        glmv_matrix m = matrix_of(l->e->down, l->e->down_stride, l->e->down_absmax_stride, g->expert);
        for (size_t c = g->first; c < g->first + g->count; c += l->tokens) {
            size_t count = lesser(l->tokens, g->first + g->count - c);
            multiply(l, m, first, rows, &l->inner, g, c, count, y, MOST_ROWS);
            for (size_t i = 0; i < count; i++) {
                choice one = l->work.choice[c + i];
                for (size_t r = 0; r < rows; r++)
                    l->out[one.token * H + first + r] += one.weight * y[i * MOST_ROWS + r];
            }
        }
    }
}

/* Brings the choices of a group into the form in which they are multiplied; float32 rows lie in `from`. */
static void pack_group(const layer *l, const group *g, const activations *x, const float *from) {
    for (size_t c = g->first; is_many(l, g) && c < g->first + g->count; c += PANEL) {
        const float *rows[PANEL];
        size_t count = lesser(PANEL, g->first + g->count - c);
        for (size_t i = 0; i < count; i++)
            rows[i] = from + (x->of_tokens ? l->work.choice[c + i].token : c + i) * x->K;
        l->k->many->pack(rows, count, x->K, x->panels + (g->panel + (c - g->first) / PANEL) * x->panel_size);
    }
    for (size_t c = g->first; !is_many(l, g) && !x->of_tokens && c < g->first + g->count; c++)
        l->k->prepare(l->format, from + c * x->K, x->K, x->each + c * x->size);
}

static void compute(const layer *l, size_t T, int threads) {
    size_t H = (size_t)l->e->hidden, I = (size_t)l->e->inner, chunks = chunks_of(I), groups = l->work.groups;
    size_t work = l->work.choices * H * I;
#pragma omp parallel num_threads(threads) if (work > 1 << 16)
    {
#pragma omp for schedule(static)
        for (size_t t = 0; t < (l->work.few ? T : 0); t++)
            l->k->prepare(l->format, l->hidden + t * H, H, l->x.each + t * l->x.size);
#pragma omp for schedule(dynamic, 1)
        for (size_t n = 0; n < groups; n++) pack_group(l, &l->work.group[n], &l->x, l->hidden);
        if (l->work.panels) l->k->many->begin();
        if (l->work.panels) { /* groups differ in size */
#pragma omp for schedule(dynamic, 1)
            for (size_t n = 0; n < groups * chunks; n++) gate_and_up(l, &l->work.group[n / chunks], n % chunks * CHUNK);
        } else {
#pragma omp for schedule(guided)
            for (size_t n = 0; n < groups * chunks; n++) gate_and_up(l, &l->work.group[n / chunks], n % chunks * CHUNK);
        }
#pragma omp for schedule(dynamic, 1)
        for (size_t n = 0; n < groups; n++) pack_group(l, &l->work.group[n], &l->inner, l->swiglu);
#pragma omp for schedule(guided)
        for (size_t first = 0; first < H; first += l->down_rows) down(l, T, first);
        if (l->work.panels) l->k->many->end();
    }
}

/* False: no memory. */
static int get_room(const layer *l, size_t count, activations *x) {
    x->each = room_for(l->k, x->K, count, &x->size);
    x->panel_size = l->work.panels ? l->k->many->panel_size(x->K) : 0;
    x->panels = l->work.panels ? aligned_alloc(64, l->work.panels * x->panel_size) : NULL;
    return x->each && (x->panels || !l->work.panels);
}

static int get_rooms(layer *l, size_t T, int threads) {
    l->tokens = lesser(MOST_TOKENS, panels_of(l->work.largest) * PANEL);
    l->down_rows = l->work.panels ? rows_together((size_t)l->e->hidden, threads) : CHUNK;
    l->room = l->tokens * MOST_ROWS * sizeof(float);
    if (l->work.panels) l->room += l->k->many->scratch_size(MOST_ROWS, l->tokens);
    l->scratch = aligned_alloc(64, (size_t)threads * l->room + 64);
    l->swiglu = malloc((l->work.choices + 1) * l->inner.K * sizeof(float));
    return get_room(l, T, &l->x) && get_room(l, l->work.choices, &l->inner) && l->scratch && l->swiglu;
}

int glmv_routed_experts(int number, const glmv_format *format, const glmv_experts *experts, const float *hidden,
                        const int64_t *ids, const float *weights, int64_t T, int64_t choices, float *out,
                        int threads) {
    const kernel *k = kernel_at(number);
    layer l = {.k = k, .format = format, .e = experts, .hidden = hidden, .out = out};
    int status = GLMV_NO_MEMORY;
    for (int64_t i = 0; i < T * choices; i++)
        if (ids[i] >= experts->count) return GLMV_NO_EXPERT;
    l.few = k->many->few;
    l.x = (activations){.K = (size_t)experts->hidden, .of_tokens = 1};
    l.inner = (activations){.K = (size_t)experts->inner};
    if (sort_choices(ids, weights, (size_t)T, (size_t)choices, l.few, &l.work) && get_rooms(&l, (size_t)T, threads)) {
        compute(&l, (size_t)T, threads);
        status = GLMV_OK;
    }
    free(l.x.each);
    free(l.x.panels);
    free(l.inner.each);
    free(l.inner.panels);
    free(l.swiglu);
    free(l.scratch);
    free_choices(&l.work);
    return status;
}
