/*
 * The wording: a table of what each stage does, in the words of "could not
 * ...", and for the usual causes a remedy. A cause that is known exactly (a
 * reason) speaks instead of the table.
 */
#include "cell/failure.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "cell/layer.h"

static const char *const stage_words[N_CELL_STAGES] = {
	[CELL_STAGE_NONE] = "do anything",
	[CELL_STAGE_LAUNCHER] = "reach the launcher, which makes the cells",
	[CELL_STAGE_CGROUP] = "make a cgroup for the cell",
	[CELL_STAGE_CLONE] = "make the cell's namespaces",
	[CELL_STAGE_IDS] = "give the cell its user and group ids",
	[CELL_STAGE_FILTER] = "compile the system call filter",
	[CELL_STAGE_USER] = "become the cell's user",
	[CELL_STAGE_PRIVATE] = "make the cell's mounts private",
	[CELL_STAGE_ROOT] = "make the cell's root",
	[CELL_STAGE_HOST] =
		"put the host's programs and libraries into the cell",
	[CELL_STAGE_ETC] = "make the cell's /etc",
	[CELL_STAGE_DEV] = "make the cell's /dev",
	[CELL_STAGE_PROC] = "make the cell's /proc",
	[CELL_STAGE_TMP] = "make the cell's /tmp",
	[CELL_STAGE_GRANTS] = "make the cell's /grants",
	[CELL_STAGE_SYSCTL] = "forbid user namespaces inside the cell",
	[CELL_STAGE_PLAN] = "hand the plan to the cell",
	[CELL_STAGE_SOURCE] = "open the directory",
	[CELL_STAGE_IDMAP] = "give the directory to the component's user:",
	[CELL_STAGE_ATTACH] = "mount into the cell at",
	[CELL_STAGE_SERVICE] = "make the socket of the service",
	[CELL_STAGE_PIVOT] = "switch to the cell's root",
	[CELL_STAGE_PRIVILEGES] = "drop privileges",
	[CELL_STAGE_LANDLOCK] = "confine the cell with Landlock",
	[CELL_STAGE_SECCOMP] = "load the system call filter",
	[CELL_STAGE_PARENT] = "go on, because the manager is gone",
	[CELL_STAGE_FORK] = "create the component's task",
	[CELL_STAGE_STDIO] = "set up the component's descriptors",
	[CELL_STAGE_LIMIT] = "set the limit on",
	[CELL_STAGE_CWD] = "enter the working directory",
	[CELL_STAGE_EXEC] = "run the program",
	[CELL_STAGE_WORKER] = "change the mounts of the running cell",
	[CELL_STAGE_ENTER] = "enter the running cell",
	[CELL_STAGE_DETACH] = "take off what is mounted in the cell at",
	[CELL_STAGE_REQUIRED] = "build every layer that is required",
};

void cell_failure_set(struct cell_failure *f, enum cell_stage stage, int error,
		      enum cell_reason reason, const char *detail)
{
	*f = (struct cell_failure){
		.stage = stage,
		.error = error < 0 ? -error : error,
		.reason = reason,
	};
	snprintf(f->detail, sizeof(f->detail), "%s", detail ? detail : "");
}

/* The remedies that hang on stage and errno, most special first; stage NONE
 * means any. */
