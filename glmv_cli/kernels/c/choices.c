#include "choices.h"

#include <stdlib.h>

#include "kernel.h"

static void make_groups(size_t *count, size_t experts, size_t few, sorted *out) {
    for (size_t e = 0; e < experts; e++) {
        size_t here = count[e];
        if (here) out->group[out->groups++] = (group){(int64_t)e, out->choices, here, out->panels};
        if (here > few) out->panels += panels_of(here);
        else if (here) out->few = 1;
        if (here > out->largest) out->largest = here;
        count[e] = out->choices;
        out->choices += here;
    }
}

int sort_choices(const int64_t *ids, const float *weights, size_t T, size_t k, size_t few, sorted *out) {
    int64_t largest = -1;
    for (size_t i = 0; i < T * k; i++) largest = ids[i] > largest ? ids[i] : largest;
    size_t experts = (size_t)(largest + 1), *place = calloc(experts + 1, sizeof *place);
    *out = (sorted){.choice = malloc((T * k + 1) * sizeof(choice)),
                    .group = malloc((lesser(experts, T * k) + 1) * sizeof(group))};
    int enough = place && out->choice && out->group;
    if (enough) {
        for (size_t i = 0; i < T * k; i++)
            if (ids[i] >= 0) place[ids[i]]++;
        make_groups(place, experts, few, out);
        for (size_t i = 0; i < T * k; i++)
            if (ids[i] >= 0) out->choice[place[ids[i]]++] = (choice){i / k, weights[i]};
    }
    free(place);
    return enough;
}

void free_choices(sorted *choices) {
    free(choices->choice);
    free(choices->group);
}
