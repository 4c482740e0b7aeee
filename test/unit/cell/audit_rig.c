#include "audit_rig.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/unix_diag.h"

struct shell a, b;

static bool on_any(const struct unix_diag_socket *s, void *context)
{
	(void)s;
	(void)context;
	return false;
}

/* Does this kernel list unix sockets? */
static bool has_list(void)
{
	int fd, r;

	r = unix_diag_open(&fd);
	if (r == 0) {
		r = unix_diag_each(fd, on_any, NULL);
		close(fd);
	}
	return r == 0;
}

void need_list(void)
{
	if (has_list())
		return;
	print_message("this kernel does not list unix sockets\n");
	skip();
}

/* Two shells, with these descriptors. */
void start_both(const int *for_a, size_t n_a, const int *for_b, size_t n_b)
{
	struct plan p;

	shell_plan(&p);
	shell_start_with(&a, &p, for_a, n_a);
	shell_plan(&p);
	shell_start_with(&b, &p, for_b, n_b);
}

void stop_both(void)
{
	shell_stop(&a);
	shell_stop(&b);
}

void audit_for(uint32_t budget_ms, struct audit_result *ret)
{
	int fd;

	assert_int_equal(
		audit_begin(&rig.launcher, &a.cell, &b.cell, budget_ms, &fd),
		0);
	wait_for(fd);
	assert_int_equal(audit_read(fd, ret), 0);
	close(fd);
}

void audit(struct audit_result *ret)
{
	audit_for(BUDGET_MS, ret);
	assert_int_equal(ret->error, 0);
	assert_false(ret->is_partial);
	assert_false(ret->lacks_pairs && has_list());
	assert_int_equal(ret->n_named, ret->n_edges);
}

void audit_expect_nothing(void)
{
	static struct audit_result r;
	uint32_t i;

	audit(&r);
	for (i = 0; i < r.n_named; i++)
		print_message("%s %s\n", audit_kind_name(r.edges[i].kind),
			      r.edges[i].name);
	assert_int_equal(r.n_edges, 0);
}

void print_all(const struct audit_result *r)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	uint32_t i;

	for (i = 0; i < r->n_named; i++) {
		text_puts(&t, audit_kind_name(r->edges[i].kind));
		text_puts(&t, " ");
		audit_edge_render(&r->edges[i], NULL, &t);
		text_puts(&t, "\n");
	}
	print_message("%s", text_string(&t));
}

static bool is_held(const struct audit_holder *h, enum audit_hold hold, int fd)
{
	return h->hold == hold && h->fd == fd && kill(h->pid, 0) == 0;
}

/* It must be among them, held like this by tasks that live. */
const struct audit_edge *expect_held(const struct audit_result *r,
				     enum audit_kind kind,
				     enum audit_hold hold_a, int fd_a,
				     enum audit_hold hold_b, int fd_b)
{
	const struct audit_edge *e;
	uint32_t i;

	for (i = 0; i < r->n_named; i++) {
		e = &r->edges[i];
		if (e->kind == kind && is_held(&e->holders[0], hold_a, fd_a) &&
		    is_held(&e->holders[1], hold_b, fd_b))
			return e;
	}
	print_all(r);
	fail_msg("no %s by %d and %d", audit_kind_name(kind), fd_a, fd_b);
	return NULL;
}

const struct audit_edge *expect(const struct audit_result *r,
				enum audit_kind kind, int fd_a, int fd_b)
{
	return expect_held(r, kind, AUDIT_HOLD_FD, fd_a, AUDIT_HOLD_FD, fd_b);
}

void need_python(void)
{
	if (access("/usr/bin/python3", X_OK) < 0) {
		print_message("there is no /usr/bin/python3\n");
		skip();
	}
}

void pair(int ret[2])
{
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret), 0);
}
