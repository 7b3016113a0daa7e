/* What glmv_layers works on: the room that it needs, and which products come when. */
#ifndef GLMV_JOB_H
#define GLMV_JOB_H

#include "arena.h"
#include "attend.h"
#include "stage.h"

/* A token's activations after another's, as numbers and in the form in which the kernel multiplies them. */
typedef struct {
    size_t K, size; /* size: bytes of one that is prepared */
    float *plain;   /* [count, K] */
    char *prepared;
} activations;

/* The stages of a layer that do not wait for a choice of experts. */
typedef struct {
    stage projections, o, gates, down; /* gates: with the router's logits. down: only where there are no experts */
} plan;

/* A choice of experts that is computed: those of an expert follow each other. */
typedef struct {
    size_t token;
    float weight;
} chosen;

typedef struct {
    const kernel *k;
    int set;
    const glmv_format *format;
    const glmv_layer *layers, *layer; /* all, and the one that is computed */
    size_t count, tokens;
    const glmv_step *step;
    float *x, *added;       /* [T, H]: what flows through the layers, and what is added to it */
    activations normed;     /* [T] of H */
    float *q, *keys, *values;
    attention attention;
    activations mixed;      /* [T] of heads * D */
    float *logits;          /* [T, experts] */
    float *gates;           /* [T, 2, inner] */
    activations inner;      /* [T] */
    float *expert_gates;    /* [choices, 2, inner of an expert] */
    activations expert_inner;
    float *expert_added;    /* [choices, H] */
    int64_t *ids;           /* [T, choices] */
    float *weights;
    chosen *chosen;
    stage experts, down;    /* of the layer that is computed */
    plan *plans;            /* [count] */
    float *scratch;         /* of a thread */
    size_t scratch_size;    /* numbers */
    team team;
    arena memory;
} job;

/* False: no memory. To be freed in any case. */
int job_open(job *j, int threads);
void job_close(job *j);

/* Shares out the layer's choices, which are in `ids` and `weights`: the stages `experts` and `down`. */
void job_choose(job *j);

#endif
