#include "script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "channel/channel.h"
#include "reeve/status.h"
#include "sys/fd.h"

static _Thread_local _Alignas(8) uint8_t out_bytes[MESSAGE_BYTES_MAX];

static void script_answer(struct script *s, const struct message *asked,
			  const struct script_step *step)
{
	struct message m = MESSAGE_OVER(out_bytes);

	s->write(&m, step->reply, asked);
	switch (step->act) {
	case SCRIPT_JUNK:
		m.n_bytes = 5;
		break;
	case SCRIPT_CUT:
		m.n_bytes -= 8;
		break;
	case SCRIPT_HANDLE:
		message_put_handle(&m, dup(s->fd));
		break;
	case SCRIPT_OTHER_METHOD:
		/* The ordinal's; a call looks at it first. */
		m.bytes[8] ^= 1;
		break;
	default:
		break;
	}
	/* A client that has left does not want it. */
	channel_send(s->fd, &m, CHANNEL_NOW);
	message_close_handles(&m);
}

static void script_close(struct script *s, int32_t status)
{
	if (status)
		s->fd = channel_close_epitaph(s->fd, status, true);
	else
		s->fd = fd_close(s->fd);
}

static void script_play(struct script *s, const struct message *asked,
			const struct script_step *step)
{
	switch (step->act) {
	case SCRIPT_SILENCE:
		break;
	case SCRIPT_CLOSE:
		script_close(s, step->status);
		break;
	case SCRIPT_ANSWER_LATE:
		script_answer(s, asked - 1, step);
		script_answer(s, asked, step);
		break;
	default:
		script_answer(s, asked, step);
		break;
	}
}

static const struct script_step *script_next(const struct script *s)
{
	if (s->n_asked < s->n_steps)
		return &s->steps[s->n_asked];
	return s->repeats ? &s->steps[s->n_steps - 1] : NULL;
}

static void *script_run(void *arg)
{
	struct script *s = arg;
	const struct script_step *step;
	struct message *m;

	while (s->fd >= 0 && s->n_asked < SCRIPT_ASKED_MAX) {
		m = &s->asked[s->n_asked];
		*m = (struct message)MESSAGE_OVER(s->bytes[s->n_asked]);
		if (channel_read(s->fd, m, CHANNEL_FOREVER) != 0)
			break;
		step = script_next(s);
		s->n_asked++;
		if (step)
			script_play(s, m, step);
	}
	return NULL;
}

void script_start(struct script *s, int take_fd)
{
	s->fd = take_fd;
	s->n_asked = 0;
	assert_int_equal(pthread_create(&s->thread, NULL, script_run, s), 0);
}

void script_finish(struct script *s)
{
	pthread_join(s->thread, NULL);
	/* The requests can still be read, so they go on having handles. */
	for (size_t i = 0; i < s->n_asked; i++) {
		for (uint32_t j = 0; j < s->asked[i].n_handles; j++)
			fd_close(message_take_handle(&s->asked[i], j));
	}
	s->fd = fd_close(s->fd);
}
