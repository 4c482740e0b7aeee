/*
 * Who is connected to whom: the kernel's own list of unix sockets, one for each
 * network namespace (sock_diag(7)). A socket is in the list of the namespace in
 * which it was made, wherever it went since.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * The network namespace of a socket, as a descriptor. Without rights over it
 * -EPERM: an ordinary user has them over those that are below its own, and so
 * can take the socket to be in its own or a stranger's.
 */
int unix_diag_get_namespace(int socket_fd, int *ret);

/* A way to ask for the list of the namespace that we are in. 0 or -errno. */
int unix_diag_open(int *ret);

/* The same for that of @namespace_fd, which a child of ours enters for it. */
int unix_diag_open_in(int namespace_fd, int *ret);

struct unix_diag_socket {
	uint32_t inode, peer_inode; /* 0: it has none */
	uint64_t cookie;	    /* as SO_COOKIE */
};

/* Called with each that has a peer; stops when it returns false. */
typedef bool (*unix_diag_fn)(const struct unix_diag_socket *s, void *context);

/* While sockets come and go, one that stays may be missing. 0; or -errno:
 * -ENOENT where the kernel has no such list. Ask no more with this @fd if it
 * was stopped. */
int unix_diag_each(int fd, unix_diag_fn fn, void *context);

/* The one of that inode, which the kernel has to search for. 0; -ENOENT when
 * there is none; or another -errno. */
int unix_diag_find(int fd, uint32_t inode, struct unix_diag_socket *ret);
