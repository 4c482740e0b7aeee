/*
 * Whatever is not named in the tables does not exist (ENOSYS), so that programs
 * fall back to older calls; what is known and refused is EPERM, so that they
 * can say so.
 *
 * libseccomp lets an unconditional rule swallow the conditional ones of the
 * same call; so a call with conditions has rules for the allowed values only,
 * and some for refused values that deserve an errno of their own.
 */
#include "cell/filter.h"

#include <errno.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "cell/filter_table.h"
#include "sys/fd.h"
#include "sys/seccomp.h"

#define ALLOW	    SCMP_ACT_ALLOW
#define REFUSE(err) SCMP_ACT_ERRNO(err)

static int filter_add_names(scmp_filter_ctx ctx, uint32_t action,
			    const char *const *names, size_t n)
{
	size_t i;
	int nr, r;

	for (i = 0; i < n; i++) {
		nr = seccomp_syscall_resolve_name(names[i]);
		/* Unknown, or one of another machine (a pseudo number). */
		if (nr < 0)
			continue;
		r = seccomp_rule_add_exact_array(ctx, action, nr, 0, NULL);
		if (r < 0 && r != -EEXIST)
			return r;
	}
	return 0;
}

static int filter_add_numbers(scmp_filter_ctx ctx, uint32_t action,
			      const int *numbers, size_t n)
{
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		r = seccomp_rule_add_exact_array(ctx, action, numbers[i], 0,
						 NULL);
		if (r < 0 && r != -EEXIST)
			return r;
	}
	return 0;
}

/* SO_PASSRIGHTS, which the C library's headers may not know. */
enum { PASSRIGHTS = 83 };

static int filter_add_rules(scmp_filter_ctx ctx)
{
	const struct filter_rule *rule;
	int nr, r;

	for (rule = filter_rules; rule < filter_rules + n_filter_rules;
	     rule++) {
		nr = seccomp_syscall_resolve_name(rule->name);
		if (nr < 0)
			continue;
		r = seccomp_rule_add_array(ctx, rule->action, nr, rule->n,
					   rule->when);
		if (r < 0 && r != -EEXIST)
			return r;
	}
	return 0;
}

/* A rule on one argument's low bits: how all of the following are made. */
static int filter_add_masked(scmp_filter_ctx ctx, uint32_t action, int nr,
			     unsigned arg, uint64_t mask, uint64_t value)
{
	struct scmp_arg_cmp when = { arg, SCMP_CMP_MASKED_EQ, mask, value };

	return seccomp_rule_add_array(ctx, action, nr, 1, &when);
}

static int filter_add_ioctls(scmp_filter_ctx ctx)
{
	int nr = seccomp_syscall_resolve_name("ioctl"), r = 0;
	size_t i;

	for (i = 0; r == 0 && i < n_filter_ioctls; i++)
		r = filter_add_masked(ctx, ALLOW, nr, 1, FILTER_32,
				      filter_ioctls[i]);
	for (i = 0; r == 0 && i < n_filter_ioctls_refused; i++)
		r = filter_add_masked(ctx, REFUSE(EPERM), nr, 1, FILTER_32,
				      filter_ioctls_refused[i]);
	return r;
}

/* fchmodat2 came in 6.6; libseccomp may not know its name. */
static int filter_add_fchmodat2(scmp_filter_ctx ctx)
{
	const int nr = 452;
	int r;

	r = filter_add_masked(ctx, ALLOW, nr, 2, S_ISUID | S_ISGID, 0);
	if (r == 0)
		r = filter_add_masked(ctx, REFUSE(EPERM), nr, 2, S_ISUID,
				      S_ISUID);
	return r;
}

/*
 * All options of sockets but one: SO_PASSRIGHTS would open a channel again over
 * which no descriptor may pass. There is no "unequal" for a part of an
 * argument, and the kernel looks at the low half only: so an option is another
 * one if any of its bits is.
 */
static int filter_add_setsockopt(scmp_filter_ctx ctx)
{
	int nr = seccomp_syscall_resolve_name("setsockopt"), r = 0;
	uint64_t bit;

	for (bit = 1; r == 0 && bit <= FILTER_32; bit <<= 1)
		r = filter_add_masked(ctx, ALLOW, nr, 2, bit,
				      ~(uint64_t)PASSRIGHTS & bit);
	if (r == 0)
		r = filter_add_masked(ctx, REFUSE(EPERM), nr, 2, FILTER_32,
				      PASSRIGHTS);
	return r;
}

static int filter_fill(scmp_filter_ctx ctx)
{
	int r;

	r = filter_add_names(ctx, ALLOW, filter_allowed, n_filter_allowed);
	if (r == 0)
		r = filter_add_numbers(ctx, ALLOW, filter_allowed_numbers,
				       n_filter_allowed_numbers);
	if (r == 0)
		r = filter_add_names(ctx, REFUSE(EPERM), filter_refused,
				     n_filter_refused);
	if (r == 0)
		r = filter_add_numbers(ctx, REFUSE(EPERM),
				       filter_refused_numbers,
				       n_filter_refused_numbers);
	if (r == 0)
		r = filter_add_rules(ctx);
	if (r == 0)
		r = filter_add_ioctls(ctx);
	if (r == 0)
		r = filter_add_fchmodat2(ctx);
	if (r == 0)
		r = filter_add_setsockopt(ctx);
	return r;
}

static int filter_fill_init(scmp_filter_ctx ctx)
{
	return filter_add_names(ctx, ALLOW, filter_init, n_filter_init);
}

/* libseccomp writes the program to a descriptor; read it back from a memfd. */
static int filter_export(scmp_filter_ctx ctx, struct filter *ret)
{
	_cleanup_fd_ int fd = memfd_create("filter", MFD_CLOEXEC);
	_cleanup_free_ void *code = NULL;
	struct stat st;
	size_t n;
	int r;

	if (fd < 0)
		return -errno;
	r = seccomp_export_bpf(ctx, fd);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return -errno;
	n = (size_t)st.st_size;
	if (n / sizeof(struct sock_filter) > BPF_MAXINSNS)
		return -E2BIG;
	code = malloc(n);
	if (!code)
		return -ENOMEM;
	if (pread(fd, code, n, 0) != (ssize_t)n)
		return -EIO;
	ret->code = TAKE(code);
	ret->n = (unsigned short)(n / sizeof(struct sock_filter));
	return 0;
}

static int filter_build_by(int (*fill)(scmp_filter_ctx), uint32_t otherwise,
			   struct filter *ret)
{
	scmp_filter_ctx ctx = seccomp_init(otherwise);
	int r;

	if (!ctx)
		return -ENOMEM;
	r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
			     SCMP_ACT_KILL_PROCESS);
	/* A search tree instead of a chain of some 300 comparisons. */
	if (r == 0)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r == 0)
		r = fill(ctx);
	if (r == 0)
		r = filter_export(ctx, ret);
	seccomp_release(ctx);
	return r;
}

int filter_build(struct filter *ret)
{
	return filter_build_by(filter_fill, SCMP_ACT_ERRNO(ENOSYS), ret);
}

int filter_build_init(struct filter *ret)
{
	return filter_build_by(filter_fill_init, SCMP_ACT_ERRNO(EPERM), ret);
}

void filter_fini(struct filter *f)
{
	free(f->code);
	f->code = NULL;
	f->n = 0;
}

int filter_load(const struct filter *f)
{
	struct sock_fprog program = { f->n, f->code };

	return seccomp_load_filter(&program);
}