static const struct {
	enum cell_stage stage;
	int error;
	const char *text;
} remedies[] = {
	{ CELL_STAGE_LAUNCHER, 0, "restart reeve" },
	{ CELL_STAGE_CGROUP, ENOENT,
	  "the cgroup2 mount is gone; mount it again, or restart reeve to go "
	  "without" },
	{ CELL_STAGE_CGROUP, ENODEV,
	  "the cgroup was removed by somebody else; restart reeve" },
	{ CELL_STAGE_CGROUP, EACCES,
	  "run reeve in a delegated cgroup: systemd-run --user --scope -p "
	  "Delegate=yes reeve ..." },
	{ CELL_STAGE_CLONE, ENOENT,
	  "the cell's cgroup was removed; restart reeve" },
	{ CELL_STAGE_CLONE, ENODEV,
	  "the cell's cgroup was removed; restart reeve" },
	{ CELL_STAGE_CLONE, ENOSYS,
	  "the kernel lacks clone3, or a container runtime's filter hides it; "
	  "use Linux 6.1 or later, and allow clone3 in that filter" },
	{ CELL_STAGE_CLONE, EINVAL,
	  "the kernel was built without some kind of namespace; reeve doctor "
	  "says which" },
	{ CELL_STAGE_CLONE, EPERM,
	  "user namespaces are not allowed here; leave the container or chroot "
	  "that forbids them" },
	{ CELL_STAGE_CLONE, EAGAIN,
	  "too many tasks; raise the limit on tasks (ulimit -u, pids cgroup) "
	  "or "
	  "stop some components" },
	{ CELL_STAGE_CLONE, EUSERS,
	  "user namespaces are nested too deeply; run reeve outside of this "
	  "container" },
	{ CELL_STAGE_IDS, EPERM,
	  "the system refuses to map user ids; if reeve runs in a container, "
	  "give that container user namespaces of its own" },
	{ CELL_STAGE_ROOT, EPERM,
	  "mounting is forbidden inside user namespaces here; reeve doctor "
	  "says "
	  "by what" },
	{ CELL_STAGE_ROOT, EACCES,
	  "mounting is forbidden inside user namespaces here; reeve doctor "
	  "says "
	  "by what" },
	{ CELL_STAGE_PROC, EPERM,
	  "the /proc that reeve sees is partly masked, so the kernel refuses a "
	  "new one; unmask it (docker run --security-opt "
	  "systempaths=unconfined)" },
	{ CELL_STAGE_PLAN, EMSGSIZE,
	  "arguments, environment and mounts together are too large" },
	{ CELL_STAGE_PLAN, EPIPE,
	  "the blank cell had died; start the component again" },
	{ CELL_STAGE_PLAN, ETOOMANYREFS,
	  "too many descriptors are on their way; raise the limit on open "
	  "files "
	  "(ulimit -n)" },
	{ CELL_STAGE_SOURCE, ENOENT, "create it, or correct the path" },
	{ CELL_STAGE_SOURCE, ENOTDIR, "name a directory" },
	{ CELL_STAGE_SOURCE, EACCES,
	  "let the user who runs reeve read it, or correct the path" },
	{ CELL_STAGE_SOURCE, ELOOP,
	  "a symbolic link is in the way; routed paths are not followed "
	  "through "
	  "links: name the directory itself" },
	{ CELL_STAGE_SOURCE, EXDEV,
	  "the path leaves the directory that was routed; remove \"..\" and "
	  "links from it" },
	{ CELL_STAGE_IDMAP, EINVAL,
	  "its file system cannot be mapped to that user; keep it on ext4, xfs "
	  "or btrfs, or open it to others (chmod o+rwx)" },
	{ CELL_STAGE_IDMAP, EPERM,
	  "its file system cannot be mapped to that user here; open it to "
	  "others (chmod o+rwx), or leave the container" },
	{ CELL_STAGE_ATTACH, ENOENT,
	  "the directory it should appear in is read-only and has no such "
	  "entry; choose another path" },
	{ CELL_STAGE_ATTACH, EROFS,
	  "the directory it should appear in is read-only and has no such "
	  "entry; choose another path" },
	{ CELL_STAGE_ATTACH, ENOTDIR,
	  "something that is no directory, perhaps a link, is in the way; "
	  "choose "
	  "another path" },
	{ CELL_STAGE_ATTACH, ELOOP,
	  "a link is in the way, and links are not followed; choose another "
	  "path" },
	{ CELL_STAGE_ATTACH, EBUSY,
	  "something is mounted there; revoke that first, or choose another "
	  "path" },
	{ CELL_STAGE_ATTACH, EOPNOTSUPP,
	  "a running component can be given a directory to read or to read and "
	  "change, nothing between; grant such rights, or restart it" },
	{ CELL_STAGE_ATTACH, ECANCELED, "ask again" },
	{ CELL_STAGE_WORKER, EPIPE,
	  "the task that was to do it has died; the directory's disk may "
	  "hang" },
	{ CELL_STAGE_ENTER, ESRCH, "it has ended" },
	{ CELL_STAGE_DETACH, EINVAL,
	  "nothing is mounted there; if the component moved it, stop the "
	  "component" },
	{ CELL_STAGE_DETACH, ENOENT,
	  "there is no such path; if the component moved it, stop the "
	  "component" },
	{ CELL_STAGE_DETACH, ESTALE,
	  "another directory is mounted there; stop the component" },
	{ CELL_STAGE_SECCOMP, EINVAL,
	  "the kernel lacks seccomp filters (CONFIG_SECCOMP_FILTER)" },
	{ CELL_STAGE_LIMIT, EPERM,
	  "it is above the hard limit that reeve itself runs with (ulimit "
	  "-H)" },
	{ CELL_STAGE_CWD, ENOENT, "it does not exist in the cell" },
	{ CELL_STAGE_EXEC, ENOENT,
	  "there is no such file in the cell; check program.binary and the "
	  "package" },
	{ CELL_STAGE_EXEC, EACCES,
	  "the component's user may not read or execute it; chmod a+rx the "
	  "file "
	  "and the directories above it" },
	{ CELL_STAGE_EXEC, ETXTBSY,
	  "it is still being written; close it first" },
	{ CELL_STAGE_EXEC, E2BIG,
	  "its arguments and environment are too large" },
	{ CELL_STAGE_EXEC, ELOOP, "its path is a circle of symbolic links" },
	{ CELL_STAGE_EXEC, EINVAL, "the file is damaged; build it again" },
	{ CELL_STAGE_EXEC, EIO, "the disk that holds it has errors" },
	{ CELL_STAGE_PARENT, 0, "nothing needs to be done" },
	{ CELL_STAGE_NONE, ENOSPC,
	  "the disk, or a count that the kernel limits, is full; free some "
	  "space, then look at reeve doctor" },
	{ CELL_STAGE_NONE, EDQUOT,
	  "the disk quota is used up; free some space" },
	{ CELL_STAGE_NONE, ENOMEM, "memory is used up; stop something" },
	{ CELL_STAGE_NONE, EMFILE,
	  "raise the limit on open files (ulimit -n)" },
	{ CELL_STAGE_NONE, ENFILE,
	  "the system's table of open files is full; raise fs.file-max" },
	{ CELL_STAGE_NONE, EAGAIN,
	  "a limit on tasks is reached (ulimit -u, pids cgroup)" },
	{ CELL_STAGE_NONE, ENOSYS,
	  "the kernel lacks the system call; use Linux 6.1 or later" },
	{ CELL_STAGE_NONE, ETOOMANYREFS,
	  "too many descriptors are on their way; raise the limit on open "
	  "files "
	  "(ulimit -n)" },
	{ CELL_STAGE_NONE, EROFS, "the file system is read-only" },
};

