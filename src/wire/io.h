/*
 * fuchsia.io, nodes and directories, as fidl/fuchsia.io.fidl writes them down.
 *
 * The protocol is that of 2019-20 (its ordinals are hashed from the renamed
 * library "fuchsia.io1"), carried in version 2 of the wire format.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wire/codec.h"

/* ---- constants ---- */

enum io_flag {
	IO_RIGHT_READABLE = 0x1,
	IO_RIGHT_WRITABLE = 0x2,
	IO_RIGHT_ADMIN = 0x4,
	IO_RIGHT_EXECUTABLE = 0x8,
	IO_RIGHTS = 0xf,
	IO_FLAG_CREATE = 0x00010000,
	IO_FLAG_CREATE_IF_ABSENT = 0x00020000,
	IO_FLAG_TRUNCATE = 0x00040000,
	IO_FLAG_DIRECTORY = 0x00080000,
	IO_FLAG_APPEND = 0x00100000,
	IO_FLAG_NO_REMOTE = 0x00200000,
	IO_FLAG_NODE_REFERENCE = 0x00400000,
	/* Send OnOpen on the new channel before anything else. */
	IO_FLAG_DESCRIBE = 0x00800000,
	IO_FLAG_POSIX = 0x01000000,
	IO_FLAG_NOT_DIRECTORY = 0x02000000,
	/* Clone only. */
	IO_FLAG_SAME_RIGHTS = 0x04000000,
	IO_FLAGS_OPEN = 0x03ff000f,
	IO_FLAGS_CLONE = 0x04f0000f,
	IO_FLAGS_WITH_NODE_REFERENCE = 0x02c80000,
};

enum io_mode {
	IO_MODE_TYPE = 0xff000,
	IO_MODE_DIRECTORY = 0x4000,
	IO_MODE_BLOCK = 0x6000,
	IO_MODE_FILE = 0x8000,
	IO_MODE_SOCKET = 0xc000,
	IO_MODE_SERVICE = 0x10000,
	IO_MODE_PROTECTION = 0xfff,
};

enum {
	IO_BYTES_MAX = 8192, /* of one ReadDirents */
	IO_PATH_MAX = 4096,
	IO_NAME_MAX = 255,
};

#define IO_INO_UNKNOWN UINT64_MAX

/* Ordinals: SHA-256 of the name above each, its first 8 bytes as a
 * little-endian number, the top bit cleared. A test compares them with fidl/.
 */

/* fuchsia.io1/Directory.Open */
#define IO_ORDINAL_OPEN UINT64_C(0x2c5044561d685ec0)
/* fuchsia.io1/Node.Clone */
#define IO_ORDINAL_CLONE UINT64_C(0x5a61678f293ce16f)
/* fuchsia.io1/Node.Close */
#define IO_ORDINAL_CLOSE UINT64_C(0x5309c5bd1c33dc44)
/* fuchsia.io1/Node.Describe */
#define IO_ORDINAL_DESCRIBE UINT64_C(0x0ffcec215078dea0)
/* fuchsia.io1/Node.OnOpen */
#define IO_ORDINAL_ON_OPEN UINT64_C(0x7fc7bbb1dbfd1972)
/* fuchsia.io1/Node.Sync */
#define IO_ORDINAL_SYNC UINT64_C(0x189d88326c18b519)
/* fuchsia.io1/Node.GetAttr */
#define IO_ORDINAL_GET_ATTR UINT64_C(0x78985e216314dafd)
/* fuchsia.io1/Node.SetAttr */
#define IO_ORDINAL_SET_ATTR UINT64_C(0x4186c0f40d938f46)
/* fuchsia.io1/Directory.ReadDirents */
#define IO_ORDINAL_READ_DIRENTS UINT64_C(0x3582806bf27faa0a)
/* fuchsia.io1/Directory.Rewind */
#define IO_ORDINAL_REWIND UINT64_C(0x16b1202af0f34c71)
/* fuchsia.io1/Directory.Watch */
#define IO_ORDINAL_WATCH UINT64_C(0x5717193a59d66d91)
/* fuchsia.io1/Directory.Unlink */
#define IO_ORDINAL_UNLINK UINT64_C(0x5a0ff90760a8bc23)
/* fuchsia.io1/Directory.Rename */
#define IO_ORDINAL_RENAME UINT64_C(0x0a8e00a247f3c905)
/* fuchsia.io1/Directory.Link */
#define IO_ORDINAL_LINK UINT64_C(0x740604c0c7c930e7)
/* fuchsia.io1/Directory.GetToken */
#define IO_ORDINAL_GET_TOKEN UINT64_C(0x26ae9d18763c8655)

