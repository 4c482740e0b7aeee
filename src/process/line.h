/*
 * A line of text, written by signal handlers: no locks, no memory, no locale.
 * What does not fit is left out.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct line {
	char text[256];
	size_t n;
};

void line_puts(struct line *l, const char *s);
void line_decimal(struct line *l, uint64_t n);
void line_signed(struct line *l, int64_t n);
/* With 0x. */
void line_hex(struct line *l, uint64_t n);
/* As REEVE_PID_FORMAT. */
void line_pid(struct line *l, uint64_t pid);
