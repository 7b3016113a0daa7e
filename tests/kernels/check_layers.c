/* layers.h under the sanitizers, like check.c, which calls this. */
#include "layers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { H = 128, INNER = 192, EXPERTS = 5, HEADS = 16, GROUPS = 8, WIDTH = 72, ROTATED = 20, CAPACITY = 40 };

/* What is to be freed. */
typedef struct {
    void *all[80];
    int count;
} bag;

static float *some(bag *b, int64_t count) { return b->all[b->count++] = numbers(count); }

static glmv_matrix matrix(bag *b, const glmv_format *format, int64_t rows, int64_t K) {
    float *absmax = some(b, rows * K / format->block);
    for (int64_t i = 0; i < rows * K / format->block; i++) absmax[i] *= 0.1f;
    return (glmv_matrix){b->all[b->count++] = bytes(rows * K / 2), absmax};
}

static glmv_projection projection(bag *b, const glmv_format *format, int64_t rows, int64_t K, int biased) {
    return (glmv_projection){matrix(b, format, rows, K), rows, biased ? some(b, rows) : NULL};
}

/* With experts and norms of heads, or with norms of what goes out. */
static glmv_layer layer(bag *b, const glmv_format *format, int chooses) {
    const int64_t block = format->block, I = 128;
    glmv_layer l = {.attention = {.norm = some(b, H), .after = chooses ? NULL : some(b, H), .heads = HEADS,
                                  .groups = GROUPS, .width = WIDTH, .capacity = CAPACITY}};
    glmv_attention *a = &l.attention;
    glmv_feedforward *f = &l.feedforward;
    a->q = projection(b, format, HEADS * WIDTH, H, 1);
    a->k = projection(b, format, GROUPS * WIDTH, H, 1);
    a->v = projection(b, format, GROUPS * WIDTH, H, 0);
    a->o = projection(b, format, H, HEADS * WIDTH, 0);
    if (chooses) a->q_norm = some(b, WIDTH), a->k_norm = some(b, WIDTH);
    a->keys = some(b, GROUPS * CAPACITY * WIDTH);
    a->values = some(b, GROUPS * CAPACITY * WIDTH);
    *f = (glmv_feedforward){.norm = some(b, H), .after = chooses ? NULL : some(b, H), .inner = INNER};
    f->gate = matrix(b, format, INNER, H);
    f->up = matrix(b, format, INNER, H);
    f->down = matrix(b, format, H, INNER);
    if (chooses) {
        f->router = (glmv_router){some(b, EXPERTS * H), some(b, EXPERTS), EXPERTS, H, 3, 1, 1, 1, 1};
        f->experts = (glmv_experts){matrix(b, format, EXPERTS * 2 * I, H), matrix(b, format, EXPERTS * H, I), I * H,
                                    2 * I * H / block, H * I / 2, H * I / block, EXPERTS, H, I};
    }
    return l;
}

/* Three threads compute what one does, to the last bit, behind any number of tokens. */
int check_layers(int kernel, int set, const glmv_format *format, int64_t T, int64_t before) {
    bag b = {0};
    int wrong = 0;
    glmv_layer layers[] = {layer(&b, format, 0), layer(&b, format, 1)};
    float *x = some(&b, T * H), *again = some(&b, T * H), *angles = some(&b, T * ROTATED), *norm = some(&b, H);
    glmv_step step = {T, before, H, angles, angles, ROTATED, before % 2 == 0, 1e-5f, norm};
    memcpy(again, x, (size_t)(T * H) * sizeof *x);
    if (glmv_layers(kernel, set, format, layers, 2, &step, x, 1) != GLMV_OK) wrong = 1;
    if (glmv_layers(kernel, set, format, layers, 2, &step, again, 3) != GLMV_OK) wrong = 1;
    for (int64_t i = 0; i < T * H; i++)
        if (!isfinite(x[i]) || x[i] != again[i]) wrong = 1;
    for (int i = 0; i < b.count; i++) free(b.all[i]);
    return wrong;
}
