/* The contents of directories: the packed records of ReadDirents and of
 * watchers, and the paths of an Open. */
#include <errno.h>

#include "base/utf8.h"
#include "wire/io.h"
#include "wire/layout.h"

enum { DIRENT_HEADER = 10, WATCH_HEADER = 2 };

/* The rules for a name as an entry of a directory. */
static bool name_is_valid(struct wire_string name)
{
	return name.bytes && name.n && name.n <= IO_NAME_MAX &&
	       !memchr(name.bytes, '/', name.n) &&
	       !memchr(name.bytes, 0, name.n) &&
	       utf8_is_valid(name.bytes, name.n);
}

int io_dirent_write(uint8_t *buffer, uint32_t capacity, uint32_t *n,
		    const struct io_dirent *e)
{
	uint8_t *p = buffer + *n;

	if (!name_is_valid(e->name))
		return -EINVAL;
	if (capacity - *n < DIRENT_HEADER + e->name.n)
		return IO_RECORD_NO_ROOM;

	wire_put64(p, e->ino);
	p[8] = (uint8_t)e->name.n;
	p[9] = e->type;
	memcpy(p + DIRENT_HEADER, e->name.bytes, e->name.n);
	*n += DIRENT_HEADER + e->name.n;
	return 0;
}

int io_dirent_read(struct wire_bytes bytes, uint32_t *offset,
		   struct io_dirent *ret)
{
	uint32_t left = bytes.n - *offset;
	const uint8_t *p;
	struct io_dirent e;

	if (!left)
		return IO_RECORD_END;
	p = bytes.bytes + *offset;
	if (left < DIRENT_HEADER || left - DIRENT_HEADER < p[8])
		return -EBADMSG;
	e = (struct io_dirent){
		.ino = wire_get64(p),
		.type = p[9],
		.name = { (const char *)p + DIRENT_HEADER, p[8] },
	};
	if (!name_is_valid(e.name))
		return -EBADMSG;
	*ret = e;
	*offset += DIRENT_HEADER + e.name.n;
	return 0;
}

/* The directory's own events have no name, all others have one. */
static bool watch_event_is_valid(const struct io_watch_event *e)
{
	switch (e->event) {
	case IO_WATCH_DELETED:
	case IO_WATCH_IDLE:
		return e->name.n == 0;
	case IO_WATCH_ADDED:
	case IO_WATCH_REMOVED:
	case IO_WATCH_EXISTING:
		return name_is_valid(e->name);
	default:
		return false;
	}
}

int io_watch_event_write(uint8_t *buffer, uint32_t capacity, uint32_t *n,
			 const struct io_watch_event *e)
{
	uint8_t *p = buffer + *n;

	if (!watch_event_is_valid(e))
		return -EINVAL;
	if (capacity - *n < WATCH_HEADER + e->name.n)
		return IO_RECORD_NO_ROOM;

	p[0] = e->event;
	p[1] = (uint8_t)e->name.n;
	if (e->name.n)
		memcpy(p + WATCH_HEADER, e->name.bytes, e->name.n);
	*n += WATCH_HEADER + e->name.n;
	return 0;
}

int io_watch_event_read(struct wire_bytes bytes, uint32_t *offset,
			struct io_watch_event *ret)
{
	uint32_t left = bytes.n - *offset;
	const uint8_t *p;
	struct io_watch_event e;

	if (!left)
		return IO_RECORD_END;
	p = bytes.bytes + *offset;
	if (left < WATCH_HEADER || left - WATCH_HEADER < p[1])
		return -EBADMSG;
	e = (struct io_watch_event){
		.event = p[0],
		.name = { (const char *)p + WATCH_HEADER, p[1] },
	};
	if (!watch_event_is_valid(&e))
		return -EBADMSG;
	*ret = e;
	*offset += WATCH_HEADER + e.name.n;
	return 0;
}

static bool is_dots(struct wire_string name)
{
	return wire_string_equals(name, ".") || wire_string_equals(name, "..");
}

int io_path_next(struct wire_string *path, struct wire_string *ret,
		 bool *ret_is_directory)
{
	struct wire_string name = *path;
	const char *slash;

	if (!path->n || wire_string_equals(*path, "."))
		return IO_PATH_END;
	slash = memchr(path->bytes, '/', path->n);
	if (slash)
		name.n = (uint32_t)(slash - path->bytes);
	if (!name_is_valid(name) || is_dots(name))
		return IO_PATH_BAD;

	if (ret_is_directory)
		*ret_is_directory = slash != NULL;
	*ret = name;
	path->bytes += name.n + (slash ? 1 : 0);
	path->n -= name.n + (slash ? 1 : 0);
	return 0;
}

int io_path_check(struct wire_string path)
{
	struct wire_string name;
	int r;

	if (!path.n || path.n > IO_PATH_MAX)
		return IO_PATH_BAD;
	if (wire_string_equals(path, "."))
		return 0;
	do {
		/* What is left of "a/." must not pass for the path "." */
		if (wire_string_equals(path, "."))
			return IO_PATH_BAD;
		r = io_path_next(&path, &name, NULL);
	} while (!r);
	return r == IO_PATH_END ? 0 : r;
}
