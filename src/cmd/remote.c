/*
 * The manager is the one whose socket is the only one that answers; of several,
 * --manager names one by its process id.
 */
#include "cmd/remote.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/own.h"
#include "channel/channel.h"
#include "host/control.h"
#include "sys/fd.h"
#include "wire/control.h"

const char *json_text(const struct json5_value *object, const char *key)
{
	const struct json5_value *v = json5_get(object, key);
	const char *s = v ? json5_string(v) : NULL;

	return s ? s : "";
}

static int connect_to(const char *directory, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s",
		     directory, name) >= (int)sizeof(address.sun_path))
		return -1;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		fd = fd_close(fd);
	return fd;
}

/* The only one that answers; sockets of dead managers do not. */
static int connect_any(const char *directory, struct text *ret_names,
		       size_t *ret_n)
{
	DIR *d = opendir(directory);
	struct dirent *e;
	int fd, found = -1;

	*ret_n = 0;
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		fd = connect_to(directory, e->d_name);
		if (fd < 0)
			continue;
		text_printf(ret_names, "%s%s", *ret_n ? ", " : "", e->d_name);
		if ((*ret_n)++)
			fd_close(fd);
		else
			found = fd;
	}
	if (d)
		closedir(d);
	if (*ret_n > 1)
		found = fd_close(found);
	return found;
}

static int remote_connect(const struct cmd_options *options, int *ret_status)
{
	_cleanup_free_ char *directory = control_directory();
	_cleanup_text_ struct text names = TEXT_INIT;
	size_t n = 0;
	int fd;

	*ret_status = EXIT_NOT_RUNNING;
	if (!directory) {
		cmd_fail("no directory for control sockets: %s",
			 strerror(errno));
		return -1;
	}
	if (options->manager) {
		fd = connect_to(directory, options->manager);
		if (fd < 0)
			cmd_fail("no manager %s answers", options->manager);
		return fd;
	}
	fd = connect_any(directory, &names, &n);
	if (n > 1) {
		cmd_fail("several managers run (%s); choose with --manager PID",
			 text_string(&names));
		*ret_status = EXIT_USAGE;
	} else if (fd < 0) {
		cmd_fail("no manager runs; start one with reeve run ROOT.cml");
	}
	return fd;
}

static int remote_request(int fd, const char *verb,
			  const char *const *arguments, size_t n)
{
	static _Alignas(8) uint8_t bytes[MESSAGE_BYTES_MAX];
	struct message m = MESSAGE_OVER(bytes);
	static struct control_request q;
	size_t i;
	int r;

	q.txid = 1;
	q.verb = wire_string_of(verb);
	q.n_arguments = 0;
	for (i = 0; i < n; i++)
		q.arguments[q.n_arguments++] = wire_string_of(arguments[i]);
	r = control_request_write(&m, &q);
	return r ? r : channel_send(fd, &m, CHANNEL_FOREVER);
}

/* One data message. False ends the conversation. */
static bool remote_data(const struct control_event *e, remote_data_fn fn,
			void *userdata)
{
	struct arena arena = ARENA_INIT;
	struct json5_value *value = NULL;
	struct report report;
	char *json = arena_copy(&arena, e->json.bytes, e->json.n);
	bool more = true;

	report_init(&report);
	if (json && !json5_read("answer", json, e->json.n, &arena, &value,
				&report))
		more = fn(userdata, json, value);
	report_fini(&report);
	arena_fini(&arena);
	return more;
}

static int remote_answers(int fd, remote_data_fn fn, void *userdata)
{
	static _Alignas(8) uint8_t bytes[MESSAGE_BYTES_MAX];
	struct message m = MESSAGE_OVER(bytes);
	struct control_event e;
	int r;

	for (;;) {
		r = channel_read(fd, &m, CHANNEL_FOREVER);
		message_close_handles(&m);
		m.n_handles = 0;
		e = (struct control_event){ 0 };
		if (r || control_event_read(&m, &e)) {
			cmd_fail("the manager has ended");
			return EXIT_NOT_RUNNING;
		}
		if (e.kind == CONTROL_ON_END) {
			if (e.error.n)
				cmd_fail("%.*s", (int)e.error.n, e.error.bytes);
			return e.exit_status;
		}
		if (e.kind == CONTROL_ON_DATA && !remote_data(&e, fn, userdata))
			return EXIT_DONE;
	}
}

int remote_ask(const struct cmd_options *options, const char *verb,
	       const char *const *arguments, size_t n, remote_data_fn fn,
	       void *userdata)
{
	_cleanup_fd_ int fd = -1;
	int status;

	fd = remote_connect(options, &status);
	if (fd < 0)
		return status;
	if (remote_request(fd, verb, arguments, n)) {
		cmd_fail("the request could not be sent");
		return EXIT_NOT;
	}
	return remote_answers(fd, fn, userdata);
}
