/* Process descriptors: tasks that cannot be mistaken for others. */
#pragma once

#include <signal.h>
#include <sys/types.h>

/* A close-on-exec descriptor for @pid in *ret. 0 or -errno. */
int pidfd_from_pid(pid_t pid, int *ret);

/* 0 or -errno; -ESRCH when the task has been reaped. */
int pidfd_signal(int pidfd, int signo);

/* Duplicate descriptor @fd of that task into ours (close-on-exec). 0 or -errno;
 * what it needs is described in ptrace(2). */
int pidfd_take_fd(int pidfd, int fd, int *ret);

/* Reap a child without waiting. 0 and its end in *ret; -EAGAIN while it runs;
 * -ECHILD when it is not ours, or was reaped before. */
int pidfd_reap(int pidfd, siginfo_t *ret);

/* The same, but wait for its end. */
int pidfd_wait(int pidfd, siginfo_t *ret);
