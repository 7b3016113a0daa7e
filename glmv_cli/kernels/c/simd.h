/* One source, several instruction sets: a body is inlined into a wrapper for each, where the compiler makes the best
 * of it. Tests force each in turn. */
#ifndef GLMV_SIMD_H
#define GLMV_SIMD_H

#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#define BODY static inline __attribute__((always_inline))
#define PREFETCH(address) __builtin_prefetch((const void *)(address), 0, 2)
#else
#define BODY static inline
#define PREFETCH(address) ((void)0)
#endif

BODY float from_bfloat16(uint16_t number) {
    uint32_t bits = (uint32_t)number << 16;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Of those that this processor has. */
int fastest_set(void);

/* Wrappers around name(parameters); name_of(set) is the one of an instruction set. */
#if defined(GLMV_X86)
#define FOR_EACH_SET(name, parameters, arguments)                                                                      \
    static void name##_portable parameters { name arguments; }                                                         \
    __attribute__((target("avx2,fma"))) static void name##_avx2 parameters { name arguments; }                         \
    __attribute__((target("avx512f,avx512bw,avx512vl"))) static void name##_avx512 parameters { name arguments; }      \
    static void (*name##_of(int set)) parameters {                                                                     \
        return set == GLMV_AVX512 ? name##_avx512 : set == GLMV_AVX2 ? name##_avx2 : name##_portable;                  \
    }
#else
#define FOR_EACH_SET(name, parameters, arguments)                                                                      \
    static void name##_portable parameters { name arguments; }                                                         \
    static void (*name##_of(int set)) parameters { return (void)set, name##_portable; }
#endif

#endif
