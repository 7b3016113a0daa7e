#include "team.h"

#include <sched.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define RELAX() _mm_pause()
#else
#define RELAX() ((void)0)
#endif

enum { PATIENCE = 4096 /* turns, after which others may have the processor */ };

size_t team_first(const team *t, size_t chunks, size_t self) { return chunks * self / (size_t)t->threads; }

void team_open(team *t, size_t chunks) {
    for (size_t i = 0; i < (size_t)t->threads; i++)
        atomic_store_explicit(&t->shares[i].left, team_first(t, chunks, i) << 32 | team_first(t, chunks, i + 1),
                              memory_order_relaxed);
}

/* From the front of one's own, from the end of another's. */
static size_t take(share *s, int own) {
    uint64_t left = atomic_load_explicit(&s->left, memory_order_relaxed), after;
    do {
        if (left >> 32 >= (left & UINT32_MAX)) return (size_t)-1;
        after = own ? left + (1ull << 32) : left - 1;
    } while (!atomic_compare_exchange_weak_explicit(&s->left, &left, after, memory_order_relaxed,
                                                    memory_order_relaxed));
    return own ? left >> 32 : (left & UINT32_MAX) - 1;
}

size_t team_claim(team *t, size_t self) {
    size_t chunk = take(&t->shares[self], 1);
    for (size_t i = 1; chunk == (size_t)-1 && i < (size_t)t->threads; i++)
        chunk = take(&t->shares[(self + i) % (size_t)t->threads], 0);
    return chunk;
}

void team_meet(team *t, size_t self, void (*alone)(void *), void (*meanwhile)(void *, size_t self, size_t turn),
               void *with) {
    unsigned before = atomic_load_explicit(&t->meetings, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&t->arrived, 1, memory_order_acq_rel) == t->threads - 1) {
        atomic_store_explicit(&t->arrived, 0, memory_order_relaxed);
        alone(with);
        atomic_store_explicit(&t->meetings, before + 1, memory_order_release);
        return;
    }
    for (size_t turn = 0; atomic_load_explicit(&t->meetings, memory_order_acquire) == before; turn++) {
        meanwhile(with, self, turn);
        RELAX();
        if (turn > PATIENCE) sched_yield();
    }
}
