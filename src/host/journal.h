/*
 * The journal: what happens, told once, to everybody who wants to know.
 *
 * Every event can be told as one JSON object on a line. The last JOURNAL_KEPT
 * of them are kept in memory, and listeners (the terminal of `reeve run`,
 * followers of `reeve log`) get each one as it happens. Text for people is made
 * from the same fields, in one place.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/text.h"

enum {
	JOURNAL_KEPT = 2048,
	/* In all: fewer are kept if they are long. In JSON they are at most
	 * twice that, which a control connection can queue. */
	JOURNAL_BYTES_MAX = 2 * 1024 * 1024,
	/* A component's line longer than this is cut into several. */
	JOURNAL_LINE_MAX = 4096,
};

enum journal_kind {
	JOURNAL_MANAGER,  /* the manager about itself */
	JOURNAL_OPEN,	  /* an open was routed and handed over */
	JOURNAL_REFUSED,  /* an open was refused, with the reason */
	JOURNAL_CLOSED,	  /* a connection ended */
	JOURNAL_START,	  /* a cell is being made, and why */
	JOURNAL_STARTED,  /* the program runs */
	JOURNAL_FAILED,	  /* it cannot be started */
	JOURNAL_EXIT,	  /* it ended */
	JOURNAL_STOP,	  /* it was asked to stop */
	JOURNAL_LOG,	  /* it wrote a line */
	JOURNAL_GRANT,	  /* it was given something while it runs */
	JOURNAL_MINT,	  /* it made a weaker copy of what it has */
	JOURNAL_REGISTER, /* it provides a service from now on */
	JOURNAL_REVOKE,	  /* something was taken back, and nothing passes */
	JOURNAL_EXPIRE,	  /* the same, because its time was over */
	JOURNAL_OPERATOR, /* the operator does something in its name */
	N_JOURNAL_KINDS,
};

struct journal_entry {
	enum journal_kind kind;
	uint64_t number;      /* counts from 1 */
	uint64_t realtime_ns; /* since 1970 */
	const char *moniker;  /* whom it is about; "" for the manager */
	const char *text;     /* for people: one line, without the moniker */
	const char *detail;   /* for people: more lines, indented; or NULL */
	const char *fields;   /* more JSON members, ",\"name\":..."; or NULL */
};

struct journal_listener {
	struct list link;
	void (*on_entry)(struct journal_listener *l,
			 const struct journal_entry *e);
};

struct journal;

int journal_new(struct journal **ret);
void journal_free(struct journal *j);

/* Listeners must not add entries; they may unlink themselves. */
void journal_listen(struct journal *j, struct journal_listener *l);

/*
 * Write an entry. @text is for people. @fields are further JSON members,
 * beginning with a comma (",\"capability\":\"X\""), or NULL.
 */
void journal_write(struct journal *j, enum journal_kind kind,
		   const char *moniker, const char *detail, const char *fields,
		   const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/*
 * Call @fn for each kept entry about @moniker or below it (NULL: all), oldest
 * first, the last @n of them at most (0: all). Stops when it returns false.
 */
void journal_each(struct journal *j, const char *moniker, size_t n,
		  bool (*fn)(void *userdata, const struct journal_entry *e),
		  void *userdata);

/* True if @moniker is @above or below it. */
bool moniker_is_below(const char *moniker, const char *above);

const char *journal_kind_name(enum journal_kind kind);
/* Is it about authority: opens, refusals, ends, grants, revocations? */
bool journal_is_audit(enum journal_kind kind);

/* The entry as one JSON object. */
void journal_render_json(const struct journal_entry *e, struct text *t);

/* The entry as people read it, with a newline; @colour uses ANSI sequences. */
void journal_render(const struct journal_entry *e, bool colour, struct text *t);
