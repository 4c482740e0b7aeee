/*
 * Where a running tree is shown: standard output, without ever waiting for it.
 *
 * A pager that nobody scrolls, or a terminal that was stopped, must not stop
 * the manager. What cannot be written now waits, up to SCREEN_MAX bytes; what
 * comes then is counted instead of shown.
 */
#pragma once

#include <stdbool.h>

#include "base/text.h"
#include "sys/loop.h"

enum { SCREEN_MAX = 1024 * 1024 };

struct screen {
	struct loop *loop;
	struct loop_source writable;
	int fd; /* -1: nobody reads any more */
	struct text waiting;
	size_t n_lost; /* entries */
	bool is_json;  /* what is lost shows by its number; no words about it */
};

void screen_init(struct screen *s, struct loop *loop, int fd);

/* Show @t, a whole entry. */
void screen_write(struct screen *s, const struct text *t);

/* Before the loop is freed. Waits a second at most for who reads slowly. */
void screen_fini(struct screen *s);
