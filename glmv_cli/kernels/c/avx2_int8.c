/* AVX2: activations rounded to 8 bits by unit, and weights to 8-bit table entries, multiplied as integers.
 *
 * `vpmaddubsw` multiplies unsigned by signed bytes and adds two products in 16 bits: the weight gives its size, the
 * activation takes its sign, and 2 * 127 * 127 fits.
 */
#include "kernel.h"

#if defined(GLMV_X86)
#include <immintrin.h>
#include <math.h>

#define TARGET __attribute__((target("avx2,fma")))
#define INLINE static inline __attribute__((always_inline)) TARGET

/* A token's unit. */
typedef struct {
    int8_t even[32], odd[32];
    float scale[8]; /* one number */
} single;

static size_t prepared(size_t K) { return K / UNIT * sizeof(single); }

static void prepare(const float *x, size_t K, void *place) {
    single *out = place;
    for (size_t u = 0; u < K / UNIT; u++, x += UNIT) {
        float largest = 0, poison = 0; /* poison: NaN if there is an element that is not finite */
        for (int i = 0; i < UNIT; i++) {
            float size = fabsf(x[i]);
            largest = size > largest ? size : largest;
            poison += x[i] * 0.0f;
        }
        int usable = largest > 1e-35f && poison == 0; /* less counts as zero */
        float inverse = usable ? 127.0f / largest : 0;
        for (int i = 0; i < UNIT / 2; i++) {
            out[u].even[i] = usable ? (int8_t)lrintf(x[2 * i] * inverse) : 0;
            out[u].odd[i] = usable ? (int8_t)lrintf(x[2 * i + 1] * inverse) : 0;
        }
        for (int i = 0; i < 8; i++) out[u].scale[i] = (usable ? largest / 127.0f : 0) + poison;
    }
}

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
                    const single *const *x, int tokens, float *y, size_t stride) {
    __m256i nibble = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
    __m256 sums[MAX_TOKENS];
    UNROLL
    for (int t = 0; t < tokens; t++) sums[t] = _mm256_setzero_ps();
    for (size_t u = 0; u < K / UNIT; u++) {
        const uint8_t *place = packed + u * UNIT_BYTES;
        prefetch(place);
        __m256i bytes = _mm256_loadu_si256((const __m256i *)place);
        __m256i even = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble));
        __m256i odd = _mm256_shuffle_epi8(table, _mm256_and_si256(bytes, nibble));
        __m256i even_size = _mm256_abs_epi8(even), odd_size = _mm256_abs_epi8(odd);
        __m256 scale = scales_of(block, absmax, u);
        UNROLL
        for (int t = 0; t < tokens; t++) {
            const single *one = x[t] + u;
            __m256i x_even = _mm256_sign_epi8(_mm256_load_si256((const __m256i *)one->even), even);
            __m256i x_odd = _mm256_sign_epi8(_mm256_load_si256((const __m256i *)one->odd), odd);
            __m256i sum = _mm256_add_epi32(_mm256_madd_epi16(_mm256_maddubs_epi16(even_size, x_even), ones),
                                           _mm256_madd_epi16(_mm256_maddubs_epi16(odd_size, x_odd), ones));
            sums[t] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), _mm256_mul_ps(scale, _mm256_load_ps(one->scale)),
                                      sums[t]);
        }
    }
    UNROLL
    for (int t = 0; t < tokens; t++) y[(size_t)t * stride] = sum_of(sums[t]) * step;
}

INLINE void all_rows(__m256i table, float step, size_t block, const uint8_t *packed, const float *absmax, size_t rows,
                     size_t K, const void *const *prepared_tokens, int tokens, float *y, size_t stride) {
    const single *x[MAX_TOKENS];
    UNROLL
    for (int t = 0; t < tokens; t++) x[t] = prepared_tokens[t];
    for (size_t r = 0; r < rows; r++) {
        const float *scales = absmax + r * (K / block);
        prefetch_scales(scales + K / block, K / block);
        one_row(table, step, block, packed + r * K / 2, scales, K, x, tokens, y + r, stride);
    }
}

TARGET static void rows(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t count, size_t K,
                        const void *const *prepared_tokens, int tokens, float *y, size_t stride) {
    __m256i table = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)format->entries));
#define CALL(size, n) all_rows(table, format->step, size, packed, absmax, count, K, prepared_tokens, n, y, stride)
#define BLOCKS(size) FOR_TOKENS(size, CALL)
    FOR_BLOCKS(BLOCKS)
#undef CALL
#undef BLOCKS
}

static int runs(void) { return exact_avx2.runs(); }

static void unpack(const glmv_format *format, const uint8_t *packed, const float *absmax, size_t K, float *out) {
    exact_avx2.unpack(format, packed, absmax, K, out);
}

const kernel int8_avx2 = {"int8:avx2", runs, prepared, prepare, rows, unpack, NULL};
#endif
