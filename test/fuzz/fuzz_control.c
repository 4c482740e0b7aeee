/*
 * The control protocol against a manager that is made by hand, driven by a
 * program of one-byte operations with their arguments behind them. Whatever the
 * tools send: nothing crashes or hangs, what is answered is well-formed, and in
 * the end every connection is closed and no descriptor is left.
 *
 * Built with test/unit/host/bare.c.
 */
#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/host/bare.h"
#include "channel/channel.h"
#include "host/control.h"
#include "manifest/json5.h"
#include "sys/fd.h"
#include "wire/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum {
	N_TOOLS = 4,
	STEPS_MAX = 200,
	TURNS_MAX = 10000,
};

struct input {
	const uint8_t *bytes;
	size_t n;
};

struct world {
	struct manager *m;
	int tools[N_TOOLS];
};

static const char *const verbs[] = { "list",   "show", "start", "stop", "log",
				     "status", "none", "LIST",	"" };
static const char *const arguments[] = {
	"/",
	"/a",
	"/a/web",
	"/b/web",
	"web",
	"a",
	"/gone",
	"/wrong",
	"",
	"plan",
	"0",
	"3",
	"99999999999999999999",
	"follow",
	"/a//web",
	"//",
	"/a/",
	":",
	"\xe2\x82\xac",
	"/pool:x",
};

/* ---- the tree, which is made once ---- */

static char directory[] = "/tmp/reeve-fuzz-XXXXXX";
static char root_file[64], packages[64], state[64];

static const struct {
	const char *name, *manifest;
} files[] = {
	{ "root.cml", "{ children: [ { name: 'a', url: '#meta/a.cm' },"
		      "    { name: 'b', url: '#meta/b.cm' },"
		      "    { name: 'gone', url: 'gone#meta/gone.cm' },"
		      "    { name: 'wrong', url: '#meta/wrong.cm' } ],"
		      "  capabilities: [ { storage: 's', from: 'parent',"
		      "    backing_dir: 'data',"
		      "    storage_id: 'static_instance_id_or_moniker' } ],"
		      "  offer: [ { storage: 's', from: 'self', to: '#a' },"
		      "    { protocol: 'x.Y', from: '#b', to: '#a' } ] }" },
	{ "a.cml", "{ program: { runner: 'elf', binary: 'bin/a' },"
		   "  use: [ { storage: 's', path: '/data' },"
		   "    { protocol: 'x.Y' }, { protocol: 'x.None' } ],"
		   "  children: [ { name: 'web', url: '#meta/web.cm',"
		   "    startup: 'eager' } ] }" },
	{ "b.cml", "{ program: { runner: 'elf', binary: 'bin/b' },"
		   "  capabilities: [ { protocol: 'x.Y' } ],"
		   "  expose: [ { protocol: 'x.Y', from: 'self' } ],"
		   "  children: [ { name: 'web', url: '#meta/web.cm' } ] }" },
	{ "web.cml", "{ program: { runner: 'elf', binary: 'bin/web' } }" },
	{ "wrong.cml", "{ children: 7, \x1b: '\x07' }" },
};

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void tree_remove(void)
{
	nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void tree_make(void)
{
	char path[128];
	size_t i;
	FILE *f;

	if (!mkdtemp(directory))
		abort();
	atexit(tree_remove);
	snprintf(packages, sizeof(packages), "%s", directory);
	snprintf(state, sizeof(state), "%s/state", directory);
	snprintf(path, sizeof(path), "%s/root", directory);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/root/meta", directory);
	mkdir(path, 0700);
	snprintf(root_file, sizeof(root_file), "%s/root/meta/root.cml",
		 directory);
	for (i = 0; i < N_ELEMENTS(files); i++) {
		snprintf(path, sizeof(path), "%s/root/meta/%s", directory,
			 files[i].name);
		f = fopen(path, "we");
		if (!f || fputs(files[i].manifest, f) < 0 || fclose(f))
			abort();
	}
}

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* ---- operations ---- */

static uint8_t take(struct input *in)
{
	if (!in->n)
		return 0;
	in->n--;
	return *in->bytes++;
}

/* As many bytes as the next two say, as far as there are any. */
static size_t take_bytes(struct input *in, const uint8_t **ret)
{
	size_t n = take(in);

	n |= (size_t)take(in) << 8;
	if (n > in->n)
		n = in->n;
	*ret = in->bytes;
	in->bytes += n;
	in->n -= n;
	return n;
}

static void tool_connect(struct world *w, int *tool)
{
	int fds[2];

	if (channel_pair(fds))
		abort();
	fd_close(*tool);
	*tool = fds[0];
	(void)control_adopt(w->m->control, fds[1]);
}

static struct wire_string take_argument(struct input *in)
{
	uint8_t kind = take(in);
	struct wire_string s;
	const uint8_t *bytes;

	if (kind < 0x80)
		return wire_string_of(arguments[kind % N_ELEMENTS(arguments)]);
	s.n = (uint32_t)take_bytes(in, &bytes);
	s.bytes = (const char *)bytes;
	return s;
}

static void send_request(struct input *in, int fd)
{
	static _Alignas(8) uint8_t buffer[MESSAGE_BYTES_MAX];
	struct message m = MESSAGE_OVER(buffer);
	struct control_request q = { .txid = 1 };
	uint8_t n;

	q.verb = wire_string_of(verbs[take(in) % N_ELEMENTS(verbs)]);
	n = take(in) % 10;
	while (q.n_arguments < n)
		q.arguments[q.n_arguments++] = take_argument(in);
	if (control_request_write(&m, &q) == 0)
		channel_send(fd, &m, CHANNEL_NOW);
}

/* Any bytes, with or without a handle. */
static void send_bytes(struct input *in, int fd)
{
	const uint8_t *bytes;
	uint8_t kind = take(in);
	int handles[2] = { -1, -1 };
	size_t n, n_handles = 0;

	if (kind & 1 && !channel_pair(handles))
		n_handles = 2;
	n = take_bytes(in, &bytes);
	if (n)
		channel_write(fd, bytes, n, handles, n_handles, CHANNEL_NOW);
	fd_close_all(handles, n_handles);
}

static void check_json(struct wire_string json)
{
	struct json5_value *root = NULL;
	struct arena arena = ARENA_INIT;
	struct report report;

	report_init(&report);
	if (json5_read("reply", json.bytes, json.n, &arena, &root, &report))
		abort();
	report_fini(&report);
	arena_fini(&arena);
}

/* Read what is there. All of it is events, and nothing follows the last one. */
static void drain(int *tool)
{
	static _Alignas(8) uint8_t buffer[MESSAGE_BYTES_MAX];
	struct message m = MESSAGE_OVER(buffer);
	struct wire_epitaph epitaph;
	struct control_event e;
	bool has_ended = false;
	int r;

	while ((r = channel_read(*tool, &m, CHANNEL_NOW)) == 0) {
		assert(!m.n_handles && !has_ended);
		if (wire_epitaph_read(&m, &epitaph) == 0)
			continue;
		r = control_event_read(&m, &e);
		assert(r == 0);
		if (e.kind == CONTROL_ON_DATA)
			check_json(e.json);
		has_ended = e.kind == CONTROL_ON_END;
		assert(!has_ended || e.exit_status == 0 || e.error.n);
	}
	if (r == CHANNEL_CLOSED)
		*tool = fd_close(*tool);
}

static void write_line(struct world *w, struct input *in)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	const uint8_t *bytes;
	size_t n = take_bytes(in, &bytes);

	text_append(&line, (const char *)bytes, n);
	journal_write(w->m->journal, JOURNAL_LOG,
		      arguments[take(in) % N_ELEMENTS(arguments)], NULL, NULL,
		      "%s", text_string(&line));
}

