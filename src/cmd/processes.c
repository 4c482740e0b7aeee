/*
 * One call after the other, with a deadline for each and one for all: who
 * answers slowly, or without end, is given up. Places must rise, so that no
 * list comes round again.
 */
#include "cmd/processes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "channel/channel.h"
#include "cmd/remote.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "sys/loop.h"
#include "wire/status.h"

#define ANSWER_NS (2 * NS_PER_SECOND)
#define READ_NS	  (10 * NS_PER_SECOND)

void processes_init(struct processes *p, const struct cmd_options *options,
		    const char *name)
{
	*p = (struct processes){ .options = options, .name = name, .fd = -1 };
}

void processes_fini(struct processes *p)
{
	p->fd = fd_close(p->fd);
	free(TAKE(p->moniker));
}

/* ---- the channel ---- */

static bool on_moniker(void *userdata, const char *json,
		       const struct json5_value *v)
{
	struct processes *p = userdata;

	(void)json;
	free(p->moniker);
	p->moniker = strdup(json_text(v, "moniker"));
	return p->moniker;
}

static int processes_open(struct processes *p, struct text *error)
{
	const struct remote_request q = {
		.verb = "processes",
		.arguments = &p->name,
		.n_arguments = 1,
		.on_data = on_moniker,
		.userdata = p,
		.ret_channel = &p->fd,
	};
	int r;

	if (p->fd >= 0)
		return EXIT_DONE;
	r = remote_request(p->options, &q, error);
	if (!r && (!p->moniker || !channel_is(p->fd))) {
		text_puts(error, "the manager gave no channel");
		r = EXIT_NOT;
	}
	return r;
}

/* ---- what is wrong, in words ---- */

static void say_closed(struct text *error, int32_t status)
{
	switch (status) {
	case REEVE_ERR_NOT_FOUND:
		text_puts(error, "has no light processes");
		break;
	case REEVE_ERR_NOT_SUPPORTED:
		text_puts(error, "does not turn its loop in one of its "
				 "processes: they cannot be asked");
		break;
	case REEVE_ERR_NO_RESOURCES:
		text_puts(error, "is looked at by others already, as many as "
				 "it allows");
		break;
	case REEVE_ERR_PEER_CLOSED:
	case REEVE_ERR_UNAVAILABLE:
		text_puts(error, "has ended, or hung up");
		break;
	default:
		text_printf(error, "does not tell of its processes: %s",
			    status_name(status));
	}
}

static int processes_fail(struct processes *p, int r, int32_t status,
			  struct text *error)
{
	/* The next one begins anew. */
	p->fd = fd_close(p->fd);
	text_safe(error, p->moniker, strlen(p->moniker));
	text_puts(error, " ");
	if (r == CHANNEL_CLOSED)
		say_closed(error, status);
	else if (r == CHANNEL_TIMED_OUT)
		text_puts(error, "has not answered in time: its program is not "
				 "one of libreeve, or nobody turns its loop");
	else
		text_puts(error, "answers what cannot be understood");
	return EXIT_NOT;
}

/* ---- calls ---- */

/* One call, whose reply is in *ret; its strings live until the next. */
static int processes_call(struct processes *p, struct processes_request *q,
			  uint64_t deadline, struct processes_reply *ret,
			  struct text *error)
{
	static _Alignas(8) uint8_t bytes[MESSAGE_BYTES_MAX];
	struct message m = MESSAGE_OVER(bytes), reply = MESSAGE_OVER(bytes);
	struct channel_call call = CHANNEL_CALL_INIT;
	int r;

	call.deadline = loop_now() + ANSWER_NS;
	if (call.deadline > deadline)
		call.deadline = deadline;
	/* The call chooses one of its own. */
	q->txid = 1;
	r = processes_request_write(&m, q);
	if (!r)
		r = channel_call(p->fd, &m, &reply, &call);
	if (!r) {
		r = processes_reply_read(&reply, ret);
		message_close_handles(&reply);
	}
	if (r)
		return processes_fail(p, r, call.epitaph.status, error);
	return EXIT_DONE;
}

/* Add a reply's entries, as far as there is room. */
static bool entries_add(struct process_table *t,
			const struct processes_reply *reply)
{
	uint32_t i;

	for (i = 0; i < reply->n_entries && t->n < PROCESSES_READ_MAX; i++)
		if (!process_table_add(t, &reply->entries[i]))
			return false;
	return true;
}

static int processes_list(struct processes *p, struct process_table *t,
			  uint64_t deadline, struct processes_reply *reply,
			  struct text *error)
{
	struct processes_request q = { .method = PROCESSES_LIST };
	int r;

	do {
		q.after = t->n ? t->rows[t->n - 1].entry.pid : 0;
		r = processes_call(p, &q, deadline, reply, error);
		if (r)
			return r;
		if (!entries_add(t, reply))
			return processes_fail(p, -EBADMSG, 0, error);
	} while (reply->n_entries && t->n < PROCESSES_READ_MAX);
	return EXIT_DONE;
}

int processes_read(struct processes *p, struct process_table *ret,
		   struct text *error)
{
	struct processes_request q = { .method = PROCESSES_SUMMARY };
	uint64_t deadline = loop_now() + READ_NS;
	_cleanup_free_ struct processes_reply *reply = malloc(sizeof(*reply));
	int r = processes_open(p, error);

	if (r)
		return r;
	ret->moniker = strdup(p->moniker);
	if (!reply || !ret->moniker) {
		text_puts(error, "out of memory");
		return EXIT_NOT;
	}
	r = processes_call(p, &q, deadline, reply, error);
	if (r)
		return r;
	ret->summary = reply->summary;
	ret->at = loop_now();
	r = processes_list(p, ret, deadline, reply, error);
	if (!r && !process_table_sort(ret, PROCESS_BY_PLACE)) {
		text_puts(error, "out of memory");
		r = EXIT_NOT;
	}
	return r;
}

/* ---- reeve show --processes ---- */

static void processes_print(const struct process_table *t,
			    const struct cmd_options *options)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct process_view view = {
		.n = options->lines ? strtoul(options->lines, NULL, 10)
				    : PROCESSES_SHOWN,
		.colour = cmd_has_colour(STDOUT_FILENO),
	};

	if (options->json) {
		process_table_render_json(
			t, options->lines ? view.n : PROCESSES_READ_MAX, &out);
	} else {
		text_safe(&out, t->moniker, strlen(t->moniker));
		text_puts(&out, ": ");
		process_table_render_summary(t, &out);
		text_puts(&out, "\n");
		process_table_render(t, &view, &out);
	}
	cmd_print(&out);
}

int processes_show(const struct cmd_options *options, const char *name)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	struct process_table t = { 0 };
	struct processes p;
	int r;

	processes_init(&p, options, name);
	r = processes_read(&p, &t, &error);
	if (!r)
		processes_print(&t, options);
	else if (error.n)
		cmd_fail("%s", text_string(&error));
	process_table_fini(&t);
	processes_fini(&p);
	return r;
}
