/* What a holder asks of the manager: opens, grants, registrations. */
#include "holder.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <reeve/grant.h>
#include <reeve/registry.h>

/* ---- opening ---- */

static int open_fd(struct holder *h, const char *path)
{
	struct reeve_channel *c;
	int e = reeve_open(h->r, path, &c);

	return e ? e : reeve_channel_release(c);
}

/* open N PATH */
static void order_open(struct holder *h, char **o)
{
	int fd = open_fd(h, o[1]);

	if (fd >= 0)
		slot_put(h, o[0], fd);
	answer_status(h, fd < 0 ? fd : 0);
}

/* open-many FIRST COUNT PATH */
static void order_open_many(struct holder *h, char **o)
{
	int first = atoi(o[0]), n = atoi(o[1]), i, fd = 0;
	char number[16];

	for (i = 0; i < n; i++) {
		while ((fd = open_fd(h, o[2])) == -EAGAIN ||
		       fd == -ETOOMANYREFS)
			poll(NULL, 0, 1);
		if (fd < 0)
			break;
		snprintf(number, sizeof(number), "%d", first + i);
		slot_put(h, number, fd);
	}
	answer_status(h, fd < 0 ? fd : 0);
}

/* call-many FIRST COUNT TEXT: how many answer */
static void order_call_many(struct holder *h, char **o)
{
	int first = atoi(o[0]), n = atoi(o[1]), i, fd, n_answered = 0;
	char bytes[256];
	struct pollfd p = { .events = POLLIN };

	for (i = first; i < first + n; i++) {
		fd = h->slots[i];
		if (fd_send(fd, o[2], strlen(o[2]), -1))
			continue;
		p.fd = fd;
		n_answered += poll(&p, 1, HOLDER_TIMEOUT_MS) > 0 &&
			      recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) ==
				      (ssize_t)strlen(o[2]);
	}
	answer(h, "%d", n_answered);
}

/* plain N NAME: connect(2), without the library */
static void order_plain(struct holder *h, char **o)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", o[1]);
	slot_put(h, o[0], fd);
	answer_status(h, connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0
				 ? -errno
				 : 0);
}

/* id N: the number by which the manager knows the channel */
static void order_id(struct holder *h, char **o)
{
	struct reeve_channel *c;
	int e = reeve_channel_adopt(dup(slot_get(h, o[0])), &c);

	if (e) {
		answer_status(h, e);
		return;
	}
	answer(h, "%llu", (unsigned long long)reeve_channel_id(c));
	reeve_channel_close(c);
}

/* ---- opening without end ---- */

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Open, call, close. What counts is when we began to read the answer: after
 * that the clock may have run on. */
void loop_step(struct holder *h)
{
	struct pollfd p = { .fd = open_fd(h, h->loop_path), .events = POLLIN };
	long long before;
	char bytes[64];

	if (p.fd < 0)
		return;
	h->n_loops++;
	if (!fd_send(p.fd, "loop", 4, -1) && poll(&p, 1, 1000) > 0) {
		before = now_ns();
		if (recv(p.fd, bytes, sizeof(bytes), MSG_DONTWAIT) == 4) {
			h->n_answered++;
			h->answered_ns = before;
		}
	}
	close(p.fd);
}

/* loop PATH: open, call and close from now on, between orders */
static void order_loop(struct holder *h, char **o)
{
	snprintf(h->loop_name, sizeof(h->loop_name), "%s", o[0]);
	h->loop_path = h->loop_name;
	h->n_loops = h->n_answered = 0;
	h->answered_ns = 0;
	answer(h, "ok");
}

/* looped: opens, answers, and when the last of these came */
static void order_looped(struct holder *h, char **o)
{
	(void)o;
	answer(h, "%lu %lu %lld", h->n_loops, h->n_answered, h->answered_ns);
}

static void order_unloop(struct holder *h, char **o)
{
	(void)o;
	h->loop_path = NULL;
	answer(h, "ok");
}

/* ---- serving ---- */

