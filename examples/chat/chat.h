/*
 * The protocol: a client joins a room (a request, answered when it is in), says
 * things, and hears what is said in its room, its own words too.
 */
#pragma once

#include <reeve.h>
#include <reeve/process.h>
#include <reeve/router.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define CHAT "/svc/example.Chat"

enum {
	CHAT_JOIN = 1, /* the body is a room's name */
	CHAT_SAY,
	CHAT_HEAR,
};

/* Connections are descriptors: have as many as may be had. How many that is. */
static inline unsigned long descriptors_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 0;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	return (unsigned long)limit.rlim_max;
}
