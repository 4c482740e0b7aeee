/* Descriptors: owning them, and the few calls everybody makes on them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/own.h"

/* Close @fd unless it is negative; errno is kept. Always returns -1. */
int fd_close(int fd);
void fd_closep(int *fd);

#define _cleanup_fd_ _cleanup_(fd_closep)

/* Have @fn called before each close here; NULL: no more. For who knows more of
 * a descriptor than that it is open. */
void fd_set_on_close(void (*fn)(int fd));

/* Tell that one of a @fd that will be closed elsewhere. */
void fd_forget(int fd);

/* Close all @n descriptors and set them to -1. */
void fd_close_all(int *fds, size_t n);

/* 0 or -errno. */
int fd_set_nonblocking(int fd);
int fd_set_cloexec(int fd);
