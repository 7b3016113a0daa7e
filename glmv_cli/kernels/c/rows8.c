/* Products with 8-bit weights that have one scale a row: the output head.
 *
 * Activations are rounded to 16 bits, so that what is lost is what the weights have lost. Sums are integers, on which
 * all instruction sets agree to the last bit.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "decode.h"
#include "kernel.h"
#include "simd.h"

enum {
    LARGEST = 32767,
    SPAN = 512,   /* columns: so many products of 16 and 8 bits do not overflow 32, as 512 * 32767 * 128 < 2^31 */
    AHEAD = 3072, /* bytes */
    PART = 16     /* chunks that a thread takes at a time: long streams are read faster */
};

/* A token: its K numbers rounded, and the same plus 2^15 as low bytes and high bytes. */
typedef struct {
    int16_t *whole;
    uint8_t *low, *high;
    float scale; /* not-a-number if there is an element that is not finite */
} token;

static void prepare(const float *x, size_t K, token *out) {
    float largest = 0, poison = 0;
    for (size_t k = 0; k < K; k++) {
        float size = fabsf(x[k]);
        largest = size > largest ? size : largest;
        poison += x[k] * 0.0f;
    }
    float inverse = largest > 1e-30f && poison == 0 ? LARGEST / largest : 0; /* less counts as zero */
    for (size_t k = 0; k < K; k++) {
        int whole = poison == 0 ? (int)lrintf(x[k] * inverse) : 0;
        out->whole[k] = (int16_t)whole;
        out->low[k] = (uint8_t)(whole + 32768);
        out->high[k] = (uint8_t)((whole + 32768) >> 8);
    }
    out->scale = (inverse > 0 ? largest / LARGEST : 0) + poison;
}

BODY int32_t dot(const int8_t *w, const int16_t *x, size_t count) {
    int32_t sum = 0;
    for (size_t k = 0; k < count; k++) sum += (int16_t)w[k] * x[k];
    return sum;
}

BODY void product(const int8_t *w, const float *scale, size_t rows, size_t K, const token *x, float *y) {
    for (size_t r = 0; r < rows; r++) {
        const int8_t *row = w + r * K;
        int64_t sum = 0;
        size_t k = 0;
        for (; k + SPAN <= K; k += SPAN) {
            for (size_t byte = 0; byte < SPAN; byte += 64) PREFETCH((uintptr_t)row + k + byte + AHEAD);
            sum += dot(row + k, x->whole + k, SPAN);
        }
        sum += dot(row + k, x->whole + k, K - k);
        y[r] = (float)sum * scale[r] * x->scale;
    }
}

#define PARAMETERS (const int8_t *w, const float *scale, size_t rows, size_t K, const token *x, float *y)
FOR_EACH_SET(product, PARAMETERS, (w, scale, rows, K, x, y))
typedef void(*multiplier) PARAMETERS;

#if defined(GLMV_X86)
#include <immintrin.h>

enum { VNNI_COLUMNS = 1 << 16 }; /* beyond, sums could overflow */

/* `vpdpbusd` multiplies unsigned bytes by signed ones: low + 256 * high - 2^15, each times w. */
__attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni"))) static void product_vnni PARAMETERS {
    __m512i ones = _mm512_set1_epi8(1);
    for (size_t r = 0; r < rows; r++) {
        const int8_t *row = w + r * K;
        __m512i low = _mm512_setzero_si512(), high = low, offset = low;
        for (size_t k = 0; k < K; k += 64) {
            __mmask64 inside = K - k < 64 ? (1ull << (K - k)) - 1 : ~0ull;
            __m512i weights = _mm512_maskz_loadu_epi8(inside, row + k);
            PREFETCH((uintptr_t)row + k + AHEAD);
            low = _mm512_dpbusd_epi32(low, _mm512_maskz_loadu_epi8(inside, x->low + k), weights);
            high = _mm512_dpbusd_epi32(high, _mm512_maskz_loadu_epi8(inside, x->high + k), weights);
            offset = _mm512_dpbusd_epi32(offset, ones, weights);
        }
        int64_t sum = (int64_t)_mm512_reduce_add_epi32(low) + 256 * (int64_t)_mm512_reduce_add_epi32(high) -
                      32768 * (int64_t)_mm512_reduce_add_epi32(offset);
        y[r] = (float)sum * scale[r] * x->scale;
    }
}

static multiplier fastest(int set, size_t K) {
    int vnni = set == GLMV_AVX512 && __builtin_cpu_supports("avx512vnni") && K <= VNNI_COLUMNS;
    return vnni ? product_vnni : product_of(set);
}
#else
static multiplier fastest(int set, size_t K) { return (void)K, product_of(set); }
#endif

int glmv_rows8(int set, const int8_t *weight, const float *scale, int64_t N, int64_t K, const float *x, int64_t T,
               float *y, int threads) {
    size_t rows = (size_t)N, columns = (size_t)K, count = (size_t)T, chunks = chunks_of(rows);
    multiplier multiply = fastest(set, columns);
    token *tokens = malloc((count + 1) * sizeof *tokens);
    char *place = malloc(count * columns * 4 + 1);
    int status = tokens && place ? GLMV_OK : GLMV_NO_MEMORY;
    if (status == GLMV_OK) {
        for (size_t t = 0; t < count; t++) {
            char *here = place + t * columns * 4;
            tokens[t] = (token){(int16_t *)here, (uint8_t *)here + 2 * columns, (uint8_t *)here + 3 * columns, 0};
            prepare(x + t * columns, columns, &tokens[t]);
        }
#pragma omp parallel for schedule(dynamic, PART) num_threads(threads) if (chunks > 1)
        for (size_t chunk = 0; chunk < chunks; chunk++) {
            size_t first = chunk * CHUNK, some = lesser(CHUNK, rows - first);
            for (size_t t = 0; t < count; t++)
                multiply(weight + first * columns, scale + first, some, columns, &tokens[t], y + t * rows + first);
        }
    }
    free(tokens);
    free(place);
    return status;
}

static float number(uint16_t bfloat16) {
    union {
        uint32_t bits;
        float value;
    } wide = {(uint32_t)bfloat16 << 16};
    return wide.value;
}

BODY void quantize(const uint16_t *in, size_t K, int8_t *out, float *scale) {
    uint16_t largest = 0; /* without the sign, bits are in the order of the numbers */
    for (size_t k = 0; k < K; k++) {
        uint16_t size = in[k] & 0x7fff;
        largest = size > largest ? size : largest;
    }
    float size = number(largest) < FLT_MIN * 127 ? FLT_MIN * 127 : number(largest), inverse = 127 / size;
    for (size_t k = 0; k < K; k++) out[k] = (int8_t)(int)rintf(number(in[k]) * inverse);
    *scale = size / 127;
}

FOR_EACH_SET(quantize, (const uint16_t *in, size_t K, int8_t *out, float *scale), (in, K, out, scale))

void glmv_rows8_quantize(int set, const uint16_t *in, int64_t N, int64_t K, int8_t *out, float *scale, int threads) {
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t n = 0; n < N; n++) quantize_of(set)(in + n * K, (size_t)K, out + n * K, scale + n);
}
