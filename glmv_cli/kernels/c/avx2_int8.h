/* AVX2 with activations rounded to 8 bits by unit and weights as 8-bit table entries. The source that includes this
 * defines TARGET, the offset of the entries, and `dot`: eight sums of products of a unit's even and odd weights. */
#include <immintrin.h>

#include "activations8.h"

#define INLINE static inline __attribute__((always_inline)) TARGET

INLINE __m256i dot(__m256i even, __m256i odd, __m256i x_even, __m256i x_odd);

INLINE float sum_of(__m256 v) {
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

/* The scales of the weights that each lane multiplies. */
INLINE __m256 scales_of(size_t block, const float *absmax, size_t unit) {
    const float *first = absmax + unit * UNIT / block;
    return block < UNIT ? _mm256_set_m128(_mm_set1_ps(first[1]), _mm_set1_ps(first[0])) : _mm256_set1_ps(first[0]);
}

INLINE void one_row(__m256i table, float step, size_t block, const uint8_t *packed, const float *absmax, size_t K,
                    const activations8 *x, int tokens, float *y, size_t stride) {
    __m256i nibble = _mm256_set1_epi8(15);
    __m256 sums[MAX_TOKENS];
    UNROLL
    for (int t = 0; t < tokens; t++) sums[t] = _mm256_setzero_ps();
    for (size_t u = 0; u < K / UNIT; u++) {
        const uint8_t *place = packed + u * UNIT_BYTES;
        size_t value = u / 2 * PAIR + u % 2 * UNIT_BYTES;
        prefetch(place);
        __m256i bytes = _mm256_loadu_si256((const __m256i *)place);
        __m256i even = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble));
        __m256i odd = _mm256_shuffle_epi8(table, _mm256_and_si256(bytes, nibble));
        __m256 scale = scales_of(block, absmax, u);
        UNROLL
        for (int t = 0; t < tokens; t++) {
            __m256i x_even = _mm256_load_si256((const __m256i *)(x[t].values + value));
            __m256i x_odd = _mm256_load_si256((const __m256i *)(x[t].values + value + UNIT));
            __m256 sum = _mm256_cvtepi32_ps(dot(even, odd, x_even, x_odd));
            sums[t] = _mm256_fmadd_ps(sum, _mm256_mul_ps(scale, _mm256_broadcast_ss(x[t].scales + u)), sums[t]);
        }
    }
    UNROLL
    for (int t = 0; t < tokens; t++) {
        float sum = sum_of(sums[t]);
        for (size_t b = 0; OFFSET && b < K / block; b++) sum += absmax[b] * x[t].offsets[b];
        y[(size_t)t * stride] = sum * step;
    }
}

INLINE void all_rows(__m256i table, float step, size_t block, const uint8_t *packed, const float *absmax, size_t rows,
                     size_t K, const void *const *prepared, int tokens, float *y, size_t stride) {
    activations8 x[MAX_TOKENS];
    UNROLL
    for (int t = 0; t < tokens; t++) x[t] = activations8_at(prepared[t], K);
    for (size_t r = 0; r < rows; r++) {
        const float *scales = absmax + r * (K / block);
        prefetch_scales(scales + K / block, K / block);
        one_row(table, step, block, packed + r * (K / 2), scales, K, x, tokens, y + r, stride);
    }
}

TARGET static void rows(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t count, size_t K,
                        const void *const *prepared, int tokens, float *y, size_t stride) {
    uint8_t entries[16];
    for (int i = 0; i < 16; i++) entries[i] = (uint8_t)(format->entries[i] + OFFSET);
    __m256i table = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)entries));
#define CALL(size, n) all_rows(table, format->step, size, packed, absmax, count, K, prepared, n, y, stride)
#define BLOCKS(size) FOR_TOKENS(size, CALL)
    FOR_BLOCKS(BLOCKS)
#undef CALL
#undef BLOCKS
}

static void unpack(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t K, float *out) {
    exact_avx2.unpack(format, packed, absmax, K, out);
}
