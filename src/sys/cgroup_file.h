/*
 * The files in a control group's directory, of both versions: numbers, keyed
 * values, lists of words. @fd is always the directory's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Read @name whole. 0 or -errno. */
int cgroup_read(int fd, const char *name, char *buffer, size_t n);

/* A file that holds a number; "max" is UINT64_MAX. 0 or -errno. */
int cgroup_read_number(int fd, const char *name, uint64_t *ret);

/* The number behind @key in a file of "KEY NUMBER" lines. 0; -ENOENT when there
 * is no such key; or another -errno. */
int cgroup_read_key(int fd, const char *name, const char *key, uint64_t *ret);

/* The same, for a text that was read. */
int cgroup_find_key(const char *text, const char *key, uint64_t *ret);

/* The "some avg10" of a pressure file, in 1/100 percent. 0 or -errno. */
int cgroup_read_pressure(int fd, const char *name, uint64_t *ret);

/* Is @word among the words of the file? */
bool cgroup_has_word(int fd, const char *name, const char *word);

/* Never waits for memory to be reclaimed, where the kernel can do without. 0 or
 * -errno. */
int cgroup_write(int fd, const char *name, const char *text);
int cgroup_write_number(int fd, const char *name, uint64_t value);

/* Move a task, with all its threads, into the group. 0 or -errno. */
int cgroup_move(int fd, pid_t pid);

/*
 * Move every task that is in @from_fd itself, which may be of another
 * hierarchy, to @to_fd; those that they fork meanwhile, too. 0; -EAGAIN when
 * they fork faster than that; or another -errno.
 */
int cgroup_move_all(int from_fd, int to_fd);

/* Remove the directories below @name, deepest first, and @name itself, in the
 * directory @parent_fd. 0, or -errno for the first that could not be removed.
 */
int cgroup_remove_tree(int parent_fd, const char *name);

/* The same for an absolute path, if it is in a cgroup file system. If it is our
 * own group of version 2, we leave it for its parent first. */
int cgroup_remove_path(const char *path);

/* Have the children of a group of version 2 no controllers any more; those that
 * pass them on to their own children keep them. */
void cgroup_undivide(int fd);
