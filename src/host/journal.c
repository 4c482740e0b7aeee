/*
 * Kept entries are one allocation each, in a ring. The oldest are dropped when
 * the ring is full, and when all together are longer than JOURNAL_BYTES_MAX.
 */
#include "host/journal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct kept {
	struct journal_entry entry;
	size_t n_bytes; /* of this allocation */
	char bytes[];
};

struct journal {
	struct kept *ring[JOURNAL_KEPT];
	uint64_t n;	 /* the number of the newest */
	uint64_t oldest; /* the first that is kept */
	size_t n_bytes;	 /* of all kept */
	struct list listeners;
};

static const struct {
	const char *name, *colour;
	bool is_audit;
} kinds[N_JOURNAL_KINDS] = {
	[JOURNAL_MANAGER] = { "manager", "2", false },
	[JOURNAL_OPEN] = { "open", "36", true },
	[JOURNAL_REFUSED] = { "refused", "31;1", true },
	[JOURNAL_CLOSED] = { "closed", "2", true },
	[JOURNAL_START] = { "start", "33", false },
	[JOURNAL_STARTED] = { "started", "32", false },
	[JOURNAL_FAILED] = { "failed", "31;1", false },
	[JOURNAL_EXIT] = { "exit", "35", false },
	[JOURNAL_STOP] = { "stop", "33", false },
	[JOURNAL_LOG] = { "log", "", false },
	[JOURNAL_GRANT] = { "grant", "32", true },
	[JOURNAL_MINT] = { "mint", "36", true },
	[JOURNAL_REGISTER] = { "register", "32", true },
	[JOURNAL_REVOKE] = { "revoke", "31;1", true },
	[JOURNAL_EXPIRE] = { "expire", "31", true },
	[JOURNAL_OPERATOR] = { "operator", "34;1", true },
};

const char *journal_kind_name(enum journal_kind kind)
{
	return kinds[kind].name;
}

bool journal_is_audit(enum journal_kind kind)
{
	return kinds[kind].is_audit;
}

int journal_new(struct journal **ret)
{
	struct journal *j = calloc(1, sizeof(*j));

	if (!j)
		return -ENOMEM;
	j->oldest = 1;
	list_init(&j->listeners);
	*ret = j;
	return 0;
}

void journal_free(struct journal *j)
{
	size_t i;

	if (!j)
		return;
	for (i = 0; i < JOURNAL_KEPT; i++)
		free(j->ring[i]);
	free(j);
}

void journal_listen(struct journal *j, struct journal_listener *l)
{
	list_link(&j->listeners, &l->link);
}

static char *copy_to(char **at, const char *s)
{
	char *start = *at;

	if (!s)
		return NULL;
	*at = stpcpy(start, s) + 1;
	return start;
}

static size_t n_bytes(const char *s)
{
	return s ? strlen(s) + 1 : 0;
}

static void journal_drop_oldest(struct journal *j)
{
	struct kept **slot = &j->ring[j->oldest++ % JOURNAL_KEPT];

	if (*slot)
		j->n_bytes -= (*slot)->n_bytes;
	free(*slot);
	*slot = NULL;
}

static void journal_keep(struct journal *j, const struct journal_entry *e)
{
	size_t n = sizeof(struct kept) + n_bytes(e->moniker) +
		   n_bytes(e->text) + n_bytes(e->detail) + n_bytes(e->fields);
	struct kept *k;
	char *at;

	while (j->oldest + JOURNAL_KEPT <= e->number ||
	       (j->n_bytes + n > JOURNAL_BYTES_MAX && j->oldest < e->number))
		journal_drop_oldest(j);
	k = malloc(n);
	if (!k)
		return;
	k->n_bytes = n;
	j->n_bytes += n;
	at = k->bytes;
	k->entry = *e;
	k->entry.moniker = copy_to(&at, e->moniker);
	k->entry.text = copy_to(&at, e->text);
	k->entry.detail = copy_to(&at, e->detail);
	k->entry.fields = copy_to(&at, e->fields);
	j->ring[e->number % JOURNAL_KEPT] = k;
}

