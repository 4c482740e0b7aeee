/* Acts of a provider: what it does with those who open it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actor.h"

static void on_echo(struct reeve *r, struct reeve_channel *channel,
		    struct reeve_message *m, void *userdata)
{
	struct actor *a = userdata;

	(void)r;
	if (!m)
		return;
	a->n_answered++;
	reeve_reply(channel, m, m->bytes, m->n_bytes);
}

static void on_abort(struct reeve *r, struct reeve_channel *channel,
		     struct reeve_message *m, void *userdata)
{
	(void)r;
	(void)channel;
	(void)userdata;
	if (m)
		abort();
}

static void on_silence(struct reeve *r, struct reeve_channel *channel,
		       struct reeve_message *m, void *userdata)
{
	(void)r;
	(void)channel;
	(void)m;
	(void)userdata;
}

void open_echo(struct reeve *r, struct reeve_channel *c, void *userdata)
{
	reeve_watch(r, c, on_echo, userdata);
}

static void open_abort(struct reeve *r, struct reeve_channel *c, void *userdata)
{
	reeve_watch(r, c, on_abort, userdata);
}

static void open_silence(struct reeve *r, struct reeve_channel *c,
			 void *userdata)
{
	reeve_watch(r, c, on_silence, userdata);
}

static void open_crash(struct reeve *r, struct reeve_channel *c, void *userdata)
{
	(void)r;
	(void)c;
	(void)userdata;
	abort();
}

static void open_refuse(struct reeve *r, struct reeve_channel *c,
			void *userdata)
{
	(void)r;
	(void)userdata;
	reeve_channel_close_with(c, REEVE_ERR_BAD_STATE);
}

static void open_drop(struct reeve *r, struct reeve_channel *c, void *userdata)
{
	(void)r;
	(void)userdata;
	reeve_channel_close(c);
}

/* One message, which need be no frame, comes back as it is. */
static void open_raw(struct reeve *r, struct reeve_channel *c, void *userdata)
{
	static char bytes[REEVE_BYTES_MAX];
	size_t n;

	(void)r;
	(void)userdata;
	if (!reeve_channel_read(c, TIMEOUT_MS, bytes, sizeof(bytes), &n, NULL,
				NULL))
		reeve_channel_write(c, bytes, n, NULL, 0);
	reeve_channel_close(c);
}

/* serve PATH MODE */
void act_serve(struct actor *a, char *const *o)
{
	static const struct {
		const char *name;
		reeve_open_fn fn;
	} modes[] = {
		{ "echo", open_echo },	     { "abort-on-call", open_abort },
		{ "silence", open_silence }, { "abort-on-open", open_crash },
		{ "refuse", open_refuse },   { "drop", open_drop },
		{ "raw", open_raw },
	};
	size_t i;
	int e;

	for (i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		if (strcmp(modes[i].name, o[1]))
			continue;
		e = reeve_serve(a->r, o[0], modes[i].fn, a);
		if (e)
			say("serve", e);
		return;
	}
	printf("no mode %s\n", o[1]);
}

void act_run(struct actor *a, char *const *o)
{
	(void)o;
	printf("loop ended with %d\n", reeve_run(a->r));
}
