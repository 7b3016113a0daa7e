/* Weights as whole numbers, for amx.c alone.
 *
 * The blocks of a row's GROUP of columns share a scale, that of the largest of them; what the others' are beside it is
 * rounded to 7 bits and a power of two, and that is a place in a table of tables. So a block costs two loads, and 64
 * weights one shuffle. Blocks that are smaller than 1/8 of the largest would lose too much: they are 0, and left for
 * another round.
 */
#include "amx_product.h"

enum {
    FINENESS = 17,          /* bits of a ratio's 32 that are rounded away */
    SPREAD = 3,             /* powers of two between the blocks of a round */
    LEAST = (127 - SPREAD) << 6,
    RATIOS = (SPREAD << 6) + 2, /* the first is 0 */
    POSITIVE_SIZE = 16 * RATIOS,
    TABLES_SIZE = 2 * POSITIVE_SIZE
};

/* Of every ratio the 16 numbers in the steps of the largest scale, in 8 bits each; then of the same below 0. */
TARGET static void tabulate(const glmv_format *format, uint8_t *tables) {
    __m512 numbers = _mm512_div_ps(_mm512_loadu_ps(format->table), _mm512_set1_ps(format->step));
    for (int i = 0; i < RATIOS; i++) {
        __m512 ratio = _mm512_castsi512_ps(_mm512_set1_epi32((i - 1 + LEAST) << FINENESS));
        __m128i zero = _mm_setzero_si128(), *place = (__m128i *)(void *)(tables + 16 * i);
        __m128i entries = _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(_mm512_mul_ps(numbers, ratio)));
        if (i == 0 || format->step == 0) entries = zero;
        _mm_store_si128(place, entries);
        _mm_store_si128(place + RATIOS, _mm_sub_epi8(zero, entries));
    }
}

/* What a round of a group of columns of 16 rows needs: how far into the tables a block's own is, by four blocks, and
 * scales. */
typedef struct {
    int32_t place[GROUP / 32 / 4][EDGE][4];
    float scale[EDGE];
} grades;

INLINE __m512i larger_of(__m512i a, __m512i b) { return _mm512_max_epi32(a, b); }

