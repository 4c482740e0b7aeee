/* Sockets of the host, and kinds of sockets. */
#include "escape.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/un.h>

const char *abstract_socket(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	size_t n = strlen(host.abstract);

	memcpy(a.sun_path + 1, host.abstract, n);
	return must_fail(connect(fd, (struct sockaddr *)&a,
				 (socklen_t)(sizeof(a.sun_family) + 1 + n)),
			 "connected to the host");
}

const char *path_socket(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", host.socket);
	return must_fail(connect(fd, (struct sockaddr *)&a, sizeof(a)),
			 "connected to the host");
}

const char *network(void)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)host.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return must_fail(-1, "");
	return must_fail(connect(fd, (struct sockaddr *)&a, sizeof(a)),
			 "connected to the host");
}

const char *raw_sockets(void)
{
	const char *result = NULL;

	TRY(socket(AF_INET, SOCK_RAW, 1), "AF_INET raw");
	TRY(socket(AF_PACKET, SOCK_RAW, 3), "AF_PACKET");
	return result;
}

const char *odd_sockets(void)
{
	const char *result = NULL;

	TRY(socket(AF_NETLINK, SOCK_RAW, 0), "AF_NETLINK");
	TRY(socket(AF_INET6, SOCK_DGRAM, 0), "AF_INET6");
	TRY(socket(AF_VSOCK, SOCK_STREAM, 0), "AF_VSOCK");
	TRY(socket(AF_ALG, SOCK_SEQPACKET, 0), "AF_ALG");
	return result;
}

const char *datagram_sockets(void)
{
	const char *result = NULL;
	int pair[2];

	TRY(socket(AF_UNIX, SOCK_DGRAM, 0), "a datagram socket");
	TRY(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), "a datagram pair");
	TRY(socketpair(AF_UNIX, SOCK_RAW | SOCK_CLOEXEC, 0, pair),
	    "a raw pair");
	return result;
}

const char *out_of_band(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return must_fail(-1, "");
	return must_fail(send(pair[0], "x", 1, MSG_OOB), "MSG_OOB");
}
