/*
 * The plan of a cell: everything that decides what a component's tasks will see
 * and may do, as plain data.
 *
 * The manager builds a plan, can print it (reeve show --plan), and sends it to
 * a blank cell, whose init carries it out. Encoding and rendering are pure; the
 * reader is strict and bounded, and refuses whatever plan_write() would not
 * have written.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

/* The rights of a directory, with the values they have in manifests. */
enum plan_right {
	PLAN_CONNECT = 0x1,
	PLAN_READ_BYTES = 0x2,
	PLAN_WRITE_BYTES = 0x4,
	PLAN_EXECUTE = 0x8,
	PLAN_GET_ATTRIBUTES = 0x10,
	PLAN_UPDATE_ATTRIBUTES = 0x20,
	PLAN_ENUMERATE = 0x40,
	PLAN_TRAVERSE = 0x80,
	PLAN_MODIFY_DIRECTORY = 0x100,
	PLAN_ADMIN = 0x200,

	PLAN_RIGHTS_ALL = 0x3ff,
	/* Any of these makes the mount a writable one. */
	PLAN_RIGHTS_WRITE = PLAN_WRITE_BYTES | PLAN_UPDATE_ATTRIBUTES |
			    PLAN_MODIFY_DIRECTORY | PLAN_ADMIN,
};

enum plan_mount_kind {
	PLAN_PACKAGE,
	PLAN_DIRECTORY,
	/* The cell's own: on the disk it belongs to the component's user. */
	PLAN_STORAGE,

	N_PLAN_MOUNT_KINDS,
};

struct plan_mount {
	const char *target; /* where in the cell; absolute and normal */
	const char *source; /* where on the host; absolute, trusted */
	/* Below @source; from a manifest, so resolved without leaving @source
	 * and without following any link. NULL or "": @source itself. */
	const char *subpath;
	uint32_t rights; /* PLAN_* bits */
	enum plan_mount_kind kind;
	bool optional; /* left out when the source does not exist */
};

/* A symbolic link in the cell's root. */
struct plan_link {
	const char *path; /* of the link */
	const char *into; /* absolute and normal, as the cell sees it */
};

/* A socket that the cell listens on for the manager. */
struct plan_service {
	uint32_t dir;	  /* index into the plan's dirs */
	const char *name; /* one path component, 1 to 255 bytes */
};

struct plan_limit {
	int resource; /* RLIMIT_* */
	uint64_t soft, hard;
};

enum {
	PLAN_BYTES_MAX = 128 * 1024, /* encoded */
	PLAN_PATH_MAX = 4095,
	PLAN_ARGS_MAX = 4096,
	PLAN_ENVIRON_MAX = 1024,
	PLAN_MOUNTS_MAX = 128,
	PLAN_LINKS_MAX = 128,
	PLAN_DIRS_MAX = 64,
	PLAN_SERVICES_MAX = 1024,
	PLAN_LIMITS_MAX = 16,
	PLAN_CONFIG_MAX = 64 * 1024,
	PLAN_TMP_DEFAULT = 64 * 1024 * 1024, /* bytes */
};

/* Where the cell has what its component is configured with. */
#define PLAN_CONFIG_DIR	 "/config"
#define PLAN_CONFIG_FILE "/config/config.json"

struct plan {
	struct arena arena; /* holds all strings and arrays below */

	const char *moniker;
	const char *binary; /* path in the cell: "/pkg/bin/hippo" */
	const char *cwd;    /* in the cell; NULL: "/" */
	const char **args;  /* argv[0] included */
	size_t n_args;
	const char *
		*environ; /* "KEY=VALUE"; "LISTEN_PID=" alone is filled in */
	size_t n_environ;
	struct plan_mount *mounts;
	size_t n_mounts;
	struct plan_link *links;
	size_t n_links;
	/* Directories of sockets, e.g. "/svc": a tmpfs each, read-only for the
	 * component. One that has no service yet can get some later. */
	const char **dirs;
	size_t n_dirs;
	struct plan_service *services;
	size_t n_services;
	struct plan_limit *limits;
	size_t n_limits;
	const char
		*config; /* what PLAN_CONFIG_FILE holds; NULL: there is none */

