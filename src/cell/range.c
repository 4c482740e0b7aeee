/*
 * Slots are taken in turn, beginning at a random one, so that two managers
 * rarely meet and a slot is used again only after all others. Two cells with
 * one slot would share the kernel's counts and nothing else.
 */
#include "cell/range.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/own.h"
#include "sys/path.h"

/* Above what distributions give to containers and users; else, in a container
 * with 65536 ids, between the users and the dynamic ones. */
static const struct {
	uint32_t first, end;
} range_places[] = {
	{ 0x70000000, 0x7ffe0000 },
	{ 32768, 59904 },
};

/* Does the map in @file cover these ids? */
static bool range_is_mapped(const char *file, uint32_t first, uint32_t end)
{
	char text[8192], *line, *save;
	unsigned long inside, outside, n;

	if (path_read_file(file, text, sizeof(text)) < 0)
		return false;
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "%lu %lu %lu", &inside, &outside, &n) != 3)
			continue;
		if (inside <= first && inside + n >= end)
			return true;
	}
	return false;
}

void range_init(struct range *r)
{
	uint32_t first, end, random = 0;
	size_t i;

	*r = (struct range){ 0 };
	for (i = 0; i < N_ELEMENTS(range_places); i++) {
		first = range_places[i].first;
		end = range_places[i].end;
		if (!range_is_mapped("/proc/self/uid_map", first, end) ||
		    !range_is_mapped("/proc/self/gid_map", first, end))
			continue;
		r->first = first;
		r->n = (end - first) / RANGE_IDS;
		if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
			random = 0;
		r->next = random % r->n;
		return;
	}
}

bool range_take(struct range *r, uint32_t *ret)
{
	if (!r->n)
		return false;
	*ret = r->first + r->next * RANGE_IDS;
	r->next = (r->next + 1) % r->n;
	return true;
}
