/* What the end of a run brings about, with instances that only seem to run. */
#include "host_test.h"

#include <stdio.h>
#include <string.h>

#include "channel/channel.h"
#include "host/lost.h"
#include "host/order.h"
#include "host/restart.h"
#include "route/grant.h"
#include "sys/fd.h"
#include "wire/component.h"

/*
 * /p provides one and uses nothing; /tell, /again and /plain use it, /last uses
 * what /again provides. /x and /y use each other.
 */
static const char root[] =
	"{ children: ["
	"  { name: 'p', url: '#meta/p.cm', restart: { policy: 'on-failure',"
	"    delay_ms: 3600000, max_delay_ms: 3600000, give_up: 3 },"
	"    limits: { opens: 7, requests_per_second: 11 } },"
	"  { name: 'tell', url: '#meta/tell.cm' },"
	"  { name: 'again', url: '#meta/again.cm' },"
	"  { name: 'plain', url: '#meta/plain.cm' },"
	"  { name: 'last', url: '#meta/last.cm' },"
	"  { name: 'x', url: '#meta/x.cm', restart: { policy:"
	"    'always', delay_ms: 1, give_up: 2 } },"
	"  { name: 'y', url: '#meta/y.cm' } ],"
	"  collections: ["
	"    { name: 'pool', durability: 'transient', restart: 'always',"
	"      limits: { children: 5 } },"
	"    { name: 'once', durability: 'single_run', restart: 'always' } ],"
	"  offer: ["
	"    { protocol: 'one', from: '#p',"
	"      to: [ '#tell', '#again', '#plain' ] },"
	"    { protocol: 'two', from: '#again', to: '#last' },"
	"    { protocol: 'x', from: '#x', to: '#y', dependency: 'weak' },"
	"    { protocol: 'y', from: '#y', to: '#x' } ] }";

static void write_package(struct scene *s, const char *name,
			  const char *provides, const char *uses,
			  const char *end)
{
	char path[128], manifest[1024];
	size_t n;

	snprintf(path, sizeof(path), "packages/root/meta/%s.cml", name);
	n = (size_t)snprintf(manifest, sizeof(manifest),
			     "{ program: { runner: 'elf', binary: 'bin/x' }");
	if (provides)
		n += (size_t)snprintf(
			manifest + n, sizeof(manifest) - n,
			", capabilities: [ { protocol: '%s' } ],"
			" expose: [ { protocol: '%s', from: 'self' } ]",
			provides, provides);
	if (uses)
		n += (size_t)snprintf(
			manifest + n, sizeof(manifest) - n,
			", use: [ { protocol: '%s', if_provider_ends: '%s' } ]",
			uses, end);
	snprintf(manifest + n, sizeof(manifest) - n, " }");
	scene_write(s, path, manifest);
}

static void restart_scene(struct scene *s)
{
	scene_write(s, "packages/root/meta/root.cml", root);
	write_package(s, "p", "one", NULL, NULL);
	write_package(s, "tell", NULL, "one", "tell");
	write_package(s, "again", "two", "one", "restart");
	write_package(s, "plain", NULL, "one", "nothing");
	write_package(s, "last", NULL, "two", "restart");
	write_package(s, "x", "x", "y", "restart");
	write_package(s, "y", "y", "x", "restart");
	scene_run(s);
}

/* As if it had been started, with its end of the lifecycle channel. */
static struct instance *pretend(struct scene *s, const char *moniker,
				int *ret_fd)
{
	struct instance *i = scene_instance(s, moniker);
	int fds[2];

	assert_int_equal(channel_pair(fds), 0);
	i->state = LIFE_RUNNING;
	i->has_started = true;
	i->started_at = loop_now();
	i->lifecycle_fd = fds[0];
	restart_know_providers(i);
	if (ret_fd)
		*ret_fd = fds[1];
	else
		fd_close(fds[1]);
	return i;
}

/* It ends by itself, or because it was asked to. */
static void end(struct instance *i, int code)
{
	i->exit_code = code;
	i->has_exit = true;
	instance_event(i, restart_end_event(i), NULL);
}

