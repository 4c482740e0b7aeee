/* The client: one call, one answer. */
#include <errno.h>
#include <reeve.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	struct reeve_message request = {}, *reply;
	struct reeve_channel *greeter;
	struct reeve *r;
	int e;

	if (reeve_join(&r) < 0) {
		fputs("guest: start me with reeve run\n", stderr);
		return 1;
	}
	/* Returns at once; the greeter is not even started yet. */
	if (reeve_open(r, "/svc/example.Greeter", &greeter) != 0)
		return 1;
	request.ordinal = reeve_ordinal("example/Greeter.Greet");
	request.bytes = reeve_args(r)[0];
	request.n_bytes = strlen(reeve_args(r)[0]);
	e = reeve_call(greeter, &request, 5000, &reply);
	if (e < 0) {
		fprintf(stderr, "guest: no answer: %s\n",
			e == -EPIPE ? reeve_status_name(
					      reeve_channel_status(greeter))
				    : strerror(-e));
		return 1;
	}
	printf("%.*s\n", (int)reply->n_bytes, (const char *)reply->bytes);
	reeve_message_free(reply);
	reeve_channel_close(greeter);
	reeve_leave(r);
	return 0;
}
