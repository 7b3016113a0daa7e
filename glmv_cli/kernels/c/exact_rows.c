/* The largest results of a product, once more with the weights in full. */
#include <stddef.h>

#include "arena.h"
#include "decode.h"
#include "kernel.h"
#include "simd.h"

enum { LANES = 64, TOGETHER = 16 /* results that are looked at together */ };

BODY int any_above(const float *y, float least) {
    int any = 0;
    for (size_t i = 0; i < TOGETHER; i++) any |= y[i] > least;
    return any;
}

/* Where the `count` largest of y[N] are, of equal ones the first; *found: how many, as what is no number is left out. They
 * are kept in order: few come in once there are as many. */
BODY void find_largest(const float *y, size_t N, size_t count, size_t *places, size_t *found) {
    *found = 0;
    for (size_t n = 0; n < N; n++) {
        while (*found == count && n + TOGETHER <= N && !any_above(y + n, y[places[count - 1]])) n += TOGETHER;
        if (n == N || y[n] != y[n] || (*found == count && y[n] <= y[places[count - 1]])) continue;
        size_t place = *found < count ? (*found)++ : count - 1;
        for (; place > 0 && y[n] > y[places[place - 1]]; place--) places[place] = places[place - 1];
        places[place] = n;
    }
}

BODY void exact_product(const uint16_t *row, const float *x, size_t K, float *y) {
    float sums[LANES] = {0};
    size_t k = 0;
    for (; k + LANES <= K; k += LANES)
        for (size_t l = 0; l < LANES; l++) sums[l] += from_bfloat16(row[k + l]) * x[k + l];
    for (; k < K; k++) sums[0] += from_bfloat16(row[k]) * x[k];
    for (size_t half = LANES / 2; half; half /= 2)
        for (size_t l = 0; l < half; l++) sums[l] += sums[l + half];
    *y = sums[0];
}

FOR_EACH_SET(find_largest, (const float *y, size_t N, size_t count, size_t *places, size_t *found),
             (y, N, count, places, found))
FOR_EACH_SET(exact_product, (const uint16_t *row, const float *x, size_t K, float *y), (row, x, K, y))

int glmv_exact_rows(int set, const uint16_t *weight, int64_t N, int64_t K, const float *x, int64_t T, int64_t count,
                    float *y, int threads) {
    size_t columns = (size_t)K;
    arena sizes = {0}, room = {0};
    arena_take(&sizes, (size_t)count * sizeof(size_t));
    if (!arena_open(&room, sizes.used)) return GLMV_NO_MEMORY;
    size_t *places = arena_take(&room, (size_t)count * sizeof(size_t));
    for (int64_t t = 0; t < T; t++) {
        size_t found;
        find_largest_of(set)(y + t * N, (size_t)N, (size_t)count, places, &found);
#pragma omp parallel for schedule(dynamic) num_threads(threads) if (count * K > 1 << 16)
        for (size_t i = 0; i < found; i++)
            exact_product_of(set)(weight + places[i] * columns, x + t * K, columns, y + t * N + places[i]);
    }
    arena_close(&room);
    return GLMV_OK;
}
