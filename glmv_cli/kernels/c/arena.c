#include "arena.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "kernel.h"

/* In front of the memory, a line long. */
typedef struct {
    size_t bytes;
} header;

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1 /* as gcc says it */
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
enum { MOST_KEPT = 0 }; /* else nobody would see a write past the end of what is needed */
#else
enum { MOST_KEPT = 1 << 28 };
#endif

/* At most one; threads of a process that call at the same time find none. */
static _Atomic(header *) kept;

void *arena_take(arena *a, size_t bytes) {
    void *place = a->base ? a->base + a->used : NULL;
    a->used += (bytes + LINE - 1) / LINE * LINE;
    return place;
}

int arena_open(arena *a, size_t bytes) {
    header *h = bytes > MOST_KEPT ? NULL : atomic_exchange(&kept, NULL);
    if (h && h->bytes < bytes) {
        free(h);
        h = NULL;
    }
    if (!h) {
        size_t whole = (bytes + 2 * LINE - 1) / LINE * LINE;
        h = aligned_alloc(LINE, whole);
        if (h) h->bytes = whole - LINE;
    }
    *a = (arena){.base = h ? (char *)h + LINE : NULL};
    return h != NULL;
}

void arena_close(arena *a) {
    if (!a->base) return;
    header *h = (header *)(void *)(a->base - LINE);
    free(h->bytes > MOST_KEPT ? h : atomic_exchange(&kept, h));
    a->base = NULL;
}
