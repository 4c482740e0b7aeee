/*
 * Whatever is not named here does not exist (ENOSYS), so that programs fall back
 * to older calls; what is known and refused is EPERM, so that they can say so.
 *
 * Rules compare what the kernel will look at: arguments that it takes as 32 bits
 * are compared under a 32-bit mask, or a caller could hide a refused value behind
 * a bit above.
 *
 * libseccomp lets an unconditional rule swallow the conditional ones of the same
 * call; so a call with conditions has rules for the allowed values only, and
 * some for refused values that deserve an errno of their own.
 */
#include "cell/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "sys/fd.h"
#include "sys/seccomp.h"

/* Calls that ordinary programs make, whatever their arguments. A name that this
 * machine or this libseccomp lacks is skipped. */
static const char *const filter_allowed[] = {
	/* files and directories */
	"access", "chdir", "close", "close_range", "copy_file_range", "dup",
	"dup2", "dup3", "faccessat", "faccessat2", "fadvise64", "fallocate",
	"fchdir", "fchown", "fchownat", "fcntl", "fdatasync", "fgetxattr",
	"flistxattr", "flock", "fremovexattr", "fsetxattr", "fstat", "fstatfs",
	"fsync", "ftruncate", "futimesat", "getcwd", "getdents", "getdents64",
	"getxattr", "inotify_add_watch", "inotify_init", "inotify_init1",
	"inotify_rm_watch", "chown", "lchown", "lgetxattr", "link", "linkat",
	"listxattr", "llistxattr", "lremovexattr", "lseek", "lsetxattr",
	"lstat", "mkdir", "mkdirat", "newfstatat", "readahead", "readlink",
	"readlinkat", "removexattr", "rename", "renameat", "renameat2",
	"rmdir", "setxattr", "stat", "statfs", "statx", "symlink", "symlinkat",
	"sync_file_range", "syncfs", "truncate", "umask", "unlink", "unlinkat",
	"ustat", "utime", "utimensat", "utimes", "sync",
	/* reading and writing */
	"pread64", "preadv", "preadv2", "pwrite64", "pwritev", "pwritev2",
	"read", "readv", "sendfile", "splice", "tee", "vmsplice", "write",
	"writev",
	/* waiting */
	"epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait",
	"epoll_pwait2", "epoll_wait", "eventfd", "eventfd2", "poll", "ppoll",
	"pselect6", "select", "signalfd", "signalfd4", "timerfd_create",
	"timerfd_gettime", "timerfd_settime",
	/* sockets and pipes; socket, socketpair and send* have conditions */
	"accept", "accept4", "bind", "connect", "getpeername", "getsockname",
	"getsockopt", "listen", "pipe", "pipe2", "recvfrom", "recvmmsg",
	"recvmsg", "setsockopt", "shutdown",
	/* memory */
	"brk", "madvise", "membarrier", "memfd_create", "mincore", "mlock",
	"mlock2", "mlockall", "mmap", "mprotect", "mremap", "msync", "munlock",
	"munlockall", "munmap", "pkey_alloc", "pkey_free", "pkey_mprotect",
	"remap_file_pages", "get_mempolicy", "mbind", "set_mempolicy",
	"process_madvise", "process_mrelease",
	/* tasks; clone has conditions */
	"arch_prctl", "capget", "capset", "execve", "execveat", "exit",
	"exit_group", "fork", "getcpu", "getegid", "geteuid", "getgid",
	"getgroups", "getpgid", "getpgrp", "getpid", "getppid", "getpriority",
	"getresgid", "getresuid", "getrlimit", "getrusage", "getsid", "gettid",
	"getuid", "ioprio_get", "ioprio_set", "kill", "pidfd_open",
	"pidfd_send_signal", "prctl", "prlimit64", "rseq", "sched_get_priority_max",
	"sched_get_priority_min", "sched_getaffinity", "sched_getattr",
	"sched_getparam", "sched_getscheduler", "sched_rr_get_interval",
	"sched_setaffinity", "sched_setattr", "sched_setparam",
	"sched_setscheduler", "sched_yield", "set_robust_list",
	"get_robust_list", "set_thread_area", "get_thread_area",
	"set_tid_address", "setfsgid", "setfsuid", "setgid", "setgroups",
	"setpgid", "setpriority", "setregid", "setresgid", "setresuid",
	"setreuid", "setrlimit", "setsid", "setuid", "tgkill", "times", "tkill",
	"vfork", "wait4", "waitid", "waitpid", "sysinfo", "uname",
	/* futexes, signals, clocks */
	"futex", "futex_waitv", "alarm", "clock_getres", "clock_gettime",
	"clock_nanosleep", "getitimer", "gettimeofday", "nanosleep", "pause",
	"restart_syscall", "rt_sigaction", "rt_sigpending", "rt_sigprocmask",
	"rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait",
	"rt_tgsigqueueinfo", "setitimer", "sigaltstack", "sigreturn", "time",
	"timer_create", "timer_delete", "timer_getoverrun", "timer_gettime",
	"timer_settime",
	/* System V objects, of the cell's own namespace */
	"mq_getsetattr", "mq_notify", "mq_open", "mq_timedreceive",
	"mq_timedsend", "mq_unlink", "msgctl", "msgget", "msgrcv", "msgsnd",
	"semctl", "semget", "semop", "semtimedop", "shmat", "shmctl", "shmdt",
	"shmget",
	/* more confinement, and the rest */
	"getrandom", "landlock_add_rule", "landlock_create_ruleset",
	"landlock_restrict_self", "seccomp", "io_setup", "io_submit",
	"io_getevents", "io_pgetevents", "io_cancel", "io_destroy",
};