void journal_render_json(const struct journal_entry *e, struct text *t)
{
	text_printf(t, "{\"event\":\"%s\",\"number\":%llu,\"time\":%llu.%06llu",
		    kinds[e->kind].name, (unsigned long long)e->number,
		    (unsigned long long)(e->realtime_ns / 1000000000),
		    (unsigned long long)(e->realtime_ns % 1000000000 / 1000));
	text_puts(t, ",\"moniker\":");
	text_json(t, e->moniker);
	text_puts(t, ",\"text\":");
	text_json(t, e->text);
	if (e->detail) {
		text_puts(t, ",\"detail\":");
		text_json(t, e->detail);
	}
	if (e->fields)
		text_puts(t, e->fields);
	text_puts(t, "}");
}

void journal_write(struct journal *j, enum journal_kind kind,
		   const char *moniker, const char *detail, const char *fields,
		   const char *format, ...)
{
	struct journal_entry e = { .kind = kind, .number = ++j->n };
	struct journal_listener *l, *tmp;
	_cleanup_text_ struct text raw = TEXT_INIT;
	_cleanup_text_ struct text safe = TEXT_INIT;
	struct timespec ts;
	va_list args;

	clock_gettime(CLOCK_REALTIME, &ts);
	e.realtime_ns = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	va_start(args, format);
	text_vprintf(&raw, format, args);
	va_end(args);
	text_safe(&safe, text_string(&raw), raw.n);
	e.moniker = moniker ? moniker : "";
	e.text = text_string(&safe);
	e.detail = detail && *detail ? detail : NULL;
	e.fields = fields;
	if (text_is_failed(&raw) || text_is_failed(&safe))
		return;
	journal_keep(j, &e);
	list_for_each_safe (l, tmp, &j->listeners, link)
		l->on_entry(l, &e);
}

bool moniker_is_below(const char *moniker, const char *above)
{
	size_t n = strlen(above);

	if (!strcmp(above, "/"))
		return moniker[0] == '/';
	return !strncmp(moniker, above, n) &&
	       (!moniker[n] || moniker[n] == '/');
}

void journal_each(struct journal *j, const char *moniker, size_t n,
		  bool (*fn)(void *userdata, const struct journal_entry *e),
		  void *userdata)
{
	uint64_t first = j->oldest, i;
	size_t matching = 0;
	const struct kept *k;

	for (i = j->n; n && i >= first && matching < n; i--) {
		k = j->ring[i % JOURNAL_KEPT];
		if (k &&
		    (!moniker || moniker_is_below(k->entry.moniker, moniker)))
			matching++;
	}
	if (n && matching == n)
		first = i + 1;
	for (i = first; i <= j->n; i++) {
		k = j->ring[i % JOURNAL_KEPT];
		if (!k || k->entry.number != i)
			continue;
		if (moniker && !moniker_is_below(k->entry.moniker, moniker))
			continue;
		if (!fn(userdata, &k->entry))
			return;
	}
}

void journal_render(const struct journal_entry *e, bool colour, struct text *t)
{
	const char *on = kinds[e->kind].colour;
	const char *line, *end;

	if (!colour)
		on = "";
	if (e->kind == JOURNAL_LOG) {
		text_printf(t, "%s%s |%s %s\n", colour ? "\033[1m" : "",
			    e->moniker, colour ? "\033[0m" : "", e->text);
		return;
	}
	text_printf(t, "%s%s%s%-8s%s %s%s%s\n", *on ? "\033[" : "", on,
		    *on ? "m" : "", kinds[e->kind].name, *on ? "\033[0m" : "",
		    e->moniker, *e->moniker ? "  " : "", e->text);
	for (line = e->detail; line && *line; line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		text_printf(t, "         %.*s\n", (int)(end - line), line);
	}
}