/* ---- messages ---- */

enum io_method {
	IO_OPEN = 1, /* one-way */
	IO_CLONE,    /* one-way */
	IO_CLOSE,
	IO_DESCRIBE,
	IO_ON_OPEN, /* event */
	IO_SYNC,
	IO_GET_ATTR,
	IO_SET_ATTR,
	IO_READ_DIRENTS,
	IO_REWIND,
	IO_WATCH,
	IO_UNLINK,
	IO_RENAME,
	IO_LINK,
	IO_GET_TOKEN,
};

/* The ordinals of NodeInfo's members. */
enum io_node_kind {
	IO_NODE_ABSENT = 0,
	IO_NODE_SERVICE = 1,
	IO_NODE_FILE = 2,
	IO_NODE_DIRECTORY = 3,
	IO_NODE_PIPE = 4,
	IO_NODE_VMOFILE = 5,
	IO_NODE_DEVICE = 6,
	IO_NODE_TTY = 7,
	IO_NODE_SOCKET = 8,
};

/* A flexible union: a kind above IO_NODE_SOCKET is one we do not know. */
struct io_node_info {
	uint64_t kind; /* enum io_node_kind */
	/* An event (file, device, tty: optional), a socket (pipe, socket) or
	 * a memory object (vmofile): set WIRE_NO_HANDLE for none. */
	uint32_t handle;
	uint64_t offset, length; /* vmofile */
};

struct io_attributes {
	uint32_t mode; /* enum io_mode */
	uint64_t id, content_size, storage_size, link_count;
	uint64_t creation_time, modification_time; /* ns since 1970 */
};

struct io_open {
	uint32_t flags, mode;
	struct wire_string path;
	uint32_t object; /* the server end of the new channel */
};

struct io_clone {
	uint32_t flags;
	uint32_t object;
};

struct io_watch {
	uint32_t mask;	  /* of 1 << enum io_watch_event */
	uint32_t options; /* must be 0 */
	uint32_t watcher; /* the channel the events are written to */
};

struct io_set_attr {
	uint32_t flags;
	struct io_attributes attributes;
};

/* Rename and Link. */
struct io_move {
	struct wire_string source;
	uint32_t token;
	struct wire_string destination;
};

struct io_request {
	enum io_method method;
	uint32_t txid; /* 0 for Open and Clone */
	union {
		struct io_open open;
		struct io_clone clone;
		struct io_watch watch;
		struct io_set_attr set_attr;
		struct io_move move;
		uint64_t max_bytes;	 /* ReadDirents */
		struct wire_string path; /* Unlink */
	};
};

/* Replies, and the event OnOpen (txid 0). */
struct io_reply {
	enum io_method method;
	uint32_t txid;
	int32_t status; /* not in the reply to Describe */
	union {
		struct io_node_info info; /* Describe; OnOpen: may be absent */
		struct io_attributes attributes;
		struct wire_bytes dirents;
		uint32_t token; /* GetToken: optional */
	};
};

/*
 * Readers: WIRE_UNKNOWN when the message is not one of this protocol (an
 * epitaph is not), -EBADMSG when it is malformed. Writers: -EMSGSIZE, -EINVAL
 * as wire_write(). Strings and bytes point into the message; see codec.h for
 * handles.
 */
