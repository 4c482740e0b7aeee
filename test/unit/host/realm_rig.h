/*
 * A tree whose root has a static child /fixed and the collections "pool" and
 * "once" (of single runs), and the Realm protocol spoken to it. The packages'
 * manifests are #meta/w.cm (a worker that can have workers), #meta/leaf.cm and
 * #meta/eager.cm.
 */
#pragma once

#include "host_test.h"

#include "wire/realm.h"

void realm_scene(struct scene *s);

/* A connection to the protocol, scoped to @moniker. */
int realm_connect(struct scene *s, const char *moniker);

/* Send one request with a handle, which is taken (-1: none). */
void realm_ask(int fd, struct realm_request *q, int take_handle);
/* The reply that waits; its strings live until the next call. */
const struct realm_reply *realm_answer(int fd);
/* Both, and the turn between them: the error of the reply. */
uint32_t realm_call(struct scene *s, int fd, struct realm_request *q,
		    int take_handle);

uint32_t realm_create(struct scene *s, int fd, const char *collection,
		      const char *name, const char *url);
struct realm_request realm_destruction(const char *collection,
				       const char *name);
uint32_t realm_destroy(struct scene *s, int fd, const char *collection,
		       const char *name);
uint32_t realm_open_exposed(struct scene *s, int fd, const char *collection,
			    const char *name, int take_handle);

/* The instance of @moniker, as if its program ran. */
struct instance *realm_pretend_to_run(struct scene *s, const char *moniker);
