/*
 * A connection reads one request, answers it with data messages, and ends. What
 * does not fit into the socket waits in the connection, bounded by
 * CONTROL_QUEUE_MAX bytes; a tool that does not read loses its connection, not
 * the manager its memory.
 *
 * Who may do what is a column of the request table. Watching is for anyone who
 * could connect; changing is for the manager's own user and root.
 */
#include "host/control.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/utf8.h"
#include "channel/channel.h"
#include "host/control_audit.h"
#include "host/control_conn.h"
#include "host/control_verbs.h"
#include "host/guest.h"
#include "host/revoke.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "wire/control.h"

enum {
	CONNECTIONS_MAX = 64,
	/* A list of 100,000 components, or the whole journal. */
	CONTROL_QUEUE_MAX = 32 * 1024 * 1024,
};

struct control {
	struct manager *manager;
	struct loop_source source;
	int fd;
	char *path;
	struct list connections;
	size_t n_connections;
};

/* One message that the socket did not take yet. */
struct queued {
	struct list link;
	uint32_t n;
	uint8_t bytes[];
};

/* ---- connections ---- */

static void conn_free(struct loop_task *task)
{
	struct control_conn *c = container_of(task, struct control_conn, task);

	free(c);
}

void control_conn_close(struct control_conn *c)
{
	struct queued *q;

	if (c->fd < 0)
		return;
	while ((q = list_first(&c->queue, struct queued, link))) {
		list_unlink(&q->link);
		free(q);
	}
	revoke_forget(c->manager, c);
	manager_doom_forget(c->manager, c);
	control_audit_forget(c);
	list_unlink(&c->listener.link);
	list_unlink(&c->link);
	c->control->n_connections--;
	loop_remove(&c->source);
	c->fd = fd_close(c->fd);
	loop_defer(c->manager->loop, &c->task, conn_free);
}

static void conn_queue(struct control_conn *c, const struct message *m)
{
	struct queued *q;

	if (c->n_queued + m->n_bytes > CONTROL_QUEUE_MAX) {
		control_conn_close(c);
		return;
	}
	q = malloc(sizeof(*q) + m->n_bytes);
	if (!q) {
		control_conn_close(c);
		return;
	}
	q->n = m->n_bytes;
	memcpy(q->bytes, m->bytes, m->n_bytes);
	list_link(&c->queue, &q->link);
	c->n_queued += q->n;
	(void)loop_modify(&c->source, EPOLLIN | EPOLLOUT);
}

static void conn_send(struct control_conn *c, const struct control_event *e)
{
	static _Alignas(8) uint8_t bytes[MESSAGE_BYTES_MAX];
	struct message m = MESSAGE_OVER(bytes);
	int r;

	if (c->fd < 0)
		return;
	if (control_event_write(&m, e)) {
		control_conn_close(c);
		return;
	}
	if (!list_is_empty(&c->queue)) {
		conn_queue(c, &m);
		return;
	}
	r = channel_send(c->fd, &m, CHANNEL_NOW);
	if (r == CHANNEL_WOULD_BLOCK)
		conn_queue(c, &m);
	else if (r)
		control_conn_close(c);
}

void control_conn_data(struct control_conn *c, const char *json)
{
	struct control_event e = { .kind = CONTROL_ON_DATA,
				   .json = wire_string_of(json) };

	/* A route of hundreds of hops may be longer than a message. */
	if (e.json.n > CONTROL_DATA_MAX)
		e.json = wire_string_of("{\"event\":\"too-long\"}");
	conn_send(c, &e);
}

/* What waits in our queue is bytes alone. */
void control_conn_channel(struct control_conn *c, int take_fd)
{
	_Alignas(8) uint8_t bytes[WIRE_HEADER_SIZE + 8];
	_cleanup_message_ struct message m = MESSAGE_OVER(bytes);
	struct control_event e = { .kind = CONTROL_ON_CHANNEL };

	e.channel = message_put_handle(&m, take_fd);
	if (c->fd < 0)
		return;
	if (!list_is_empty(&c->queue) || control_event_write(&m, &e) ||
	    channel_send(c->fd, &m, CHANNEL_NOW))
		control_conn_close(c);
}

