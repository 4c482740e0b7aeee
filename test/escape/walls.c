#include "walls.h"

#include "cell/layer.h"

#define A WALL_ALWAYS
#define S CELL_LAYER_SECCOMP
#define L CELL_LAYER_LANDLOCK
#define C CELL_LAYER_CAPS
#define N CELL_LAYER_NET
#define R CELL_LAYER_READONLY

const struct wall walls[] = {
	/* What exec leaves. */
	{ "open_descriptors", "none", A, 0 },
	{ "environment", "empty", A, 0 },
	{ "identity", "uid-1000", A, 0 },

	/* Files of the host: they are not in the mount namespace. */
	{ "host_file_absolute", "ENOENT", A, 0 },
	{ "host_file_dotdot", "ENOENT", A, 0 },
	{ "host_shadow", "ENOENT", A, 0 },
	{ "root_listing", "nothing-foreign", A, 0 },
	{ "symlink_to_host", "ENOENT", A, 0 },
	{ "hardlink_out", "EXDEV,ENOENT", A, 0 },
	{ "file_handle", "EPERM", A | S | C, 0 },

	/* Other tasks: in another pid namespace, or not dumpable. */
	{ "proc_init_root", "ENOENT,EACCES", A, 0 },
	{ "proc_init_files", "ENOENT,EACCES", A, 0 },
	{ "proc_of_host", "own-tasks-only", A, 0 },
	{ "ptrace_init", "EPERM", A | S | L, 0 },
	{ "ptrace_host", "EPERM", A | S, 0 },
	{ "read_memory", "EPERM", A | S, 0 },
	{ "steal_descriptor", "EPERM", A | S, 0 },
	{ "signal_host", "ESRCH", A, 0 },
	{ "signal_owner", "ESRCH", A, 0 },
	{ "kill_init", "EPERM,init-survives", A | L, 0 },
	{ "schedule_host", "ESRCH", A, 0 },

	/* Rights: read-only and noexec mounts, and Landlock. */
	{ "readonly_write", "EROFS", R | L, 3 },
	{ "readonly_reopen", "EROFS,EINVAL", R | L, 0 },
	{ "readonly_mapped", "EACCES", A, 0 },
	{ "readonly_attributes", "EROFS", R, 0 },
	{ "readonly_remount", "EPERM", S | C, 0 },
	{ "package_write", "EROFS,EACCES", R | L, 0 },
	{ "svc_write", "EROFS", R | L, 0 },
	{ "grants_write", "EROFS", R, 0 },
	{ "root_write", "EROFS,EACCES", R | L, 0 },
	{ "noexec_storage", "EACCES", A | L, 0 },

	/* Mounts and namespaces. */
	{ "mount_new", "EPERM", S | C | L, 0 },
	{ "mount_new_api", "EPERM", S | C, 0 },
	{ "unmount", "EPERM", S | C | L, 0 },
	{ "change_root", "EPERM", S | C, 0 },
	{ "unshare_user", "EPERM", A | S, 0 },
	{ "unshare_others", "EPERM", S | C, 0 },
	{ "clone_user", "EPERM", A | S, 0 },
	{ "clone3_user", "ENOSYS", A | S, 0 },
	{ "enter_namespace", "EPERM", S | C, 0 },

	/* Sockets. */
	{ "abstract_socket", "ECONNREFUSED", N | L, 6 },
	{ "path_socket", "ENOENT", A, 0 },
	{ "network", "EAFNOSUPPORT", S | N | L, 4 },
	{ "raw_sockets", "EAFNOSUPPORT", S | C, 0 },
	{ "odd_sockets", "EAFNOSUPPORT", S, 0 },
	{ "datagram_sockets", "EPROTONOSUPPORT", S, 0 },
	{ "out_of_band", "EOPNOTSUPP", S, 0 },

	/* What would hide descriptors from a sweep, or reach the kernel. */
	{ "hide_descriptors", "EPERM", S, 0 },
	{ "io_uring", "ENOSYS", S, 0 },
	{ "userfaultfd", "EPERM", S, 0 },
	{ "keyrings", "EPERM", S, 0 },
	{ "bpf", "EPERM", A | S | C, 0 },
	{ "perf", "EPERM", A | S, 0 },
	{ "personality", "ENOSYS", S, 0 },
	{ "foreign_calls", "SIGSYS", S, 0 },
	{ "terminal_input", "EPERM", A | S, 0 },

	/* The machine. */
	{ "device_nodes", "EACCES,EPERM", A | L, 0 },
	{ "device_files", "ENOENT,EACCES", A, 0 },
	{ "sys_write", "ENOENT", A, 0 },
	{ "cgroup_escape", "ENOENT", A, 0 },
	{ "proc_sys_write", "EACCES,EROFS,ENOENT", R | L, 0 },
	{ "namespace_limit", "EACCES,EROFS", R | L, 0 },
	{ "core_dump", "EPERM", A | C, 0 },
	{ "clocks", "EPERM", A | S | C, 0 },
	{ "host_name", "EPERM", S | C, 0 },
	{ "machine", "EPERM", A | S | C, 0 },

	/* Privileges. */
	{ "capabilities", "EPERM", C, 0 },
	{ "become_root", "EINVAL,EPERM", A | C, 0 },
	{ "setuid_program", "no-new-user", A, 0 },
	{ "setuid_file", "EPERM", S, 0 },
};

const size_t n_walls = sizeof(walls) / sizeof(walls[0]);
