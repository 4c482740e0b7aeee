/*
 * Each list is laid out by hand, a topic a paragraph; clang-format would make a
 * column of it.
 */
#include "cell/filter_table.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/own.h"

/* clang-format off */

/* Calls that ordinary programs make, whatever their arguments. A name that this
 * machine or this libseccomp lacks is skipped. */
const char *const filter_allowed[] = {
	/* files and directories */
	"access", "chdir", "close", "copy_file_range", "dup",
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
	/* sockets and pipes; socket, socketpair, setsockopt and send* have
	 * conditions */
	"accept", "accept4", "bind", "connect", "getpeername", "getsockname",
	"getsockopt", "listen", "pipe", "pipe2", "recvfrom", "recvmmsg",
	"recvmsg", "shutdown",
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
	"pidfd_send_signal", "prctl", "prlimit64", "rseq",
	"sched_get_priority_max", "sched_get_priority_min",
	"sched_getaffinity", "sched_getattr", "sched_getparam",
	"sched_getscheduler", "sched_rr_get_interval", "sched_setaffinity",
	"sched_setattr", "sched_setparam", "sched_setscheduler", "sched_yield",
	"set_robust_list", "get_robust_list", "set_thread_area",
	"get_thread_area", "set_tid_address", "setfsgid", "setfsuid", "setgid",
	"setgroups", "setpgid", "setpriority", "setregid", "setresgid",
	"setresuid", "setreuid", "setrlimit", "setsid", "setuid", "tgkill",
	"times", "tkill", "vfork", "wait4", "waitid", "waitpid", "sysinfo",
	"uname",
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
	"landlock_restrict_self", "seccomp",
};
const size_t n_filter_allowed = N_ELEMENTS(filter_allowed);

/* Calls newer than libseccomp may be, by number: one numbering for all machines
 * since 2019. */
