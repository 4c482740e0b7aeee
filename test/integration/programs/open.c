/* Acts of a client: opening, calling, holding, flooding. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "actor.h"

static void print_closed(const struct reeve_channel *c, const char *what)
{
	static const char *const closers[] = {
		[REEVE_CLOSER_UNKNOWN] = "nobody",
		[REEVE_CLOSER_PEER] = "peer",
		[REEVE_CLOSER_MANAGER] = "manager",
	};

	printf("%s %s by %s\n", what,
	       reeve_status_name(reeve_channel_status(c)),
	       closers[reeve_channel_closer(c)]);
}

void set_channel(struct actor *a, int e, struct reeve_channel *c)
{
	reeve_channel_close(a->channel);
	a->channel = e ? NULL : c;
	if (e == REEVE_MOUNTED)
		puts("open: mounted");
	else if (e)
		say("open", e);
}

void act_open(struct actor *a, char *const *o)
{
	struct reeve_channel *c;
	int e = reeve_open(a->r, o[0], &c);

	set_channel(a, e, c);
}

static int call(struct reeve_channel *c, const char *text)
{
	struct reeve_message request = {
		.ordinal = reeve_ordinal("example/Echo.Echo"),
		.bytes = text,
		.n_bytes = strlen(text),
	}, *reply;
	int e = reeve_call(c, &request, TIMEOUT_MS, &reply);

	if (e)
		return e;
	e = reply->n_bytes == request.n_bytes &&
			    !memcmp(reply->bytes, text, request.n_bytes)
		    ? 0
		    : -EBADMSG;
	reeve_message_free(reply);
	return e;
}

void act_call(struct actor *a, char *const *o)
{
	int e;

	if (!a->channel) {
		puts("call: no channel");
		return;
	}
	e = call(a->channel, o[0]);
	if (!e)
		printf("answer %s\n", o[0]);
	else if (e == -EPIPE)
		print_closed(a->channel, "refused");
	else
		say("call", e);
}

/* talk N: so many calls, and no word about them */
void act_talk(struct actor *a, char *const *o)
{
	long n = strtol(o[0], NULL, 10);
	int e = 0;

	while (n-- > 0 && !e)
		e = call(a->channel, "talk");
	if (e)
		say("talk", e);
}

void act_close(struct actor *a, char *const *o)
{
	(void)o;
	reeve_channel_close(a->channel);
	a->channel = NULL;
}

void act_wait_closed(struct actor *a, char *const *o)
{
	struct reeve_message *m;
	int e;

	(void)o;
	while (!(e = reeve_receive(a->channel, TIMEOUT_MS, &m)))
		reeve_message_free(m);
	if (e == -EPIPE)
		print_closed(a->channel, "closed");
	else
		say("wait-closed", e);
}

/* cycle N PATH: open, call and close N times */
void act_cycle(struct actor *a, char *const *o)
{
	long n = strtol(o[0], NULL, 10), i;
	struct reeve_channel *c;
	int e = 0;

	for (i = 0; i < n && !e; i++) {
		e = reeve_open(a->r, o[1], &c);
		if (e)
			break;
		e = call(c, "cycle");
		if (e == -EPIPE)
			print_closed(c, "refused");
		reeve_channel_close(c);
	}
	if (e)
		say("cycle", e);
	printf("cycled %ld of %ld\n", i, n);
}

/* hold N PATH: open N channels and keep them */
void act_hold(struct actor *a, char *const *o)
{
	long n = strtol(o[0], NULL, 10), i;
	int e = 0;

	for (i = 0; i < n && a->n_held < CHANNELS_MAX; i++) {
		e = reeve_open(a->r, o[1], &a->held[a->n_held]);
		if (e)
			break;
		a->n_held++;
	}
	if (e)
		say("hold", e);
	printf("held %zu\n", a->n_held);
}

void act_call_held(struct actor *a, char *const *o)
{
	size_t i, n = 0, refused = 0;
	int e;

	for (i = 0; i < a->n_held; i++) {
		e = call(a->held[i], o[0]);
		n += !e;
		if (e == -EPIPE && !refused++)
			print_closed(a->held[i], "the first");
	}
	printf("answered %zu refused %zu of %zu\n", n, refused, a->n_held);
}

void act_drop_held(struct actor *a, char *const *o)
{
	(void)o;
	while (a->n_held)
		reeve_channel_close(a->held[--a->n_held]);
	puts("dropped");
}

/* flood N PATH: open N channels and forget each at once */
void act_flood(struct actor *a, char *const *o)
{
	long n = strtol(o[0], NULL, 10), i, full = 0;
	struct reeve_channel *c;
	int e;

	for (i = 0; i < n;) {
		e = reeve_open(a->r, o[1], &c);
		if (e == -EAGAIN || e == -ETOOMANYREFS) {
			full++;
			sleep_ms(1);
			continue;
		}
		if (e)
			break;
		reeve_channel_close(c);
		i++;
	}
	if (i < n)
		say("flood", e);
	printf("flooded %ld of %ld\n", i, n);
}

int print_entry(void *userdata, const char *name)
{
	size_t *n = userdata;

	++*n;
	printf("entry %s\n", name);
	return 0;
}

void act_list(struct actor *a, char *const *o)
{
	size_t n = 0;
	int e = reeve_list(a->r, o[0], print_entry, &n);

	if (e)
		say("list", e);
	printf("listed %zu\n", n);
}

/* plain PATH TEXT: connect(2), without the library's namespace */
void act_plain(struct actor *a, char *const *o)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct reeve_channel *c;
	int e;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", o[0]);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		say("connect", -errno);
		close(fd);
		return;
	}
	e = reeve_channel_adopt(fd, &c);
	set_channel(a, e, c);
	if (!e)
		act_call(a, o + 1);
}

/* open-directory PATH: for `in` and `list-in` */
void act_open_directory(struct actor *a, char *const *o)
{
	int fd = -1, e;

	reeve_channel_close(a->exposed);
	a->exposed = NULL;
	e = reeve_open_directory(a->r, o[0], &a->exposed, &fd);
	if (e)
		say("open-directory", e);
	if (fd >= 0)
		close(fd);
}
