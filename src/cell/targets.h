/*
 * The channels that a sweep looks for: telling whether a socket is an end of
 * one, and what has become of each.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "cell/sever.h"

struct target {
	const struct sever_target *what;
	struct sever_found *found;
	bool is_done; /* nothing more to be looked for */
	struct map_node cookie_node, label_node;
};

struct targets {
	struct target *all;
	size_t n, n_pending;
	bool has_labels;
	bool is_seal; /* nothing is ended: see SEVER_SEAL */
	struct map by_cookie, by_label;
};

#define TARGETS_INIT                                                           \
	{                                                                      \
		.by_cookie = MAP_INIT, .by_label = MAP_INIT,                   \
	}

/* @what and @found, @n each, are the caller's and stay. 0 or -errno. */
int targets_init(struct targets *t, const struct sever_target *what,
		 struct sever_found *found, size_t n);
void targets_fini(struct targets *t);

/* The target that the socket @fd is an end of, and which; or NULL. */
struct target *targets_find(const struct targets *t, int fd, uint64_t cookie,
			    enum sever_end *ret_end);

/*
 * @fd is this end of @target: end the channel, for everybody. What is queued in
 * it is left, for targets_drain().
 */
void targets_shut(const struct targets *t, struct target *target, int fd);

/* Then read away what is queued, and write down that this end was seen. */
void targets_drain(struct targets *t, struct target *target, int fd,
		   enum sever_end end);
