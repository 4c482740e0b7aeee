#include "world.h"

#include <string.h>

#include "sys/fd.h"

struct world world;

static void reply_write(struct message *m, const void *reply,
			const struct message *asked)
{
	struct registry_reply r = *(const struct registry_reply *)reply;
	static struct registry_request q;

	if (registry_request_read(asked, &q) == 0) {
		r.method = q.method;
		r.txid = q.txid;
	}
	registry_reply_write(m, &r);
}

/* In the manager's thread. */
static void on_open_registry(void *userdata, const struct directory_open *open,
			     int take_server_end)
{
	struct world *w = userdata;

	(void)open;
	if (w->n_opened == w->n_scripts) {
		fd_close(take_server_end);
		return;
	}
	script_start(&w->scripts[w->n_opened], take_server_end);
	w->n_opened++;
}

void will_play(const struct script_step *steps, size_t n)
{
	struct script *s = &world.scripts[world.n_scripts++];

	memset(s, 0, offsetof(struct script, bytes));
	s->write = reply_write;
	s->steps = steps;
	s->n_steps = n;
}

void world_init(void)
{
	world.n_scripts = world.n_opened = 0;
	world.n_fds = count_fds();
	manager_init(&world.m);
	assert_int_equal(directory_add(world.m.svc, "reeve.Registry",
				       DIRECTORY_SERVICE, on_open_registry,
				       &world),
			 0);
	world.r = manager_join(&world.m);
}

void world_fini(size_t n_opened)
{
	reeve_leave(world.r);
	manager_fini(&world.m);
	for (size_t i = 0; i < world.n_opened; i++)
		script_finish(&world.scripts[i]);
	assert_int_equal(world.n_opened, n_opened);
	assert_int_equal(count_fds(), world.n_fds);
}

const struct registry_request *
asked(size_t script, size_t i, enum registry_method method, const char *name)
{
	static struct registry_request q;
	const struct script *s = &world.scripts[script];

	assert_true(i < s->n_asked);
	assert_int_equal(registry_request_read(&s->asked[i], &q), 0);
	assert_int_equal(q.method, method);
	assert_true(wire_string_equals(q.name, name));
	return &q;
}
