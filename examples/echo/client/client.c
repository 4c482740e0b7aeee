/* Sends its own name a thousand times and checks what comes back. */
#include <reeve.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	struct reeve_message request = {}, *reply;
	struct reeve_channel *echo;
	struct reeve *r;
	int i, same = 0;

	if (reeve_join(&r) < 0) {
		fputs("client: start me with reeve run\n", stderr);
		return 1;
	}
	if (reeve_open(r, "/svc/example.Echo", &echo) != 0)
		return 1;
	request.ordinal = reeve_ordinal("example/Echo.Echo");
	request.bytes = reeve_moniker(r);
	request.n_bytes = strlen(reeve_moniker(r));
	for (i = 0; i < 1000; i++) {
		if (reeve_call(echo, &request, 10000, &reply) < 0)
			break;
		same += reply->n_bytes == request.n_bytes &&
			!memcmp(reply->bytes, request.bytes, reply->n_bytes);
		reeve_message_free(reply);
	}
	printf("%d of 1000 came back\n", same);
	reeve_channel_close(echo);
	reeve_leave(r);
	return same != 1000;
}