void control_conn_end(struct control_conn *c, int exit_status,
		      const char *error)
{
	struct control_event e = { .kind = CONTROL_ON_END,
				   .exit_status = exit_status };
	_cleanup_text_ struct text safe = TEXT_INIT;

	/* There may be names in it that are no text, or that are long. */
	if (error)
		text_safe(&safe, error, strlen(error));
	e.error = wire_string_of(text_string(&safe));
	if (e.error.n > CONTROL_ERROR_MAX)
		e.error.n = CONTROL_ERROR_MAX;
	while (e.error.n && !utf8_is_valid(e.error.bytes, e.error.n))
		e.error.n--;
	conn_send(c, &e);
	c->is_ended = true;
	if (c->fd >= 0 && list_is_empty(&c->queue))
		control_conn_close(c);
}

static void conn_flush(struct control_conn *c)
{
	struct queued *q;
	int r;

	while ((q = list_first(&c->queue, struct queued, link))) {
		r = channel_write(c->fd, q->bytes, q->n, NULL, 0, CHANNEL_NOW);
		if (r == CHANNEL_WOULD_BLOCK)
			return;
		if (r) {
			control_conn_close(c);
			return;
		}
		c->n_queued -= q->n;
		list_unlink(&q->link);
		free(q);
	}
	(void)loop_modify(&c->source, EPOLLIN);
	if (c->is_ended)
		control_conn_close(c);
}

/* ---- requests ---- */

static bool conn_may_change(const struct control_conn *c)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) < 0)
		return false;
	return peer.uid == 0 || peer.uid == geteuid();
}

static void conn_request(struct control_conn *c,
			 const struct control_request *q)
{
	char arguments[CONTROL_CONN_ARGUMENTS][CONTROL_CONN_ARGUMENT];
	const char *argv[CONTROL_CONN_ARGUMENTS];
	struct control_event reply = { .kind = CONTROL_REPLY, .txid = q->txid };
	const struct control_verb *verb;
	uint32_t i;

	conn_send(c, &reply);
	if (c->fd < 0)
		return;
	verb = control_verb_find(q->verb.bytes, q->verb.n);
	if (!verb) {
		control_conn_end(c, 2,
				 "the manager does not know this request; "
				 "is it of another version?");
		return;
	}
	if (verb->changes && !conn_may_change(c)) {
		control_conn_end(c, 1,
				 "only the manager's own user, or root, "
				 "may do this");
		return;
	}
	if (q->n_arguments < verb->n_min || q->n_arguments > verb->n_max) {
		control_conn_end(c, 2, "wrong number of arguments");
		return;
	}
	for (i = 0; i < q->n_arguments; i++) {
		argv[i] = arguments[i];
		if (!wire_string_copy(q->arguments[i], arguments[i],
				      sizeof(arguments[i]))) {
			control_conn_end(c, 2, "an argument is too long");
			return;
		}
	}
	verb->run(c, argv, q->n_arguments);
}

static void conn_read(struct control_conn *c)
{
	static _Alignas(8) uint8_t bytes[MESSAGE_BYTES_MAX];
	static struct control_request q;
	struct message m = MESSAGE_OVER(bytes);
	int r = channel_read(c->fd, &m, CHANNEL_NOW);

	if (r == CHANNEL_WOULD_BLOCK)
		return;
	message_close_handles(&m);
	m.n_handles = 0;
	memset(&q, 0, sizeof(q));
	if (r || c->is_asked || control_request_read(&m, &q)) {
		control_conn_close(c);
		return;
	}
	c->is_asked = true;
	conn_request(c, &q);
}

