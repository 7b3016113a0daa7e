/* Packing in plain C. The loops over 16 elements are for compilers to vectorize. */
#include "quantize.h"

#define TARGET
#define INLINE static inline
#define LANES 16
#define FOR_LANES for (int l = 0; l < LANES; l++)

typedef struct {
    float at[LANES];
} vector;
typedef struct {
    uint32_t at[LANES];
} indices;
typedef codebook levels;

static int always(void) { return 1; }

INLINE levels levels_of(const codebook *book) { return *book; }

INLINE vector all(float x) {
    vector out;
    FOR_LANES out.at[l] = x;
    return out;
}

INLINE vector times(vector a, vector b) {
    FOR_LANES a.at[l] *= b.at[l];
    return a;
}

INLINE vector plus(vector a, vector b) {
    FOR_LANES a.at[l] += b.at[l];
    return a;
}

INLINE vector minus(vector a, vector b) {
    FOR_LANES a.at[l] -= b.at[l];
    return a;
}

/* Exponent and fraction in the places of a float32, whose exponents begin 112 lower; subnormal numbers come right, too. */
INLINE float from_half(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, rest = (uint32_t)(half & 0x7fff) << 13;
    uint32_t bits = (half & 0x7c00) == 0x7c00 ? rest | 0x7f800000 : as_bits(as_float(rest) * 0x1p112f);
    return as_float(sign | bits);
}

INLINE vector load(int type, const void *x, size_t at) {
    vector out;
    if (type == GLMV_FLOAT32) {
        memcpy(out.at, (const float *)x + at, sizeof out.at);
        return out;
    }
    uint16_t halves[LANES];
    memcpy(halves, (const char *)x + 2 * at, sizeof halves);
    if (type == GLMV_FLOAT16)
        FOR_LANES out.at[l] = from_half(halves[l]);
    else
        FOR_LANES out.at[l] = as_float((uint32_t)halves[l] << 16);
    return out;
}

INLINE uint32_t largest_bits(const vector *x) {
    uint32_t most = 0;
    for (int i = 0; i < BLOCK / LANES; i++) FOR_LANES {
        uint32_t bits = as_bits(x[i].at[l]) & 0x7fffffff;
        if (bits > most) most = bits;
    }
    return most;
}

INLINE float sum_of(const vector *sums) {
    vector sum = *sums;
    for (int half = LANES / 2; half; half /= 2)
        for (int l = 0; l < half; l++) sum.at[l] += sum.at[l + half];
    return sum.at[0];
}

/* Comparisons only: no branches, which random weights would mislead. */
INLINE indices code_of(const levels *book, vector x) {
    indices code = {{0}};
    for (int m = 0; m < 15; m++) FOR_LANES code.at[l] += x.at[l] > book->middle[m];
    return code;
}

INLINE vector value_of(const levels *book, indices code) {
    vector out;
    FOR_LANES out.at[l] = book->code[code.at[l]];
    return out;
}

INLINE void pack(const indices *codes, uint8_t *out) {
    for (int i = 0; i < BLOCK / LANES; i++)
        for (int l = 0; l < LANES; l += 2)
            out[(i * LANES + l) / 2] = (uint8_t)(codes[i].at[l] << 4 | codes[i].at[l + 1]);
}

#include "quantize_body.h"

const quantizer quantizer_portable = {"portable", always, nearest, searched};
