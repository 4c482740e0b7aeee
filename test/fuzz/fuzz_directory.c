/*
 * A directory server and some clients, driven by a program of one-byte
 * operations with their arguments behind them. Whatever the clients send:
 * nothing crashes or hangs, the bounds hold, no right grows, and in the end no
 * descriptor and no memory is left.
 */
#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "channel/channel.h"
#include "client/directory.h"
#include "sys/fd.h"
#include "sys/loop.h"
#include "wire/io.h"

enum {
	N_CLIENTS = 6,
	RIGHTS = IO_RIGHT_READABLE | IO_RIGHT_WRITABLE,
	MAX_STEPS = 200,
	MAX_CONNECTIONS = 5,
	MAX_WATCHERS = 3,
	MAX_ENTRIES = 24,
};

struct input {
	const uint8_t *bytes;
	size_t n;
};

struct world {
	struct loop *loop;
	struct directory *d; /* NULL: a callback freed it */
	int clients[N_CLIENTS];
	uint8_t mischief; /* what the callback does */
};

static const char *const paths[] = {
	".",	 "svc",	      "svc/a",	 "svc/b",    "svc/a/x", "far",
	"far/x", "far/x/y/z", "none",	 "svc/none", "..",	"/svc",
	"svc/",	 "new",	      "new/sub", "",	     "svc//a",	"svc/..",
};

static const uint64_t ordinals[] = {
	IO_ORDINAL_OPEN,     IO_ORDINAL_CLONE,	  IO_ORDINAL_CLOSE,
	IO_ORDINAL_DESCRIBE, IO_ORDINAL_ON_OPEN,  IO_ORDINAL_SYNC,
	IO_ORDINAL_GET_ATTR, IO_ORDINAL_SET_ATTR, IO_ORDINAL_READ_DIRENTS,
	IO_ORDINAL_REWIND,   IO_ORDINAL_WATCH,	  IO_ORDINAL_UNLINK,
	IO_ORDINAL_RENAME,   IO_ORDINAL_LINK,	  IO_ORDINAL_GET_TOKEN,
	UINT64_MAX,	     UINT64_C(0x42),
};

static uint8_t take(struct input *in)
{
	if (!in->n)
		return 0;
	in->n--;
	return *in->bytes++;
}

