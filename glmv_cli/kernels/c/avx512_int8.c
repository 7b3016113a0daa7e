/* AVX-512 VNNI: activations rounded to 8 bits by unit, and weights to 8-bit table entries, multiplied as integers.
 *
 * Two units at a time. `vpdpbusd` multiplies unsigned by signed bytes, so table entries carry an offset of 128; the
 * sums start at what that offset adds, and nothing is left of it.
 */
#include "kernel.h"

#if defined(GLMV_X86)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define INLINE static inline __attribute__((always_inline)) TARGET

/* A token's two units. Byte and lane 0 to 31 and 0 to 7 belong to the first, the others to the second. */
typedef struct {
    int8_t even[64], odd[64];
    int32_t start[16]; /* minus 128 times the sum of the elements that a lane multiplies */
    float scale[16];   /* of the unit */
} pair;

static int runs(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

static size_t prepared(size_t K) { return (K / UNIT + 1) / 2 * sizeof(pair); }

TARGET static void prepare_unit(const float *x, pair *out, int second) {
    float largest = 0, poison = 0; /* poison: NaN if there is an element that is not finite */
    for (int i = 0; i < UNIT; i++) {
        float size = fabsf(x[i]);
        largest = size > largest ? size : largest;
        poison += x[i] * 0.0f;
    }
    float inverse = largest > 1e-35f && poison == 0 ? 127.0f / largest : 0; /* less counts as zero */
    for (int i = 0; i < UNIT / 2; i++) {
        int even = (int)lrintf(x[2 * i] * inverse), odd = (int)lrintf(x[2 * i + 1] * inverse);
        if (poison != 0) even = odd = 0;
        out->even[32 * second + i] = (int8_t)even;
        out->odd[32 * second + i] = (int8_t)odd;
        out->start[8 * second + i / 4] -= 128 * (even + odd);
    }
    for (int i = 0; i < 8; i++) out->scale[8 * second + i] = (inverse > 0 ? largest / 127.0f : 0) + poison;
}

static void prepare(const float *x, size_t K, void *place) {
    pair *out = place;
    memset(out, 0, prepared(K));
    for (size_t u = 0; u < K / UNIT; u++) prepare_unit(x + u * UNIT, &out[u / 2], u % 2);
}

/* 64 bytes of two units, the scales of both, and all tokens. */
INLINE void two_units(__m512i table, __m512i bytes, __m512 absmax, const pair *const *x, size_t p, int tokens,
                      __m512 *sums) {
    __m512i nibble = _mm512_set1_epi8(15);
    __m512i even = _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(bytes, 4), nibble));
    __m512i odd = _mm512_shuffle_epi8(table, _mm512_and_si512(bytes, nibble));
    UNROLL
    for (int t = 0; t < tokens; t++) {
        const pair *two = x[t] + p;
        __m512i sum = _mm512_dpbusd_epi32(_mm512_load_si512(two->start), even, _mm512_load_si512(two->even));
        sum = _mm512_dpbusd_epi32(sum, odd, _mm512_load_si512(two->odd));
        __m512 scale = _mm512_mul_ps(absmax, _mm512_load_ps(two->scale));
        sums[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), scale, sums[t]);
    }
}

/* The scales of the weights that each lane multiplies: 4 lanes a half unit. Of the last unit alone, the other is 0. */
INLINE __m512 scales_of(size_t block, const float *absmax, size_t unit, int alone) {
    const float *first = absmax + unit * UNIT / block;
    __m128 some;
    if (block > UNIT) return _mm512_set1_ps(first[0]);
    if (block == UNIT && alone) some = _mm_load_ss(first);
    else if (block == UNIT || alone) some = _mm_castsi128_ps(_mm_loadl_epi64((const __m128i *)first));
    else some = _mm_loadu_ps(first);
    __m512i lanes = block == UNIT ? _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1)
                                  : _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
    return _mm512_permutexvar_ps(lanes, _mm512_castps128_ps512(some));
}

INLINE void one_row(__m512i table, float step, size_t block, const uint8_t *packed, const float *absmax, size_t K,
                    const pair *const *x, int tokens, float *y, size_t stride) {
    size_t units = K / UNIT;
    __m512 sums[MAX_TOKENS];
    UNROLL
    for (int t = 0; t < tokens; t++) sums[t] = _mm512_setzero_ps();
    for (size_t u = 0; u + 2 <= units; u += 2) {
        const uint8_t *place = packed + u * UNIT_BYTES;
        prefetch(place);
        two_units(table, _mm512_loadu_si512(place), scales_of(block, absmax, u, 0), x, u / 2, tokens, sums);
    }
    if (units % 2) {
        const __m256i *place = (const __m256i *)(packed + (units - 1) * UNIT_BYTES);
        __m512i bytes = _mm512_inserti64x4(_mm512_setzero_si512(), _mm256_loadu_si256(place), 0);
        two_units(table, bytes, scales_of(block, absmax, units - 1, 1), x, units / 2, tokens, sums);
    }
    UNROLL
    for (int t = 0; t < tokens; t++) y[(size_t)t * stride] = _mm512_reduce_add_ps(sums[t]) * step;
}

INLINE void all_rows(__m512i table, float step, size_t block, const uint8_t *packed, const float *absmax, size_t rows,
                     size_t K, const void *const *prepared_tokens, int tokens, float *y, size_t stride) {
    const pair *x[MAX_TOKENS];
    for (int t = 0; t < tokens; t++) x[t] = prepared_tokens[t];
    for (size_t r = 0; r < rows; r++) {
        const float *scales = absmax + r * (K / block);
        prefetch_scales(scales + K / block, K / block);
        one_row(table, step, block, packed + r * K / 2, scales, K, x, tokens, y + r, stride);
    }
}

TARGET static void rows(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t count, size_t K,
                        const void *const *prepared_tokens, int tokens, float *y, size_t stride) {
    uint8_t entries[16];
    for (int i = 0; i < 16; i++) entries[i] = (uint8_t)(format->entries[i] + 128);
    __m512i table = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)entries));
#define CALL(size, n) all_rows(table, format->step, size, packed, absmax, count, K, prepared_tokens, n, y, stride)
#define BLOCKS(size) FOR_TOKENS(size, CALL)
    FOR_BLOCKS(BLOCKS)
#undef CALL
#undef BLOCKS
}

static void unpack(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t K, float *out) {
    exact_avx512.unpack(format, packed, absmax, K, out);
}

const kernel int8_avx512vnni = {"int8:avx512vnni", runs, prepared, prepare, rows, unpack, &avx512_many8};
#endif
