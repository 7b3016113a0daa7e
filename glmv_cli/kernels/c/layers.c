/* Decoder layers for a few tokens, in one parallel region: what a thread waits for between two products costs as much
 * as reading some 10 KB of weights, where a region costs 100 KB, and a call from Python more. */
#include "layers.h"

#include <string.h>

#include "job.h"
#include "route.h"
#include "vectors.h"

static void prepare(const job *j, activations *a, size_t i) {
    j->k->prepare(j->format, a->plain + i * a->K, a->K, a->prepared + i * a->size);
}

static void norm_and_prepare(job *j, const float *norm) {
    glmv_norm(j->set, j->x, (int64_t)j->tokens, j->step->hidden, norm, j->step->eps, j->normed.plain);
    for (size_t t = 0; t < j->tokens; t++) prepare(j, &j->normed, t);
}

/* What a part of the layer has computed joins what flows. */
static void join(job *j, const float *after) {
    size_t H = (size_t)j->step->hidden;
    if (after) glmv_norm(j->set, j->added, (int64_t)j->tokens, (int64_t)H, after, j->step->eps, j->added);
    add_scaled(j->set, j->x, j->added, 1, j->tokens * H);
}

static void end_layer(job *j) {
    size_t H = (size_t)j->step->hidden, choices = 0;
    const glmv_feedforward *f = &j->layer->feedforward;
    if (f->router.experts) choices = j->tokens * (size_t)f->router.choices;
    for (size_t c = 0; c < choices; c++)
        add_scaled(j->set, j->added + j->chosen[c].token * H, j->expert_added + c * H, j->chosen[c].weight, H);
    join(j, f->after);
}

static const plan *plan_of(const job *j) { return &j->plans[j->layer - j->layers]; }

static void open_projections(job *j) {
    if (j->layer) end_layer(j);
    j->layer = j->layer ? j->layer + 1 : j->layers;
    norm_and_prepare(j, j->layer->attention.norm);
    team_open(&j->team, plan_of(j)->projections.chunks);
}

static void open_attention(job *j) {
    j->attention.set = j->set;
    j->attention.layer = &j->layer->attention;
    j->attention.step = j->step;
    j->attention.q = j->q;
    j->attention.k = j->keys;
    j->attention.v = j->values;
    team_open(&j->team, (size_t)j->layer->attention.groups * j->attention.parts);
}

static void open_o(job *j) {
    j->mixed.K = (size_t)(j->layer->attention.heads * j->layer->attention.width);
    for (size_t t = 0; t < j->tokens; t++) {
        attend_combine(&j->attention, t, j->mixed.plain + t * j->mixed.K);
        prepare(j, &j->mixed, t);
    }
    team_open(&j->team, plan_of(j)->o.chunks);
}

static void open_gates(job *j) {
    join(j, j->layer->attention.after);
    norm_and_prepare(j, j->layer->feedforward.norm);
    team_open(&j->team, plan_of(j)->gates.chunks);
}

static void open_experts(job *j) {
    const glmv_router *r = &j->layer->feedforward.router;
    if (!r->experts) return;
    for (size_t t = 0; t < j->tokens; t++)
        router_choose(r, j->logits + (int64_t)t * r->experts, j->ids + (int64_t)t * r->choices,
                      j->weights + (int64_t)t * r->choices);
    job_choose(j);
    team_open(&j->team, j->experts.chunks);
}

static void open_inner(job *j) {
    const glmv_router *r = &j->layer->feedforward.router;
    j->inner.K = (size_t)j->layer->feedforward.inner;
    j->expert_inner.K = (size_t)j->layer->feedforward.experts.inner;
    team_open(&j->team, j->tokens * (size_t)(1 + (r->experts ? r->choices : 0)));
}

static const stage *down_of(const job *j) {
    return j->layer->feedforward.router.experts ? &j->down : &plan_of(j)->down;
}

static void open_down(job *j) { team_open(&j->team, down_of(j)->chunks); }

