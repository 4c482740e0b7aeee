/* The kernel and the machine. */
#include "escape.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

const char *keyrings(void)
{
	const char *result = NULL;

	TRY(syscall(SYS_keyctl, 0, -3, 0), "the session keyring");
	TRY(syscall(SYS_add_key, "user", "x", "x", 1, -3), "add_key");
	TRY(syscall(SYS_request_key, "user", "x", NULL, -3), "request_key");
	return result;
}

const char *io_uring(void)
{
	char params[120] = { 0 };

	return must_fail(syscall(SYS_io_uring_setup, 4, params), "a ring");
}

const char *bpf(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = 4,
		.value_size = 4,
		.max_entries = 1,
	};

	return must_fail(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)),
			 "a map");
}

const char *user_fault(void)
{
	return must_fail(syscall(SYS_userfaultfd, O_CLOEXEC | 1),
			 "a userfaultfd");
}

const char *perf(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_TASK_CLOCK,
	};

	return must_fail(
		syscall(SYS_perf_event_open, &attr, host.pid, -1, -1, 0),
		"counters of a host task");
}

const char *terminal_input(void)
{
	const char *result = NULL;

	TRY(ioctl(0, TIOCSTI, "x"), "TIOCSTI");
	/* The kernel looks at 32 bits of the request. */
	TRY(syscall(SYS_ioctl, 0, 0x100005412UL, "x"), "under a high bit");
	TRY(ioctl(0, TIOCLINUX, "\3"), "TIOCLINUX");
	return result;
}

const char *device_nodes(void)
{
	const char *result = NULL;

	TRY(mknod("/tmp/mem", S_IFCHR | 0666, makedev(1, 1)), "/tmp/mem");
	TRY(mknod("/data/disk", S_IFBLK | 0666, makedev(254, 0)), "/data/disk");
	return result;
}

const char *device_files(void)
{
	static const char *const files[] = {
		"/dev/mem",  "/dev/kmsg", "/dev/vda", "/dev/sda",   "/dev/kvm",
		"/dev/fuse", "/dev/ptmx", "/dev/tty", "/proc/kcore"
	};
	const char *result = NULL;
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		TRY(open(files[i], O_RDWR), files[i]);
	return result;
}

const char *sys_write(void)
{
	const char *result = NULL;

	TRY(open("/sys/power/state", O_WRONLY), "/sys/power/state");
	TRY(open("/sys/kernel/uevent_helper", O_WRONLY), "uevent_helper");
	return result;
}

const char *cgroup_escape(void)
{
	const char *result = NULL;

	TRY(open("/sys/fs/cgroup/cgroup.procs", O_WRONLY), "cgroup.procs");
	TRY(open("/sys/fs/cgroup/unified/cgroup.procs", O_WRONLY),
	    "unified/cgroup.procs");
	return result;
}

const char *proc_sys_write(void)
{
	const char *result = NULL;

	TRY(open("/proc/sys/kernel/core_pattern", O_WRONLY), "core_pattern");
	TRY(open("/proc/sys/kernel/modprobe", O_WRONLY), "modprobe");
	TRY(open("/proc/sysrq-trigger", O_WRONLY), "sysrq-trigger");
	return result;
}

const char *namespace_limit(void)
{
	return must_fail(open("/proc/sys/user/max_user_namespaces", O_WRONLY),
			 "max_user_namespaces");
}

const char *core_dump(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	return must_fail(setrlimit(RLIMIT_CORE, &limit), "core dumps");
}

const char *clocks(void)
{
	struct timespec now = { 1000000000, 0 };
	struct timeval day = { 1000000000, 0 };
	struct timex change = { .modes = ADJ_OFFSET };
	const char *result = NULL;

	TRY(clock_settime(CLOCK_REALTIME, &now), "clock_settime");
	TRY(settimeofday(&day, NULL), "settimeofday");
	TRY(adjtimex(&change), "adjtimex");
	return result;
}

const char *host_name(void)
{
	return must_fail(sethostname("mine", 4), "sethostname");
}

const char *machine(void)
{
	const char *result = NULL;

	TRY(syscall(SYS_reboot, 0xfee1dead, 672274793, 0, NULL), "reboot");
	TRY(syscall(SYS_init_module, "", 0, ""), "init_module");
	TRY(syscall(SYS_kexec_load, 0, 0, NULL, 0), "kexec_load");
	TRY(syscall(SYS_acct, NULL), "acct");
	TRY(syscall(SYS_swapon, "/data/x", 0), "swapon");
	TRY(syscall(SYS_iopl, 3), "iopl");
	return result;
}

const char *odd_personality(void)
{
	return must_fail(syscall(SYS_personality, 0x0400000),
			 "READ_IMPLIES_EXEC");
}
