/*
 * The language server: one editor's session.
 *
 * Messages go in one by one, as JSON; what has to be written comes out as
 * frames. Nothing here reads or writes a descriptor.
 */
#pragma once

#include "lsp/forest.h"
#include "manifest/json5.h"

enum server_state {
	SERVER_NEW, /* before initialize */
	SERVER_RUNNING,
	SERVER_SHUT, /* behind shutdown */
	SERVER_OVER, /* behind exit */
};

enum {
	/* What an editor may have open. */
	SERVER_DOCUMENTS_MAX = 1000,
	SERVER_BYTES_MAX = 64 * 1024 * 1024,
};

/* Bytes that are moved for one message: a second's work. */
#define SERVER_WORK_MAX ((size_t)1 << 30)

struct server {
	enum server_state state;
	bool was_shut; /* exit came behind shutdown */
	enum encoding encoding;
	bool watches;	 /* the client can be asked to watch files */
	char *directory; /* of the workspace; NULL if none */
	struct list documents;
	size_t n_documents;
	struct forest forest;
	struct text out; /* frames, to be written and cleared */
};

void server_init(struct server *s);
void server_fini(struct server *s);

/* One message. 0 or -ENOMEM. */
int server_read(struct server *s, const char *bytes, size_t n);
/* A message that was too large to be read. */
void server_refuse(struct server *s);
/* Nothing more comes for now: tell what is wrong with the documents. 0 or
 * -ENOMEM. */
int server_settle(struct server *s);
