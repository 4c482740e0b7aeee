/*
 * Bytes between our own standard streams and a program that runs elsewhere, for
 * whom we are all it has of the outside.
 *
 * It never gets our descriptors: through pipes, or a terminal of its own, only
 * bytes pass. When our standard input and output are a terminal, it gets one
 * too, ours is raw meanwhile, and the sizes are kept equal.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

struct relay_pump {
	int from, to;
	bool owns_from, owns_to;
	size_t at, n; /* what is read and not written */
	char *bytes;
};

enum { RELAY_IN, RELAY_OUT, RELAY_ERROR, N_RELAY_PUMPS };

struct relay {
	struct relay_pump pumps[N_RELAY_PUMPS];
	bool has_terminal;
	int master_fd; /* of its terminal */
	int theirs[3]; /* the program's standard streams */
	int signal_fd;
	bool is_raw;
	struct termios before;
};

/* 0 or -errno. @theirs are to be handed over, and given up by relay_begin(). */
int relay_open(struct relay *r);

/* It runs: what is read from now on is for it. */
void relay_begin(struct relay *r);

/*
 * Carry bytes until @fd is readable, or for as long as one signal takes to
 * arrive: its number, else 0; -errno. SIGWINCH is dealt with here.
 */
int relay_wait(struct relay *r, int fd);

/* It has ended: what it wrote last. */
void relay_finish(struct relay *r);

/* Our terminal as it was; closes everything. Harmless the second time. */
void relay_close(struct relay *r);
