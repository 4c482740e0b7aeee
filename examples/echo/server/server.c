/* Echo: every message back to whom it came from, for any number of clients. */
#include <reeve.h>
#include <stdio.h>

static void on_message(struct reeve *r, struct reeve_channel *client,
		       struct reeve_message *m, void *userdata)
{
	unsigned *n_clients = userdata;

	(void)r;
	if (m)
		reeve_reply(client, m, m->bytes, m->n_bytes);
	else
		printf("%u clients left\n", --*n_clients);
	fflush(stdout);
}

static void on_open(struct reeve *r, struct reeve_channel *client,
		    void *userdata)
{
	unsigned *n_clients = userdata;

	if (reeve_watch(r, client, on_message, userdata) == 0)
		++*n_clients;
}

int main(void)
{
	unsigned n_clients = 0;
	struct reeve *r;

	if (reeve_join(&r) < 0) {
		fputs("server: start me with reeve run\n", stderr);
		return 1;
	}
	reeve_serve(r, "/svc/example.Echo", on_open, &n_clients);
	return reeve_run(r);
}