	uint64_t tmp_bytes; /* limit of /tmp and of /dev/shm, each */
	bool strict;	    /* none of the host's programs and libraries */
	bool notify_stop;   /* told to stop before it is killed */
	uint32_t stop_ms;   /* grace between the two */
};

/* What is wrong with a plan or its encoding. */
enum plan_verdict {
	PLAN_OK,
	PLAN_TOO_LARGE,	 /* more bytes or elements than the limits above */
	PLAN_BAD_PATH,	 /* not absolute and normal, or too long */
	PLAN_BAD_NAME,	 /* a service's name is not one path component */
	PLAN_BAD_STRING, /* empty, too long, or a zero byte inside */
	PLAN_BAD_RIGHTS,
	PLAN_DOUBLE,	/* two things at one path, or something and a link
			 * one below the other */
	PLAN_CUT_SHORT, /* encoding ends too early, or too late */
	PLAN_BAD_VALUE, /* an encoded field holds none of its values */
};

/* An empty plan: "/tmp" of PLAN_TMP_DEFAULT, stop_ms 5000, nothing else. */
void plan_init(struct plan *p);
void plan_fini(struct plan *p);

/*
 * Add one more; strings are copied into the plan's arena. 0, a verdict of
 * plan_verdict (the plan is unchanged), or -ENOMEM.
 */
int plan_set_moniker(struct plan *p, const char *moniker);
int plan_set_binary(struct plan *p, const char *path);
int plan_set_cwd(struct plan *p, const char *path);
/* A file at PLAN_CONFIG_FILE, read-only like the root it lies in;
 * PLAN_TOO_LARGE above PLAN_CONFIG_MAX bytes. Mounts may stand beside it, but
 * not at its path, at its directory's, or below it: plan_check() says
 * PLAN_DOUBLE. */
int plan_set_config(struct plan *p, const char *bytes);
int plan_add_arg(struct plan *p, const char *arg);
int plan_add_environ(struct plan *p, const char *entry);
int plan_add_mount(struct plan *p, const struct plan_mount *mount);
/*
 * A directory that cannot be mounted yet: @path is a link to @into, where it
 * will be put once it can (see graft.h). Its parents are made in the cell's
 * root, so no mount and no directory of sockets may stand above or below it:
 * PLAN_DOUBLE, from whichever is added later.
 */
int plan_add_link(struct plan *p, const char *path, const char *into);
/* A directory of sockets; one that is there already is left alone. */
int plan_add_dir(struct plan *p, const char *path);
/* A socket at "/svc/NAME"; adds its directory too. */
int plan_add_service(struct plan *p, const char *path);
int plan_add_limit(struct plan *p, int resource, uint64_t soft, uint64_t hard);

/* Is the whole thing fit to be carried out? 0 or a verdict. */
int plan_check(const struct plan *p);

/* A sentence's worth of words for a verdict. */
const char *plan_verdict_text(int verdict);

/* "files" for RLIMIT_NOFILE, and so on. */
const char *plan_limit_name(int resource);

/* Is this a place for mounts and links: a normal path that is not the cell's
 * own? */
bool plan_is_target(const char *path);

/* Absolute, no empty, "." or ".." component, no slash at the end; or "/". */
bool plan_is_path(const char *path);

/*
 * The encoding. plan_write() appends to @t: 0, a verdict, or -ENOMEM.
 * plan_read() fills @ret, which plan_init() made and plan_fini() ends in any
 * case: 0, a verdict, or -ENOMEM.
 */
int plan_write(const struct plan *p, struct text *t);
int plan_read(const void *bytes, size_t n, struct plan *ret);

/* For people, and for programs. Strings of components are made safe to show. */
void plan_render(const struct plan *p, struct text *t);
void plan_render_json(const struct plan *p, struct text *t);

#define _cleanup_plan_ __attribute__((cleanup(plan_fini)))