static void finish(job *j) {
    end_layer(j);
    glmv_norm(j->set, j->x, (int64_t)j->tokens, j->step->hidden, j->step->norm, j->step->eps, j->x);
}

static void products(job *j, const stage *s, size_t self) {
    stage_run(j->k, j->set, j->format, s, &j->team, self);
}

static void projections(job *j, size_t self) { products(j, &plan_of(j)->projections, self); }
static void o(job *j, size_t self) { products(j, &plan_of(j)->o, self); }
static void gates(job *j, size_t self) { products(j, &plan_of(j)->gates, self); }
static void down(job *j, size_t self) { products(j, down_of(j), self); }

static void experts(job *j, size_t self) {
    if (j->layer->feedforward.router.experts) products(j, &j->experts, self);
}

static void attention_over_cache(job *j, size_t self) {
    for (size_t task = team_claim(&j->team, self); task != (size_t)-1; task = team_claim(&j->team, self))
        attend(&j->attention, task, j->scratch + self * j->scratch_size);
}

/* Task t < T: a token's shared expert, or its MLP; then the choices. */
static void inner(job *j, size_t self) {
    for (size_t task = team_claim(&j->team, self); task != (size_t)-1; task = team_claim(&j->team, self)) {
        int chosen = task >= j->tokens;
        size_t i = chosen ? task - j->tokens : task;
        activations *a = chosen ? &j->expert_inner : &j->inner;
        const float *gate = (chosen ? j->expert_gates : j->gates) + i * 2 * a->K;
        swiglu(j->set, gate, gate + a->K, a->K, a->plain + i * a->K);
        prepare(j, a, i);
    }
}

typedef struct {
    void (*open)(job *);               /* by one thread */
    void (*work)(job *, size_t self);  /* by all */
} phase;

static const phase PHASES[] = {
    {open_projections, projections}, {open_attention, attention_over_cache}, {open_o, o},  {open_gates, gates},
    {open_experts, experts},         {open_inner, inner},                    {open_down, down},
};
enum { PHASE_COUNT = sizeof PHASES / sizeof *PHASES };

/* A thread that comes to a phase. */
typedef struct {
    job *j;
    void (*open)(job *);
    const stage *next; /* whose weights it will want, as far as that is known */
} arrival;

static void open(void *with) {
    const arrival *a = with;
    a->open(a->j);
}

static void meanwhile(void *with, size_t self, size_t turn) {
    const arrival *a = with;
    if (a->next) stage_ask(a->next, &a->j->team, self, turn);
}

/* The first products of a phase or after it. */
static const stage *next_of(const job *j, size_t layer, size_t phase) {
    const plan *p = &j->plans[layer];
    int chooses = j->layers[layer].feedforward.router.experts != 0;
    switch (phase) {
    case 0: return &p->projections;
    case 1:
    case 2: return &p->o;
    case 3: return &p->gates;
    case 4: return chooses ? NULL : &p->down;
    default: return chooses ? &j->down : &p->down;
    }
}

static void run(job *j, size_t self) {
    for (size_t layer = 0; layer < j->count; layer++)
        for (size_t i = 0; i < PHASE_COUNT; i++) {
            arrival a = {j, PHASES[i].open, next_of(j, layer, i)};
            team_meet(&j->team, self, open, meanwhile, &a);
            PHASES[i].work(j, self);
        }
    arrival last = {j, finish, NULL};
    team_meet(&j->team, self, open, meanwhile, &last);
}

int glmv_layers(int number, int set, const glmv_format *format, const glmv_layer *layers, int64_t count,
                const glmv_step *step, float *x, int threads) {
    job j = {.k = kernel_at(number), .set = set, .format = format, .layers = layers, .count = (size_t)count,
             .tokens = (size_t)step->tokens, .step = step, .x = x};
    int status = job_open(&j, threads) ? GLMV_OK : GLMV_NO_MEMORY;
    if (status == GLMV_OK) {
#pragma omp parallel num_threads(threads)
        {
#pragma omp single
            j.team.threads = team_size();
            run(&j, thread());
        }
    }
    job_close(&j);
    return status;
}
