/*
 * What the tests of this floor share: a directory of its own for each test,
 * with the files that it writes there, and a count of descriptors, which the
 * test has to leave as it found them.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs the above before it. */
#include <cmocka.h>

#include "bare.h"
#include "host/instance.h"

struct scene {
	char directory[64];
	char packages[96], state[96]; /* in it */
	unsigned n_fds;
	struct manager *m; /* see scene_run(); NULL before */
	struct text said;  /* see scene_said() */
};

/* *state is the scene. */
int scene_setup(void **state);
int scene_teardown(void **state);

#define host_test(f)                                                           \
	cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

/* How many descriptors this process has open. */
unsigned count_fds(void);
/* Be allowed to have @n, or skip the test: shells allow few to begin with. */
void need_fds(unsigned n);

/* The path of @name in the scene's directory; a few are good at a time. */
const char *scene_path(const struct scene *s, const char *name);
/* Write a file there; its directories are made. */
void scene_write(const struct scene *s, const char *name, const char *bytes);
/* What is in it; NULL if it is none. */
const char *scene_read(const struct scene *s, const char *name);
bool scene_has(const struct scene *s, const char *name);

/* Make the manager of the manifest packages/root/meta/root.cml. */
void scene_run(struct scene *s);
/* The instance of a moniker; it must be one. */
struct instance *scene_instance(struct scene *s, const char *moniker);
/* The journal's lines so far: "KIND MONIKER TEXT\n" each. */
const char *scene_said(struct scene *s);
void assert_said(struct scene *s, const char *part);
void assert_not_said(struct scene *s, const char *part);

/* @text contains @part. */
void assert_contains(const char *text, const char *part);

/* The next message on @fd is this epitaph of the manager's. Closes @fd. */
void expect_epitaph(int fd, int32_t status);
/* Closed without a word. Closes @fd. */
void expect_closed(int fd);
/* Nothing waits, and it is open. */
void expect_quiet(int fd);
