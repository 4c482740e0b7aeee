/*
 * A hash table of names behind a mutex.
 *
 * Anybody may name any process, and it may end meanwhile. Its end clears its
 * PID first and looks for a name afterwards; who registers sets the name first
 * and looks at the PID afterwards. So at least one of the two sees the other,
 * and no name outlives its process:
 *
 *	end:       close the mailbox (the PID is gone)	  1
 *	           is there a name? then remove it	  2
 *	register:  set the name				  3
 *	           is the PID gone? then remove it	  4
 *
 * 1 before 2 and 3 before 4 are orders of a store and a later load: 1 is an
 * atomic exchange and 2 a sequentially consistent load, between 3 and 4 stands
 * a fence.
 */
#include "process/names.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/map.h"
#include "base/own.h"
#include "process/table.h"

struct name {
	struct map_node node;
	reeve_pid pid;
	char text[];
};

static struct {
	pthread_mutex_t lock;
	struct map map;
} names = { PTHREAD_MUTEX_INITIALIZER, MAP_INIT };

int names_check(const char *name)
{
	size_t n = name ? strnlen(name, NAME_MAX_BYTES + 1) : 0;
	size_t i;

	if (!n || n > NAME_MAX_BYTES)
		return -EINVAL;
	for (i = 0; i < n; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
			return -EINVAL;
	return 0;
}

static struct name *name_find(const char *text)
{
	struct map_node *node = map_find(&names.map, map_hash_string(text));

	for (; node; node = map_next(node)) {
		struct name *name = container_of(node, struct name, node);

		if (!strcmp(name->text, text))
			return name;
	}
	return NULL;
}

/* Out of the table and off its process, whose place it is; the caller frees it.
 */
static void name_remove(struct process *p, struct name *name)
{
	map_unlink(&names.map, &name->node);
	__atomic_store_n(&p->name, NULL, __ATOMIC_RELAXED);
}

/* Between the locks. */
static int name_set(struct process *p, struct name *name)
{
	int r;

	if (name_find(name->text) ||
	    __atomic_load_n(&p->name, __ATOMIC_RELAXED))
		return -EEXIST;
	r = map_link(&names.map, &name->node, map_hash_string(name->text));
	if (r)
		return r;
	__atomic_store_n(&p->name, name, __ATOMIC_RELAXED);
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&p->pid, memory_order_relaxed) != name->pid) {
		name_remove(p, name);
		return -ESRCH;
	}
	return 0;
}

int names_register(const char *name, reeve_pid pid)
{
	_cleanup_free_ struct name *new = NULL;
	struct process *p = table_at(pid);
	size_t n;
	int r;

	r = names_check(name);
	if (r)
		return r;
	if (!p || !pid)
		return -ESRCH;
	n = strlen(name) + 1;
	new = malloc(sizeof(*new) + n);
	if (!new)
		return -ENOMEM;
	new->pid = pid;
	memcpy(new->text, name, n);
	pthread_mutex_lock(&names.lock);
	r = name_set(p, new);
	pthread_mutex_unlock(&names.lock);
	if (!r)
		TAKE(new);
	return r;
}

int reeve_register_name(const char *name, reeve_pid pid)
{
	if (!process_self())
		return -EPERM;
	process_look();
	return names_register(name, pid);
}

int reeve_unregister_name(const char *name)
{
	_cleanup_free_ struct name *old = NULL;
	int r;

	if (!process_self())
		return -EPERM;
	process_look();
	r = names_check(name);
	if (r)
		return r;
	pthread_mutex_lock(&names.lock);
	old = name_find(name);
	if (old)
		name_remove(table_at(old->pid), old);
	pthread_mutex_unlock(&names.lock);
	return old ? 0 : -ENOENT;
}

reeve_pid reeve_whereis(const char *name)
{
	reeve_pid pid = REEVE_PID_NONE;
	struct name *found;

	if (names_check(name))
		return pid;
	pthread_mutex_lock(&names.lock);
	found = name_find(name);
	if (found)
		pid = found->pid;
	pthread_mutex_unlock(&names.lock);
	return pid;
}

void names_forget(struct process *p)
{
	_cleanup_free_ struct name *old = NULL;

	if (__builtin_expect(!__atomic_load_n(&p->name, __ATOMIC_SEQ_CST), 1))
		return;
	pthread_mutex_lock(&names.lock);
	/* Who registered may have seen the end, and removed it. */
	old = __atomic_load_n(&p->name, __ATOMIC_RELAXED);
	if (old)
		name_remove(p, old);
	pthread_mutex_unlock(&names.lock);
}

void names_copy(struct process *p, char ret[NAME_MAX_BYTES + 1])
{
	struct name *name;

	ret[0] = 0;
	if (!__atomic_load_n(&p->name, __ATOMIC_RELAXED))
		return;
	pthread_mutex_lock(&names.lock);
	name = __atomic_load_n(&p->name, __ATOMIC_RELAXED);
	if (name)
		memcpy(ret, name->text, strlen(name->text) + 1);
	pthread_mutex_unlock(&names.lock);
}

const char *names_peek(const struct process *p)
{
	const struct name *name = __atomic_load_n(&p->name, __ATOMIC_RELAXED);

	return name ? name->text : NULL;
}

void names_fini(void)
{
	map_fini(&names.map);
}