int io_request_read(const struct message *m, struct io_request *ret);
int io_request_write(struct message *m, const struct io_request *request);
int io_reply_read(const struct message *m, struct io_reply *ret);
int io_reply_write(struct message *m, const struct io_reply *reply);

/* True when a reply is due to @method. */
bool io_method_has_reply(enum io_method method);

/* "Open", for log lines. Static. */
const char *io_method_name(enum io_method method);

/* ---- the contents of directories ---- */

enum io_dirent_type {
	IO_DIRENT_UNKNOWN = 0,
	IO_DIRENT_DIRECTORY = 4,
	IO_DIRENT_BLOCK = 6,
	IO_DIRENT_FILE = 8,
	IO_DIRENT_SOCKET = 12,
	IO_DIRENT_SERVICE = 16,
};

enum io_record_verdict {
	IO_RECORD_END = 1,     /* read: nothing follows */
	IO_RECORD_NO_ROOM = 2, /* write: it does not fit; nothing was written */
};

/* An entry of ReadDirents: {ino u64, length u8, type u8, name}, packed. */
struct io_dirent {
	uint64_t ino;
	uint8_t type; /* enum io_dirent_type */
	struct wire_string name;
};

/*
 * Append @e to the *n bytes at @buffer, which has room for @capacity, and add
 * to *n. IO_RECORD_NO_ROOM; -EINVAL for a name that is empty, longer than
 * IO_NAME_MAX or contains a slash or a zero byte.
 */
int io_dirent_write(uint8_t *buffer, uint32_t capacity, uint32_t *n,
		    const struct io_dirent *e);

/* The entry at *offset of @bytes; moves *offset behind it. IO_RECORD_END at the
 * end; -EBADMSG for anything that io_dirent_write() would not have written. */
int io_dirent_read(struct wire_bytes bytes, uint32_t *offset,
		   struct io_dirent *ret);

enum io_watch_event_kind {
	IO_WATCH_DELETED = 0, /* the directory itself; no name */
	IO_WATCH_ADDED = 1,
	IO_WATCH_REMOVED = 2,
	IO_WATCH_EXISTING = 3,
	IO_WATCH_IDLE = 4, /* all existing entries were told; no name */
	IO_WATCH_MASK_ALL = 0x1f,
};

/*
 * What a watcher's channel carries: messages of one or more records
 * {event u8, length u8, name}, packed, without a header; at most IO_BYTES_MAX.
 */
struct io_watch_event {
	uint8_t event; /* enum io_watch_event_kind */
	struct wire_string name;
};

/* As io_dirent_write() and io_dirent_read(). */
int io_watch_event_write(uint8_t *buffer, uint32_t capacity, uint32_t *n,
			 const struct io_watch_event *e);
int io_watch_event_read(struct wire_bytes bytes, uint32_t *offset,
			struct io_watch_event *ret);

/* ---- paths ---- */

enum io_path_verdict {
	IO_PATH_END = 1, /* nothing is left */
	IO_PATH_BAD = 2, /* not a path this protocol allows */
};

/*
 * Split the first name off *path. The path of an Open is one or more names
 * separated by single slashes, without one at the beginning; one at the end
 * asks for a directory (*ret_is_directory, may be NULL). A path that is "." as
 * a whole names the directory itself: IO_PATH_END at once. "..", names longer
 * than IO_NAME_MAX and zero bytes are IO_PATH_BAD; so are "." among names and
 * an empty path where the first name should be - check the whole path once with
 * io_path_check() before walking it.
 */
int io_path_next(struct wire_string *path, struct wire_string *ret,
		 bool *ret_is_directory);

/* 0 or IO_PATH_BAD: the same rules over the whole path, which is not empty. */
int io_path_check(struct wire_string path);