static uint32_t take32(struct input *in)
{
	uint32_t x = take(in);

	x |= (uint32_t)take(in) << 8;
	x |= (uint32_t)take(in) << 16;
	return x | (uint32_t)take(in) << 24;
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

static void on_open(void *userdata, const struct directory_open *open,
		    int take_server_end)
{
	struct world *w = userdata;

	assert(channel_is(take_server_end));
	assert(!(open->flags & IO_RIGHTS & ~(uint32_t)RIGHTS));
	assert(strlen(open->path) <= IO_PATH_MAX);
	assert(open->client == 7);
	fd_close(take_server_end);
	switch (w->mischief & 7) {
	case 1:
		directory_remove(w->d, "svc");
		break;
	case 2:
		directory_disconnect(w->d, 7, -1);
		break;
	case 3:
		directory_free(TAKE(w->d));
		break;
	case 4:
		directory_add_directory(w->d, "new/sub");
		break;
	default:
		break;
	}
}

/* A handle of some sort; -1 for none. The other end of a channel becomes a
 * client, so that it can be used later. */
static int make_handle(struct world *w, uint8_t kind)
{
	int fds[2], *slot = &w->clients[(kind >> 4) % N_CLIENTS];

	switch (kind & 7) {
	case 0:
		return -1;
	case 1:
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	case 2:
		return *slot >= 0 ? fcntl(*slot, F_DUPFD_CLOEXEC, 0) : -1;
	default:
		if (channel_pair(fds))
			return -1;
		fd_close(*slot);
		*slot = fds[0];
		return fds[1];
	}
}

static void send_request(struct world *w, struct input *in, int fd)
{
	_Alignas(8) uint8_t buffer[16384];
	struct message m = MESSAGE_OVER(buffer);
	struct io_request q = { .txid = 1 };
	uint32_t handle;

	q.method = (enum io_method)(1 + take(in) % IO_GET_TOKEN);
	handle = message_put_handle(&m, make_handle(w, take(in)));
	switch (q.method) {
	case IO_OPEN:
		q.txid = 0;
		q.open.flags = take32(in);
		q.open.mode = take(in) << 12;
		q.open.path = wire_string_of(
			paths[take(in) % (sizeof(paths) / sizeof(*paths))]);
		q.open.object = handle;
		break;
	case IO_CLONE:
		q.txid = 0;
		q.clone.flags = take32(in);
		q.clone.object = handle;
		break;
	case IO_WATCH:
		q.watch.mask = take(in);
		q.watch.watcher = handle;
		break;
	case IO_READ_DIRENTS:
		q.max_bytes = take32(in) & 0x3fff;
		break;
	case IO_UNLINK:
		q.path = wire_string_of("svc");
		break;
	case IO_RENAME:
	case IO_LINK:
		q.move.source = q.move.destination = wire_string_of("svc");
		q.move.token = handle;
		break;
	default:
		break;
	}
	if (io_request_write(&m, &q) == 0)
		channel_send(fd, &m, CHANNEL_NOW);
	message_close_handles(&m);
}

/* A header that is nearly right, and whatever follows. */
static void send_bytes(struct world *w, struct input *in, int fd)
{
	_Alignas(8) uint8_t buffer[512];
	struct message m = MESSAGE_OVER(buffer);
	struct wire_header h = { .txid = take(in) & 1 };
	uint8_t n_handles = take(in) & 3;
	size_t n = take(in);

	h.ordinal = ordinals[take(in) % (sizeof(ordinals) / sizeof(*ordinals))];
	while (n_handles--)
		message_put_handle(&m, make_handle(w, take(in)));
	wire_header_write(&m, &h);
	for (; n; n--)
		m.bytes[m.n_bytes++] = take(in);
	if (take(in) == 1)
		m.bytes[take(in) % 16] ^= take(in);
	channel_send(fd, &m, CHANNEL_NOW);
	message_close_handles(&m);
}

static void drain(int fd)
{
	static _Alignas(8) uint8_t buffer[MESSAGE_BYTES_MAX];
	struct message m = MESSAGE_OVER(buffer);

	while (channel_read(fd, &m, CHANNEL_NOW) == 0)
		message_close_handles(&m);
}

static void change(struct world *w, struct input *in)
{
	uint8_t what = take(in);
	const char *path = paths[take(in) % (sizeof(paths) / sizeof(*paths))];

	switch (what % 6) {
	case 0:
		directory_add(w->d, path, DIRECTORY_SERVICE, on_open, w);
		break;
	case 1:
		directory_add(w->d, path, DIRECTORY_SERVICE_DESCRIBED, on_open,
			      w);
		break;
	case 2:
		directory_add(w->d, path, DIRECTORY_REMOTE, on_open, w);
		break;
	case 3:
		directory_add_directory(w->d, path);
		break;
	case 4:
		directory_remove(w->d, path);
		break;
	default:
		w->mischief = take(in);
		break;
	}
}

static void step(struct world *w, struct input *in)
{
	uint8_t op = take(in);
	int *fd = &w->clients[(op >> 4) % N_CLIENTS];

	switch (op & 15) {
	case 0:
	case 1:
	case 2:
		send_request(w, in, *fd);
		break;
	case 3:
		send_bytes(w, in, *fd);
		break;
	case 4:
		change(w, in);
		break;
	case 5:
		drain(*fd);
		break;
	case 6:
		*fd = fd_close(*fd);
		break;
	case 7:
		directory_serve(w->d, make_handle(w, 3), RIGHTS, 7);
		break;
	default:
		loop_turn(w->loop, 0);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const struct directory_limits limits = {
		.n_connections = MAX_CONNECTIONS,
		.n_watchers = MAX_WATCHERS,
		.n_entries = MAX_ENTRIES,
		.n_requests = 3,
	};
	struct input in = { bytes, n };
	struct world w = { .loop = NULL };
	int i, n_fds = count_fds();

	for (i = 0; i < N_CLIENTS; i++)
		w.clients[i] = -1;
	if (loop_new(&w.loop) < 0 || directory_new(w.loop, &limits, &w.d) < 0)
		abort();
	directory_add(w.d, "svc/a", DIRECTORY_SERVICE, on_open, &w);
	directory_add(w.d, "svc/b", DIRECTORY_SERVICE_DESCRIBED, on_open, &w);
	directory_add(w.d, "far", DIRECTORY_REMOTE, on_open, &w);
	directory_serve(w.d, make_handle(&w, 3), RIGHTS, 7);
	for (i = 0; i < MAX_STEPS && in.n && w.d; i++) {
		step(&w, &in);
		assert(!w.d || directory_n_connections(w.d) <=
				       MAX_CONNECTIONS + MAX_WATCHERS);
	}
	/* Whoever is left may stay, but nothing may keep the loop busy. */
	for (i = 0; w.d && loop_turn(w.loop, 0) > 0; i++)
		assert(i < 10000);
	directory_free(w.d);
	loop_free(w.loop);
	for (i = 0; i < N_CLIENTS; i++)
		fd_close(w.clients[i]);
	assert(count_fds() == n_fds);
	return 0;
}
