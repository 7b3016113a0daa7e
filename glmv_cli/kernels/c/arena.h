/* Room for all that a call works in, laid out twice: first to know how much it is. */
#ifndef GLMV_ARENA_H
#define GLMV_ARENA_H

#include <stddef.h>

typedef struct {
    char *base; /* NULL: sizes are only added up */
    size_t used;
} arena;

/* The next bytes, aligned to LINE. */
void *arena_take(arena *a, size_t bytes);

/* Memory for that; false: there is none. A call gets what the one before has given back if that is enough: fresh pages
 * cost more than what is computed in them, a fault for every 4 KiB. One block of up to 256 MiB stays with the process. */
int arena_open(arena *a, size_t bytes);
void arena_close(arena *a);

#endif
