/*
 * The whole terminal, for a table that refreshes: its other screen, keys as
 * they are typed, and all of it given back, however it ends short of SIGKILL.
 *
 * Signals that would end or stop the program are events while it is open. One
 * can be open at a time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

struct terminal {
	struct termios before;
	bool has_keys;
	int signals; /* a signalfd */
};

enum terminal_event {
	TERMINAL_TIME, /* the deadline came */
	TERMINAL_KEY,
	TERMINAL_CHANGED, /* its size; or what it shows is gone */
	TERMINAL_END,	  /* ^C, and the like */
};

/* Standard output is one. 0 or -errno. */
int terminal_open(struct terminal *t);
void terminal_close(struct terminal *t);

/* Wait until @deadline (loop_now()); 0 does not wait. *ret_key is set with
 * TERMINAL_KEY. */
enum terminal_event terminal_wait(struct terminal *t, uint64_t deadline,
				  char *ret_key);

/* 0 where it does not say. */
void terminal_size(unsigned *ret_rows, unsigned *ret_columns);