/* Calls newer than libseccomp may be, by number: one numbering for all machines
 * since 2019. */
static const int filter_allowed_numbers[] = {
	449, /* futex_waitv */
	450, /* set_mempolicy_home_node */
	451, /* cachestat */
	453, /* map_shadow_stack */
	454, /* futex_wake */
	455, /* futex_wait */
	456, /* futex_requeue */
	462, /* mseal */
	463, 464, 465, 466, /* setxattrat, getxattrat, listxattrat, removexattrat */
};

/* Known, and refused. */
static const char *const filter_refused[] = {
	/* mounts and roots */
	"mount", "umount", "umount2", "move_mount", "open_tree", "fsopen",
	"fsconfig", "fsmount", "fspick", "mount_setattr", "pivot_root", "chroot",
	"open_by_handle_at", "name_to_handle_at", "quotactl", "quotactl_fd",
	"swapon", "swapoff",
	/* other tasks and other namespaces */
	"ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp",
	"setns", "unshare", "userfaultfd", "perf_event_open", "bpf",
	"lookup_dcookie", "fanotify_init", "fanotify_mark",
	/* keyrings are not all per namespace */
	"add_key", "request_key", "keyctl",
	/* the machine */
	"kexec_load", "kexec_file_load", "init_module", "finit_module",
	"delete_module", "create_module", "reboot", "acct", "settimeofday",
	"clock_settime", "clock_adjtime", "adjtimex", "stime", "sethostname",
	"setdomainname", "syslog", "ioperm", "iopl", "vhangup", "nfsservctl",
	"move_pages", "migrate_pages", "memfd_secret", "uselib", "_sysctl",
	"sysfs", "vm86", "vm86old", "modify_ldt",
};

static const int filter_refused_numbers[] = {
	457, 458, /* statmount, listmount */
	467, /* open_tree_attr */
};

/* All that an init does once its component runs. */
static const char *const filter_init[] = {
	"poll", "ppoll", "read", "close", "recvmsg", "sendmsg", "kill", "wait4",
	"exit", "exit_group", "rt_sigreturn", "restart_syscall", "munmap", "brk",
	"madvise", "futex",
};

