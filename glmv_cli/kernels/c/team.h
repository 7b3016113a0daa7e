/* The threads of a parallel region that go through stages together: in each they take chunks of its work, after each
 * they meet.
 *
 * A thread has chunks of its own that follow each other, so that it reads memory in one long stream; when it is done,
 * it takes from the ends of what others have left. Meeting costs less than a barrier of OpenMP, and those who wait can
 * fetch what they need next.
 */
#ifndef GLMV_TEAM_H
#define GLMV_TEAM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel.h"

/* What is left of a thread's chunks: from the upper half of the number to the lower. */
typedef struct {
    _Alignas(LINE) _Atomic uint64_t left;
} share;

typedef struct {
    int threads;
    share *shares;
    _Alignas(LINE) _Atomic int arrived;
    _Alignas(LINE) _Atomic unsigned meetings;
} team;

/* Shares out the chunks of a stage. Only before the threads start, or in `alone`. */
void team_open(team *t, size_t chunks);

/* A thread's first chunk of a stage with so many. */
size_t team_first(const team *t, size_t chunks, size_t self);

/* A chunk of what was opened; (size_t)-1: nothing is left. */
size_t team_claim(team *t, size_t self);

/* Waits for all. The last to come calls `alone`, then they go on; the others call `meanwhile` again and again, with how
 * often they have done so. */
void team_meet(team *t, size_t self, void (*alone)(void *), void (*meanwhile)(void *, size_t self, size_t turn),
               void *with);

#endif
