#include "job.h"

static size_t larger(size_t a, int64_t b) { return (size_t)b > a ? (size_t)b : a; }

static void take_activations(arena *a, const kernel *k, size_t count, size_t K, activations *out) {
    out->K = K;
    out->size = (k->prepared(K) + LINE - 1) / LINE * LINE;
    out->plain = arena_take(a, count * K * sizeof(float));
    out->prepared = arena_take(a, count * out->size);
}

/* The largest of all layers. */
typedef struct {
    size_t q, kv, scratch, partial, inner, experts, choices, expert_inner;
} sizes;

static sizes sizes_of(const job *j) {
    sizes s = {0};
    for (size_t i = 0; i < j->count; i++) {
        const glmv_attention *a = &j->layers[i].attention;
        const glmv_feedforward *f = &j->layers[i].feedforward;
        s.q = larger(s.q, a->heads * a->width);
        s.kv = larger(s.kv, a->groups * a->width);
        s.scratch = larger(s.scratch, (int64_t)attend_scratch(a, j->step));
        s.partial = larger(s.partial, (int64_t)attend_partial(a, j->step));
        s.inner = larger(s.inner, f->inner);
        s.experts = larger(s.experts, f->router.experts);
        if (f->router.experts) s.choices = larger(s.choices, f->router.choices);
        s.expert_inner = larger(s.expert_inner, f->experts.inner);
    }
    return s;
}

static stage room_for_stage(arena *a, size_t pieces, const job *j) {
    return (stage){.pieces = arena_take(a, pieces * sizeof(piece)), .block = (size_t)j->format->block};
}

static void lay_out(job *j, arena *a, sizes s, int threads) {
    size_t T = j->tokens, H = (size_t)j->step->hidden, choices = T * s.choices, f = sizeof(float);
    j->added = arena_take(a, T * H * f);
    take_activations(a, j->k, T, H, &j->normed);
    j->q = arena_take(a, T * s.q * f);
    j->keys = arena_take(a, T * s.kv * f);
    j->values = arena_take(a, T * s.kv * f);
    j->attention.parts = attend_parts((size_t)j->step->before);
    j->attention.partial = arena_take(a, j->attention.parts * s.partial * f);
    take_activations(a, j->k, T, s.q, &j->mixed);
    j->logits = arena_take(a, T * s.experts * f);
    j->gates = arena_take(a, T * 2 * s.inner * f);
    take_activations(a, j->k, T, s.inner, &j->inner);
    j->expert_gates = arena_take(a, choices * 2 * s.expert_inner * f);
    take_activations(a, j->k, choices, s.expert_inner, &j->expert_inner);
    j->expert_added = arena_take(a, choices * H * f);
    j->ids = arena_take(a, choices * sizeof *j->ids);
    j->weights = arena_take(a, choices * f);
    j->chosen = arena_take(a, choices * sizeof *j->chosen);
    j->experts = room_for_stage(a, choices, j);
    j->down = room_for_stage(a, choices + 1, j);
    j->scratch_size = (s.scratch + LINE - 1) / LINE * LINE;
    j->scratch = arena_take(a, (size_t)threads * j->scratch_size * f);
    j->team.shares = arena_take(a, (size_t)threads * sizeof *j->team.shares);
    j->plans = arena_take(a, j->count * sizeof *j->plans);
    for (size_t i = 0; i < j->count; i++) {
        plan p = {room_for_stage(a, 3, j), room_for_stage(a, 1, j), room_for_stage(a, 3, j), room_for_stage(a, 1, j)};
        if (a->base) j->plans[i] = p;
    }
}

/* A matrix with all tokens. */
static piece product(const job *j, glmv_matrix m, int64_t rows, const activations *x, size_t K, float *y,
                     size_t stride) {
    piece p = {.packed = m.packed, .absmax = m.absmax, .rows = (size_t)rows, .K = K, .tokens = j->tokens, .y = y,
               .stride = stride};
    for (size_t t = 0; t < j->tokens; t++) p.x[t] = x->prepared + t * x->size;
    return p;
}

