/* Files are made and removed by the test, descriptors counted around it. */
#include "host_test.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel/channel.h"
#include "sys/fd.h"

unsigned count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

void need_fds(unsigned n)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_max >= n)
		return;
	print_message("this needs %u descriptors: ulimit -Hn\n", n);
	skip();
}

int scene_setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	if (!s)
		return -1;
	s->n_fds = count_fds();
	strcpy(s->directory, "/tmp/reeve-test-XXXXXX");
	if (!mkdtemp(s->directory))
		return -1;
	snprintf(s->packages, sizeof(s->packages), "%s/packages", s->directory);
	snprintf(s->state, sizeof(s->state), "%s/state", s->directory);
	if (mkdir(s->packages, 0755) < 0)
		return -1;
	*state = s;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

int scene_teardown(void **state)
{
	struct scene *s = *state;
	unsigned n;

	bare_free(s->m);
	text_fini(&s->said);
	nftw(s->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	n = count_fds();
	if (n != s->n_fds)
		fprintf(stderr, "%u descriptors before, %u after\n", s->n_fds,
			n);
	n -= s->n_fds;
	free(s);
	return n ? -1 : 0;
}

const char *scene_path(const struct scene *s, const char *name)
{
	static char paths[4][8192];
	static unsigned n;
	char *path = paths[n++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", s->directory, name);
	return path;
}

void scene_write(const struct scene *s, const char *name, const char *bytes)
{
	char path[8192], *slash;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", s->directory, name);
	for (slash = path + strlen(s->directory) + 1;
	     (slash = strchr(slash, '/')); slash++) {
		*slash = 0;
		mkdir(path, 0755);
		*slash = '/';
	}
	f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, strlen(bytes), f), strlen(bytes));
	assert_int_equal(fclose(f), 0);
}

const char *scene_read(const struct scene *s, const char *name)
{
	static char bytes[4096];
	FILE *f = fopen(scene_path(s, name), "re");
	size_t n;

	if (!f)
		return NULL;
	n = fread(bytes, 1, sizeof(bytes) - 1, f);
	bytes[n] = 0;
	fclose(f);
	return bytes;
}

bool scene_has(const struct scene *s, const char *name)
{
	struct stat st;

	return lstat(scene_path(s, name), &st) == 0;
}

void scene_run(struct scene *s)
{
	static char root[128];

	snprintf(root, sizeof(root), "%s/root/meta/root.cml", s->packages);
	assert_int_equal(bare_new(root, s->packages, s->state, &s->m), 0);
	if (s->m->tree.root->state != REALM_RESOLVED)
		fail_msg("the root is broken: %s", s->m->tree.root->broken);
}

struct instance *scene_instance(struct scene *s, const char *moniker)
{
	struct realm *r = manager_find(s->m, moniker);
	struct instance *i;

	assert_non_null(r);
	assert_int_equal(manager_resolve(s->m, r), 0);
	if (r->state != REALM_RESOLVED)
		fail_msg("%s: %s", moniker, r->broken);
	assert_int_equal(instance_get(s->m, r, &i), 0);
	return i;
}

static bool said_add(void *userdata, const struct journal_entry *e)
{
	struct scene *s = userdata;

	text_printf(&s->said, "%s %s %s\n", journal_kind_name(e->kind),
		    e->moniker, e->text);
	return true;
}

const char *scene_said(struct scene *s)
{
	text_clear(&s->said);
	journal_each(s->m->journal, NULL, 0, said_add, s);
	return text_string(&s->said);
}

void assert_contains(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("there is no \"%s\" in:\n%s", part, text);
}

void assert_said(struct scene *s, const char *part)
{
	assert_contains(scene_said(s), part);
}

void assert_not_said(struct scene *s, const char *part)
{
	if (strstr(scene_said(s), part))
		fail_msg("there is \"%s\" in:\n%s", part, scene_said(s));
}

void expect_epitaph(int fd, int32_t status)
{
	_Alignas(8) uint8_t bytes[256];
	struct message m = MESSAGE_OVER(bytes);
	struct wire_epitaph e;

	assert_int_equal(channel_read(fd, &m, CHANNEL_NOW), 0);
	assert_int_equal(wire_epitaph_read(&m, &e), 0);
	assert_int_equal(e.status, status);
	assert_true(e.by_manager);
	expect_closed(fd);
}

void expect_closed(int fd)
{
	_Alignas(8) uint8_t bytes[256];
	struct message m = MESSAGE_OVER(bytes);

	assert_int_equal(channel_read(fd, &m, CHANNEL_NOW), CHANNEL_CLOSED);
	fd_close(fd);
}

void expect_quiet(int fd)
{
	_Alignas(8) uint8_t bytes[256];
	struct message m = MESSAGE_OVER(bytes);

	assert_int_equal(channel_read(fd, &m, CHANNEL_NOW),
			 CHANNEL_WOULD_BLOCK);
}
