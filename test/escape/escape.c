/*
 * A component that tries to get out of its cell.
 *
 * Run inside of a cell: escape HOST_PID HOST_SECRET HOST_SOCKET HOST_ABSTRACT
 * HOST_PORT. Makes every attempt of the table, each in a task of its own, and
 * prints one line for each: "NAME blocked REASON" or "NAME ESCAPED WHAT". The
 * reason is the errno that stopped it, or what was seen instead of success.
 *
 * The cell has /ro (a read-only directory with a file "file"), /data (storage),
 * /pkg (this program, and a set-user-ID copy of it), and a socket /svc/service.
 */
#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct prey host;

static char answer[256];

const char *say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(answer, sizeof(answer), format, args);
	va_end(args);
	return answer;
}

const char *must_fail(long r, const char *what)
{
	if (r >= 0)
		return say("ESCAPED %s", what);
	return say("blocked %s", strerrorname_np(errno));
}

const char *worse(const char *before, const char *now)
{
	static char kept[256];

	if (!before) {
		snprintf(kept, sizeof(kept), "%s", now);
		return kept;
	}
	if (!strncmp(before, "ESCAPED", 7) || !strcmp(before, now))
		return before;
	if (!strncmp(now, "ESCAPED", 7)) {
		snprintf(kept, sizeof(kept), "%s", now);
		return kept;
	}
	if (!strstr(before, now + strlen("blocked ")) &&
	    strlen(before) + strlen(now) < sizeof(kept)) {
		strcat(kept, ",");
		strcat(kept, now + strlen("blocked "));
	}
	return kept;
}

static const struct {
	const char *name;
	const char *(*run)(void);
} attempts[] = {
	/* These two look at what exec left; nothing may have run before. */
	{ "open_descriptors", open_descriptors },
	{ "environment", environment },
	{ "identity", identity },
	{ "host_file_absolute", host_file_absolute },
	{ "host_file_dotdot", host_file_dotdot },
	{ "host_shadow", host_shadow },
	{ "root_listing", root_listing },
	{ "proc_init_root", proc_init_root },
	{ "proc_init_files", proc_init_cwd_fd },
	{ "proc_of_host", proc_of_host },
	{ "symlink_to_host", symlink_to_host },
	{ "hardlink_out", hardlink_out },
	{ "file_handle", file_handle },
	{ "readonly_write", readonly_write },
	{ "readonly_reopen", readonly_reopen },
	{ "readonly_mapped", readonly_mapped },
	{ "readonly_attributes", readonly_attributes },
	{ "readonly_remount", readonly_remount },
	{ "package_write", package_write },
	{ "svc_write", svc_write },
	{ "grants_write", grants_write },
	{ "root_write", root_write },
	{ "noexec_storage", noexec_storage },
	{ "mount_new", mount_new },
	{ "mount_new_api", mount_new_api },
	{ "unmount", unmount },
	{ "change_root", change_root },
	{ "unshare_user", unshare_user },
	{ "unshare_others", unshare_others },
	{ "clone_user", clone_user },
	{ "clone3_user", clone3_user },
	{ "enter_namespace", enter_namespace },
	{ "hide_descriptors", hide_descriptors },
	{ "ptrace_init", ptrace_init },
	{ "ptrace_host", ptrace_host },
	{ "read_memory", read_memory },
	{ "steal_descriptor", steal_descriptor },
	{ "signal_host", signal_host },
	{ "signal_owner", signal_owner },
	{ "kill_init", kill_init },
	{ "schedule_host", schedule_host },
	{ "abstract_socket", abstract_socket },
	{ "path_socket", path_socket },
	{ "network", network },
	{ "raw_sockets", raw_sockets },
	{ "odd_sockets", odd_sockets },
	{ "datagram_sockets", datagram_sockets },
	{ "out_of_band", out_of_band },
	{ "keyrings", keyrings },
	{ "io_uring", io_uring },
	{ "bpf", bpf },
	{ "userfaultfd", user_fault },
	{ "perf", perf },
	{ "terminal_input", terminal_input },
	{ "device_nodes", device_nodes },
	{ "device_files", device_files },
	{ "sys_write", sys_write },
	{ "cgroup_escape", cgroup_escape },
	{ "proc_sys_write", proc_sys_write },
	{ "namespace_limit", namespace_limit },
	{ "core_dump", core_dump },
	{ "clocks", clocks },
	{ "host_name", host_name },
	{ "machine", machine },
	{ "personality", odd_personality },
	{ "capabilities", capabilities },
	{ "become_root", become_root },
	{ "setuid_program", setuid_program },
	{ "setuid_file", setuid_file },
	{ "foreign_calls", foreign_calls },
};

