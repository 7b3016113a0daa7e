#include "stage.h"

#include "route.h"

enum {
    CHUNK_BYTES = 32 << 10,
    START = 4 << 10, /* bytes that are asked for before a stream begins somewhere else */
    TURN = 256,      /* bytes */
    MOST = 96 << 10
};

static size_t row_bytes(const piece *p) { return p->plain ? p->K * sizeof(float) : p->K / 2; }

void stage_add(stage *s, piece p) {
    p.together = CHUNK_BYTES / row_bytes(&p) / 2 * 2; /* an even number: kernels take two rows at a time */
    if (p.together < 2) p.together = 2;
    p.first = s->chunks;
    s->chunks += (p.rows + p.together - 1) / p.together;
    s->pieces[s->count++] = p;
}

static const piece *piece_of(const stage *s, size_t chunk, const piece *near) {
    const piece *p = chunk >= near->first ? near : s->pieces;
    while (p + 1 < s->pieces + s->count && p[1].first <= chunk) p++;
    return p;
}

static void ask(const uint8_t *bytes, size_t from, size_t to) {
    for (size_t b = from; b < to; b += LINE) prefetch_at(bytes + b);
}

/* The beginning of a chunk, and its first scales. */
static void ask_start(const piece *p, size_t chunk, size_t block) {
    size_t row = (chunk - p->first) * p->together;
    if (p->plain) {
        ask((const uint8_t *)(p->plain + row * p->K), 0, START);
        return;
    }
    ask((const uint8_t *)(p->absmax + row * (p->K / block)), 0, 2 * p->K / block * sizeof(float));
    ask(p->packed + row * (p->K / 2), 0, START);
}

static void multiply(const kernel *k, int set, const glmv_format *format, const piece *p, size_t chunk) {
    size_t first = (chunk - p->first) * p->together, count = lesser(p->together, p->rows - first);
    float *y = p->y + first;
    if (p->plain)
        for (size_t t = 0; t < p->tokens; t++)
            router_logits(set, p->plain + first * p->K, count, p->K, p->x[t], y + t * p->stride);
    else
        k->rows(format, p->packed + first * (p->K / 2), p->absmax + first * (p->K / (size_t)format->block), count, p->K,
                p->x, (int)p->tokens, y, p->stride);
    for (size_t t = 0; p->bias && t < p->tokens; t++)
        for (size_t r = 0; r < count; r++) y[t * p->stride + r] += p->bias[first + r];
}

void stage_run(const kernel *k, int set, const glmv_format *format, const stage *s, team *t, size_t self) {
    const piece *p = s->pieces;
    for (size_t chunk = team_claim(t, self); chunk != (size_t)-1; chunk = team_claim(t, self)) {
        p = piece_of(s, chunk, p);
        if (p + 1 < s->pieces + s->count && p[1].first == chunk + 1) ask_start(p + 1, chunk + 1, s->block);
        multiply(k, set, format, p, chunk);
    }
}

void stage_ask(const stage *s, const team *t, size_t self, size_t turn) {
    size_t chunk = team_first(t, s->chunks, self), from = turn * TURN;
    if (!s->count || from >= MOST) return;
    const piece *p = piece_of(s, chunk, s->pieces);
    size_t row = (chunk - p->first) * p->together, end = (p->rows - row) * row_bytes(p);
    const uint8_t *bytes = p->plain ? (const uint8_t *)(p->plain + row * p->K) : p->packed + row * (p->K / 2);
    ask(bytes, from, lesser(from + TURN, end));
    if (p->plain) return;
    const uint8_t *scales = (const uint8_t *)(p->absmax + row * (p->K / s->block));
    size_t for_a_scale = s->block / 2 / sizeof(float); /* bytes of weights for a byte of scales */
    ask(scales, from / for_a_scale, lesser(from + TURN, end) / for_a_scale);
}