static const char *failure_remedy(const struct cell_failure *f)
{
	size_t i;

	for (i = 0; i < N_ELEMENTS(remedies); i++) {
		if (remedies[i].stage != CELL_STAGE_NONE &&
		    remedies[i].stage != f->stage)
			continue;
		if (remedies[i].error && remedies[i].error != f->error)
			continue;
		return remedies[i].text;
	}
	return "reeve doctor shows what this system lacks";
}

/* The part behind "could not run the program: " for a reason. */
static void failure_put_reason(const struct cell_failure *f, struct text *t)
{
	size_t n = strlen(f->detail);

	switch (f->reason) {
	case CELL_REASON_NO_LOADER:
		text_puts(t, "it needs the loader ");
		text_safe(t, f->detail, n);
		text_puts(t, ", which the cell does not have; link it "
			     "statically, put the loader into the package, or "
			     "drop \"strict\"");
		break;
	case CELL_REASON_NO_INTERPRETER:
		text_puts(t, "it is a script for ");
		text_safe(t, f->detail, n);
		text_puts(t, ", which the cell does not have; install that "
			     "program, or correct the script's first line");
		break;
	case CELL_REASON_OTHER_MACHINE:
		text_puts(t, "it is built for another machine (");
		text_safe(t, f->detail, n);
		text_puts(t, "); build it for this one");
		break;
	case CELL_REASON_NOT_A_PROGRAM:
		text_puts(t, "it is neither an ELF program nor a script that "
			     "begins with #!; check program.binary");
		break;
	case CELL_REASON_NOT_EXECUTABLE:
		text_puts(t, "the file is not executable; chmod +x it");
		break;
	case CELL_REASON_NOEXEC:
		text_puts(t, "it lies in a directory without the right to "
			     "execute; route that right, or move the program "
			     "into the package");
		break;
	case CELL_REASON_APPARMOR:
		text_puts(t,
			  "AppArmor restricts unprivileged user namespaces; "
			  "as root: sysctl "
			  "kernel.apparmor_restrict_unprivileged_userns=0, "
			  "or install an AppArmor profile that allows userns "
			  "for reeve");
		break;
	case CELL_REASON_NO_USERNS:
		text_puts(t, "user namespaces are switched off "
			     "(user.max_user_namespaces is 0); as root: sysctl "
			     "user.max_user_namespaces=10000");
		break;
	case CELL_REASON_ROOT_USERNS:
		text_puts(t, "only root may make user namespaces "
			     "(kernel.unprivileged_userns_clone is 0); as "
			     "root: sysctl "
			     "kernel.unprivileged_userns_clone=1");
		break;
	case CELL_REASON_LIMIT:
		text_puts(t, "a limit on namespaces is reached; raise the "
			     "sysctls user.max_*_namespaces, or stop some "
			     "components");
		break;
	case CELL_REASON_NONE:
	case N_CELL_REASONS:
		break;
	}
}

