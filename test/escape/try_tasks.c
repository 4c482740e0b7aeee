/* Other tasks, privileges, and what exec has left lying about. */
#include "escape.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

const char *ptrace_init(void)
{
	const char *result = NULL;

	TRY(ptrace(PTRACE_ATTACH, 1, 0, 0), "attached to init");
	TRY(ptrace(PTRACE_SEIZE, 1, 0, 0), "seized init");
	return result;
}

const char *ptrace_host(void)
{
	return must_fail(ptrace(PTRACE_SEIZE, host.pid, 0, 0),
			 "seized a host task");
}

const char *read_memory(void)
{
	char buffer[8];
	struct iovec here = { buffer, 8 }, there = { (void *)0x400000, 8 };
	const char *result = NULL;

	TRY(process_vm_readv(1, &here, 1, &there, 1, 0), "init's memory");
	TRY(process_vm_writev(host.pid, &here, 1, &there, 1, 0),
	    "a host task's memory");
	return result;
}

const char *steal_descriptor(void)
{
	int pidfd = (int)syscall(SYS_pidfd_open, 1, 0);

	return must_fail(syscall(SYS_pidfd_getfd, pidfd, 3, 0),
			 "init's socket");
}

const char *signal_host(void)
{
	const char *result = NULL;

	TRY(kill(host.pid, 0), "kill");
	TRY(syscall(SYS_pidfd_open, host.pid, 0), "pidfd_open");
	TRY(syscall(SYS_tgkill, host.pid, host.pid, 0), "tgkill");
	return result;
}

const char *signal_owner(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return must_fail(-1, "");
	return must_fail(fcntl(pair[0], F_SETOWN, host.pid),
			 "SIGIO for a host task");
}

const char *kill_init(void)
{
	int i;

	for (i = 0; i < 3; i++) {
		if (kill(1, SIGKILL) < 0)
			return must_fail(-1, "");
		usleep(20000);
	}
	/* Still here: had it died, so had we. */
	return "blocked init-survives";
}

const char *schedule_host(void)
{
	const char *result = NULL;
	struct rlimit limit;

	TRY(setpriority(PRIO_PROCESS, (id_t)host.pid, 19), "setpriority");
	TRY(prlimit(host.pid, RLIMIT_NOFILE, NULL, &limit), "prlimit");
	return result;
}

const char *capabilities(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {
		{ ~0U, ~0U, ~0U },
		{ 0x1ff, 0x1ff, 0x1ff },
	};

	syscall(SYS_capget, &header, data);
	if (data[0].permitted || data[1].permitted)
		return say("ESCAPED there are capabilities");
	data[0] = (struct __user_cap_data_struct){ ~0U, ~0U, ~0U };
	return must_fail(syscall(SYS_capset, &header, data), "capset");
}

const char *become_root(void)
{
	const char *result = NULL;

	TRY(setuid(0), "setuid");
	TRY(setgid(0), "setgid");
	TRY(setgroups(1, (gid_t[]){ 0 }), "setgroups");
	return result;
}

const char *setuid_program(void)
{
	char *args[] = { "suid", "--euid", NULL };
	int status;
	pid_t pid;

	if (access("/pkg/suid", X_OK) < 0)
		return say("ESCAPED the test has no /pkg/suid");
	pid = fork();
	if (pid == 0) {
		execv("/pkg/suid", args);
		_exit(99);
	}
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return "blocked no-new-user";
	return say("ESCAPED status %x", (unsigned)status);
}

const char *setuid_file(void)
{
	int fd = open("/data/gift", O_CREAT | O_RDWR, 0755);
	const char *result = NULL;

	TRY(chmod("/data/gift", 04755), "chmod");
	TRY(fchmod(fd, 02755), "fchmod");
	TRY(fchmodat(AT_FDCWD, "/data/gift", 06755, 0), "fchmodat");
	TRY(open("/data/gift2", O_CREAT | O_RDWR, 04755), "open");
	TRY(creat("/data/gift3", 04755), "creat");
	TRY(mknod("/data/gift4", S_IFREG | 04755, 0), "mknod");
	TRY(syscall(452, AT_FDCWD, "/data/gift", 04755, 0), "fchmodat2");
	return result;
}

const char *foreign_calls(void)
{
#if defined(__x86_64__)
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		long r;

		/* getpid of the 32-bit table, whose numbers mean other calls in
		 * ours. */
		__asm__ volatile("int $0x80" : "=a"(r) : "a"(20L) : "memory");
		_exit(r > 0 ? 1 : 2);
	}
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		return say("blocked SIG%s", sigabbrev_np(WTERMSIG(status)));
	if (WEXITSTATUS(status) == 2)
		return "blocked ENOSYS";
	return say("ESCAPED 32-bit calls");
#else
	return "blocked SIGSYS";
#endif
}

const char *open_descriptors(void)
{
	int fd;

	/* 0, 1 and 2, and the pipe to our parent. */
	for (fd = 4; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return say("ESCAPED descriptor %d is open", fd);
	return "blocked none";
}

const char *environment(void)
{
	extern char **environ;

	return environ[0] ? say("ESCAPED %s", environ[0]) : "blocked empty";
}

const char *identity(void)
{
	if (getuid() != 1000 || getgid() != 1000)
		return say("ESCAPED uid %d", (int)getuid());
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return say("ESCAPED no_new_privs is off");
	return "blocked uid-1000";
}
