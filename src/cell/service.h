/* One listening socket in a directory that is a tmpfs of a cell. */
#pragma once

/*
 * Listen as @name, 1 to 255 bytes without a slash, in @dir_fd; a socket of that
 * name is replaced. 0 and a non-blocking SOCK_SEQPACKET socket that everybody
 * who can see it may connect to; or -errno.
 */
int service_listen(int dir_fd, const char *name, int *ret);