/* The ioctls that programs without devices have a use for. */
static const uint32_t filter_ioctls[] = {
	0x5401, 0x5402, 0x5403, 0x5404, /* TCGETS, TCSETS, TCSETSW, TCSETSF */
	0x5405, 0x5406, 0x5407, 0x5408, /* TCGETA, TCSETA, ... */
	0x5409, 0x540a, 0x540b, /* TCSBRK, TCXONC, TCFLSH */
	0x540e, 0x540f, 0x5410, /* TIOCSCTTY, TIOCGPGRP, TIOCSPGRP */
	0x5411, /* TIOCOUTQ, SIOCOUTQ */
	0x5413, 0x5414, /* TIOCGWINSZ, TIOCSWINSZ */
	0x541b, /* FIONREAD, TIOCINQ, SIOCINQ */
	0x5421, /* FIONBIO */
	0x5422, /* TIOCNOTTY */
	0x5425, /* TCSBRKP */
	0x5429, /* TIOCGSID */
	0x5450, 0x5451, 0x5452, /* FIONCLEX, FIOCLEX, FIOASYNC */
	0x5460, /* FIOQSIZE */
	0x80045430, /* TIOCGPTN */
	0x802c542a, /* TCGETS2 */
	0x80086601, 0x40086602, /* FS_IOC_GETFLAGS, FS_IOC_SETFLAGS */
	0x801c581f, /* FS_IOC_FSGETXATTR */
	0x80087601, /* FS_IOC_GETVERSION */
	0xc020660b, /* FS_IOC_FIEMAP */
	0x40049409, 0x4020940d, /* FICLONE, FICLONERANGE */
	0xc0189436, /* FIDEDUPERANGE */
	0x00000002, /* FIGETBSZ */
	0x80045200, /* RNDGETENTCNT */
};

/* Keystrokes into, and more of, a terminal that others use too. */
static const uint32_t filter_ioctls_refused[] = {
	0x5412, /* TIOCSTI */
	0x541c, /* TIOCLINUX */
};

#define MASK32 UINT64_C(0xffffffff)

/* A conditional rule: at most two comparisons, each "argument & mask == value". */
struct filter_rule {
	const char *name;
	uint32_t action;
	unsigned n;
	struct scmp_arg_cmp when[2];
};

#define WHEN(arg, mask, value)                                                 \
	{                                                                      \
		(arg), SCMP_CMP_MASKED_EQ, (mask), (value)                     \
	}
#define ALLOW       SCMP_ACT_ALLOW
#define REFUSE(err) SCMP_ACT_ERRNO(err)

/* The type argument of socket() without its flags. */
#define SOCKET_TYPE_MASK                                                       \
	(MASK32 & ~(uint64_t)(SOCK_NONBLOCK | SOCK_CLOEXEC))

#define NAMESPACES                                                             \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |         \
	 CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define SUID_BITS  (S_ISUID | S_ISGID)
/* O_TMPFILE without the O_DIRECTORY that is part of it. */
#define TMPFILE    (O_TMPFILE & ~O_DIRECTORY)
#define CREATING   (O_CREAT | TMPFILE)

/*
 * A mode argument that may not carry set-user-ID or set-group-ID: storage is on
 * the host's disk and belongs to a host user there, so such a file would be a
 * gift to whoever can reach it from outside.
 */
#define MODE_RULES(name, arg)                                                  \
	{ name, ALLOW, 1, { WHEN(arg, SUID_BITS, 0) } },                       \
	{ name, REFUSE(EPERM), 1, { WHEN(arg, S_ISUID, S_ISUID) } },           \
	{ name, REFUSE(EPERM), 1, { WHEN(arg, SUID_BITS, S_ISGID) } }