const int filter_allowed_numbers[] = {
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
const size_t n_filter_allowed_numbers = N_ELEMENTS(filter_allowed_numbers);

/* Known, and refused. */
const char *const filter_refused[] = {
	/* mounts and roots */
	"mount", "umount", "umount2", "move_mount", "open_tree", "fsopen",
	"fsconfig", "fsmount", "fspick", "mount_setattr", "pivot_root",
	"chroot", "open_by_handle_at", "name_to_handle_at", "quotactl",
	"quotactl_fd", "swapon", "swapoff",
	/* other tasks and other namespaces */
	"ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd",
	"kcmp", "setns", "unshare", "userfaultfd", "perf_event_open", "bpf",
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
const size_t n_filter_refused = N_ELEMENTS(filter_refused);

const int filter_refused_numbers[] = {
	457, 458, /* statmount, listmount */
	467, /* open_tree_attr */
};
const size_t n_filter_refused_numbers = N_ELEMENTS(filter_refused_numbers);

/* All that an init does once its component runs, and what the C library or a
 * sanitizer does on its own account. Nothing here opens anything. */
const char *const filter_init[] = {
	"poll", "ppoll", "read", "close", "recvmsg", "sendmsg", "kill",
	"wait4", "exit", "exit_group", "rt_sigreturn", "restart_syscall",
	"munmap", "brk", "madvise", "futex", "mmap", "mprotect", "sigaltstack",
	"gettid", "getpid", "rt_sigprocmask", "rt_sigaction", "write",
	"clock_gettime",
};
const size_t n_filter_init = N_ELEMENTS(filter_init);

/* The ioctls that programs without devices have a use for. */
const uint32_t filter_ioctls[] = {
	0x5401, 0x5402, 0x5403, 0x5404, /* TCGETS, TCSETS, TCSETSW, TCSETSF */
	0x5405, 0x5406, 0x5407, 0x5408, /* TCGETA, TCSETA, ... */
	0x5409, 0x540a, 0x540b, /* TCSBRK, TCXONC, TCFLSH */
	0x540f, 0x5410, /* TIOCGPGRP, TIOCSPGRP */
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
const size_t n_filter_ioctls = N_ELEMENTS(filter_ioctls);

/* Keystrokes into, and more of, a terminal that others use too. */
const uint32_t filter_ioctls_refused[] = {
	0x5412, /* TIOCSTI */
	0x541c, /* TIOCLINUX */
};
const size_t n_filter_ioctls_refused = N_ELEMENTS(filter_ioctls_refused);

#define WHEN(arg, mask, value) { (arg), SCMP_CMP_MASKED_EQ, (mask), (value) }

#define ALLOW_IF(name, ...)       { name, SCMP_ACT_ALLOW, 1, { __VA_ARGS__ } }
#define ALLOW_IF2(name, ...)      { name, SCMP_ACT_ALLOW, 2, { __VA_ARGS__ } }
#define REFUSE_IF(e, name, ...)   { name, SCMP_ACT_ERRNO(e), 1, { __VA_ARGS__ } }
#define REFUSE_IF2(e, name, ...)  { name, SCMP_ACT_ERRNO(e), 2, { __VA_ARGS__ } }

#define SUID (S_ISUID | S_ISGID)

/*
 * A mode argument that may not carry set-user-ID or set-group-ID: storage is on
 * the host's disk and belongs to a host user there, so such a file would be a
 * gift to whoever can reach it from outside.
 */
#define MODE(name, arg) \
	ALLOW_IF(name, WHEN(arg, SUID, 0)), \
	REFUSE_IF(EPERM, name, WHEN(arg, S_ISUID, S_ISUID)), \
	REFUSE_IF(EPERM, name, WHEN(arg, SUID, S_ISGID))

/* O_TMPFILE without the O_DIRECTORY that is part of it. */
#define TMPFILE (O_TMPFILE & ~O_DIRECTORY)
#define CREATES(arg) WHEN(arg, O_CREAT, O_CREAT)

/* The same where the mode only counts when a file is made. */
#define OPEN(name, flags, mode) \
	ALLOW_IF(name, WHEN(flags, O_CREAT | TMPFILE, 0)), \
	ALLOW_IF2(name, CREATES(flags), WHEN(mode, SUID, 0)), \
	REFUSE_IF2(EPERM, name, CREATES(flags), WHEN(mode, S_ISUID, S_ISUID)), \
	REFUSE_IF2(EPERM, name, CREATES(flags), WHEN(mode, SUID, S_ISGID)), \
	ALLOW_IF2(name, WHEN(flags, O_CREAT | TMPFILE, TMPFILE), \
		  WHEN(mode, SUID, 0))

/* Out-of-band bytes cannot be seen by whoever looks for hidden descriptors. */
#define SEND(name, flags) \
	ALLOW_IF(name, WHEN(flags, MSG_OOB, 0)), \
	REFUSE_IF(EOPNOTSUPP, name, WHEN(flags, MSG_OOB, MSG_OOB))

#define UNIX WHEN(0, FILTER_32, AF_UNIX)
/* The type of a socket is without the flags that share its argument. */
#define TYPE(type) \
	WHEN(1, FILTER_32 & ~(uint64_t)(SOCK_NONBLOCK | SOCK_CLOEXEC), type)

/*
 * Only sockets inside the machine, and only those with two fixed ends: the end of
 * a datagram pair can be connected anew, to any path.
 */
#define SOCKET(name) \
	ALLOW_IF2(name, UNIX, TYPE(SOCK_STREAM)), \
	ALLOW_IF2(name, UNIX, TYPE(SOCK_SEQPACKET)), \
	REFUSE_IF2(EPROTONOSUPPORT, name, UNIX, TYPE(SOCK_DGRAM)), \
	REFUSE_IF2(EPROTONOSUPPORT, name, UNIX, TYPE(SOCK_RAW)), \
	REFUSE_IF(EAFNOSUPPORT, name, { 0, SCMP_CMP_NE, AF_UNIX, 0 })

#define NAMESPACES \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | \
	 CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define CLOSE_UNSHARE 2
#define NO_CLONE(flag) REFUSE_IF(EPERM, "clone", WHEN(0, flag, flag))

const struct filter_rule filter_rules[] = {
	SOCKET("socket"),
	SOCKET("socketpair"),
	SEND("sendto", 3),
	SEND("sendmsg", 2),
	SEND("sendmmsg", 3),
	MODE("chmod", 1),
	MODE("fchmod", 1),
	MODE("fchmodat", 2),
	MODE("creat", 1),
	MODE("mknod", 1),
	MODE("mknodat", 2),
	OPEN("open", 1, 2),
	OPEN("openat", 2, 3),

	/* New tasks, but no new namespaces; threads share their descriptors, so
	 * that a sweep of one table sees those of all. */
	ALLOW_IF("clone", WHEN(0, NAMESPACES | CLONE_THREAD, 0)),
	ALLOW_IF("clone", WHEN(0, NAMESPACES | CLONE_THREAD | CLONE_FILES,
			       CLONE_THREAD | CLONE_FILES)),
	NO_CLONE(CLONE_NEWNS),
	NO_CLONE(CLONE_NEWUSER),
	NO_CLONE(CLONE_NEWPID),
	NO_CLONE(CLONE_NEWNET),
	NO_CLONE(CLONE_NEWIPC),
	NO_CLONE(CLONE_NEWUTS),
	NO_CLONE(CLONE_NEWCGROUP),
	REFUSE_IF(EPERM, "clone",
		  WHEN(0, CLONE_THREAD | CLONE_FILES, CLONE_THREAD)),
	ALLOW_IF("close_range", WHEN(2, CLOSE_UNSHARE, 0)),
	REFUSE_IF(EPERM, "close_range", WHEN(2, CLOSE_UNSHARE, CLOSE_UNSHARE)),

	/* The default personality, and asking for it. */
	ALLOW_IF("personality", WHEN(0, FILTER_32, 0)),
	ALLOW_IF("personality", WHEN(0, FILTER_32, 0xffffffff)),
};
const size_t n_filter_rules = N_ELEMENTS(filter_rules);

/* clang-format on */
