/*
 * Golden messages: bytes worked out by hand from the rules of the format, in
 * hexadecimal, and what has to hold for each of them.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs the above before it. */
#include <cmocka.h>

#include "echo.h"
#include "wire/message.h"

/* Headers: transaction id, at-rest flags with the bit of version 2, dynamic
 * flags, magic. The ordinal follows, its bytes in reverse. */
#define ONE_WAY "00000000 0200 00 01 "
#define CALL_7	"07000000 0200 00 01 "

/* A count of one byte, and the presence of what is out of line. */
#define COUNT(n) #n "00000000000000 "
#define PRESENT	 "ffffffffffffffff "
#define ABSENT	 "0000000000000000 0000000000000000 "
#define HANDLE	 "ffffffff "

/* Parse @hex over the buffer of @ret, and give it handles 100, 101, ... */
void golden_parse(const char *hex, uint32_t n_handles, struct message *ret);

/* Assert that @m is exactly @hex. */
void golden_assert(const struct message *m, const char *hex);

/*
 * Assert what holds for every valid message @hex of @n_handles handles: @echo
 * reads it and writes the same bytes; cut short anywhere, made longer, with a
 * handle too few or too many it is refused; and with any one bit flipped it is
 * refused or echoed exactly.
 */
void golden_check(const char *echo, const char *hex, uint32_t n_handles);

/* Assert that @echo refuses it with -EBADMSG. */
void golden_refuse(const char *echo, const char *hex, uint32_t n_handles);

/* What @echo returns for it. */
int golden_run(const char *echo, const char *hex, uint32_t n_handles);

/* A buffer as large as a message can be, over which a message is laid. */
#define GOLDEN_MESSAGE(name)                                                   \
	static uint64_t name##_bytes[MESSAGE_BYTES_MAX / 8];                   \
	struct message name = { .bytes = (uint8_t *)name##_bytes,              \
				.capacity = MESSAGE_BYTES_MAX }

/* The message owns @n handles with made-up numbers. */
void golden_handles(struct message *m, uint32_t n);
