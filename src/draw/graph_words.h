/* The words of a picture: what stands in boxes and beside routes. */
#pragma once

#include "draw/graph_model.h"

/* Write the lines of all drawn nodes and the labels of all edges. 0 or
 * -ENOMEM. */
int graph_words_make(struct graph_model *m);