/* Scales of four blocks of each of four rows; what is missing is 0. */
INLINE __m512i four_by_four(const float *absmax, size_t row, size_t rows, size_t blocks) {
    const __mmask8 there = (__mmask8)((1u << lesser(4, blocks)) - 1);
    __m128i v[4];
    UNROLL
    for (size_t i = 0; i < 4; i++) v[i] = _mm_maskz_loadu_epi32(i < rows ? there : 0, absmax + i * row);
    __m256i low = _mm256_inserti128_si256(_mm256_castsi128_si256(v[0]), v[1], 1);
    __m256i high = _mm256_inserti128_si256(_mm256_castsi128_si256(v[2]), v[3], 1);
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

INLINE __m512i size_of(__m512i scales) { return _mm512_and_si512(scales, _mm512_set1_epi32(0x7fffffff)); }

/* Bytes from the first table; also for scales that are no numbers. */
INLINE __m512i place_of(__mmask16 wanted, __m512i scales, __m512 inverse) {
    __m512i ratio = _mm512_castps_si512(_mm512_mul_ps(_mm512_castsi512_ps(size_of(scales)), inverse));
    ratio = _mm512_srai_epi32(_mm512_add_epi32(ratio, _mm512_set1_epi32(1 << (FINENESS - 1))), FINENESS);
    __m512i number = larger_of(_mm512_sub_epi32(ratio, _mm512_set1_epi32(LEAST - 1)), _mm512_setzero_si512());
    __m512i place = _mm512_maskz_slli_epi32(wanted, _mm512_min_epi32(number, _mm512_set1_epi32(RATIOS - 1)), 4);
    __mmask16 below = _mm512_movepi32_mask(scales);
    return _mm512_mask_add_epi32(place, below, place, _mm512_set1_epi32(POSITIVE_SIZE));
}

/* `blocks` are there, and `rows`. Bits of numbers from 0 on are in the order of these, and NaN is the last. What is not
 * below a row's limit [row][4 times the same] was there in a round before; the limits become those of the next round.
 * True: there is something for it. */
INLINE int grade(size_t block, const float *absmax, size_t row, size_t rows, size_t blocks, float step, int32_t *limits,
                 grades *out) {
    enum { MOST = GROUP / 32 / 4 };
    const size_t fours = GROUP / block / 4;
    const __m512i least = _mm512_set1_epi32(0x04000000); /* 1.5e-36: smaller numbers may have no inverse */
    const __m512i span = _mm512_set1_epi32(SPREAD << 23);
    __mmask16 left = 0;
    for (size_t r = 0; r < EDGE; r += 4) {
        __m512i scales[MOST], largest = least, limit = _mm512_load_si512(limits + 4 * r);
        UNROLL
        for (size_t q = 0; q < fours; q++) {
            size_t there = r < rows ? rows - r : 0, some = 4 * q < blocks ? blocks - 4 * q : 0;
            scales[q] = four_by_four(absmax + (there && some ? r * row + 4 * q : 0), row, there, some);
            scales[q] = _mm512_maskz_mov_epi32(_mm512_cmplt_epu32_mask(size_of(scales[q]), limit), scales[q]);
            largest = larger_of(largest, size_of(scales[q]));
        }
        largest = larger_of(largest, _mm512_shuffle_epi32(largest, 0x4e));
        largest = larger_of(largest, _mm512_shuffle_epi32(largest, 0xb1));
        limit = _mm512_sub_epi32(largest, span);
        _mm512_store_si512(limits + 4 * r, limit);
        __m512 scale = _mm512_castsi512_ps(largest), inverse = _mm512_rcp14_ps(scale);
        UNROLL
        for (size_t q = 0; q < fours; q++) {
            __mmask16 wanted = _mm512_cmpge_epi32_mask(size_of(scales[q]), limit);
            _mm512_store_si512(out->place[q][r], place_of(wanted, scales[q], inverse));
            left |= (__mmask16)~wanted & _mm512_cmpge_epi32_mask(size_of(scales[q]), _mm512_sub_epi32(least, span));
        }
        __m512 four = _mm512_maskz_compress_ps(0x1111, _mm512_mul_ps(scale, _mm512_set1_ps(step)));
        _mm_store_ps(out->scale + r, _mm512_castps512_ps128(four));
    }
    return left != 0;
}

/* The tables of a step's blocks, each in the lanes of 32 weights that are its own. */
INLINE __m512i tables_of(size_t block, const uint8_t *tables, const grades *g, size_t r, size_t s) {
    const size_t b = s * STEP / block;
#define TABLE(b) _mm_load_si128((const __m128i *)(const void *)(tables + g->place[(b) / 4][r][(b) % 4]))
    __m512i found = _mm512_broadcast_i32x4(TABLE(b));
    if (block == 64) found = _mm512_mask_broadcast_i32x4(found, 0xff00, TABLE(b + 1));
    if (block == 32) {
        found = _mm512_mask_broadcast_i32x4(found, 0x00f0, TABLE(b + 1));
        found = _mm512_mask_broadcast_i32x4(found, 0x0f00, TABLE(b + 2));
        found = _mm512_mask_broadcast_i32x4(found, 0xf000, TABLE(b + 3));
    }
    return found;
#undef TABLE
}

/* A step of a row: 64 bytes, or the 32 that are left; the even columns, then in another tile the odd ones. */
INLINE void expand_step(__m512i tables, const uint8_t *packed, int alone, uint8_t *out) {
    __m512i bytes = _mm512_maskz_loadu_epi8(alone ? 0xffffffff : ~(__mmask64)0, packed);
    __m512i nibble = _mm512_set1_epi8(15);
    __m512i even = _mm512_and_si512(_mm512_srli_epi16(bytes, 4), nibble), odd = _mm512_and_si512(bytes, nibble);
    _mm512_store_si512(out, _mm512_shuffle_epi8(tables, even));
    _mm512_store_si512(out + TILE, _mm512_shuffle_epi8(tables, odd));
}

/* What a thread does between two rows, as neither memory nor the unit that multiplies tiles should rest. */
typedef struct {
    uintptr_t packed, absmax; /* the columns of as many rows that are expanded next, or past the end; 0: nothing */
    running *product;         /* of what was expanded before */
} meanwhile;

INLINE void ask_for_row(const meanwhile *other, size_t r, size_t bytes, size_t blocks) {
    if (!other->packed) return;
    for (size_t i = 0; i < GROUP / 2; i += 64) prefetch_at((const uint8_t *)(other->packed + r * bytes + i));
    prefetch_at((const uint8_t *)(other->absmax + r * blocks * sizeof(float)));
}

/* A round of `depth` columns, at most a group, of up to 16 rows as tiles, and the rows' scales. `packed` and `absmax`
 * begin there, K columns are a row; rows that are missing are 0. True: another round is needed. */
INLINE int expand_group(size_t block, const uint8_t *tables, float step, const uint8_t *packed, const float *absmax,
                        size_t rows, size_t K, size_t depth, int32_t *limits, const meanwhile *other,
                        uint8_t *out, float *scales) {
    _Alignas(64) grades g;
    int left = grade(block, absmax, K / block, rows, depth / block, step, limits, &g);
    for (size_t r = 0; r < rows; r++, out += 64) {
        const uint8_t *from = packed + r * (K / 2);
        size_t s = 0;
        ask_for_row(other, r, K / 2, K / block);
        if (r % 2) go_on(other->product);
        for (; s < GROUP / STEP && (s + 1) * STEP <= depth; s++) /* the first condition is for the compiler */
            expand_step(tables_of(block, tables, &g, r, s), from + s * STEP / 2, 0, out + 2 * s * TILE);
        if (s * STEP < depth)
            expand_step(tables_of(block, tables, &g, r, s), from + s * STEP / 2, 1, out + 2 * s * TILE);
    }
    for (size_t r = rows; r < EDGE; r++, out += 64)
        for (size_t i = 0; i < 2 * steps_of(depth); i++) _mm512_store_si512(out + i * TILE, _mm512_setzero_si512());
    for (size_t r = 0; r < EDGE; r += 4) _mm_store_ps(scales + r, _mm_load_ps(g.scale + r));
    return left;
}
TARGET static int expand(const glmv_format *format, const uint8_t *tables, const uint8_t *packed, const float *absmax,
                         size_t rows, size_t K, size_t depth, int32_t *limits, const meanwhile *other,
                         uint8_t *out, float *scales) {
    switch (format->block) {
#define CALL(size) expand_group(size, tables, format->step, packed, absmax, rows, K, depth, limits, other, out, scales)
    case 32: return CALL(32);
    case 64: return CALL(64);
    default: return CALL(128);
#undef CALL
    }
}
