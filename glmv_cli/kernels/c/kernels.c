/* The kernels there are, the fastest of a precision first. */
#include "kernel.h"

#include <stdlib.h>

#include "glmv.h"

static const kernel *const KERNELS[] = {
#if defined(GLMV_X86)
    &exact_avx512, &exact_avx2,
#endif
    &exact_portable,
#if defined(GLMV_AMX)
    &int8_amx,
#endif
#if defined(GLMV_X86)
    &int8_avx512vnni,
#if defined(GLMV_AVXVNNI)
    &int8_avxvnni,
#endif
    &int8_avx2,
#endif
#if defined(GLMV_ARM)
    &int8_neon,
#endif
    &int8_portable,
};
enum { KERNEL_COUNT = sizeof KERNELS / sizeof *KERNELS };

int glmv_abi(void) { return GLMV_ABI; }

const char *glmv_kernel_name(int number) {
    return number >= 0 && number < KERNEL_COUNT ? KERNELS[number]->name : NULL;
}

int glmv_kernel_runs(int number) { return KERNELS[number]->runs(); }

int64_t glmv_kernel_few(int number) { return (int64_t)KERNELS[number]->many->few; }

const kernel *kernel_at(int number) { return KERNELS[number]; }

char *room_for(const kernel *k, size_t K, size_t count, size_t *size) {
    *size = (k->prepared(K) + 63) / 64 * 64;
    return aligned_alloc(64, *size * (count ? count : 1));
}