static void step(struct world *w, struct input *in)
{
	uint8_t op = take(in);
	int *tool = &w->tools[(op >> 4) % N_TOOLS];

	switch (op & 15) {
	case 0:
	case 1:
		tool_connect(w, tool);
		break;
	case 2:
	case 3:
		/* The common case in one step. */
		tool_connect(w, tool);
		send_request(in, *tool);
		break;
	case 4:
		send_request(in, *tool);
		break;
	case 5:
		send_bytes(in, *tool);
		break;
	case 6:
		drain(tool);
		break;
	case 7:
		*tool = fd_close(*tool);
		break;
	case 8:
		write_line(w, in);
		break;
	case 9:
		shutdown(*tool, take(in) % 3);
		break;
	default:
		loop_turn(w->m->loop, 0);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input in = { data, n };
	struct world w = { .m = NULL };
	int i, n_fds;

	if (!*root_file)
		tree_make();
	n_fds = count_fds();
	for (i = 0; i < N_TOOLS; i++)
		w.tools[i] = -1;
	if (bare_new(root_file, packages, state, &w.m))
		abort();
	for (i = 0; i < STEPS_MAX && in.n; i++)
		step(&w, &in);
	/* Nothing may keep the loop busy. */
	for (i = 0; loop_turn(w.m->loop, 0) > 0; i++)
		assert(i < TURNS_MAX);
	bare_free(w.m);
	for (i = 0; i < N_TOOLS; i++) {
		if (w.tools[i] < 0)
			continue;
		drain(&w.tools[i]);
		/* Closed by the manager: nothing of it is left. */
		assert(w.tools[i] < 0);
	}
	assert(count_fds() == n_fds);
	return 0;
}
