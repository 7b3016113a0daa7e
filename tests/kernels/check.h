/* What check.c has for check_decode.c, and the other way round. */
#include <stdint.h>

#include "glmv.h"

float *numbers(int64_t count);
uint8_t *bytes(int64_t count);

/* 1 at a wrong number. */
int check_decode_set(int set);
int check_decode_kernel(int kernel, const glmv_format *format, int64_t T, int threads);
int check_layers(int kernel, int set, const glmv_format *format, int64_t T, int64_t before);
