/* Products with 8-bit rows by AVX-512 VNNI. */
#include "rows8_product.h"

#if defined(GLMV_X86)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define INLINE static inline __attribute__((always_inline)) TARGET

enum { LANES = 16 };

/* The sums of a row, in lanes; and the multipliers of some of its spans. */
typedef struct {
    __m512i sum, sum_of_x;
    int32_t by[LANES];
} row_sums;

INLINE __m512i odd_lanes(__m512i lanes) { return _mm512_srli_epi64(lanes, 32); }

/* Adds products of 32-bit lanes, to 64 bits. */
INLINE __m512i add_products(__m512i sum, __m512i even_a, __m512i even_b, __m512i odd_a, __m512i odd_b) {
    sum = _mm512_add_epi64(sum, _mm512_mul_epi32(even_a, even_b));
    return _mm512_add_epi64(sum, _mm512_mul_epi32(odd_a, odd_b));
}

/* Spans `first` to `first` + LANES of a row, or to its end. */
INLINE void take_multipliers(row_sums *row, const uint8_t *multipliers, size_t first, size_t spans, const token *x) {
    __mmask16 inside = spans - first < LANES ? (__mmask16)((1u << (spans - first)) - 1) : 0xffff;
    __m512i by = _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(inside, multipliers + first));
    by = _mm512_mullo_epi32(by, _mm512_maskz_loadu_epi32(inside, x->multipliers + first));
    __m512i sums = _mm512_maskz_loadu_epi32(inside, x->sums + first);
    row->sum_of_x = add_products(row->sum_of_x, by, sums, odd_lanes(by), odd_lanes(sums));
    _mm512_storeu_si512(row->by, by);
}

/* Adds a span: weights, each less than 64, times activations and the multiplier. `vpdpbusd` multiplies unsigned bytes by
 * signed ones. */
INLINE void add_span(row_sums *row, const __m512i w[4], const token *x, size_t span) {
    __m512i low = _mm512_setzero_si512(), high = low, by = _mm512_set1_epi32(row->by[span % LANES]);
    UNROLL
    for (size_t quarter = 0; quarter < 4; quarter++)
        high = _mm512_dpbusd_epi32(high, w[quarter], _mm512_load_si512(x->high + span * SPAN + quarter * QUARTER));
    if (x->fine[span]) {
        UNROLL
        for (size_t quarter = 0; quarter < 4; quarter++)
            low = _mm512_dpbusd_epi32(low, w[quarter], _mm512_load_si512(x->low + span * SPAN + quarter * QUARTER));
    }
    __m512i both = _mm512_add_epi32(low, _mm512_slli_epi32(high, 8));
    row->sum = add_products(row->sum, both, by, odd_lanes(both), by);
}

TARGET static void product_vnni PRODUCT {
    const __m512i six = _mm512_set1_epi8(63), first_pair = _mm512_set1_epi8(3), second = _mm512_set1_epi8(12),
                  third = _mm512_set1_epi8(48);
    for (size_t r = first; r < first + rows; r++) {
        const uint8_t *upper = m->upper + r * spans * UPPER;
        row_sums row = {_mm512_setzero_si512(), _mm512_setzero_si512(), {0}};
        for (size_t s = 0; s < spans; s++, upper += UPPER) {
            if (s % LANES == 0) take_multipliers(&row, m->multipliers + r * spans, s, spans, x);
            __m512i a = _mm512_loadu_si512(upper), b = _mm512_loadu_si512(upper + QUARTER),
                    c = _mm512_loadu_si512(upper + 2 * QUARTER);
            __m512i d = _mm512_and_si512(_mm512_srli_epi16(a, 6), first_pair);
            d = _mm512_or_si512(d, _mm512_and_si512(_mm512_srli_epi16(b, 4), second));
            d = _mm512_or_si512(d, _mm512_and_si512(_mm512_srli_epi16(c, 2), third));
            __m512i w[4] = {_mm512_and_si512(a, six), _mm512_and_si512(b, six), _mm512_and_si512(c, six), d};
            ask(upper);
            add_span(&row, w, x, s);
        }
        y[r] = by_upper(_mm512_reduce_add_epi64(row.sum), _mm512_reduce_add_epi64(row.sum_of_x)) * step_of(m, r, x);
    }
}

TARGET static void refine_vnni REFINE {
    const uint8_t *lower = m->lower + r * spans * LOWER;
    const __m512i two = _mm512_set1_epi8(3);
    row_sums row = {_mm512_setzero_si512(), _mm512_setzero_si512(), {0}};
    for (size_t s = 0; s < spans; s++, lower += LOWER) {
        if (s % LANES == 0) take_multipliers(&row, m->multipliers + r * spans, s, spans, x);
        __m512i d = _mm512_loadu_si512(lower);
        __m512i w[4] = {_mm512_and_si512(d, two), _mm512_and_si512(_mm512_srli_epi16(d, 2), two),
                        _mm512_and_si512(_mm512_srli_epi16(d, 4), two), _mm512_and_si512(_mm512_srli_epi16(d, 6), two)};
        add_span(&row, w, x, s);
    }
    y[r] += by_lower(_mm512_reduce_add_epi64(row.sum), _mm512_reduce_add_epi64(row.sum_of_x)) * step_of(m, r, x);
}

const rows8_functions rows8_vnni = {product_vnni, refine_vnni};
#endif
