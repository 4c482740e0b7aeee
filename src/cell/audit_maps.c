/*
 * Mounts, and mappings.
 *
 * By which mount something was mapped only root may see. For others a mapping
 * is a cell's own if a file system of the cell's has it, or if there is such a
 * file where it says that it is (an overlay, before Linux 6.9, shows what lies
 * below it).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/own.h"
#include "cell/audit_look.h"
#include "sys/fd.h"
#include "sys/path.h"

enum { AUDIT_LINE_MAX = PATH_MAX + 256 };

/* A line of a task's maps. */
struct audit_map {
	uint64_t start, end;
	dev_t device;
	uint64_t inode;
	const char *path;
};

static FILE *audit_open_proc(pid_t pid, const char *name)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return fopen(path, "re");
}

/* ---- mounts ---- */

static int audit_mount_compare(const void *a, const void *b)
{
	const struct audit_mount *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

bool audit_cell_has_mount(const struct audit_cell *c, uint64_t id)
{
	const struct audit_mount key = { .id = id };

	return c->n_mounts && bsearch(&key, c->mounts, c->n_mounts, sizeof(key),
				      audit_mount_compare);
}

bool audit_cell_has_device(const struct audit_cell *c, dev_t device)
{
	size_t i;

	for (i = 0; i < c->n_mounts; i++)
		if (c->mounts[i].device == device)
			return true;
	return false;
}

/* "ID PARENT MAJOR:MINOR ..." */
static bool audit_mount_read(const char *line, struct audit_mount *ret)
{
	unsigned major, minor;

	if (sscanf(line, "%" SCNu64 " %*u %u:%u", &ret->id, &major, &minor) !=
	    3)
		return false;
	ret->device = makedev(major, minor);
	return true;
}

void audit_cell_read_mounts(struct audit_cell *c)
{
	FILE *f = audit_open_proc(c->init, "mountinfo");
	char line[AUDIT_LINE_MAX];

	c->mounts = calloc(AUDIT_MOUNTS_MAX, sizeof(*c->mounts));
	c->has_mounts = f && c->mounts;
	while (c->has_mounts && c->n_mounts < AUDIT_MOUNTS_MAX &&
	       fgets(line, sizeof(line), f))
		c->n_mounts += audit_mount_read(line, &c->mounts[c->n_mounts]);
	if (f)
		fclose(f);
	/* Who has more has made a mess of something. */
	if (c->n_mounts == AUDIT_MOUNTS_MAX)
		c->has_mounts = false;
	if (!c->has_mounts) {
		c->n_mounts = 0;
		audit_miss(c->audit);
		return;
	}
	qsort(c->mounts, c->n_mounts, sizeof(*c->mounts), audit_mount_compare);
}

/* ---- mappings ---- */

/* "START-END PERMISSIONS OFFSET MAJOR:MINOR INODE   PATH" */
static bool audit_map_read(char *line, struct audit_map *ret)
{
	unsigned major, minor;
	int at = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %*s %x:%x %" SCNu64 " %n",
		   &ret->start, &ret->end, &major, &minor, &ret->inode,
		   &at) != 5 ||
	    !at || !ret->inode)
		return false;
	line[strcspn(line, "\n")] = 0;
	ret->device = makedev(major, minor);
	ret->path = line + at;
	return true;
}

/* The mount that it was mapped by, if we may see it. */
static int64_t audit_map_mount(struct audit_cell *c, pid_t pid,
			       const struct audit_map *map)
{
	struct statx x;
	char path[96];

	if (c->has_no_map_files)
		return AUDIT_MOUNT_UNKNOWN;
	snprintf(path, sizeof(path), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64,
		 (int)pid, map->start, map->end);
	if (statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_MNT_ID, &x) == 0)
		return audit_mount_of(&x);
	c->has_no_map_files = errno == EPERM || errno == EACCES;
	return AUDIT_MOUNT_UNKNOWN;
}

/* Is there such a file in the task's own directories? */
static bool audit_map_is_there(pid_t pid, const struct audit_map *map)
{
	_cleanup_fd_ int root_fd = -1;
	_cleanup_fd_ int fd = -1;
	char root[48];

	if (map->path[0] != '/')
		return false;
	snprintf(root, sizeof(root), "/proc/%d/root", (int)pid);
	root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root_fd >= 0 &&
	       path_open_beneath(root_fd, map->path + 1, O_PATH, &fd) == 0;
}

static void audit_cell_add_map(struct audit_cell *c, pid_t pid,
			       const struct audit_map *map)
{
	struct audit_object o = {
		.type = AUDIT_TYPE_FILE,
		.device = map->device,
		.inode = map->inode,
		.holder = { AUDIT_HOLD_MAP, pid, -1 },
	};
	int64_t mount = audit_map_mount(c, pid, map);

	if (mount < 0)
		o.is_foreign = c->has_mounts &&
			       !audit_cell_has_device(c, map->device) &&
			       !audit_map_is_there(pid, map);
	audit_cell_add(c, &o, mount);
}

void audit_cell_look_at_maps(struct audit_cell *c, pid_t pid)
{
	struct audit_map map, last = { 0 };
	FILE *f = audit_open_proc(pid, "maps");
	char line[AUDIT_LINE_MAX];

	if (!f && errno != ENOENT && errno != ESRCH)
		audit_miss(c->audit);
	while (f && fgets(line, sizeof(line), f) && !audit_is_over(c->audit)) {
		if (!audit_map_read(line, &map))
			continue;
		/* The parts of one mapping follow each other. */
		if (map.device == last.device && map.inode == last.inode)
			continue;
		last = map;
		audit_cell_add_map(c, pid, &map);
	}
	if (f)
		fclose(f);
}

void audit_map_name(pid_t pid, uint64_t device, uint64_t inode,
		    char ret[static AUDIT_NAME_MAX])
{
	FILE *f = audit_open_proc(pid, "maps");
	char line[AUDIT_LINE_MAX];
	struct audit_map map;

	ret[0] = 0;
	while (f && !ret[0] && fgets(line, sizeof(line), f))
		if (audit_map_read(line, &map) && map.device == device &&
		    map.inode == inode)
			/* Too long a path is cut: it is for people. */
			(void)!snprintf(ret, AUDIT_NAME_MAX, "%s", map.path);
	if (f)
		fclose(f);
}
