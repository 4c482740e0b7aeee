/* Comparing what two cells have: objects made up, and the edges they make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "cell/audit_look.h"

enum { FAR_AWAY_MS = 100000, EDGES_MAX = 16, SOCKETS = 8 };

static struct audit_result result;
static struct audit audit;
static struct audit_cell cells[2];

static struct {
	enum audit_kind kind;
	int fds[2]; /* -1: none */
} edges[EDGES_MAX];
static size_t n_edges;

static void on_edge(struct audit *a, enum audit_kind kind,
		    const struct audit_object *first,
		    const struct audit_object *second)
{
	(void)a;
	assert_true(n_edges < EDGES_MAX);
	edges[n_edges].kind = kind;
	edges[n_edges].fds[0] = first ? first->holder.fd : -1;
	edges[n_edges++].fds[1] = second ? second->holder.fd : -1;
}

static int begin(void **state)
{
	(void)state;
	memset(&result, 0, sizeof(result));
	audit = (struct audit){ .quit_fd = -1,
				.end_ms = audit_clock() + FAR_AWAY_MS,
				.result = &result };
	memset(cells, 0, sizeof(cells));
	cells[0].audit = cells[1].audit = &audit;
	cells[0].other = &cells[1];
	cells[1].other = &cells[0];
	n_edges = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	audit_cell_fini(&cells[0]);
	audit_cell_fini(&cells[1]);
	return 0;
}

static struct audit_object object(enum audit_type type, uint64_t inode, int fd)
{
	return (struct audit_object){
		.type = type,
		.device = SOCKETS,
		.inode = inode,
		.holder = { AUDIT_HOLD_FD, getpid(), fd },
		.is_foreign = type != AUDIT_TYPE_FILE,
		.cookie = type == AUDIT_TYPE_SOCKET ? inode + 1000 : 0,
		.has_peer = true,
	};
}

static void add(size_t which, const struct audit_object *o)
{
	audit_cell_add(&cells[which], o, AUDIT_MOUNT_UNKNOWN);
}

static void match(void)
{
	audit_cell_sort(&cells[0]);
	audit_cell_sort(&cells[1]);
	audit_match(&audit, cells, on_edge);
	assert_false(result.is_partial);
}

static void expect(size_t i, enum audit_kind kind, int a, int b)
{
	assert_true(i < n_edges);
	assert_int_equal(edges[i].kind, kind);
	assert_int_equal(edges[i].fds[0], a);
	assert_int_equal(edges[i].fds[1], b);
}

/* It is one thing, however many have it; and it is best called a descriptor. */
static void audit_match_tells_one_thing_once(void **state)
{
	struct audit_object o = object(AUDIT_TYPE_PIPE, 1, 3), map;
	int i;

	(void)state;
	map = object(AUDIT_TYPE_FILE, 2, -1);
	map.is_foreign = true;
	map.holder.hold = AUDIT_HOLD_MAP;
	for (i = 0; i < 3; i++) {
		add(0, &o);
		add(1, &o);
		add(0, &map);
		add(1, &map);
	}
	map.holder = (struct audit_holder){ AUDIT_HOLD_FD, getpid(), 7 };
	add(1, &map);
	o = object(AUDIT_TYPE_PIPE, 3, 4);
	add(0, &o);
	o = object(AUDIT_TYPE_PIPE, 4, 4);
	add(1, &o);
	match();
	assert_int_equal(n_edges, 2);
	expect(0, AUDIT_PIPE, 3, 3);
	expect(1, AUDIT_FILE, -1, 7);
}

static void audit_match_leaves_out_what_both_opened(void **state)
{
	struct audit_object own = object(AUDIT_TYPE_FILE, 1, 3), given = own;

	(void)state;
	add(0, &own);
	add(1, &own);
	match();
	assert_int_equal(n_edges, 0);
	/* The second has it once of its own, and once not. */
	given.holder.fd = 9;
	given.is_foreign = true;
	add(1, &given);
	match();
	assert_int_equal(n_edges, 1);
	expect(0, AUDIT_FILE, 3, 9);
}

static void audit_match_tells_whose_mount_it_is(void **state)
{
	struct audit_object o = object(AUDIT_TYPE_FILE, 1, 3);

	(void)state;
	o.is_foreign = o.is_others = true;
	add(0, &o);
	o.inode = 2;
	o.holder.fd = 4;
	add(1, &o);
	match();
	assert_int_equal(n_edges, 2);
	expect(0, AUDIT_FILE, 3, -1);
	expect(1, AUDIT_FILE, -1, 4);
}

