/*
 * Directories of a running component: what is mounted in its cell, put in and
 * taken off while it runs.
 *
 * The work is done by a worker beside the manager (cell/graft.h); here it is
 * asked for and waited for.
 */
#pragma once

#include "cell/graft.h"
#include "host/instance.h"

struct mounted_result {
	struct instance *instance; /* NULL: it is gone */
	uint32_t n_open_files;
	const char *open_files; /* a line for each that could be named */
	bool was_killed; /* it could not be taken off, so the cell went */
	bool restarts;
};

/* One used directory or storage of a running component. */
struct mounted {
	struct list link;	   /* in its namespace's, or a revocation's */
	struct instance *instance; /* NULL once that is gone */
	const struct decl *use;	   /* NULL once that is gone */
	char *target, *source, *sub;
	uint32_t rights;
	enum plan_mount_kind kind;
	bool restarts; /* its component, when it is taken back */
	bool is_on;    /* or on its way there */

	/* While a worker is at it. */
	struct list busy;
	uint64_t cell_id;
	int fd;
	struct loop_source answer;
	struct loop_timer timer;
	bool is_taken_off; /* the order is to take it off; else to put it in */
	bool is_unwanted;  /* take it off as soon as it is on */
	void (*done)(void *userdata, const struct mounted_result *result);
	void *userdata;
};

/* Remember a mount, which is in the plan if @is_on. It copies what it needs. 0
 * or -ENOMEM. */
int mounted_new(struct instance *i, const struct decl *use,
		const struct plan_mount *m, bool is_on, struct mounted **ret);
/* Forgets it; what is mounted stays. */
void mounted_free(struct mounted *m);
void mounted_free_all(struct list *l);

/* Put it into the cell, which runs. What fails is journalled. */
void mounted_put_in(struct mounted *m);

/*
 * Take all in @l off. Each is freed when that is so, and then @done is called;
 * the list is empty when it was called for the last one.
 */
void mounted_take_off(struct list *l,
		      void (*done)(void *userdata,
				   const struct mounted_result *result),
		      void *userdata);

/* Is anything on its way into the cells of @top and of what is below it? */
bool mounted_is_pending(const struct realm *top);

/* The instance is to be freed. */
void mounted_forget_instance(const struct instance *i);
