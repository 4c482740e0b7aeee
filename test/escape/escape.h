/*
 * The attempts of the hostile component. Each returns "blocked REASON" or
 * "ESCAPED WHAT".
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* What there is to find on the host. */
extern struct prey {
	pid_t pid;
	const char *secret, *socket, *abstract;
	int port;
} host;

/* An answer in the words of printf(). */
const char *say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The outcome of one call that must not succeed: @r below 0, and errno. */
const char *must_fail(long r, const char *what);

/* Several calls that must all fail: the first success tells, else the last
 * errno, and all of them if they differ. */
const char *worse(const char *before, const char *now);

#define TRY(call, what) result = worse(result, must_fail((call), (what)))

const char *open_descriptors(void);
const char *environment(void);
const char *identity(void);
const char *host_file_absolute(void);
const char *host_file_dotdot(void);
const char *host_shadow(void);
const char *root_listing(void);
const char *proc_init_root(void);
const char *proc_init_cwd_fd(void);
const char *proc_of_host(void);
const char *symlink_to_host(void);
const char *hardlink_out(void);
const char *file_handle(void);
const char *readonly_write(void);
const char *readonly_reopen(void);
const char *readonly_mapped(void);
const char *readonly_attributes(void);
const char *readonly_remount(void);
const char *package_write(void);
const char *svc_write(void);
const char *grants_write(void);
const char *root_write(void);
const char *noexec_storage(void);
const char *mount_new(void);
const char *mount_new_api(void);
const char *unmount(void);
const char *change_root(void);
const char *unshare_user(void);
const char *unshare_others(void);
const char *clone_user(void);
const char *clone3_user(void);
const char *enter_namespace(void);
const char *hide_descriptors(void);
const char *ptrace_init(void);
const char *ptrace_host(void);
const char *read_memory(void);
const char *steal_descriptor(void);
const char *signal_host(void);
const char *signal_owner(void);
const char *kill_init(void);
const char *schedule_host(void);
const char *abstract_socket(void);
const char *path_socket(void);
const char *network(void);
const char *raw_sockets(void);
const char *odd_sockets(void);
const char *datagram_sockets(void);
const char *out_of_band(void);
const char *keyrings(void);
const char *io_uring(void);
const char *bpf(void);
const char *user_fault(void);
const char *perf(void);
const char *terminal_input(void);
const char *device_nodes(void);
const char *device_files(void);
const char *sys_write(void);
const char *cgroup_escape(void);
const char *proc_sys_write(void);
const char *namespace_limit(void);
const char *core_dump(void);
const char *clocks(void);
const char *host_name(void);
const char *machine(void);
const char *odd_personality(void);
const char *capabilities(void);
const char *become_root(void);
const char *setuid_program(void);
const char *setuid_file(void);
const char *foreign_calls(void);