static void audit_match_finds_pairs(void **state)
{
	struct audit_object a = object(AUDIT_TYPE_SOCKET, 1, 3);
	struct audit_object b = object(AUDIT_TYPE_SOCKET, 2, 4);

	(void)state;
	a.peer_inode = 2;
	a.peer_cookie = b.cookie;
	add(0, &a);
	/* A number that was another socket's before. */
	b.cookie++;
	add(1, &b);
	match();
	assert_int_equal(n_edges, 0);
	cells[1].objects[0].cookie--;
	match();
	assert_int_equal(n_edges, 1);
	expect(0, AUDIT_PAIR, 3, 4);
}

static void audit_match_leaves_out_the_dead(void **state)
{
	struct audit_object a = object(AUDIT_TYPE_SOCKET, 1, 3);
	struct audit_object b = object(AUDIT_TYPE_SOCKET, 2, 4);

	(void)state;
	a.peer_inode = 2;
	a.peer_cookie = b.cookie;
	a.is_dead = b.is_dead = true;
	add(0, &a);
	add(1, &a);
	add(1, &b);
	match();
	assert_int_equal(n_edges, 0);
}

/* Without the kernel's list only what the manager has named can be told. */
static void audit_match_goes_by_labels(void **state)
{
	struct audit_object a = object(AUDIT_TYPE_SOCKET, 1, 3);
	struct audit_object b = object(AUDIT_TYPE_SOCKET, 2, 4);
	struct audit_object other = object(AUDIT_TYPE_SOCKET, 3, 5);

	(void)state;
	strcpy(a.peer_name, "reeve/1/2");
	strcpy(b.own_name, "reeve/1/2");
	strcpy(other.own_name, "reeve/3/4");
	add(0, &a);
	add(1, &other);
	add(1, &b);
	match();
	assert_int_equal(n_edges, 0);
	result.lacks_pairs = true;
	match();
	assert_int_equal(n_edges, 1);
	expect(0, AUDIT_PAIR, 3, 4);
	/* Any other name may be many sockets'. */
	end(NULL);
	begin(NULL);
	result.lacks_pairs = true;
	strcpy(a.peer_name, "bus");
	strcpy(b.own_name, "bus");
	add(0, &a);
	add(1, &b);
	match();
	assert_int_equal(n_edges, 0);
}

/* These the kernel is asked about: here both cells are ourselves. */
static void audit_match_asks_who_is_one(void **state)
{
	int fds[] = { eventfd(0, EFD_CLOEXEC), eventfd(0, EFD_CLOEXEC), -1,
		      epoll_create1(EPOLL_CLOEXEC) };
	struct audit_object o = object(AUDIT_TYPE_ANONYMOUS, 1, fds[0]);

	(void)state;
	fds[2] = dup(fds[0]);
	add(0, &o);
	o.holder.fd = fds[2];
	add(0, &o);
	add(1, &o);
	o.holder.fd = fds[1];
	add(1, &o);
	/* Of another kind, it is not even asked about. */
	o.holder.fd = fds[3];
	o.inode = 2;
	add(0, &o);
	/* One that has been closed meanwhile. */
	o.holder.fd = 1000000;
	o.inode = 1;
	add(1, &o);
	match();
	assert_int_equal(n_edges, 1);
	assert_int_equal(edges[0].kind, AUDIT_OTHER);
	assert_int_equal(edges[0].fds[1], fds[2]);
	close(fds[0]);
	close(fds[1]);
	close(fds[2]);
	close(fds[3]);
}

static void audit_match_ends_in_time(void **state)
{
	struct audit_object o = object(AUDIT_TYPE_PIPE, 1, 3);

	(void)state;
	add(0, &o);
	add(1, &o);
	audit.end_ms = 0;
	audit_match(&audit, cells, on_edge);
	assert_int_equal(n_edges, 0);
	assert_true(result.is_partial);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(audit_match_tells_one_thing_once),
		TEST(audit_match_leaves_out_what_both_opened),
		TEST(audit_match_tells_whose_mount_it_is),
		TEST(audit_match_finds_pairs),
		TEST(audit_match_leaves_out_the_dead),
		TEST(audit_match_goes_by_labels),
		TEST(audit_match_asks_who_is_one),
		TEST(audit_match_ends_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
