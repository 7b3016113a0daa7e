/* The router's choices, sorted by expert. */
#ifndef GLMV_CHOICES_H
#define GLMV_CHOICES_H

#include <stddef.h>
#include <stdint.h>

/* A choice: this token, through the expert that it is listed under. */
typedef struct {
    size_t token;
    float weight;
} choice;

typedef struct {
    int64_t expert;
    size_t first, count; /* of its choices */
    size_t panel;        /* the first of its panels, if it is one for many tokens */
} group;

typedef struct {
    size_t choices, groups;
    size_t panels;  /* of all groups for many tokens */
    size_t largest; /* choices of a group */
    int few;        /* whether there is a group without panels */
    choice *choice;
    group *group;
} sorted;

/* Those of an expert stay in the order of the tokens; ids below 0 are left out. A group of more than `few` choices gets
 * panels. False: no memory. To be freed in any case. */
int sort_choices(const int64_t *ids, const float *weights, size_t T, size_t k, size_t few, sorted *out);
void free_choices(sorted *choices);

#endif
