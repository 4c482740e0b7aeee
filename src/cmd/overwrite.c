/* What was written beside a file begins with a dot, in the same directory, so
 * that rename() puts it in place at once. */
#include "cmd/overwrite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"

static int refuse(struct text *why, const char *file, const char *reason)
{
	text_printf(why, "%s %s; nothing was changed", file, reason);
	return OVERWRITE_REFUSED;
}

static char *beside_path(const char *real)
{
	const char *slash = strrchr(real, '/');
	char *path = NULL;

	if (asprintf(&path, "%.*s.reeve.XXXXXX", (int)(slash + 1 - real),
		     real) < 0)
		return NULL;
	return path;
}

static bool write_whole(int fd, const char *bytes, size_t n)
{
	ssize_t k;

	while (n) {
		k = write(fd, bytes, n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		bytes += k;
		n -= (size_t)k;
	}
	return true;
}

/* The new file, as the old one in all but content. */
static bool beside_fill(int fd, const struct overwrite *o,
			const struct stat *old)
{
	struct stat new;

	if (!write_whole(fd, o->bytes, o->n) || fstat(fd, &new) < 0)
		return false;
	if ((new.st_uid != old->st_uid || new.st_gid != old->st_gid) &&
	    fchown(fd, old->st_uid, old->st_gid) < 0)
		return false;
	return fchmod(fd, old->st_mode & 07777) == 0 && fsync(fd) == 0;
}

static int beside_write(struct overwrite *o, const struct stat *old,
			struct text *why)
{
	int fd = mkostemp(o->beside, O_CLOEXEC), error;
	bool done;

	if (fd < 0) {
		error = errno;
		free(TAKE(o->beside));
		text_printf(why,
			    "%s cannot be written: %s; nothing was changed",
			    o->file, strerror(error));
		return OVERWRITE_REFUSED;
	}
	done = beside_fill(fd, o, old);
	error = errno;
	if (close(fd) == 0 && done)
		return 0;
	text_printf(why, "%s cannot be written: %s; nothing was changed",
		    o->file, strerror(error));
	return OVERWRITE_REFUSED;
}

static int overwrite_prepare(struct overwrite *o, struct text *why)
{
	struct stat st;

	o->real = realpath(o->file, NULL);
	if (!o->real && errno == ENOMEM)
		return -ENOMEM;
	if (!o->real || stat(o->real, &st) < 0)
		return refuse(why, o->file, "is not there any more");
	/* For root, access() says yes to everything. */
	if (!(st.st_mode & 0222) || access(o->real, W_OK) < 0)
		return refuse(why, o->file, "is read-only");
	o->beside = beside_path(o->real);
	return o->beside ? beside_write(o, &st, why) : -ENOMEM;
}

/* The directory's entry is to last as well; where that cannot be asked for, the
 * file has changed all the same. */
static void directory_sync(const char *real)
{
	_cleanup_free_ char *directory = strdup(real);
	char *slash = directory ? strrchr(directory, '/') : NULL;
	int fd;

	if (!slash)
		return;
	slash[slash == directory] = 0;
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

static int overwrite_put(struct overwrite *files, size_t n, struct text *why)
{
	size_t i, done;

	for (done = 0; done < n; done++) {
		struct overwrite *o = &files[done];

		if (rename(o->beside, o->real) < 0)
			break;
		free(TAKE(o->beside));
		directory_sync(o->real);
	}
	if (done == n)
		return 0;
	text_printf(why, "%s cannot be replaced: %s; %s", files[done].file,
		    strerror(errno),
		    done ? "changed were only" : "nothing was changed");
	for (i = 0; i < done; i++)
		text_printf(why, " %s", files[i].file);
	return done ? OVERWRITE_PARTLY : OVERWRITE_REFUSED;
}

int overwrite_files(struct overwrite *files, size_t n, struct text *ret_why)
{
	size_t i;
	int r = 0;

	for (i = 0; !r && i < n; i++)
		r = overwrite_prepare(&files[i], ret_why);
	for (i = 0; !r && i < n; i++)
		if (source_file_has_changed(files[i].file, &files[i].stamp))
			r = refuse(ret_why, files[i].file,
				   "has changed since it was read; try again");
	if (!r)
		r = overwrite_put(files, n, ret_why);
	for (i = 0; i < n; i++) {
		if (files[i].beside)
			(void)unlink(files[i].beside);
		free(TAKE(files[i].beside));
		free(TAKE(files[i].real));
	}
	return r;
}