static void failure_put_layers(const struct cell_failure *f, struct text *t)
{
	const char *comma = "";
	uint32_t bit;

	text_puts(t, "this system lacks ");
	for (bit = 1; bit & CELL_LAYERS_ALL; bit <<= 1) {
		if (!(f->layers & bit))
			continue;
		text_printf(t, "%s%s", comma, cell_layer_name(bit));
		comma = ", ";
	}
	text_puts(t, "; reeve doctor says why, and the configuration can allow "
		     "cells without it");
}

void cell_failure_render(const struct cell_failure *f, struct text *t)
{
	unsigned stage = f->stage;

	if (stage >= N_CELL_STAGES || !stage_words[stage])
		stage = CELL_STAGE_NONE;
	text_printf(t, "could not %s", stage_words[stage]);
	/* Where a reason has a detail of its own, it says it itself. */
	if (f->detail[0] && (f->reason == CELL_REASON_NONE ||
			     f->reason == CELL_REASON_NOT_A_PROGRAM ||
			     f->reason == CELL_REASON_NOT_EXECUTABLE ||
			     f->reason == CELL_REASON_NOEXEC)) {
		text_puts(t, " ");
		text_safe(t, f->detail, strlen(f->detail));
	}
	text_puts(t, ": ");
	if (f->stage == CELL_STAGE_REQUIRED) {
		failure_put_layers(f, t);
		return;
	}
	if (f->reason != CELL_REASON_NONE && f->reason < N_CELL_REASONS) {
		failure_put_reason(f, t);
		return;
	}
	if (f->error)
		text_printf(t, "%s; ", strerror(f->error));
	text_puts(t, failure_remedy(f));
}
