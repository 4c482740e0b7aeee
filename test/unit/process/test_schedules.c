/*
 * Random programs: actors that send, receive, call, link, watch and kill each
 * other, in the deterministic mode beside an exact model, each twice, with the
 * same trace; and on two workers with what can be known there.
 *
 *	test_process_schedules		 all
 *	test_process_schedules SEED	 that one, with all events
 *	test_process_schedules FROM TO	 those, once each
 */
#include "schedule_actors.h"

#include <string.h>

enum {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	N_SEEDS = 100,
	N_PARALLEL = 40,
#else
	N_SEEDS = 2500,
	N_PARALLEL = 200,
#endif
};

static bool all_have_ended(void)
{
	struct reeve_runtime_info info;

	reeve_runtime_info(&info);
	return info.n_processes == 1;
}

/* Those without a script live until they are killed. */
static void end_handlers(struct actor *self)
{
	struct actor *a;
	unsigned i;

	for (i = 1; i < world.n_actors; i++) {
		a = &world.actors[i];
		/* Its PID comes last. */
		if (!a->pid || !a->is_handler)
			continue;
		model_reconcile();
		model_kill(self, a, -1);
		(void)reeve_kill(a->pid, REEVE_EXIT_KILLED);
	}
}

/* Who was killed while it spawned one could not say whom. */
static void end_unknown(void)
{
	struct reeve_process_info infos[ACTORS_MAX + 1];
	size_t n = reeve_process_list(REEVE_PID_NONE, ACTORS_MAX + 1, infos);
	unsigned i;

	while (n--) {
		for (i = 1; i < world.n_actors; i++)
			if (world.actors[i].pid == infos[n].pid)
				break;
		if (i == world.n_actors && infos[n].pid != reeve_self())
			(void)reeve_kill(infos[n].pid, REEVE_EXIT_KILLED);
	}
}

static void first(void *arg)
{
	struct actor *self = &world.actors[0];
	unsigned i, n;

	(void)arg;
	self->random = world.seed * 0x9e3779b97f4a7c15 + 1;
	n = 3 + (unsigned)draw(self, 5);
	for (i = 0; i < n; i++)
		actor_spawn(NULL, draw(self, 16) | 1);
	actor_spawn(NULL, 4 * draw(self, 4));
	for (i = 0; !all_have_ended(); i++) {
		if (world.is_exact && i == 500)
			wrong(self, "somebody waits without end");
		MUST_EQUAL(reeve_sleep(world.is_exact ? 50 : 1), 0);
		model_reconcile();
		if (i < 20)
			continue;
		end_handlers(self);
		end_unknown();
	}
	model_reconcile();
}

static void play(uint64_t seed, bool is_exact)
{
	const struct reeve_runtime_options o = {
		.seed = is_exact ? seed : 0,
		.n_workers = is_exact ? 0 : 2,
		.mailbox = BOUND,
		.n_processes = 1000,
	};
	bool is_loud = world.is_loud;

	memset(&world, 0, sizeof(world));
	world.seed = seed;
	world.is_exact = is_exact;
	world.is_loud = is_loud;
	world.n_actors = 1;
	MUST_EQUAL(reeve_processes_run(&o, first, NULL), 0);
}

static void random_programs_do_what_the_model_says(void **state)
{
	uint64_t seed, trace, n_events = 0;

	(void)state;
	for (seed = 1; seed <= N_SEEDS; seed++) {
		play(seed, true);
		trace = world.trace;
		n_events += world.n_events;
		/* The same once more. */
		play(seed, true);
		if (world.trace != trace)
			wrong(NULL, "the same seed took another way");
	}
	/* They were not empty. */
	assert_true(n_events > N_SEEDS * 100);
}

static void random_programs_on_two_workers(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= N_PARALLEL; seed++)
		play(seed, false);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_programs_do_what_the_model_says),
		cmocka_unit_test(random_programs_on_two_workers),
	};
	uint64_t seed;

	if (argc > 2) {
		for (seed = strtoull(argv[1], NULL, 10);
		     seed <= strtoull(argv[2], NULL, 10); seed++)
			play(seed, true);
		return 0;
	}
	if (argc > 1) {
		world.is_loud = true;
		setvbuf(stdout, NULL, _IOLBF, 0);
		play(strtoull(argv[1], NULL, 10), true);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
