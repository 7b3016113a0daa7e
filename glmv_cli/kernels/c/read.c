/* Reading memory and as good as nothing else: how fast that is limits all products with few tokens. */
#include <string.h>

#include "glmv.h"
#include "kernel.h"

enum { LANES = 32, PART = 1 << 20 };

static uint64_t sum_of(const uint8_t *bytes, int64_t size) {
    uint64_t sums[LANES] = {0}, words[LANES], sum = 0;
    int64_t i = 0;
    for (; i + (int64_t)sizeof words <= size; i += sizeof words) {
        for (int l = 0; l < LANES; l += 8) prefetch(bytes + i + l * (int64_t)sizeof *words);
        memcpy(words, bytes + i, sizeof words);
        for (int l = 0; l < LANES; l++) sums[l] += words[l];
    }
    for (; i < size; i++) sum += bytes[i];
    for (int l = 0; l < LANES; l++) sum += sums[l];
    return sum;
}

int64_t glmv_read(const uint8_t *bytes, int64_t size, int threads) {
    uint64_t sum = 0;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads) reduction(+ : sum)
    for (int64_t first = 0; first < size; first += PART)
        sum += sum_of(bytes + first, size - first < PART ? size - first : PART);
    return (int64_t)sum;
}
