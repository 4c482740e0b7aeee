/*
 * Acting to order: what a component does next is decided by the story while it
 * runs, one order after the other, so that nothing in a story is decided by
 * time.
 *
 * An order is a file in the component's package, which it sees change: a number
 * and commands, a line each. It says which order it saw, waits until the story
 * has taken the file away (so that it is never carried out twice, whatever
 * becomes of the component), performs it, and says that it is done.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actor.h"

enum {
	LOOK_MS = 5,
	ORDER_MAX = 16384,
};

/* /pkg/orders/+a+b for /a/b */
static void order_path(const struct actor *a, char *path, size_t n)
{
	char *at;

	snprintf(path, n, "/pkg/orders/%s", reeve_moniker(a->r));
	for (at = path + strlen("/pkg/orders/"); *at; at++)
		if (*at == '/')
			*at = '+';
}

/* The order at @path, in @text; false if there is none. */
static bool order_read(const char *path, char *text, size_t n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t k = -1;

	if (fd < 0)
		return false;
	while (length < n - 1 &&
	       (k = read(fd, text + length, n - 1 - length)) > 0)
		length += (size_t)k;
	close(fd);
	text[length] = 0;
	return !k;
}

/* Handle what there is, and wait a little for more. */
static void attend(struct actor *a)
{
	struct pollfd p = { .fd = reeve_fd(a->r), .events = POLLIN };

	if (poll(&p, 1, LOOK_MS) > 0)
		reeve_dispatch(a->r);
}

void act_obey(struct actor *a, char *const *o)
{
	static char text[ORDER_MAX];
	char path[4096], *lines, *line;
	long number;

	(void)o;
	order_path(a, path, sizeof(path));
	puts("obeying");
	while (!reeve_is_stopping(a->r)) {
		attend(a);
		if (!order_read(path, text, sizeof(text)))
			continue;
		lines = text;
		number = strtol(strsep(&lines, "\n"), NULL, 10);
		printf("order %ld\n", number);
		while (!access(path, F_OK) && !reeve_is_stopping(a->r))
			attend(a);
		while ((line = strsep(&lines, "\n")))
			if (*line)
				perform(a, line);
		printf("done %ld\n", number);
	}
}

/* keep LABEL: put the channel aside, for later */
void act_keep(struct actor *a, char *const *o)
{
	size_t i;

	for (i = 0; i < KEPT_MAX && a->kept[i].channel; i++)
		;
	if (i == KEPT_MAX || !a->channel) {
		puts("keep: no channel, or no room");
		return;
	}
	snprintf(a->kept[i].label, sizeof(a->kept[i].label), "%s", o[0]);
	a->kept[i].channel = a->channel;
	a->channel = NULL;
}

/* take LABEL: it is the present channel again */
void act_take(struct actor *a, char *const *o)
{
	size_t i;

	for (i = 0; i < KEPT_MAX; i++) {
		if (!a->kept[i].channel || strcmp(a->kept[i].label, o[0]))
			continue;
		set_channel(a, 0, a->kept[i].channel);
		a->kept[i].channel = NULL;
		return;
	}
	puts("take: no channel");
}

/* id: the number of the present channel */
void act_id(struct actor *a, char *const *o)
{
	(void)o;
	printf("id %llu\n",
	       a->channel ? (unsigned long long)reeve_channel_id(a->channel)
			  : 0);
}
