/* What a component can make the manager hold, and for how long. */
#include "realm_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "channel/channel.h"
#include "host/open.h"
#include "host/output.h"
#include "host/realm_server.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "wire/io.h"

/* ---- lists that change under whoever walks them ---- */

/* The root waits for a blank when all is stopped; its child, which is the next
 * in the list of instances, goes with it. */
static void test_stop_of_one_that_waits_for_a_blank(void **state)
{
	struct scene *s = *state;
	struct instance *root;
	int fd, ends[2];

	realm_scene(s);
	fd = realm_connect(s, "/");
	root = scene_instance(s, "/");
	assert_int_equal(realm_create(s, fd, "pool", "a", "#meta/leaf.cm"),
			 REALM_OK);
	assert_int_equal(channel_pair(ends), 0);
	assert_int_equal(realm_open_exposed(s, fd, "pool", "a", ends[1]),
			 REALM_OK);
	assert_int_equal(s->m->n_instances, 2);
	root->state = LIFE_STARTING;
	list_link(&s->m->starting, &root->by_start);

	manager_stop(s->m);
	assert_true(list_is_empty(&s->m->starting));
	bare_turn(s->m);
	assert_int_equal(root->state, LIFE_STOPPED);
	assert_null(manager_find(s->m, "/pool:a"));
	assert_int_equal(s->m->n_instances, 1);
	fd_close(ends[0]);
	fd_close(fd);
}

/* ---- accounts ---- */

static int open_exposed(struct scene *s, int fd, uint32_t error)
{
	int ends[2];

	assert_int_equal(channel_pair(ends), 0);
	assert_int_equal(realm_open_exposed(s, fd, NULL, "fixed", ends[1]),
			 error);
	return ends[0];
}

static void test_exposed_directories_are_paid_for(void **state)
{
	struct scene *s = *state;
	struct instance *root;
	int fd, first, second;

	realm_scene(s);
	fd = realm_connect(s, "/");
	root = scene_instance(s, "/");
	root->account.limits[CHARGE_DIRECTORIES] = 2;
	first = open_exposed(s, fd, REALM_OK);
	second = open_exposed(s, fd, REALM_OK);
	expect_epitaph(open_exposed(s, fd, REALM_ERROR_RESOURCE_UNAVAILABLE),
		       REEVE_ERR_NO_RESOURCES);
	fd_close(first);
	bare_turn(s->m);
	assert_int_equal(root->account.held[CHARGE_DIRECTORIES], 1);
	fd_close(open_exposed(s, fd, REALM_OK));
	fd_close(second);
	bare_turn(s->m);
	assert_int_equal(root->account.held[CHARGE_DIRECTORIES], 0);
	fd_close(fd);
}

/* Whoever pays goes first: what was served for it is closed. */
static void test_payer_of_an_exposed_directory_goes(void **state)
{
	struct scene *s = *state;
	struct instance *payer;
	int fd, own, ends[2], exposed;

	realm_scene(s);
	own = realm_connect(s, "/");
	assert_int_equal(realm_create(s, own, "pool", "a", "#meta/leaf.cm"),
			 REALM_OK);
	payer = scene_instance(s, "/pool:a");
	assert_int_equal(channel_pair(ends), 0);
	fd = ends[0];
	assert_int_equal(
		realm_server_serve(scene_instance(s, "/"), payer, NULL,
				   ends[1]), 0);
	exposed = open_exposed(s, fd, REALM_OK);
	assert_int_equal(payer->account.held[CHARGE_DIRECTORIES], 1);
	assert_int_equal(realm_destroy(s, own, "pool", "a"), REALM_OK);
	expect_epitaph(exposed, REEVE_ERR_UNAVAILABLE);
	expect_closed(fd);
	fd_close(own);
}

/* ---- rights ---- */

