/* 16-bit or float32 weights → packed codes and scales. */
#include "quantize.h"

enum { BLOCKS = 1024 /* that a thread takes at a time */ };

static const quantizer *const QUANTIZERS[] = {
#if defined(GLMV_X86)
    &quantizer_avx512,
    &quantizer_avx2,
#endif
    &quantizer_portable,
};
enum { QUANTIZER_COUNT = sizeof QUANTIZERS / sizeof *QUANTIZERS };

const char *glmv_quantizer_name(int number) {
    return number >= 0 && number < QUANTIZER_COUNT ? QUANTIZERS[number]->name : NULL;
}

int glmv_quantizer_runs(int number) { return QUANTIZERS[number]->runs(); }

static codebook book_of(const float table[16]) {
    codebook book = {0};
    memcpy(book.code, table, sizeof book.code);
    for (int i = 0; i < 15; i++) book.middle[i] = (table[i] + table[i + 1]) / 2;
    for (int i = 0; i < 2; i++) book.second[i] = book.middle[8 * i + 3];
    for (int i = 0; i < 4; i++) book.third[i] = book.middle[4 * i + 1];
    for (int i = 0; i < 8; i++) book.fourth[i] = book.middle[2 * i];
    return book;
}

int glmv_quantize(int number, const float table[16], int type, int search, const void *x, int64_t blocks,
                  uint8_t *packed, float *absmax, int threads) {
    const codebook book = book_of(table);
    const quantizer *q = QUANTIZERS[number];
    int64_t chunks = (blocks + BLOCKS - 1) / BLOCKS;
    int finite = 1;
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1 && chunks > 1) reduction(&& : finite)
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
        size_t first = (size_t)(chunk * BLOCKS), count = lesser(BLOCKS, (size_t)blocks - first);
        const char *from = (const char *)x + first * BLOCK * bytes_of(type);
        finite = finite && (search ? q->searched : q->nearest)(&book, type, from, count, packed + first * BLOCK_BYTES,
                                                               absmax + first);
    }
    return finite ? GLMV_OK : GLMV_NOT_FINITE;
}
