/*
 * A target is done when nobody can read anything from it any more: this end was
 * emptied, and the other was too or had nothing in it, which this end can tell
 * (SIOCOUTQ counts what was sent and not yet received).
 */
#include "cell/targets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sys/unix_socket.h"

int targets_init(struct targets *t, const struct sever_target *what,
		 struct sever_found *found, size_t n)
{
	struct target *target;
	size_t i;
	int r = 0;

	*t = (struct targets)TARGETS_INIT;
	t->all = calloc(n + 1, sizeof(*t->all));
	if (!t->all)
		return -ENOMEM;
	t->n = t->n_pending = n;
	for (i = 0; r == 0 && i < n; i++) {
		target = &t->all[i];
		target->what = &what[i];
		target->found = &found[i];
		if (what[i].n_label > SEVER_LABEL_MAX)
			return -EPROTO;
		r = map_link(&t->by_cookie, &target->cookie_node,
			     map_hash(&what[i].cookie, sizeof(what[i].cookie)));
		if (r < 0 || !what[i].n_label)
			continue;
		t->has_labels = true;
		r = map_link(&t->by_label, &target->label_node,
			     map_hash(what[i].label, what[i].n_label));
	}
	return r;
}

void targets_fini(struct targets *t)
{
	/* The nodes go with the array. */
	t->by_cookie.n = t->by_label.n = 0;
	map_fini(&t->by_cookie);
	map_fini(&t->by_label);
	free(t->all);
	*t = (struct targets)TARGETS_INIT;
}

static struct target *targets_find_server(const struct targets *t,
					  uint64_t cookie)
{
	struct target *target;
	struct map_node *node;

	node = map_find(&t->by_cookie, map_hash(&cookie, sizeof(cookie)));
	for (; node; node = map_next(node)) {
		target = container_of(node, struct target, cookie_node);
		if (target->what->cookie == cookie)
			return target;
	}
	return NULL;
}

static struct target *targets_find_client(const struct targets *t, int fd)
{
	char name[SOCKET_NAME_MAX];
	struct target *target;
	struct map_node *node;
	size_t n;

	n = socket_peer_name(fd, name);
	if (!n || n > SEVER_LABEL_MAX)
		return NULL;
	node = map_find(&t->by_label, map_hash(name, n));
	for (; node; node = map_next(node)) {
		target = container_of(node, struct target, label_node);
		if (target->what->n_label == n &&
		    !memcmp(target->what->label, name, n))
			return target;
	}
	return NULL;
}

struct target *targets_find(const struct targets *t, int fd, uint64_t cookie,
			    enum sever_end *ret_end)
{
	struct target *target = targets_find_server(t, cookie);

	*ret_end = SEVER_SERVER_END;
	if (target || !t->has_labels)
		return target;
	*ret_end = SEVER_CLIENT_END;
	return targets_find_client(t, fd);
}

void targets_shut(const struct targets *t, struct target *target, int fd)
{
	if (t->is_seal)
		return;
	if (!target->found->ends)
		socket_shutdown(fd);
}

/* What was sealed is done with the client's end: the manager has the other. */
static void targets_seal(struct targets *t, struct target *target, int fd,
			 enum sever_end end)
{
	if (end != SEVER_CLIENT_END || target->is_done ||
	    socket_forbid_rights(fd) < 0)
		return;
	target->found->ends |= end;
	target->is_done = true;
	t->n_pending--;
}

void targets_drain(struct targets *t, struct target *target, int fd,
		   enum sever_end end)
{
	const uint32_t both = SEVER_SERVER_END | SEVER_CLIENT_END;
	struct sever_found *found = target->found;

	if (t->is_seal) {
		targets_seal(t, target, fd, end);
		return;
	}
	if (found->ends & end)
		return;
	socket_drain(fd);
	found->ends |= end;
	found->n_unread = found->ends == both ? 0 : socket_unread(fd);
	if (target->is_done ||
	    (found->n_unread && target->what->n_label && target->what->cookie))
		return;
	target->is_done = true;
	t->n_pending--;
}