static void test_policies_are_found(void **state)
{
	struct scene *s = *state;
	struct realm *r, *member;

	restart_scene(s);
	r = scene_instance(s, "/p")->realm;
	assert_int_equal(restart_policy_of(r)->policy, RESTART_ON_FAILURE);
	assert_int_equal(restart_policy_of(r)->give_up, 3);
	assert_int_equal(scene_instance(s, "/p")->account.limits[CHARGE_OPENS],
			 7);
	assert_int_equal(scene_instance(s, "/p")->throttle.rate, 11);
	r = scene_instance(s, "/tell")->realm;
	assert_int_equal(restart_policy_of(r)->policy, RESTART_NEVER);
	assert_int_equal(restart_policy_of(r)->give_up, RESTART_GIVE_UP);
	assert_null(restart_limits_of(r));
	r = s->m->tree.root;
	assert_int_equal(restart_policy_of(r)->policy, RESTART_NEVER);
	assert_int_equal(realm_add_child(r, "pool", "m", "#meta/p.cm",
					 STARTUP_LAZY, &member),
			 0);
	assert_int_equal(restart_policy_of(member)->policy, RESTART_ALWAYS);
	assert_int_equal(restart_limits_of(member)->children, 5);
	/* A single run is not to be repeated. */
	assert_int_equal(realm_add_child(r, "once", "m", "#meta/p.cm",
					 STARTUP_LAZY, &member),
			 0);
	assert_int_equal(restart_policy_of(member)->policy, RESTART_NEVER);
}

static void test_a_failure_starts_it_again(void **state)
{
	struct scene *s = *state;
	struct text t = TEXT_INIT;
	struct instance *p;

	restart_scene(s);
	p = pretend(s, "/p", NULL);
	end(p, 3);
	assert_int_equal(p->state, LIFE_BACKOFF);
	assert_true(p->starts_again);
	assert_true(restart_is_coming(p));
	assert_said(s, "manager /p failed and is started again in 3600000 ms");
	restart_render_json(p->realm, p, &t);
	assert_contains(text_string(&t),
			"{\"policy\":\"on-failure\",\"delay_ms\":3600000,"
			"\"max_delay_ms\":3600000,\"give_up\":3,");
	assert_contains(text_string(&t),
			"\"starts_in_a_row\":1,\"failures_in_a_row\":1,"
			"\"next_ms\":35");
	text_fini(&t);
	/* A stop takes it out of the wait. */
	instance_event(p, LIFE_ASKED, NULL);
	assert_int_equal(p->state, LIFE_STOPPED);
	assert_false(restart_is_coming(p));
	/* And a good end is no failure. */
	pretend(s, "/p", NULL);
	end(p, 0);
	assert_int_equal(p->state, LIFE_STOPPED);
	assert_int_equal(p->n_crashes, 0);
}

static void test_it_is_suspended(void **state)
{
	struct scene *s = *state;
	struct instance *p;
	char why[256];
	int i;

	restart_scene(s);
	p = scene_instance(s, "/p");
	p->is_main = true;
	s->m->n_mains = 2;
	for (i = 0; i < 3; i++) {
		pretend(s, "/p", NULL);
		end(p, 3);
		/* It is still to be reckoned with until it is given up. */
		assert_int_equal(s->m->n_mains, i < 2 ? 2 : 1);
	}
	assert_int_equal(p->state, LIFE_SUSPENDED);
	assert_int_equal(s->m->status, 3);
	assert_said(s, "failed /p suspended: it failed 3 times in a row; opens "
		       "are refused until somebody starts it: reeve start /p");
	restart_render_refusal(p, why, sizeof(why));
	assert_contains(why, "/p is suspended");
	/* Started, it begins anew. */
	instance_event(p, LIFE_WANTED, "somebody");
	assert_int_equal(p->state, LIFE_STARTING);
	assert_int_equal(p->n_crashes, 0);
}

static void test_a_wish_during_the_wait_is_met_later(void **state)
{
	struct scene *s = *state;
	struct instance *i;

	restart_scene(s);
	i = pretend(s, "/plain", NULL);
	end(i, 1);
	assert_int_equal(i->state, LIFE_BACKOFF);
	assert_false(i->starts_again);
	instance_event(i, LIFE_WANTED, "somebody binds to it");
	assert_int_equal(i->state, LIFE_BACKOFF);
	assert_true(i->starts_again);
	/* The first pause is over at once. */
	loop_turn(s->m->loop, 1000);
	assert_said(s, "start /plain somebody binds to it");
}

/* The path of the next Lost; "" for another message; NULL for none. */
static const char *read_lost(int fd)
{
	static char path[COMPONENT_STRING_MAX + 1];
	_Alignas(8) uint8_t bytes[8192];
	struct message m = MESSAGE_OVER(bytes);
	struct component_lost lost;

	if (channel_read(fd, &m, CHANNEL_NOW))
		return NULL;
	if (component_lost_read(&m, &lost) ||
	    !wire_string_copy(lost.path, path, sizeof(path)))
		return "";
	return path;
}

