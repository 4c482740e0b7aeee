/*
 * Every reader of src/wire against any bytes. The first byte chooses the
 * reader, the second the number of handles, the rest is the message. Whatever a
 * reader accepts, its writer must turn into the same bytes again.
 *
 * Built with test/unit/wire/echo.c, libwire and libbase.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/wire/echo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static uint64_t out_bytes[MESSAGE_BYTES_MAX / 8];

static void message_check(const struct echo *echo, const struct message *in)
{
	struct message out = { .bytes = (uint8_t *)out_bytes,
			       .capacity = MESSAGE_BYTES_MAX };
	int r = echo->run(in, &out);

	if (r == ECHO_REFUSED)
		abort();
	if (r)
		return;
	if (out.n_bytes != in->n_bytes ||
	    memcmp(out.bytes, in->bytes, in->n_bytes) != 0)
		abort();
	if (out.n_handles != in->n_handles ||
	    memcmp(out.handles, in->handles,
		   in->n_handles * sizeof(in->handles[0])) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct message in = { 0 };

	if (n < 2 || n - 2 > MESSAGE_BYTES_MAX)
		return 0;
	in.n_handles = data[1] % (MESSAGE_HANDLES_MAX + 1);
	for (uint32_t i = 0; i < in.n_handles; i++)
		in.handles[i] = 100 + (int)i;

	/* Allocated to the byte, so that a read beyond the end is seen. */
	in.n_bytes = in.capacity = (uint32_t)n - 2;
	in.bytes = malloc(in.n_bytes ? in.n_bytes : 1);
	if (!in.bytes)
		return 0;
	memcpy(in.bytes, data + 2, in.n_bytes);
	message_check(&echoes[data[0] % n_echoes], &in);
	free(in.bytes);
	return 0;
}