static void on_open_hold(struct reeve *r, struct reeve_channel *take_channel,
			 void *userdata)
{
	struct holder *h = userdata;

	(void)r;
	h->n_opened++;
	h->accepted[h->n_accepted++ % SLOTS_MAX] =
		reeve_channel_release(take_channel);
}

static void on_open_echo(struct reeve *r, struct reeve_channel *take_channel,
			 void *userdata)
{
	struct epoll_event e = { .events = EPOLLIN };
	struct holder *h = userdata;

	(void)r;
	h->n_opened++;
	e.data.fd = reeve_channel_release(take_channel);
	epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, e.data.fd, &e);
}

/* echo N: answer what comes there */
static void order_echo(struct holder *h, char **o)
{
	struct epoll_event e = { .events = EPOLLIN };

	e.data.fd = slot_take(h, o[0]);
	answer_status(h,
		      epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, e.data.fd, &e) < 0
			      ? -errno
			      : 0);
}

static reeve_open_fn how(const char *word)
{
	return strcmp(word, "echo") ? on_open_hold : on_open_echo;
}

/* serve PATH HOW: echo, or hold for "accept" */
static void order_serve(struct holder *h, char **o)
{
	answer_status(h, reeve_serve(h->r, o[0], how(o[1]), h));
}

/* accept N: the next that came, or comes */
static void order_accept(struct holder *h, char **o)
{
	int n;

	for (n = 0; h->n_taken == h->n_accepted && n < 2000; n++)
		holder_turn(h, 10);
	if (h->n_taken == h->n_accepted) {
		answer(h, "nothing");
		return;
	}
	slot_put(h, o[0], h->accepted[h->n_taken++ % SLOTS_MAX]);
	answer(h, "ok");
}

/* served: how many opens have come, and how many messages were echoed */
static void order_served(struct holder *h, char **o)
{
	(void)o;
	answer(h, "%lu %lu", h->n_opened, h->n_echoed);
}

/* forward N NAME: have another one serve what came to us */
static void order_forward(struct holder *h, char **o)
{
	struct reeve_channel *svc = NULL, *end = NULL;
	int fd = -1, e;

	e = reeve_open_directory(h->r, "/svc", &svc, &fd);
	if (!e)
		e = reeve_channel_adopt(slot_take(h, o[0]), &end);
	if (!e)
		e = reeve_open_with(svc, o[1], end);
	reeve_channel_close(svc);
	answer_status(h, e);
}

static void on_stop(struct reeve *r, void *userdata)
{
	(void)r;
	(void)userdata;
	puts("asked to stop");
	fflush(stdout);
}

/* stubborn: asked to stop, go on */
static void order_stubborn(struct holder *h, char **o)
{
	(void)o;
	h->is_stubborn = true;
	reeve_on_stop(h->r, on_stop, NULL);
	answer(h, "ok");
}

/* ---- giving and taking back ---- */

static struct reeve_channel *realm(struct holder *h)
{
	if (!h->realm)
		reeve_open(h->r, "/svc/reeve.Realm", &h->realm);
	return h->realm;
}

/* anew: forget the channel to reeve.Realm, which was cut */
static void order_anew(struct holder *h, char **o)
{
	(void)o;
	reeve_channel_close(h->realm);
	h->realm = NULL;
	answer(h, "ok");
}

/* "pool:name" is in a collection. */
static struct reeve_child child_of(char *word)
{
	char *colon = strchr(word, ':');

	if (!colon)
		return (struct reeve_child){ NULL, word };
	*colon = 0;
	return (struct reeve_child){ word, colon + 1 };
}

static void answer_realm(struct holder *h, int e)
{
	answer_status(h, e);
	if (e)
		answer(h, " %s", reeve_realm_why(h->realm));
}

/* grant CHILD FROM NAME AS MS: "ok ID" */
static void order_grant(struct holder *h, char **o)
{
	struct reeve_child child = child_of(o[0]);
	struct reeve_grant_spec spec = {
		.type = REEVE_CAPABILITY_SERVICE,
		.from = o[1],
		.name = o[2],
		.as = o[3],
		.expires_ms = strtoull(o[4], NULL, 10),
	};
	uint64_t id = 0;
	int e = reeve_grant(realm(h), &child, &spec, HOLDER_TIMEOUT_MS, &id);

	answer_realm(h, e);
	if (!e)
		answer(h, " %llu", (unsigned long long)id);
}