static void test_each_edge_has_its_way(void **state)
{
	struct scene *s = *state;
	struct instance *p, *again;
	int tell_fd, again_fd, plain_fd;

	restart_scene(s);
	p = pretend(s, "/p", NULL);
	pretend(s, "/tell", &tell_fd);
	again = pretend(s, "/again", &again_fd);
	pretend(s, "/plain", &plain_fd);
	end(p, 0);
	assert_string_equal(read_lost(tell_fd), "/svc/one");
	assert_null(read_lost(tell_fd));
	/* Stop, and no other word. */
	assert_string_equal(read_lost(again_fd), "");
	assert_null(read_lost(again_fd));
	assert_int_equal(again->state, LIFE_STOPPING);
	expect_quiet(plain_fd);
	assert_said(s, "manager /p its end is told to 1 of those who use it, "
		       "and 1 are started again");
	/* It is started again once it has ended. */
	bare_turn(s->m);
	assert_int_equal(again->n_starts, 0);
	end(again, 0);
	bare_turn(s->m);
	assert_int_equal(again->n_starts, 1);
	assert_said(s, "start /again what provides its one, /p, has ended");
	fd_close(tell_fd);
	fd_close(again_fd);
	fd_close(plain_fd);
}

/* In the order of who depends on whom, whoever has ended first. */
static void test_providers_are_first(void **state)
{
	struct scene *s = *state;
	struct instance *p, *again, *last;

	restart_scene(s);
	p = pretend(s, "/p", NULL);
	again = pretend(s, "/again", NULL);
	last = pretend(s, "/last", NULL);
	end(p, 1);
	end(again, 0);
	assert_int_equal(last->state, LIFE_STOPPING);
	end(last, 0);
	bare_turn(s->m);
	/* /p takes its time, and both wait for it. */
	assert_int_equal(p->state, LIFE_BACKOFF);
	assert_int_equal(again->n_starts + last->n_starts, 0);
	p->starts_again = false;
	p->state = LIFE_RUNNING;
	restart_continue(s->m);
	bare_turn(s->m);
	assert_int_equal(again->n_starts, 1);
	/* This manager can start nobody: at its failure the next one's turn
	 * has come. */
	assert_int_equal(last->n_starts, 1);
	assert_true(strstr(scene_said(s), "start /again") <
		    strstr(scene_said(s), "start /last"));
}

static void test_one_cause_stops_nobody_twice(void **state)
{
	struct scene *s = *state;
	struct instance *x, *y;
	uint64_t cause;

	restart_scene(s);
	x = pretend(s, "/x", NULL);
	y = pretend(s, "/y", NULL);
	end(x, 1);
	cause = x->cause;
	assert_int_equal(y->state, LIFE_STOPPING);
	assert_int_equal(y->cause, cause);
	/* x runs again before y has ended. */
	instance_event(x, LIFE_ASKED, NULL);
	pretend(s, "/x", NULL);
	end(y, 0);
	assert_int_equal(x->state, LIFE_RUNNING);
	bare_turn(s->m);
	assert_int_equal(y->n_starts, 1);
	/* The next end is another cause. */
	instance_event(y, LIFE_ASKED, NULL);
	pretend(s, "/y", NULL);
	end(y, 1);
	assert_true(y->cause > cause);
	assert_int_equal(x->state, LIFE_STOPPING);
}

/* If all wait for each other, somebody must be first. */
static void test_a_circle_that_waits_begins_somewhere(void **state)
{
	struct scene *s = *state;
	struct instance *x, *y;

	restart_scene(s);
	x = pretend(s, "/x", NULL);
	y = pretend(s, "/y", NULL);
	assert_true(restart_instance(x, "it is tested"));
	assert_true(restart_instance(y, "it is tested"));
	assert_false(restart_instance(x, "it stops already"));
	end(x, 0);
	end(y, 0);
	bare_turn(s->m);
	assert_int_equal(x->n_starts, 1);
	assert_said(s, "start /x it is tested");
	/* Nobody can be started here, so x is given up soon; y goes on. */
	while (x->state != LIFE_SUSPENDED || !y->n_starts)
		assert_true(loop_turn(s->m->loop, 5000) >= 0);
}

