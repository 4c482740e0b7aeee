/*
 * Echo: what its servers and its client share. Messages of 64 bytes over
 * SOCK_SEQPACKET sockets. Whoever fails ends the task, with the reason.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ECHO_BYTES = 64, ECHO_BACKLOG = 4096 };

static inline _Noreturn void die(const char *what)
{
	perror(what);
	_exit(1);
}

/* As many descriptors as this user may have. */
static inline void descriptors_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		die("getrlimit");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		die("setrlimit");
}

static inline struct sockaddr_un echo_address(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	return address;
}

/* Listen there, with these flags of socket(2) besides, and say so. */
static inline int echo_listen(const char *path, int flags)
{
	struct sockaddr_un address = echo_address(path);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);

	descriptors_raise();
	if (fd < 0 || bind(fd, (void *)&address, sizeof(address)) < 0 ||
	    listen(fd, ECHO_BACKLOG) < 0)
		die(path);
	puts("{\"case\":\"ready\"}");
	fflush(stdout);
	return fd;
}
