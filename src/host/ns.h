/* The parts of a namespace, for namespace.c and ns_service.c only. */
#pragma once

#include "host/namespace.h"
#include "sys/loop.h"

/* One used service. */
struct ns_service {
	struct list link; /* in ns.services */
	struct instance *instance;
	const struct decl *use;
	struct ns_dir *dir;
	struct loop_source listener;
	struct loop_task gone;
	int listener_fd;
	char *name; /* the last part of its path */
	/* @use is of a dictionary, and this is in it under @name. */
	bool is_member;
	bool is_planned; /* in the cell from the start */
	bool is_dropped; /* @use is NULL then */
};

/* One pseudo-directory: what shares a parent. */
struct ns_dir {
	struct list link; /* in ns.dirs, in the order of the plan's */
	char *path;	  /* "/svc" */
	struct directory *directory;
	int channel_fd; /* for the program, until it is in the message */
	int sockets_fd; /* the same directory in the cell; -1: not yet */
};

/* One used directory whose channel nobody has written to yet. */
struct ns_remote {
	struct list link; /* in ns.remotes */
	struct instance *instance;
	const struct decl *use;
	struct loop_source source;
	int fd;
};

enum ns_place {
	NS_ELSEWHERE, /* no mount: a service, or served by a program */
	NS_MOUNTED,   /* at its own path */
	NS_ABSENT,    /* it could not be mounted: a link is at its path */
};

struct ns {
	struct instance *instance;
	/* Those of the plan come first, in its order. */
	struct list services, dirs, remotes;
	struct list mounts; /* struct mounted */
	/* For each use of the manifest: what the start made of it. */
	enum ns_place *places;
};

/* ---- ns_service.c ---- */

/* The pseudo-directory for services in @path[0..length), made if needed. */
int ns_need_dir(struct ns *n, const char *path, size_t length,
		struct plan *plan, struct ns_dir **ret);
/* Put the service @use into the namespace and, if @plan is given, the plan. */
int ns_add_service(struct ns *n, const struct decl *use, struct plan *plan);

/* The services in a used dictionary, each below its path; m->route is how it is
 * reached. */
int ns_add_dictionary(struct ns *n, const struct decl *use, struct plan *plan);
struct ns_service *ns_find_service(struct ns *n, const struct decl *use);
/* The service of @use goes; its connections do not. False: it is not there. */
bool ns_drop_service(struct ns *n, const struct decl *use);
void ns_service_free(struct ns_service *s);
void ns_dir_free(struct ns_dir *d);
