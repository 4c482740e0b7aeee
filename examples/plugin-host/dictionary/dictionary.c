/* The service that the plugin may open twice. */
#include <reeve.h>
#include <stdio.h>

static void on_message(struct reeve *r, struct reeve_channel *client,
		       struct reeve_message *m, void *userdata)
{
	(void)r;
	(void)userdata;
	if (m)
		reeve_reply(client, m, "a word", 6);
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
		fputs("dictionary: start me with reeve run\n", stderr);
		return 1;
	}
	reeve_serve(r, "/svc/example.Dictionary", on_open, NULL);
	return reeve_run(r);
}