static void answer_report(struct holder *h, int e,
			  const struct reeve_revoke_report *r)
{
	answer_realm(h, e);
	if (!e)
		answer(h, " %u %u", r->n_connections, r->n_killed);
}

/* revoke ID: "ok CONNECTIONS KILLED" */
static void order_revoke(struct holder *h, char **o)
{
	struct reeve_revoke_report report = { 0 };
	int e = reeve_revoke(realm(h), strtoull(o[0], NULL, 10), 0,
			     HOLDER_TIMEOUT_MS, &report);

	answer_report(h, e, &report);
}

/* revoke-name CHILD NAME */
static void order_revoke_name(struct holder *h, char **o)
{
	struct reeve_revoke_report report = { 0 };
	struct reeve_child child = child_of(o[0]);
	int e = reeve_revoke_name(realm(h), &child, o[1], 0, HOLDER_TIMEOUT_MS,
				  &report);

	answer_report(h, e, &report);
}

/* revoke-child CHILD */
static void order_revoke_child(struct holder *h, char **o)
{
	struct reeve_revoke_report report = { 0 };
	struct reeve_child child = child_of(o[0]);
	int e = reeve_revoke_child(realm(h), &child, 0, HOLDER_TIMEOUT_MS,
				   &report);

	answer_report(h, e, &report);
}

/* cut ID: one connection */
static void order_cut(struct holder *h, char **o)
{
	struct reeve_revoke_report report = { 0 };
	int e = reeve_close_connection(realm(h), strtoull(o[0], NULL, 10), 0,
				       HOLDER_TIMEOUT_MS, &report);

	answer_report(h, e, &report);
}

/* register NAME HOW */
static void order_register(struct holder *h, char **o)
{
	struct reeve_registration options = { .replace = false };

	answer_status(h, reeve_register(h->r, o[0], &options, how(o[1]), h));
}

/* replace NAME HOW: register it anew, at the path where it is served */
static void order_replace(struct holder *h, char **o)
{
	struct reeve_registration options = { .replace = true };

	answer_status(h, reeve_register(h->r, o[0], &options, NULL, NULL));
}

/* unserve PATH */
static void order_unserve(struct holder *h, char **o)
{
	answer_status(h, reeve_unserve(h->r, o[0]));
}

/* unregister NAME */
static void order_unregister(struct holder *h, char **o)
{
	answer_status(h, reeve_unregister(h->r, o[0], HOLDER_TIMEOUT_MS));
}

/* connect N NAME: by name, at run time */
static void order_connect(struct holder *h, char **o)
{
	struct reeve_channel *c;
	int e = reeve_connect(h->r, o[1], HOLDER_TIMEOUT_MS, &c);

	if (!e)
		slot_put(h, o[0], reeve_channel_release(c));
	answer_status(h, e);
}

const struct order give_orders[] = {
	{ "accept", 1, order_accept },
	{ "anew", 0, order_anew },
	{ "call-many", 3, order_call_many },
	{ "connect", 2, order_connect },
	{ "cut", 1, order_cut },
	{ "echo", 1, order_echo },
	{ "forward", 2, order_forward },
	{ "grant", 5, order_grant },
	{ "id", 1, order_id },
	{ "loop", 1, order_loop },
	{ "looped", 0, order_looped },
	{ "open", 2, order_open },
	{ "open-many", 3, order_open_many },
	{ "plain", 2, order_plain },
	{ "register", 2, order_register },
	{ "replace", 1, order_replace },
	{ "revoke", 1, order_revoke },
	{ "revoke-child", 1, order_revoke_child },
	{ "revoke-name", 2, order_revoke_name },
	{ "serve", 2, order_serve },
	{ "served", 0, order_served },
	{ "stubborn", 0, order_stubborn },
	{ "unloop", 0, order_unloop },
	{ "unregister", 1, order_unregister },
	{ "unserve", 1, order_unserve },
};
const size_t n_give_orders = sizeof(give_orders) / sizeof(*give_orders);
