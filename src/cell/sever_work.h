/* The worker's side of severing; see sever.h. */
#pragma once

#include "cell/work.h"

/* Carry out the orders that come over the socket, until it closes. */
void sever_work(const struct work *w);