static void test_a_stop_wins(void **state)
{
	struct scene *s = *state;
	struct instance *p, *again;

	restart_scene(s);
	p = pretend(s, "/p", NULL);
	again = pretend(s, "/again", NULL);
	end(p, 0);
	assert_true(restart_is_coming(again));
	instance_event(again, LIFE_ASKED, NULL);
	assert_false(restart_is_coming(again));
	end(again, 0);
	bare_turn(s->m);
	assert_int_equal(again->n_starts, 0);
}

/* What is not read is not told any more, so that a stop finds room. */
static void test_the_wish_to_stop_finds_room(void **state)
{
	struct scene *s = *state;
	struct instance *i;
	unsigned n, n_read = 0;
	const char *path;
	int fd;

	restart_scene(s);
	i = pretend(s, "/tell", &fd);
	for (n = 0; n < 10000 && lost_tell(i, "/svc/one"); n++)
		;
	assert_in_range(n, 2, 9999);
	instance_event(i, LIFE_ASKED, NULL);
	while ((path = read_lost(fd)) && *path)
		n_read++;
	assert_int_equal(n_read, n);
	assert_string_equal(path, "");
	fd_close(fd);
	/* Nobody is there. */
	i->lifecycle_fd = fd_close(i->lifecycle_fd);
	assert_false(lost_tell(i, "/svc/one"));
}

static void count_dependent(void *userdata, struct instance *user,
			    struct slot *use)
{
	unsigned *n = userdata;

	assert_ptr_equal(use->holder->instance, user);
	assert_int_equal(use->decl->kind, DECL_USE);
	++*n;
}

static void test_what_is_cut_is_not_depended_on(void **state)
{
	struct scene *s = *state;
	struct instance *p, *i;
	struct slot *use;
	unsigned n = 0;

	restart_scene(s);
	p = pretend(s, "/p", NULL);
	assert_false(order_is_needed(p));
	i = pretend(s, "/tell", NULL);
	pretend(s, "/again", NULL);
	order_each_dependent(p, count_dependent, &n);
	assert_int_equal(n, 2);
	assert_true(order_is_needed(p));
	use = realm_find_slot(i->realm, TABLE_PROGRAM_INPUT, CAPABILITY_SERVICE,
			      "one");
	use->cut = SLOT_CUT_BY_OPERATOR;
	n = 0;
	order_each_dependent(p, count_dependent, &n);
	assert_int_equal(n, 1);
	use->from->cut = SLOT_CUT_BY_OPERATOR;
	n = 0;
	order_each_dependent(p, count_dependent, &n);
	assert_int_equal(n, 1);
}

/* What was granted while it runs is depended on as well. */
static void test_a_grant_is_an_edge(void **state)
{
	struct scene *s = *state;
	const struct grant_spec spec = { .type = CAPABILITY_SERVICE,
					 .from = "#p",
					 .name = "one" };
	struct instance *p, *last;
	struct text why = TEXT_INIT;
	struct grant *g;
	unsigned n = 0;

	restart_scene(s);
	p = pretend(s, "/p", NULL);
	last = pretend(s, "/last", NULL);
	assert_int_equal(grant_new(s->m->tree.root, last->realm, &spec, &g,
				   &why),
			 0);
	assert_int_equal(manager_route(s->m, last->realm, grant_slot(g)->decl,
				       s->m->route),
			 ROUTE_ENDED);
	order_each_dependent(p, count_dependent, &n);
	assert_int_equal(n, 1);
	assert_true(order_is_needed(p));
	grant_free(g);
	assert_false(order_is_needed(p));
	text_fini(&why);
}

static int settle(void **state)
{
	struct scene *s = *state;
	struct instance *i;

	/* Nobody frees what seems to run. */
	list_for_each (i, &s->m->instances, link) {
		i->lifecycle_fd = fd_close(i->lifecycle_fd);
		i->state = LIFE_STOPPED;
	}
	return scene_teardown(state);
}

#define restart_test(f) cmocka_unit_test_setup_teardown(f, scene_setup, settle)

int main(void)
{
	const struct CMUnitTest tests[] = {
		restart_test(test_policies_are_found),
		restart_test(test_a_failure_starts_it_again),
		restart_test(test_it_is_suspended),
		restart_test(test_a_wish_during_the_wait_is_met_later),
		restart_test(test_each_edge_has_its_way),
		restart_test(test_providers_are_first),
		restart_test(test_one_cause_stops_nobody_twice),
		restart_test(test_a_circle_that_waits_begins_somewhere),
		restart_test(test_a_stop_wins),
		restart_test(test_the_wish_to_stop_finds_room),
		restart_test(test_what_is_cut_is_not_depended_on),
		restart_test(test_a_grant_is_an_edge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
