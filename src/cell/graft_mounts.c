/* A task's own mountinfo, which the kernel writes and only names in it are
 * foreign: blanks, tabs, newlines and backslashes come as "\040". */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cell/graft_holders.h"
#include "sys/fd.h"

static int mounts_read_text(int proc_fd, struct text *t)
{
	_cleanup_fd_ int fd =
		openat(proc_fd, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	char buffer[4096];
	ssize_t n;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		text_append(t, buffer, (size_t)n);
	if (n < 0)
		return -errno;
	return text_is_failed(t) ? -ENOMEM : 0;
}

/* Undo the escapes, in place. */
static void mounts_unescape(char *s)
{
	char *to = s;
	unsigned code;
	int n;

	for (; *s; s += n) {
		n = 1;
		if (*s == '\\' && sscanf(s + 1, "%3o", &code) == 1)
			n = 4;
		*to++ = n == 4 ? (char)code : *s;
	}
	*to = 0;
}

/* "ID PARENT MAJOR:MINOR ROOT TARGET ..." */
static bool mounts_read_row(char *line, struct graft_row *ret)
{
	unsigned major, minor;
	char *end;
	int at = 0;

	if (sscanf(line, "%" SCNu64 " %" SCNu64 " %u:%u %*s %n", &ret->id,
		   &ret->parent_id, &major, &minor, &at) != 4 ||
	    !at)
		return false;
	end = strchr(line + at, ' ');
	if (!end)
		return false;
	*end = 0;
	mounts_unescape(line + at);
	ret->device = makedev(major, minor);
	ret->target = line + at;
	ret->is_taken = false;
	return true;
}

/* Mark what lies below something marked; false when nothing was left to. */
static bool mounts_mark(struct graft_mounts *m)
{
	bool is_changed = false;
	size_t i, j;

	for (i = 0; i < m->n_rows; i++)
		for (j = 0; !m->rows[i].is_taken && j < m->n_rows; j++)
			if (m->rows[j].is_taken &&
			    m->rows[j].id == m->rows[i].parent_id)
				is_changed = m->rows[i].is_taken = true;
	return is_changed;
}

int graft_mounts_read(int proc_fd, uint64_t id, struct graft_mounts *ret)
{
	char *line, *rest = NULL;
	int r;

	r = mounts_read_text(proc_fd, &ret->text);
	if (r < 0)
		return r;
	for (line = strtok_r(ret->text.bytes, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (ret->n_rows == GRAFT_MOUNTS_MAX) {
			ret->is_cut = true;
			break;
		}
		if (!mounts_read_row(line, &ret->rows[ret->n_rows]))
			continue;
		if (ret->rows[ret->n_rows].id == id) {
			ret->rows[ret->n_rows].is_taken = true;
			ret->top = &ret->rows[ret->n_rows];
		}
		ret->n_rows++;
	}
	while (mounts_mark(ret))
		;
	return 0;
}
