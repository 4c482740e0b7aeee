#include "channel_test.h"

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct thread {
	pthread_t id;
	void (*fn)(void *arg);
	void *arg;
};

unsigned descriptors_count(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

int pair_setup(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->n_before = descriptors_count();
	assert_int_equal(channel_pair(p->fds), 0);
	*state = p;
	return 0;
}

int pair_teardown(void **state)
{
	struct pair *p = *state;

	for (int i = 0; i < 2; i++) {
		if (p->fds[i] >= 0)
			close(p->fds[i]);
	}
	assert_int_equal(descriptors_count(), p->n_before);
	free(p);
	return 0;
}

uint64_t soon(unsigned ms)
{
	return loop_now() + ms * NS_PER_MS;
}

static void *thread_main(void *arg)
{
	struct thread *t = arg;

	t->fn(t->arg);
	return NULL;
}

struct thread *thread_run(void (*fn)(void *arg), void *arg)
{
	struct thread *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	t->fn = fn;
	t->arg = arg;
	assert_int_equal(pthread_create(&t->id, NULL, thread_main, t), 0);
	return t;
}

void thread_join(struct thread *t)
{
	pthread_join(t->id, NULL);
	free(t);
}
