/* What the parts of completion share: a list of proposals being written. */
#pragma once

#include "lsp/answer.h"

enum proposal_kind {
	/* Of the protocol's CompletionItemKind. */
	PROPOSAL_NAME = 8,
	PROPOSAL_URL = 9,
	PROPOSAL_KEY = 10,
	PROPOSAL_REFERENCE = 18,
	PROPOSAL_WORD = 20,
};

enum { PROPOSALS_MAX = 500 };

struct proposals {
	struct server *server;
	const struct spot *spot;
	enum manifest_dialect dialect;
	/* What a proposal replaces, and what it brings besides itself. */
	size_t from, to;
	const char *before, *after;
	bool is_string; /* it stands between quotes already */
	size_t n;
	struct text *text;
};

void proposal_add(struct proposals *p, enum proposal_kind kind,
		  const char *label, const char *detail);

/* Each of the words, which are separated by blanks. */
void proposal_add_words(struct proposals *p, const char *words);

/* complete_names.c: what can stand in the value of @key in the object of the
 * spot, besides words. 0 or -ENOMEM. */
int complete_value(struct proposals *p, const char *key);
