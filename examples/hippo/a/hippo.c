/* A provides fuchsia.example.Foo: it answers every message with its number. */
#include <reeve.h>
#include <stdio.h>

static void on_message(struct reeve *r, struct reeve_channel *client,
		       struct reeve_message *m, void *userdata)
{
	static uint64_t n_answered;

	(void)r;
	(void)userdata;
	if (m) {
		n_answered++;
		reeve_reply(client, m, &n_answered, sizeof(n_answered));
		return;
	}
	printf("answered %lu messages, the client has gone\n",
	       (unsigned long)n_answered);
	fflush(stdout);
}

static void on_open(struct reeve *r, struct reeve_channel *client,
		    void *userdata)
{
	reeve_watch(r, client, on_message, userdata);
}

int main(void)
{
	struct reeve *r;

	if (reeve_join(&r) < 0) {
		fputs("hippo: start me with reeve run\n", stderr);
		return 1;
	}
	reeve_serve(r, "/svc/fuchsia.example.Foo", on_open, NULL);
	return reeve_run(r);
}
