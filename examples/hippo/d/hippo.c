/* D uses fuchsia.example.Foo: ten thousand calls, timed. */
#include <reeve.h>
#include <stdio.h>
#include <time.h>

int main(void)
{
	const struct reeve_message hello = {
		.ordinal = reeve_ordinal("fuchsia.example/Foo.Hello"),
		.bytes = "hippo!",
		.n_bytes = 6,
	};
	struct timespec before, after;
	struct reeve_message *reply;
	struct reeve_channel *foo;
	struct reeve *r;
	int i;

	if (reeve_join(&r) < 0) {
		fputs("hippo: start me with reeve run\n", stderr);
		return 1;
	}
	if (reeve_open(r, "/svc/fuchsia.example.Foo", &foo) != 0)
		return 1;
	clock_gettime(CLOCK_MONOTONIC, &before);
	for (i = 0; i < 10000 && !reeve_call(foo, &hello, 10000, &reply); i++)
		reeve_message_free(reply);
	clock_gettime(CLOCK_MONOTONIC, &after);
	if (i < 10000)
		printf("refused: %s\n",
		       reeve_status_name(reeve_channel_status(foo)));
	printf("%d calls answered in %ld ms\n", i,
	       (after.tv_sec - before.tv_sec) * 1000 +
		       (after.tv_nsec - before.tv_nsec) / 1000000);
	reeve_leave(r);
	return i < 10000;
}
