/* Which instruction sets there are. */
#include "simd.h"

#include "decode.h"

int glmv_set_runs(int set) {
#if defined(GLMV_X86)
    if (set == GLMV_AVX2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (set == GLMV_AVX512)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl");
#endif
    return set == GLMV_PORTABLE;
}

int fastest_set(void) {
    int set = GLMV_AVX512;
    while (!glmv_set_runs(set)) set--;
    return set;
}
