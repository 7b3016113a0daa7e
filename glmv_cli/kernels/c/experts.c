/* The routed experts of a layer, in one parallel region: every chosen expert's weights are read once. */
#include <string.h>

#include "arena.h"
#include "choices.h"
#include "glmv.h"
#include "kernel.h"
#include "simd.h"
#include "vectors.h"

/* What is multiplied: one by one for `rows` of the kernel, in panels for groups of many tokens. */
typedef struct {
    size_t K, size, panel_size;
    int of_tokens; /* `each` is by token, otherwise by choice */
    char *each, *panels;
} activations;

/* All that a call works on. */
typedef struct {
    const kernel *k;
    int set;
    const glmv_format *format;
    const glmv_experts *e;
    sorted work;
    size_t few;             /* choices, up to which a group has no panels */
    activations x, inner;
    const float *hidden;    /* [T, H] */
    float *swiglu;          /* [choices, I] */
    float *out;             /* [T, H] */
    size_t tokens;          /* of a group that are multiplied at a time */
    size_t gate_rows;       /* that a thread takes at a time, and as many of the other matrix */
    size_t down_rows;
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
    size_t I = (size_t)l->e->inner, rows = lesser(l->gate_rows, I - first);
    glmv_matrix m = matrix_of(l->e->gate_up, l->e->gate_up_stride, l->e->gate_up_absmax_stride, g->expert);
    float *gate = products_of(l), *up = gate + l->gate_rows;
    for (size_t c = g->first; c < g->first + g->count; c += l->tokens) {
        size_t count = lesser(l->tokens, g->first + g->count - c);
        multiply(l, m, first, rows, &l->x, g, c, count, gate, MOST_ROWS);
        multiply(l, m, I + first, rows, &l->x, g, c, count, up, MOST_ROWS);
        for (size_t i = 0; i < count; i++)
            swiglu(l->set, gate + i * MOST_ROWS, up + i * MOST_ROWS, rows, l->swiglu + (c + i) * I + first);
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
                add_scaled(l->set, l->out + one.token * H + first, y + i * MOST_ROWS, one.weight, rows);
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
    size_t H = (size_t)l->e->hidden, I = (size_t)l->e->inner, groups = l->work.groups;
    size_t rows = l->gate_rows, chunks = (I + rows - 1) / rows;
    size_t work = l->work.choices * H * I;
#pragma omp parallel num_threads(threads) if (work > 1 << 16)
    {
#pragma omp for schedule(static)
        for (size_t t = 0; t < (l->work.few ? T : 0); t++)
            l->k->prepare(l->format, l->hidden + t * H, H, l->x.each + t * l->x.size);
#pragma omp for schedule(dynamic, 1)
        for (size_t n = 0; n < groups; n++) pack_group(l, &l->work.group[n], &l->x, l->hidden);
        if (l->work.panels) l->k->many->begin(l->format, l->scratch + thread() * l->room);
        if (l->work.panels) { /* groups differ in size */
#pragma omp for schedule(dynamic, 1)
            for (size_t n = 0; n < groups * chunks; n++) gate_and_up(l, &l->work.group[n / chunks], n % chunks * rows);
        } else {
#pragma omp for schedule(guided)
            for (size_t n = 0; n < groups * chunks; n++) gate_and_up(l, &l->work.group[n / chunks], n % chunks * rows);
        }
#pragma omp for schedule(dynamic, 1)
        for (size_t n = 0; n < groups; n++) pack_group(l, &l->work.group[n], &l->inner, l->swiglu);
#pragma omp for schedule(guided)
        for (size_t first = 0; first < H; first += l->down_rows) down(l, T, first);
        if (l->work.panels) l->k->many->end();
    }
}

static void lay_out_activations(const layer *l, arena *a, size_t count, activations *x) {
    x->size = (l->k->prepared(x->K) + LINE - 1) / LINE * LINE;
    x->each = arena_take(a, l->work.few ? count * x->size : 0);
    x->panel_size = l->work.panels ? l->k->many->panel_size(x->K) : 0;
    x->panels = arena_take(a, l->work.panels * x->panel_size);
}

static void lay_out(layer *l, arena *a, size_t T, int threads) {
    l->tokens = lesser(MOST_TOKENS, panels_of(l->work.largest) * PANEL);
    l->gate_rows = l->work.panels ? MOST_ROWS / 2 : CHUNK;
    l->down_rows = l->work.panels ? rows_together((size_t)l->e->hidden, threads) : CHUNK;
    l->room = l->tokens * MOST_ROWS * sizeof(float);
    if (l->work.panels) l->room += l->k->many->scratch_size(MOST_ROWS, l->tokens);
    lay_out_activations(l, a, T, &l->x);
    lay_out_activations(l, a, l->work.choices, &l->inner);
    l->swiglu = arena_take(a, l->work.choices * l->inner.K * sizeof(float));
    l->scratch = arena_take(a, (size_t)threads * l->room);
}

int glmv_routed_experts(int number, const glmv_format *format, const glmv_experts *experts, const float *hidden,
                        const int64_t *ids, const float *weights, int64_t T, int64_t choices, float *out,
                        int threads) {
    const kernel *k = kernel_at(number);
    layer l = {.k = k, .set = fastest_set(), .format = format, .e = experts, .hidden = hidden, .out = out};
    arena sizes = {0}, memory = {0};
    int status = GLMV_NO_MEMORY;
    for (int64_t i = 0; i < T * choices; i++)
        if (ids[i] >= experts->count) return GLMV_NO_EXPERT;
    l.few = k->many->few;
    l.x = (activations){.K = (size_t)experts->hidden, .of_tokens = 1};
    l.inner = (activations){.K = (size_t)experts->inner};
    if (sort_choices(ids, weights, (size_t)T, (size_t)choices, l.few, &l.work)) {
        lay_out(&l, &sizes, (size_t)T, threads);
        if (arena_open(&memory, sizes.used)) {
            lay_out(&l, &memory, (size_t)T, threads);
            compute(&l, (size_t)T, threads);
            status = GLMV_OK;
        }
        arena_close(&memory);
    }
    free_choices(&l.work);
    return status;
}
