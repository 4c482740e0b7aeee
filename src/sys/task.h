/*
 * Tasks of others, seen through /proc: their descriptors, threads, children and
 * whether they run.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Called with each number found; stops at the first that is not 0 and returns
 * it. */
typedef int (*task_fn)(int number, void *context);

/* The entries of a directory whose names are numbers. As task_each_fd(). */
int task_each_number(const char *path, task_fn fn, void *context);

/* The numbers in a file of the kernel's, from where it stands: words that end
 * in something else. As task_each_fd(). */
int task_each_word(int fd, task_fn fn, void *context);

/* The descriptors of thread @tid of @pid, from the lowest. 0, what @fn returned
 * last, or -errno. */
int task_each_fd(pid_t pid, pid_t tid, task_fn fn, void *context);

/* How many descriptors it has; -errno where the kernel does not tell (before
 * Linux 6.2). */
int task_count_fds(pid_t pid, pid_t tid);
/* All its descriptors are below this; -errno. */
int task_limit_fds(pid_t pid, pid_t tid);

/* The threads of @pid, itself included. As task_each_fd(). */
int task_each_thread(pid_t pid, task_fn fn, void *context);
/* How many; -errno when it is gone. */
int task_count_threads(pid_t pid);

/* The children of all threads of @pid. As task_each_fd(). */
int task_each_child(pid_t pid, task_fn fn, void *context);

/* Have two tasks one table of descriptors? 1, 0, or -errno when the kernel does
 * not tell. */
int task_shares_fds(pid_t a, pid_t b);
/* Are a descriptor of one task and one of another the same open file? As
 * task_shares_fds(); -EBADF when one of them is not open. */
int task_shares_fd(pid_t a, int fd_a, pid_t b, int fd_b);

/* A descriptor of one thread, as pidfd_from_pid() of a whole task; -EINVAL
 * before Linux 6.9. */
int task_open_thread(pid_t tid, int *ret);

/* A task's state as in proc(5): 'R', 'S', 'T', 'Z'...; 0 when it is gone. And
 * how often it was switched to and from, unless @ret_switches is NULL. */
char task_state(pid_t pid, pid_t tid, uint64_t *ret_switches);