static void on_conn(struct loop_source *source, uint32_t events)
{
	struct control_conn *c =
		container_of(source, struct control_conn, source);

	if (events & EPOLLOUT)
		conn_flush(c);
	if (c->fd >= 0 && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		conn_read(c);
}

/* ---- the socket ---- */

int control_adopt(struct control *s, int take_fd)
{
	struct control_conn *c = NULL;
	int r = -ENOSPC;

	if (s->n_connections < CONNECTIONS_MAX) {
		c = calloc(1, sizeof(*c));
		r = c ? loop_add(s->manager->loop, &c->source, take_fd, EPOLLIN,
				 on_conn)
		      : -ENOMEM;
	}
	if (r < 0) {
		free(c);
		channel_close_epitaph(take_fd, REEVE_ERR_NO_RESOURCES, true);
		return r;
	}
	c->control = s;
	c->manager = s->manager;
	c->fd = take_fd;
	list_init(&c->queue);
	list_init(&c->listener.link);
	list_link(&s->connections, &c->link);
	s->n_connections++;
	return 0;
}

static void on_accept(struct loop_source *source, uint32_t events)
{
	struct control *s = container_of(source, struct control, source);
	int fd = manager_accept(s->manager, s->fd);

	(void)events;
	if (fd >= 0)
		(void)control_adopt(s, fd);
}

void control_render_place(struct text *t)
{
	const char *base = getenv("XDG_RUNTIME_DIR");

	if (geteuid() == 0)
		text_puts(t, "/run/reeve");
	else if (base && *base == '/')
		text_printf(t, "%s/reeve", base);
	else
		text_printf(t, "/tmp/reeve-%u", geteuid());
}

char *control_directory(void)
{
	struct text t = TEXT_INIT;
	struct stat st;

	control_render_place(&t);
	if (text_is_failed(&t)) {
		text_fini(&t);
		errno = ENOMEM;
		return NULL;
	}
	/* In /tmp somebody else may have been here first. */
	if ((mkdir(t.bytes, 0700) < 0 && errno != EEXIST) ||
	    lstat(t.bytes, &st) < 0) {
		text_fini(&t);
		return NULL;
	}
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid()) {
		text_fini(&t);
		errno = EPERM;
		return NULL;
	}
	return t.bytes;
}

/* Sockets of managers that were killed together with their launcher. */
static void control_sweep(const char *directory)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	DIR *d = opendir(directory);
	struct dirent *e;
	int fd;

	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.' ||
		    snprintf(address.sun_path, sizeof(address.sun_path),
			     "%s/%s", directory,
			     e->d_name) >= (int)sizeof(address.sun_path))
			continue;
		fd = socket(AF_UNIX,
			    SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd >= 0 &&
		    connect(fd, (struct sockaddr *)&address, sizeof(address)) <
			    0 &&
		    errno == ECONNREFUSED)
			(void)unlink(address.sun_path);
		fd_close(fd);
	}
	if (d)
		closedir(d);
}

void control_register(struct control *s)
{
	(void)launcher_register_path(&s->manager->launcher, s->path);
}

int control_listen(struct control *s)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_free_ char *directory = control_directory();
	struct text path = TEXT_INIT;

	if (!directory)
		return -errno;
	control_sweep(directory);
	text_printf(&path, "%s/%d", directory, getpid());
	s->path = path.bytes;
	if (text_is_failed(&path))
		return -ENOMEM;
	/* Under another name until it listens: control_sweep() of another
	 * manager would take it for a dead one's. */
	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s/.%d",
		     directory, getpid()) >= (int)sizeof(address.sun_path))
		return -ENAMETOOLONG;
	s->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       0);
	if (s->fd < 0)
		return -errno;
	/* Of a dead manager with our pid. */
	(void)unlink(address.sun_path);
	if (bind(s->fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    chmod(address.sun_path, 0600) < 0 || listen(s->fd, 16) < 0 ||
	    rename(address.sun_path, s->path) < 0)
		return -errno;
	control_register(s);
	return loop_add(s->manager->loop, &s->source, s->fd, EPOLLIN,
			on_accept);
}

int control_new(struct manager *m, struct control **ret)
{
	struct control *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->manager = m;
	s->fd = -1;
	list_init(&s->connections);
	*ret = s;
	return 0;
}

void control_free(struct control *s)
{
	struct control_conn *c, *tmp;

	if (!s)
		return;
	list_for_each_safe (c, tmp, &s->connections, link)
		control_conn_close(c);
	guests_dismiss();
	loop_remove(&s->source);
	fd_close(s->fd);
	if (s->path) {
		unlink(s->path);
		(void)launcher_unregister_path(&s->manager->launcher, s->path);
	}
	free(s->path);
	free(s);
}
