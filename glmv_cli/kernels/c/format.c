/* A format: 16 numbers, and how many weights share a scale. */
#include <math.h>
#include <string.h>

#include "glmv.h"

/* The table in steps of `step`; what the rounding leaves, squared. */
static double rounded(const float table[16], double step, int8_t entries[16]) {
    double left = 0;
    for (int i = 0; i < 16; i++) {
        double steps = table[i] / step, nearest = rint(steps);
        entries[i] = (int8_t)nearest;
        left += (steps - nearest) * (steps - nearest) * step * step;
    }
    return left;
}

/* The best of several steps: tables of whole numbers, as int4's and MXFP4's, become exact. */
static void choose_entries(float largest, glmv_format *format) {
    double least = INFINITY;
    for (int count = 127; count >= 64 && least > 0; count--) {
        int8_t entries[16];
        double step = (double)largest / count, left = rounded(format->table, step, entries);
        if (left < least * (1 - 1e-9)) {
            least = left;
            format->step = (float)step;
            memcpy(format->entries, entries, sizeof entries);
        }
    }
}

int glmv_make_format(const float table[16], int64_t block, glmv_format *format) {
    float largest = 0, poison = 0; /* poison: NaN if there is a number that is not finite */
    for (int i = 0; i < 16; i++) {
        largest = fmaxf(largest, fabsf(table[i]));
        poison += table[i] * 0.0f;
    }
    if (poison != 0 || (block != 32 && block != 64 && block != 128)) return GLMV_NO_FORMAT;
    *format = (glmv_format){.block = block};
    memcpy(format->table, table, sizeof format->table);
    if (largest > 0) choose_entries(largest, format);
    return GLMV_OK;
}
