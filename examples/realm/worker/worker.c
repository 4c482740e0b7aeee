/* A worker squares numbers. */
#include <reeve.h>
#include <stdio.h>
#include <string.h>

static void on_message(struct reeve *r, struct reeve_channel *parent,
		       struct reeve_message *m, void *userdata)
{
	uint64_t x;

	(void)r;
	(void)userdata;
	if (!m || m->n_bytes != sizeof(x))
		return;
	memcpy(&x, m->bytes, sizeof(x));
	x *= x;
	reeve_reply(parent, m, &x, sizeof(x));
}

static void on_open(struct reeve *r, struct reeve_channel *parent,
		    void *userdata)
{
	reeve_watch(r, parent, on_message, userdata);
}

int main(void)
{
	struct reeve *r;

	if (reeve_join(&r) < 0) {
		fputs("worker: start me with reeve run\n", stderr);
		return 1;
	}
	reeve_serve(r, "/svc/example.Worker", on_open, NULL);
	return reeve_run(r);
}
