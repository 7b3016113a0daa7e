/* AVX-512 VNNI: activations rounded to 8 bits by block, and weights to 8-bit table entries, multiplied as integers.
 *
 * Two blocks at a time. `vpdpbusd` multiplies unsigned by signed bytes, so table entries carry an offset of 128; the
 * sums start at what that offset adds, and nothing is left of it.
 */
#include "kernel.h"

#if defined(GLMV_X86)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define INLINE static inline __attribute__((always_inline)) TARGET

/* A token's two blocks. Byte and lane 0 to 31 and 0 to 7 belong to the first, the others to the second. */
typedef struct {
    int8_t even[64], odd[64];
    int32_t start[16]; /* minus 128 times the sum of the elements that a lane multiplies */
    float scale[16];   /* of the block */
} pair;

static int runs(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

static size_t prepared(size_t K) { return (K / BLOCK + 1) / 2 * sizeof(pair); }

TARGET static void prepare_block(const float *x, pair *out, int second) {
    float largest = 0, poison = 0; /* poison: NaN if there is an element that is not finite */
    for (int i = 0; i < BLOCK; i++) {
        float size = fabsf(x[i]);
        largest = size > largest ? size : largest;
        poison += x[i] * 0.0f;
    }
    float inverse = largest > 1e-35f && poison == 0 ? 127.0f / largest : 0; /* less counts as zero */
    for (int i = 0; i < BLOCK / 2; i++) {
        int even = (int)lrintf(x[2 * i] * inverse), odd = (int)lrintf(x[2 * i + 1] * inverse);
        if (poison != 0) even = odd = 0;
        out->even[32 * second + i] = (int8_t)even;
        out->odd[32 * second + i] = (int8_t)odd;
        out->start[8 * second + i / 4] -= 128 * (even + odd);
    }
    for (int i = 0; i < 8; i++) out->scale[8 * second + i] = (inverse > 0 ? largest / 127.0f / 127.0f : 0) + poison;
}

static void prepare(const float *x, size_t K, void *place) {
    pair *out = place;
    memset(out, 0, prepared(K));
    for (size_t b = 0; b < K / BLOCK; b++) prepare_block(x + b * BLOCK, &out[b / 2], b % 2);
}

/* 64 bytes of two blocks, the scales of both, and all tokens. */
INLINE void two_blocks(__m512i table, __m512i bytes, __m512 absmax, const pair *const *x, size_t p, int tokens,
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

INLINE void one_row(__m512i table, const uint8_t *packed, const float *absmax, size_t K, const pair *const *x,
                    int tokens, float *y, size_t stride) {
    size_t blocks = K / BLOCK;
    __m512i lanes = _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
    __m512 sums[MAX_TOKENS];
    UNROLL
    for (int t = 0; t < tokens; t++) sums[t] = _mm512_setzero_ps();
    for (size_t b = 0; b + 2 <= blocks; b += 2) {
        const uint8_t *place = packed + b * BLOCK_BYTES;
        prefetch(place);
        __m512 both = _mm512_castps128_ps512(_mm_castsi128_ps(_mm_loadl_epi64((const __m128i *)(absmax + b))));
        two_blocks(table, _mm512_loadu_si512(place), _mm512_permutexvar_ps(lanes, both), x, b / 2, tokens, sums);
    }
    if (blocks % 2) { /* the second of the last two is nothing: its scales are 0 */
        const __m256i *place = (const __m256i *)(packed + (blocks - 1) * BLOCK_BYTES);
        __m512i bytes = _mm512_inserti64x4(_mm512_setzero_si512(), _mm256_loadu_si256(place), 0);
        __m512 one = _mm512_maskz_mov_ps(0xff, _mm512_set1_ps(absmax[blocks - 1]));
        two_blocks(table, bytes, one, x, blocks / 2, tokens, sums);
    }
    UNROLL
    for (int t = 0; t < tokens; t++) y[(size_t)t * stride] = _mm512_reduce_add_ps(sums[t]);
}

INLINE void all_rows(__m512i table, const uint8_t *packed, const float *absmax, size_t rows, size_t K,
                     const void *const *prepared_tokens, int tokens, float *y, size_t stride) {
    const pair *x[MAX_TOKENS];
    for (int t = 0; t < tokens; t++) x[t] = prepared_tokens[t];
    for (size_t r = 0; r < rows; r++) {
        const float *scales = absmax + r * (K / BLOCK);
        prefetch_scales(scales + K / BLOCK, K);
        one_row(table, packed + r * K / 2, scales, K, x, tokens, y + r, stride);
    }
}

TARGET static void rows(const float numbers[16], const uint8_t *packed, const float *absmax, size_t count, size_t K,
                        const void *const *prepared_tokens, int tokens, float *y, size_t stride) {
    uint8_t entries[16];
    for (int i = 0; i < 16; i++) entries[i] = (uint8_t)(lrintf(numbers[i] * 127.0f) + 128);
    __m512i table = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)entries));
#define CALL(n) all_rows(table, packed, absmax, count, K, prepared_tokens, n, y, stride)
    FOR_TOKENS(CALL)
#undef CALL
}

static void unpack(const float table[16], const uint8_t *packed, const float *absmax, size_t K, float *out) {
    exact_avx512.unpack(table, packed, absmax, K, out);
}

const kernel int8_avx512vnni = {"int8:avx512vnni", runs, prepared, prepare, rows, unpack};
#endif