/* The same where the mode only counts when a file is made. */
#define OPEN_RULES(name, flags, mode)                                          \
	{ name, ALLOW, 1, { WHEN(flags, CREATING, 0) } },                      \
	{ name, ALLOW, 2,                                                      \
	  { WHEN(flags, O_CREAT, O_CREAT), WHEN(mode, SUID_BITS, 0) } },       \
	{ name, REFUSE(EPERM), 2,                                              \
	  { WHEN(flags, O_CREAT, O_CREAT), WHEN(mode, S_ISUID, S_ISUID) } },   \
	{ name, REFUSE(EPERM), 2,                                              \
	  { WHEN(flags, O_CREAT, O_CREAT),                                     \
	    WHEN(mode, SUID_BITS, S_ISGID) } },                                \
	{ name, ALLOW, 2,                                                      \
	  { WHEN(flags, CREATING, TMPFILE), WHEN(mode, SUID_BITS, 0) } }

/* Out-of-band bytes cannot be seen by whoever looks for hidden descriptors. */
#define SEND_RULES(name, arg)                                                  \
	{ name, ALLOW, 1, { WHEN(arg, MSG_OOB, 0) } },                         \
	{ name, REFUSE(EOPNOTSUPP), 1, { WHEN(arg, MSG_OOB, MSG_OOB) } }

/*
 * Only sockets inside the machine, and only those with two fixed ends: the end of
 * a datagram pair can be connected anew, to any path.
 */
#define SOCKET_RULES(name)                                                     \
	{ name, ALLOW, 2,                                                      \
	  { WHEN(0, MASK32, AF_UNIX),                                          \
	    WHEN(1, SOCKET_TYPE_MASK, SOCK_STREAM) } },                        \
	{ name, ALLOW, 2,                                                      \
	  { WHEN(0, MASK32, AF_UNIX),                                          \
	    WHEN(1, SOCKET_TYPE_MASK, SOCK_SEQPACKET) } },                     \
	{ name, REFUSE(EPROTONOSUPPORT), 2,                                    \
	  { WHEN(0, MASK32, AF_UNIX),                                          \
	    WHEN(1, SOCKET_TYPE_MASK, SOCK_DGRAM) } },                         \
	{ name, REFUSE(EPROTONOSUPPORT), 2,                                    \
	  { WHEN(0, MASK32, AF_UNIX),                                          \
	    WHEN(1, SOCKET_TYPE_MASK, SOCK_RAW) } },                           \
	{ name, REFUSE(EAFNOSUPPORT), 1,                                       \
	  { { 0, SCMP_CMP_NE, AF_UNIX, 0 } } }

static const struct filter_rule filter_rules[] = {
	SOCKET_RULES("socket"),
	SOCKET_RULES("socketpair"),
	SEND_RULES("sendto", 3),
	SEND_RULES("sendmsg", 2),
	SEND_RULES("sendmmsg", 3),
	MODE_RULES("chmod", 1),
	MODE_RULES("fchmod", 1),
	MODE_RULES("fchmodat", 2),
	MODE_RULES("creat", 1),
	MODE_RULES("mknod", 1),
	MODE_RULES("mknodat", 2),
	OPEN_RULES("open", 1, 2),
	OPEN_RULES("openat", 2, 3),
	/* New tasks, but no new namespaces; threads share their descriptors, so
	 * that a sweep of one table sees those of all. */
	{ "clone", ALLOW, 1, { WHEN(0, NAMESPACES | CLONE_THREAD, 0) } },
	{ "clone", ALLOW, 1,
	  { WHEN(0, NAMESPACES | CLONE_THREAD | CLONE_FILES,
		 CLONE_THREAD | CLONE_FILES) } },
	{ "clone", REFUSE(EPERM), 1, { WHEN(0, CLONE_NEWNS, CLONE_NEWNS) } },
	{ "clone", REFUSE(EPERM), 1, { WHEN(0, CLONE_NEWUSER, CLONE_NEWUSER) } },
	{ "clone", REFUSE(EPERM), 1, { WHEN(0, CLONE_NEWPID, CLONE_NEWPID) } },
	{ "clone", REFUSE(EPERM), 1, { WHEN(0, CLONE_NEWNET, CLONE_NEWNET) } },
	{ "clone", REFUSE(EPERM), 1, { WHEN(0, CLONE_NEWIPC, CLONE_NEWIPC) } },
	{ "clone", REFUSE(EPERM), 1, { WHEN(0, CLONE_NEWUTS, CLONE_NEWUTS) } },
	{ "clone", REFUSE(EPERM), 1,
	  { WHEN(0, CLONE_NEWCGROUP, CLONE_NEWCGROUP) } },
	{ "clone", REFUSE(EPERM), 1,
	  { WHEN(0, CLONE_THREAD | CLONE_FILES, CLONE_THREAD) } },
	/* The default personality, and asking for it. */
	{ "personality", ALLOW, 1, { WHEN(0, MASK32, 0) } },
	{ "personality", ALLOW, 1, { WHEN(0, MASK32, 0xffffffff) } },
};

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

