/*
 * A server that plays what it was told, one step for each request, and notes
 * what it was asked. It runs in a thread of its own and allocates nothing, so a
 * fault sweep does not reach it.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/message.h"

enum script_act {
	SCRIPT_ANSWER, /* with the step's reply */
	SCRIPT_SILENCE,
	/* What was asked in the step before is answered too, and first. */
	SCRIPT_ANSWER_LATE,
	/* Close and end, with the step's status or, if it is 0, without a
	 * word. */
	SCRIPT_CLOSE,
	/* Answers that are none: no frame; the answer without its last 8
	 * bytes; the answer with a handle; another method's. */
	SCRIPT_JUNK,
	SCRIPT_CUT,
	SCRIPT_HANDLE,
	SCRIPT_OTHER_METHOD,
};

struct script_step {
	enum script_act act;
	int32_t status;
	const void *reply; /* of the protocol; method and id are filled in */
};

enum { SCRIPT_ASKED_MAX = 32 };

struct script {
	/* Writes a reply of the protocol to this request. */
	void (*write)(struct message *m, const void *reply,
		      const struct message *asked);
	const struct script_step *steps;
	size_t n_steps;
	/* Repeat the last step, instead of falling silent. */
	bool repeats;

	pthread_t thread;
	int fd;
	/* The requests, whose handles are closed when the script is finished.
	 * To be looked at after that. */
	struct message asked[SCRIPT_ASKED_MAX];
	size_t n_asked;
	_Alignas(8) uint8_t bytes[SCRIPT_ASKED_MAX][MESSAGE_BYTES_MAX];
};

/* Serve @take_fd. The steps and @write are set, the rest zero. */
void script_start(struct script *s, int take_fd);
/* Wait until the client has closed its end, or the script its own. */
void script_finish(struct script *s);