static void test_exposed_rights_do_not_grow(void **state)
{
	struct scene *s = *state;
	struct instance *i;
	int ends[2];

	scene_write(s, "packages/root/meta/root.cml",
		    "{ program: { runner: 'elf', binary: 'bin/x' },"
		    "  capabilities: [ { directory: 'd', path: '/d',"
		    "    rights: [ 'rw*' ] } ],"
		    "  expose: [ { directory: 'd', from: 'self',"
		    "    rights: [ 'r*' ] } ] }");
	scene_run(s);
	i = scene_instance(s, "/");
	assert_int_equal(channel_pair(ends), 0);
	open_capability(i, &i->realm->manifest->decls[DECL_EXPOSE][0],
			IO_RIGHT_READABLE | IO_RIGHT_WRITABLE, 0, "x", ends[1]);
	expect_epitaph(ends[0], REEVE_ERR_ACCESS_DENIED);
	assert_int_equal(channel_pair(ends), 0);
	open_capability(i, &i->realm->manifest->decls[DECL_EXPOSE][0],
			IO_RIGHT_READABLE, 0, "x", ends[1]);
	expect_quiet(ends[0]);
	assert_int_equal(i->outgoing.n_pending, 1);
	fd_close(ends[0]);
}

/* A package directory may be above the state directory; what components wrote
 * there is no manifest, by whatever way it is reached. */
static void test_manifests_in_the_state_directory(void **state)
{
	static const char *const urls[] = {
		"fuchsia-pkg://e/state#evil.cml",
		"fuchsia-pkg://e/state#data/meta/evil.cml",
		"fuchsia-pkg://e/root#link/evil.cml",
		"fuchsia-pkg://e/root#link/back/meta/leaf.cml",
	};
	struct scene *s = *state;
	struct realm *r;
	char name[8], directory[256];
	size_t i;

	realm_scene(s);
	snprintf(directory, sizeof(directory), "%s",
		 scene_path(s, "packages/state"));
	s->m->resolver.state_directory = directory;
	scene_write(s, "packages/state/evil.cml", "{}");
	scene_write(s, "packages/state/data/meta/evil.cml", "{}");
	assert_int_equal(
		symlink(directory, scene_path(s, "packages/root/link")), 0);
	assert_int_equal(symlink(scene_path(s, "packages/root"),
				 scene_path(s, "packages/state/back")),
			 0);
	for (i = 0; i < N_ELEMENTS(urls); i++) {
		snprintf(name, sizeof(name), "x%zu", i);
		assert_int_equal(realm_add_child(s->m->tree.root, "pool", name,
						 urls[i], STARTUP_LAZY, &r),
				 0);
		assert_int_equal(manager_resolve(s->m, r), 0);
		assert_int_equal(r->state, REALM_BROKEN);
		assert_contains(r->broken, "lies in the state directory");
	}
	r = manager_find(s->m, "/fixed");
	assert_int_equal(manager_resolve(s->m, r), 0);
	assert_int_equal(r->state, REALM_RESOLVED);
}

/* ---- what stays behind ---- */

static void test_own_directories_go_with_the_realm(void **state)
{
	static const char file[] =
		"state/directories/children/pool:a/own/data/secret";
	static const char other[] =
		"state/directories/children/fixed/own/data/secret";
	struct scene *s = *state;
	int fd;

	realm_scene(s);
	fd = realm_connect(s, "/");
	assert_int_equal(realm_create(s, fd, "pool", "a", "#meta/leaf.cm"),
			 REALM_OK);
	scene_write(s, file, "x");
	scene_write(s, other, "x");
	assert_int_equal(realm_destroy(s, fd, "pool", "a"), REALM_OK);
	assert_false(scene_has(s, "state/directories/children/pool:a"));
	assert_true(scene_has(s, other));
	fd_close(fd);
}

static void test_opens_that_are_ignored(void **state)
{
	struct scene *s = *state;
	_Alignas(8) uint8_t bytes[4096];
	struct message m = MESSAGE_OVER(bytes);
	struct outgoing *o;
	struct instance *i;
	int ends[2], lent, k;

	realm_scene(s);
	i = scene_instance(s, "/");
	o = &i->outgoing;
	assert_false(outgoing_is_ignored(o));
	for (k = 0; k < 2; k++) {
		assert_int_equal(channel_pair(ends), 0);
		assert_int_equal(
			outgoing_open(o, &i->opener, 1, 0, "svc/x", ends[1]),
			0);
		fd_close(ends[0]);
	}
	lent = outgoing_lend(o);
	assert_true(outgoing_is_ignored(o));
	assert_int_equal(channel_read(lent, &m, CHANNEL_NOW), 0);
	message_close_handles(&m);
	/* One waits, but one was read. */
	assert_false(outgoing_is_ignored(o));
	assert_int_equal(o->n_pending, 1);
	fd_close(lent);
	/* The next program has not. */
	assert_int_equal(outgoing_renew(o), 0);
	lent = outgoing_lend(o);
	assert_true(outgoing_is_ignored(o));
	fd_close(lent);
}