/* One attempt in a task of its own, which may well die of it. */
static void attempt(size_t i)
{
	char text[256] = "";
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe(ends) < 0)
		exit(2);
	pid = fork();
	if (pid == 0) {
		const char *result;

		dup2(ends[1], 3);
		for (int fd = 4; fd < 16; fd++)
			close(fd);
		/* One that hangs has not got out, but should be noticed. */
		alarm(20);
		result = attempts[i].run();
		if (write(3, result, strlen(result)) < 0)
			_exit(1);
		_exit(0);
	}
	close(ends[1]);
	n = read(ends[0], text, sizeof(text) - 1);
	close(ends[0]);
	waitpid(pid, &status, 0);
	text[n > 0 ? n : 0] = 0;
	if (!text[0] && WIFSIGNALED(status))
		snprintf(text, sizeof(text), "blocked SIG%s",
			 sigabbrev_np(WTERMSIG(status)));
	printf("%s %s\n", attempts[i].name, text[0] ? text : "blocked exit");
	fflush(stdout);
}

/* Sends descriptor of "/" over descriptor 3, and waits; see test_escape.c. */
static int smuggle_out(void)
{
	int fd = open("/", O_PATH | O_DIRECTORY);
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .header = { CMSG_LEN(sizeof(int)), SOL_SOCKET,
				  SCM_RIGHTS } };
	struct iovec part = { "x", 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	char done;

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	if (sendmsg(3, &message, 0) < 0)
		return 1;
	return recv(3, &done, 1, 0) < 0;
}

/* Receives it in another cell, and tries to make something of it. */
static int smuggle_in(void)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char byte, path[512];
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	const char *result = NULL;
	int fd;

	if (recvmsg(3, &message, 0) < 0 || !CMSG_FIRSTHDR(&message))
		return 1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	snprintf(path, sizeof(path), "../../../..%s", host.secret);
	TRY(openat(fd, path, O_RDONLY), "the host's secret");
	TRY(openat(fd, "etc/shadow", O_RDONLY), "the host's shadow");
	TRY(openat(fd, "ro/file", O_RDWR), "the other's read-only file");
	TRY(openat(fd, "tmp/new", O_CREAT | O_RDWR, 0644), "the other's /tmp");
	TRY(openat(fd, "data/new", O_CREAT | O_RDWR, 0644),
	    "the other's storage");
	printf("smuggled_root %s\n", result);
	fflush(stdout);
	return send(3, "x", 1, 0) < 0;
}

/* Flips /data/sub between a directory and a link to the host, until killed. */
static int flip(void)
{
	mkdir("/data/sub", 0755);
	mkdir("/data/real", 0755);
	unlink("/data/link");
	if (symlink(host.secret, "/data/evil") < 0 && errno != EEXIST)
		return 1;
	printf("ready\n");
	fflush(stdout);
	for (;;)
		syscall(SYS_renameat2, AT_FDCWD, "/data/sub", AT_FDCWD,
			"/data/evil", 2);
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc == 2 && !strcmp(argv[1], "--euid"))
		return geteuid() == 1000 && getegid() == 1000 ? 0 : 1;
	if (argc != 7)
		return 2;
	host.pid = atoi(argv[2]);
	host.secret = argv[3];
	host.socket = argv[4];
	host.abstract = argv[5];
	host.port = atoi(argv[6]);
	if (!strcmp(argv[1], "smuggle-out"))
		return smuggle_out();
	if (!strcmp(argv[1], "smuggle-in"))
		return smuggle_in();
	if (!strcmp(argv[1], "flip"))
		return flip();
	for (i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		attempt(i);
	return 0;
}
