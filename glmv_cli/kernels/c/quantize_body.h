/* Packing a block, written once for all instruction sets. Who includes this has defined INLINE, TARGET, LANES, `vector`
 * (LANES floats), `indices` (as many integers), and the functions that are used below on them.
 *
 * Sums have one order everywhere: element i goes to sum i % 16, and of these the second half is added to the first until
 * one is left. Together with -ffp-contract=off, all instruction sets, and torch in ../nf4_search.py, get the same bits.
 */
enum { VECTORS = BLOCK / LANES, SUMS = 16 / LANES };

/* 1 / scale, and 0 where that is no number: such a block counts as zero. */
INLINE float inverse(float scale) {
    float r = 1 / scale;
    return r < as_float(0x7f800000) ? r : 0;
}

/* Reads a block in units of its largest magnitude; 0: an element is not finite. */
INLINE int scaled_block(int type, const void *block, vector x[VECTORS], float *largest) {
    UNROLL
    for (int i = 0; i < VECTORS; i++) x[i] = load(type, block, (size_t)(i * LANES));
    uint32_t bits = largest_bits(x); /* of positive numbers, the bits are in order, too; infinity and NaN come last */
    *largest = as_float(bits);
    vector r = all(inverse(*largest));
    UNROLL
    for (int i = 0; i < VECTORS; i++) x[i] = times(x[i], r);
    return bits < 0x7f800000;
}

/* The squared error that codes times `scale` leave. */
INLINE float error_of(const vector x[VECTORS], const vector codes[VECTORS], float scale) {
    vector sums[SUMS], s = all(scale);
    UNROLL
    for (int i = 0; i < VECTORS; i++) {
        vector error = minus(x[i], times(codes[i], s)), square = times(error, error);
        sums[i % SUMS] = i < SUMS ? square : plus(sums[i % SUMS], square);
    }
    return sum_of(sums);
}

/* The scale that suits these codes best (least squares). */
INLINE float fitted(const vector x[VECTORS], const vector codes[VECTORS]) {
    vector xc[SUMS], cc[SUMS];
    UNROLL
    for (int i = 0; i < VECTORS; i++) {
        vector product = times(x[i], codes[i]), square = times(codes[i], codes[i]);
        xc[i % SUMS] = i < SUMS ? product : plus(xc[i % SUMS], product);
        cc[i % SUMS] = i < SUMS ? square : plus(cc[i % SUMS], square);
    }
    float below = sum_of(cc);
    return sum_of(xc) / (below > 1e-9f ? below : 1e-9f);
}

TARGET static int nearest(const codebook *book, int type, const void *x, size_t blocks, uint8_t *packed,
                          float *absmax) {
    levels l = levels_of(book);
    for (size_t b = 0; b < blocks; b++) {
        vector block[VECTORS];
        indices codes[VECTORS];
        if (!scaled_block(type, (const char *)x + b * BLOCK * bytes_of(type), block, absmax + b)) return 0;
        UNROLL
        for (int i = 0; i < VECTORS; i++) codes[i] = code_of(&l, block[i]);
        pack(codes, packed + b * BLOCK_BYTES);
    }
    return 1;
}

/* A way to choose codes: those nearest to the block times `r`. Multiplied by `scale`, they leave `error`. */
typedef struct {
    float r, scale, error;
} attempt;

INLINE attempt attempt_at(const levels *l, const vector x[VECTORS], float r) {
    vector values[VECTORS];
    UNROLL
    for (int i = 0; i < VECTORS; i++) values[i] = value_of(l, code_of(l, times(x[i], all(r))));
    float scale = fitted(x, values);
    return (attempt){r, scale, error_of(x, values, scale)};
}

/* As ../nf4_search.py says: the scale as it is, five others, and then the best one so far: other codes may be nearest to
 * it. All are computed before one is chosen, since what is better cannot be foreseen, and processors try. */
TARGET static int searched(const codebook *book, int type, const void *x, size_t blocks, uint8_t *packed,
                           float *absmax) {
    static const double factors[] = {1.05, 1.0, 0.95, 0.9, 0.85};
    enum { FACTORS = sizeof factors / sizeof *factors };
    levels l = levels_of(book);
    for (size_t b = 0; b < blocks; b++) {
        vector block[VECTORS], values[VECTORS];
        indices codes[VECTORS];
        attempt attempts[FACTORS + 2];
        float largest;
        if (!scaled_block(type, (const char *)x + b * BLOCK * bytes_of(type), block, &largest)) return 0;
        for (int i = 0; i < VECTORS; i++) values[i] = value_of(&l, code_of(&l, block[i]));
        attempts[0] = (attempt){1, 1, error_of(block, values, 1)};
        for (int a = 0; a < FACTORS; a++) attempts[a + 1] = attempt_at(&l, block, (float)(1 / factors[a]));
        int best = 0;
        for (int a = 1; a <= FACTORS; a++) best = attempts[a].error < attempts[best].error ? a : best;
        attempts[FACTORS + 1] = attempt_at(&l, block, inverse(attempts[best].scale));
        best = attempts[FACTORS + 1].error < attempts[best].error ? FACTORS + 1 : best;
        /* The best codes once more: cheaper than keeping all. */
        for (int i = 0; i < VECTORS; i++) codes[i] = code_of(&l, times(block[i], all(attempts[best].r)));
        pack(codes, packed + b * BLOCK_BYTES);
        absmax[b] = attempts[best].scale * largest;
    }
    return 1;
}