/* ---- no descriptors ---- */

static struct rlimit fill_descriptors(void)
{
	struct rlimit limit, full;
	int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);

	assert_true(fd >= 0);
	fd_close(fd);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	full = limit;
	full.rlim_cur = (rlim_t)fd;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &full), 0);
	return limit;
}

static void test_realm_is_not_broken_by_a_lack(void **state)
{
	struct scene *s = *state;
	struct rlimit limit;
	struct realm *r;

	realm_scene(s);
	r = manager_find(s->m, "/fixed");
	limit = fill_descriptors();
	assert_int_equal(manager_resolve(s->m, r), -EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(r->state, REALM_UNRESOLVED);
	assert_int_equal(manager_resolve(s->m, r), 0);
	assert_int_equal(r->state, REALM_RESOLVED);
}

/* Whoever connects when there are no descriptors does not keep us awake. */
static void test_accept_without_descriptors(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct scene *s = *state;
	struct rlimit limit;
	int listener, client, fd;

	realm_scene(s);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket",
		 s->directory);
	listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
	client = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
	assert_int_equal(
		bind(listener, (struct sockaddr *)&address, sizeof(address)),
		0);
	assert_int_equal(listen(listener, 4), 0);
	assert_int_equal(manager_accept(s->m, listener), -1);
	assert_int_equal(
		connect(client, (struct sockaddr *)&address, sizeof(address)),
		0);
	limit = fill_descriptors();
	assert_int_equal(manager_accept(s->m, listener), -1);
	assert_true(channel_is_closed(client));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	fd_close(client);

	client = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
	assert_int_equal(
		connect(client, (struct sockaddr *)&address, sizeof(address)),
		0);
	fd = manager_accept(s->m, listener);
	assert_true(fd >= 0);
	fd_close(fd);
	fd_close(client);
	fd_close(listener);
}

/* ---- lines ---- */

struct counter {
	struct journal_listener listener;
	size_t n;
	char last[64];
};

static void count_entry(struct journal_listener *l,
			const struct journal_entry *e)
{
	struct counter *c = container_of(l, struct counter, listener);

	c->n++;
	snprintf(c->last, sizeof(c->last), "%s", e->text);
}

static void test_lines_at_the_end_are_bounded(void **state)
{
	struct counter c = { .listener.on_entry = count_entry };
	struct scene *s = *state;
	char lines[16384];
	struct output *o;
	int fd;

	realm_scene(s);
	journal_listen(s->m->journal, &c.listener);
	assert_int_equal(output_new(s->m->loop, s->m->journal, "/x", &o, &fd),
			 0);
	memset(lines, '\n', sizeof(lines));
	assert_int_equal(write(fd, lines, sizeof(lines)), sizeof(lines));
	fd_close(fd);
	/* One turn is not all of it either. */
	assert_true(loop_turn(s->m->loop, 0) > 0);
	assert_true(c.n > 0 && c.n < 2 * JOURNAL_KEPT);
	c.n = 0;
	output_free(o);
	assert_int_equal(c.n, JOURNAL_KEPT + 1);
	assert_contains(c.last, "more lines at its end");
	list_unlink(&c.listener.link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_test(test_stop_of_one_that_waits_for_a_blank),
		host_test(test_exposed_directories_are_paid_for),
		host_test(test_payer_of_an_exposed_directory_goes),
		host_test(test_exposed_rights_do_not_grow),
		host_test(test_manifests_in_the_state_directory),
		host_test(test_own_directories_go_with_the_realm),
		host_test(test_opens_that_are_ignored),
		host_test(test_realm_is_not_broken_by_a_lack),
		host_test(test_accept_without_descriptors),
		host_test(test_lines_at_the_end_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
