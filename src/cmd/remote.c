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
#include "sys/loop.h"
#include "wire/control.h"

const char *json_text(const struct json5_value *object, const char *key)
{
	const struct json5_value *v = json5_get(object, key);
	const char *s = v ? json5_string(v) : NULL;

	return s ? s : "";
}

double json_count(const struct json5_value *object, const char *key)
{
	return json5_number(json5_get(object, key), 0);
}

/* The name has a dot or a line between its two words. */
const struct json5_value *json_limit(const struct json5_value *budget,
				     const char *key)
{
	size_t first = strcspn(key, ".");

	json5_for_each(
		limit,
		json5_get(budget,
			  "limits")) if (!strncmp(limit->key, key, first) &&
					 strpbrk(limit->key, "._") ==
						 limit->key + first &&
					 !strcmp(limit->key + first + 1,
						 key + first + 1)) return limit;
	return NULL;
}

/* Places count characters; behind @from there are @n of them. */
static const char *skip_characters(const char *from, uint32_t n)
{
	for (; n && *from; n--)
		for (from++; ((unsigned char)*from & 0xc0) == 0x80; from++)
			;
	return from;
}

const char *json_source(const char *json, const struct json5_value *value,
			size_t *ret_n)
{
	const char *start = skip_characters(json, value->place.column - 1);

	*ret_n = (size_t)(skip_characters(json, value->end.column - 1) - start);
	return start;
}

bool remote_print_json(void *userdata, const char *json,
		       const struct json5_value *value)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	(void)userdata;
	(void)value;
	text_printf(&t, "%s\n", json);
	cmd_print(&t);
	return true;
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

static int remote_connect(const struct cmd_options *options, struct text *error,
			  int *ret_status)
{
	_cleanup_free_ char *directory = control_directory();
	_cleanup_text_ struct text names = TEXT_INIT;
	size_t n = 0;
	int fd;

	*ret_status = EXIT_NOT_RUNNING;
	if (!directory) {
		text_printf(error, "no directory for control sockets: %s",
			    strerror(errno));
		return -1;
	}
	if (options->manager) {
		fd = connect_to(directory, options->manager);
		if (fd < 0)
			text_printf(error, "no manager %s answers",
				    options->manager);
		return fd;
	}
	fd = connect_any(directory, &names, &n);
	if (n > 1) {
		text_printf(error,
			    "several managers run (%s); choose with "
			    "--manager PID",
			    text_string(&names));
		*ret_status = EXIT_USAGE;
	} else if (fd < 0) {
		text_puts(error, "no manager runs; start one with reeve run "
				 "ROOT.cml");
	}
	return fd;
}

static int remote_send(int fd, const struct remote_request *r)
{
	static _Alignas(8) uint8_t bytes[MESSAGE_BYTES_MAX];
	struct message m = MESSAGE_OVER(bytes);
	static struct control_request q;
	size_t i;
	int k;

	q.txid = 1;
	q.verb = wire_string_of(r->verb);
	q.n_arguments = 0;
	for (i = 0; i < r->n_arguments; i++)
		q.arguments[q.n_arguments++] = wire_string_of(r->arguments[i]);
	k = control_request_write(&m, &q);
	return k ? k : channel_send(fd, &m, CHANNEL_FOREVER);
}

/* One data message, or what stands for one that was longer than messages are.
 * False ends the conversation. */
static bool remote_data(const struct control_event *e,
			const struct remote_request *q, bool *ret_is_cut)
{
	struct arena arena = ARENA_INIT;
	struct json5_value *value = NULL;
	struct report report;
	char *json = arena_copy(&arena, e->json.bytes, e->json.n);
	bool more = true;

	report_init(&report);
	if (json && q->on_data &&
	    !json5_read("answer", json, e->json.n, &arena, &value, &report)) {
		if (!strcmp(json_text(value, "event"), "too-long"))
			*ret_is_cut = true;
		else
			more = q->on_data(q->userdata, json, value);
	}
	report_fini(&report);
	arena_fini(&arena);
	return more;
}

/* The next message; whoever waits with us is told of each second. */
static int remote_read(int fd, struct message *m,
		       const struct remote_request *q)
{
	unsigned seconds = 0;
	int r;

	do
		r = channel_read(fd, m,
				 q->on_wait ? loop_now() + NS_PER_SECOND
					    : CHANNEL_FOREVER);
	while (r == CHANNEL_TIMED_OUT && q->on_wait(q->userdata, ++seconds));
	return r;
}

static void remote_take_channel(struct message *m,
				const struct control_event *e,
				const struct remote_request *q)
{
	if (!q->ret_channel)
		return;
	fd_close(*q->ret_channel);
	*q->ret_channel = message_take_handle(m, e->channel);
}

/* The exit status. */
static int remote_end(const struct control_event *e, bool is_cut,
		      struct text *error)
{
	if (e->exit_status || !is_cut)
		return e->exit_status;
	text_puts(error, "a part of the answer is too long to be sent, and is "
			 "left out");
	return EXIT_NOT;
}

static int remote_answers(int fd, const struct remote_request *q,
			  struct text *error)
{
	static _Alignas(8) uint8_t bytes[MESSAGE_BYTES_MAX];
	_cleanup_message_ struct message m = MESSAGE_OVER(bytes);
	struct control_event e;
	bool is_cut = false;
	int r;

	for (;;) {
		message_close_handles(&m);
		r = remote_read(fd, &m, q);
		e = (struct control_event){ 0 };
		if (r == CHANNEL_TIMED_OUT) {
			text_puts(error, "the manager does not answer");
			return EXIT_NOT;
		}
		if (r || control_event_read(&m, &e)) {
			text_puts(error, "the manager has ended");
			return EXIT_NOT_RUNNING;
		}
		if (e.kind == CONTROL_REPLY && q->on_begun)
			q->on_begun(q->userdata);
		if (e.kind == CONTROL_ON_CHANNEL)
			remote_take_channel(&m, &e, q);
		if (e.kind == CONTROL_ON_END) {
			text_append(error, e.error.bytes, e.error.n);
			return remote_end(&e, is_cut, error);
		}
		if (e.kind == CONTROL_ON_DATA && !remote_data(&e, q, &is_cut))
			return EXIT_DONE;
	}
}

int remote_request(const struct cmd_options *options,
		   const struct remote_request *q, struct text *ret_error)
{
	_cleanup_fd_ int fd = -1;
	int status;

	fd = remote_connect(options, ret_error, &status);
	if (fd < 0)
		return status;
	if (remote_send(fd, q)) {
		text_puts(ret_error, "the request could not be sent");
		return EXIT_NOT;
	}
	return remote_answers(fd, q, ret_error);
}

int remote_ask(const struct cmd_options *options, const char *verb,
	       const char *const *arguments, size_t n, remote_data_fn fn,
	       void *userdata)
{
	const struct remote_request q = { .verb = verb,
					  .arguments = arguments,
					  .n_arguments = n,
					  .on_data = fn,
					  .userdata = userdata };
	_cleanup_text_ struct text error = TEXT_INIT;
	int status = remote_request(options, &q, &error);

	if (error.n)
		cmd_fail("%s", text_string(&error));
	return status;
}
