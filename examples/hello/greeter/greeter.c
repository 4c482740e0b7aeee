/* The provider: greets whoever calls. */
#include <reeve.h>
#include <stdio.h>

static void on_message(struct reeve *r, struct reeve_channel *guest,
		       struct reeve_message *m, void *userdata)
{
	char greeting[256];
	int n;

	(void)r;
	(void)userdata;
	if (!m) /* The guest is gone. */
		return;
	n = snprintf(greeting, sizeof(greeting), "Hello, %.*s!",
		     m->n_bytes > 200 ? 200 : (int)m->n_bytes,
		     (const char *)m->bytes);
	reeve_reply(guest, m, greeting, (size_t)n);
}

static void on_open(struct reeve *r, struct reeve_channel *guest,
		    void *userdata)
{
	reeve_watch(r, guest, on_message, userdata);
}

int main(void)
{
	struct reeve *r;

	if (reeve_join(&r) < 0) {
		fputs("greeter: start me with reeve run\n", stderr);
		return 1;
	}
	reeve_serve(r, "/svc/example.Greeter", on_open, NULL);
	return reeve_run(r);
}
