#include "process/line.h"

static void put(struct line *l, char c)
{
	if (l->n < sizeof(l->text))
		l->text[l->n++] = c;
}

static void put_number(struct line *l, uint64_t n, unsigned base)
{
	char digits[20];
	unsigned i = 0;

	do {
		digits[i++] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n);
	while (i)
		put(l, digits[--i]);
}

void line_puts(struct line *l, const char *s)
{
	while (*s)
		put(l, *s++);
}

void line_decimal(struct line *l, uint64_t n)
{
	put_number(l, n, 10);
}

void line_signed(struct line *l, int64_t n)
{
	if (n < 0)
		put(l, '-');
	put_number(l, n < 0 ? -(uint64_t)n : (uint64_t)n, 10);
}

void line_hex(struct line *l, uint64_t n)
{
	line_puts(l, "0x");
	put_number(l, n, 16);
}

void line_pid(struct line *l, uint64_t pid)
{
	line_decimal(l, (uint32_t)pid);
	put(l, '.');
	line_decimal(l, pid >> 32);
}
