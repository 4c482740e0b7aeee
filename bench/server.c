/*
 * The measured provider, and the idle component of the memory figures. Its
 * arguments: CPU, and one of
 *
 * serve	/svc/bench.Echo answers framed calls from the loop;
 *		/svc/bench.Raw answers raw messages, one client at a time, with
 *		a blocking read
 * serve-named	the same, and bench.Named, which is registered for the client
 * once		/svc/bench.Cold answers one client and ends with it
 *
 * Outside of a cell it writes one byte and ends: what a sandbox that is
 *compared with ours has to start.
 */
#include <reeve.h>
#include <reeve/registry.h>
#include <string.h>
#include <unistd.h>

#include "samples.h"

static void on_message(struct reeve *r, struct reeve_channel *client,
		       struct reeve_message *m, void *is_last)
{
	if (m)
		reeve_reply(client, m, m->bytes, m->n_bytes);
	else if (is_last)
		reeve_quit(r, 0);
}

static void on_open(struct reeve *r, struct reeve_channel *client,
		    void *is_last)
{
	reeve_watch(r, client, on_message, is_last);
}

static void on_open_raw(struct reeve *r, struct reeve_channel *client,
			void *userdata)
{
	int handles[REEVE_HANDLES_MAX];
	size_t n, n_handles;
	char buffer[256];

	(void)r;
	(void)userdata;
	while (reeve_channel_read(client, -1, buffer, sizeof(buffer), &n,
				  handles, &n_handles) == 0)
		reeve_channel_write(client, buffer, n, NULL, 0);
	reeve_channel_close(client);
}

static int register_named(struct reeve *r)
{
	static const char *const access[] = { "/client", NULL };
	static const struct reeve_registration options = { .access = access };
	int e = reeve_register(r, "bench.Named", &options, on_open, NULL);

	if (e)
		printf("{\"error\":\"register: %s\"}\n",
		       e > 0 ? reeve_registry_why(r) : strerror(-e));
	fflush(stdout);
	return e ? 1 : 0;
}

int main(void)
{
	const char *const *args;
	struct reeve *r;

	if (reeve_join(&r) < 0)
		return write(STDOUT_FILENO, "1", 1) != 1;
	args = reeve_args(r);
	if (args[0])
		pin(atoi(args[0]));
	if (args[0] && args[1] && !strcmp(args[1], "once")) {
		reeve_serve(r, "/svc/bench.Cold", on_open, r);
	} else {
		reeve_serve(r, "/svc/bench.Echo", on_open, NULL);
		reeve_serve(r, "/svc/bench.Raw", on_open_raw, NULL);
	}
	if (args[0] && args[1] && !strcmp(args[1], "serve-named") &&
	    register_named(r))
		return 1;
	return reeve_run(r);
}