static int filter_add_rules(scmp_filter_ctx ctx)
{
	const struct filter_rule *rule;
	int nr, r;

	for (rule = filter_rules;
	     rule < filter_rules + N_ELEMENTS(filter_rules); rule++) {
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

static int filter_add_ioctls(scmp_filter_ctx ctx)
{
	int nr = seccomp_syscall_resolve_name("ioctl"), r;
	struct scmp_arg_cmp when;
	size_t i;

	for (i = 0; i < N_ELEMENTS(filter_ioctls); i++) {
		when = (struct scmp_arg_cmp)WHEN(1, MASK32, filter_ioctls[i]);
		r = seccomp_rule_add_array(ctx, ALLOW, nr, 1, &when);
		if (r < 0)
			return r;
	}
	for (i = 0; i < N_ELEMENTS(filter_ioctls_refused); i++) {
		when = (struct scmp_arg_cmp)WHEN(1, MASK32,
						 filter_ioctls_refused[i]);
		r = seccomp_rule_add_array(ctx, REFUSE(EPERM), nr, 1, &when);
		if (r < 0)
			return r;
	}
	return 0;
}

/* fchmodat2 came in 6.6; libseccomp may not know its name. */
static int filter_add_fchmodat2(scmp_filter_ctx ctx)
{
	struct scmp_arg_cmp when = WHEN(2, SUID_BITS, 0);
	struct scmp_arg_cmp refused = WHEN(2, S_ISUID, S_ISUID);
	int r;

	r = seccomp_rule_add_array(ctx, ALLOW, 452, 1, &when);
	if (r == 0)
		r = seccomp_rule_add_array(ctx, REFUSE(EPERM), 452, 1,
					   &refused);
	return r;
}

static int filter_fill(scmp_filter_ctx ctx)
{
	int r;

	r = filter_add_names(ctx, ALLOW, filter_allowed,
			     N_ELEMENTS(filter_allowed));
	if (r == 0)
		r = filter_add_numbers(ctx, ALLOW, filter_allowed_numbers,
				       N_ELEMENTS(filter_allowed_numbers));
	if (r == 0)
		r = filter_add_names(ctx, REFUSE(EPERM), filter_refused,
				     N_ELEMENTS(filter_refused));
	if (r == 0)
		r = filter_add_numbers(ctx, REFUSE(EPERM),
				       filter_refused_numbers,
				       N_ELEMENTS(filter_refused_numbers));
	if (r == 0)
		r = filter_add_rules(ctx);
	if (r == 0)
		r = filter_add_ioctls(ctx);
	if (r == 0)
		r = filter_add_fchmodat2(ctx);
	return r;
}

static int filter_fill_init(scmp_filter_ctx ctx)
{
	return filter_add_names(ctx, ALLOW, filter_init,
				N_ELEMENTS(filter_init));
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