static void add_projection(const job *j, stage *s, const glmv_projection *from, const activations *x, size_t K,
                           float *y) {
    piece p = product(j, from->matrix, from->rows, x, K, y, (size_t)from->rows);
    p.bias = from->bias;
    stage_add(s, p);
}

static void make_plan(const job *j, const glmv_layer *l, plan *p) {
    const glmv_attention *a = &l->attention;
    const glmv_feedforward *f = &l->feedforward;
    size_t H = (size_t)j->step->hidden, I = (size_t)f->inner;
    add_projection(j, &p->projections, &a->q, &j->normed, H, j->q);
    add_projection(j, &p->projections, &a->k, &j->normed, H, j->keys);
    add_projection(j, &p->projections, &a->v, &j->normed, H, j->values);
    add_projection(j, &p->o, &a->o, &j->mixed, (size_t)(a->heads * a->width), j->added);
    stage_add(&p->gates, product(j, f->gate, f->inner, &j->normed, H, j->gates, 2 * I));
    stage_add(&p->gates, product(j, f->up, f->inner, &j->normed, H, j->gates + I, 2 * I));
    if (f->router.experts) {
        piece logits = {.plain = f->router.weight, .rows = (size_t)f->router.experts, .K = H, .tokens = j->tokens,
                        .y = j->logits, .stride = (size_t)f->router.experts};
        for (size_t t = 0; t < j->tokens; t++) logits.x[t] = j->normed.plain + t * H;
        stage_add(&p->gates, logits);
    } else {
        stage_add(&p->down, product(j, f->down, (int64_t)H, &j->inner, I, j->added, H));
    }
}

int job_open(job *j, int threads) {
    arena a = {0};
    sizes s = sizes_of(j);
    lay_out(j, &a, s, threads);
    if (!arena_open(&j->memory, a.used)) return 0;
    lay_out(j, &j->memory, s, threads);
    for (size_t i = 0; i < j->count; i++) make_plan(j, &j->layers[i], &j->plans[i]);
    return 1;
}

void job_close(job *j) { arena_close(&j->memory); }

/* Choices of an expert, the first of which is place `first`, become a piece of each stage. */
static void add_expert(job *j, int64_t expert, size_t first, size_t count) {
    const glmv_experts *e = &j->layer->feedforward.experts;
    size_t H = (size_t)e->hidden, I = (size_t)e->inner;
    piece gates = {.packed = e->gate_up.packed + expert * e->gate_up_stride,
                   .absmax = e->gate_up.absmax + expert * e->gate_up_absmax_stride, .rows = 2 * I, .K = H,
                   .tokens = count, .y = j->expert_gates + first * 2 * I, .stride = 2 * I};
    piece down = {.packed = e->down.packed + expert * e->down_stride,
                  .absmax = e->down.absmax + expert * e->down_absmax_stride, .rows = H, .K = I, .tokens = count,
                  .y = j->expert_added + first * H, .stride = H};
    for (size_t i = 0; i < count; i++) {
        gates.x[i] = j->normed.prepared + j->chosen[first + i].token * j->normed.size;
        down.x[i] = j->expert_inner.prepared + (first + i) * j->expert_inner.size;
    }
    stage_add(&j->experts, gates);
    stage_add(&j->down, down);
}

void job_choose(job *j) {
    const glmv_feedforward *f = &j->layer->feedforward;
    size_t choices = (size_t)f->router.choices, all = j->tokens * choices, done = 0, I = (size_t)f->inner;
    j->experts.count = j->experts.chunks = j->down.count = j->down.chunks = 0;
    for (size_t i = 0; i < all; i++) {
        size_t first = done;
        int64_t expert = j->ids[i];
        for (size_t n = i; expert >= 0 && n < all; n++)
            if (j->ids[n] == expert) {
                j->chosen[done++] = (chosen){n / choices, j->weights[n]};
                j->ids[n] = -1;
            }
        if (done > first) add_expert(j, expert, first, done - first);
    }
    stage_add(&j->down, product(j, f->down, j->step->hidden, &j->inner, I, j->added, (size_t)j->step->hidden));
}
