/*
 * Keys: a process for each, made when it is needed.
 *
 * What goes to a process of a key is pushed under the lock, and under the lock
 * it finds that its mailbox is empty and retires: so nothing is lost between
 * the two, and there are never two of one key that work.
 */
#include <errno.h>
#include <stdlib.h>

#include "client/router_inside.h"
#include "process/mailbox.h"

struct key {
	struct map_node node;
	uint64_t key;
	reeve_pid pid;
};

/* ---- locked ---- */

/* Keys come from messages: nobody is to know where they land. */
static uint64_t key_hash(const struct router_service *s, uint64_t key)
{
	const uint64_t both[2] = { s->router->random, key };

	return map_hash(both, sizeof(both));
}

static struct key *key_find(struct router_service *s, uint64_t key)
{
	struct map_node *n = map_find(&s->keys.map, key_hash(s, key));

	for (; n; n = map_next(n))
		if (container_of(n, struct key, node)->key == key)
			return container_of(n, struct key, node);
	return NULL;
}

static void key_free(struct router_service *s, struct key *k)
{
	map_unlink(&s->keys.map, &k->node);
	free(k);
}

static int key_add(struct router_service *s, uint64_t key, reeve_pid pid)
{
	struct key *k = malloc(sizeof(*k));

	if (!k)
		return -ENOMEM;
	*k = (struct key){ .key = key, .pid = pid };
	if (map_link(&s->keys.map, &k->node, key_hash(s, key)) < 0) {
		free(k);
		return -ENOMEM;
	}
	return 0;
}

static void keys_wake(struct router_service *s)
{
	struct router_connection *c;

	while ((c = list_first(&s->keys.waiting, struct router_connection,
			       waiting))) {
		list_unlink(&c->waiting);
		process_wake(c->pid);
	}
}

size_t keys_take(struct router_service *s, reeve_pid *pids, size_t n)
{
	struct map *m = &s->keys.map;
	size_t i, found = 0;
	struct key *k;

	for (i = 0; i < m->n_buckets; i++)
		while (m->buckets[i] && found < n) {
			k = container_of(m->buckets[i], struct key, node);
			pids[found++] = k->pid;
			key_free(s, k);
		}
	return found;
}

/* ---- delivering ---- */

enum verdict {
	KEY_ABSENT = 1, /* a process is to be made; it counts already */
};

static int key_push(struct router_connection *c, uint64_t key,
		    struct envelope *take_e, reeve_pid *ret_pid)
{
	struct router_service *s = c->service;
	struct key *k = key_find(s, key);
	int r;

	list_unlink(&c->waiting);
	c->pid = reeve_self();
	if (k) {
		*ret_pid = k->pid;
		r = process_push(k->pid, take_e);
		if (r != -ESRCH)
			return r;
		key_free(s, k);
	}
	*ret_pid = REEVE_PID_NONE;
	if (s->keys.n_processes >= s->keys.n_processes_max) {
		list_link(&s->keys.waiting, &c->waiting);
		return -EAGAIN;
	}
	s->keys.n_processes++;
	return KEY_ABSENT;
}

/* Another connection may have been faster: then ours is not needed. */
static int key_begin(struct router_service *s, uint64_t key)
{
	reeve_pid pid;
	int r = worker_spawn(s, 0, key, &pid);

	router_lock(s->router);
	if (r < 0) {
		s->keys.n_processes--;
		router_unlock(s->router);
		return r;
	}
	if (!key_find(s, key)) {
		r = key_add(s, key, pid);
		if (r == 0)
			pid = REEVE_PID_NONE;
	}
	router_unlock(s->router);
	if (pid)
		(void)reeve_kill(pid, REEVE_EXIT_SHUTDOWN);
	return r;
}

int keys_deliver(struct router_connection *c, struct envelope *take_e,
		 reeve_pid *ret_target)
{
	struct router_service *s = c->service;
	uint64_t key = s->route.key(&take_e->message, s->route.userdata);
	reeve_pid pid;
	int r;

	do {
		router_lock(s->router);
		r = key_push(c, key, take_e, &pid);
		router_unlock(s->router);
		if (r == -EAGAIN && pid) {
			r = port_ask_room(&c->room, pid);
			if (r == -ESRCH)
				r = KEY_ABSENT;
		} else if (r == KEY_ABSENT) {
			r = key_begin(s, key);
			if (r == 0)
				r = KEY_ABSENT;
		}
	} while (r == KEY_ABSENT);
	if (r == 0)
		*ret_target = pid;
	return r;
}

/* ---- ends ---- */

/* Of the caller: neither received nor on the way. */
static bool mailbox_is_empty(struct process *p)
{
	return !p->queue && !inbox_envelope(atomic_load(&p->inbox));
}

bool keys_retire(struct router_service *s, uint64_t key)
{
	bool retires;
	struct key *k;

	router_lock(s->router);
	retires = mailbox_is_empty(process_self());
	k = key_find(s, key);
	if (retires && k && k->pid == reeve_self())
		key_free(s, k);
	router_unlock(s->router);
	return retires;
}

void keys_on_worker_end(struct router_service *s, uint64_t key)
{
	struct key *k;

	router_lock(s->router);
	k = key_find(s, key);
	if (k && k->pid == reeve_self())
		key_free(s, k);
	s->keys.n_processes--;
	keys_wake(s);
	router_unlock(s->router);
}

void keys_fini(struct router_service *s)
{
	map_fini(&s->keys.map);
}
