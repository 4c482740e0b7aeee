/*
 * Lines are compared by the greedy algorithm of Myers ("An O(ND) Difference
 * Algorithm and Its Variations", 1986): the work grows with the number of
 * differences, which is small. Beyond a bound the lines between the first and
 * the last difference count as one change.
 */
#include "cmd/patch.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"

enum {
	DIFFERENCES_MAX = 1000,
	LINES_AROUND = 3,
};

struct line {
	const char *bytes;
	size_t n; /* with its newline */
};

struct lines {
	struct line *at;
	size_t n;
};

/* Lines of the old text that give way to lines of the new one. */
struct change {
	size_t old, n_old, new, n_new;
};

struct changes {
	struct change *at;
	size_t n;
};

struct comparison {
	struct lines old, new;
	struct changes changes;
	bool failed;
};

static bool lines_split(struct lines *l, const char *s, size_t n)
{
	const char *end = s + n, *next;
	size_t n_lines = 1;
	const char *p;

	for (p = s; p < end; p++)
		n_lines += *p == '\n';
	l->at = calloc(n_lines, sizeof(*l->at));
	if (!l->at)
		return false;
	for (p = s; p < end; p = next) {
		next = memchr(p, '\n', (size_t)(end - p));
		next = next ? next + 1 : end;
		l->at[l->n++] = (struct line){ p, (size_t)(next - p) };
	}
	return true;
}

static bool line_is_same(const struct comparison *c, size_t old, size_t new)
{
	const struct line *a = &c->old.at[old], *b = &c->new.at[new];

	return a->n == b->n && !memcmp(a->bytes, b->bytes, a->n);
}

static void change_add(struct comparison *c, struct change change)
{
	struct changes *list = &c->changes;
	struct change *last = list->n ? &list->at[list->n - 1] : NULL;

	if (last && last->old + last->n_old == change.old &&
	    last->new + last->n_new == change.new) {
		last->n_old += change.n_old;
		last->n_new += change.n_new;
		return;
	}
	list->at[list->n++] = change;
}

/* The part of both texts that is compared: what is the same at either end is
 * not. */
struct middle {
	size_t begin, n_old, n_new;
};

static struct middle middle_find(const struct comparison *c)
{
	size_t begin = 0, end = 0;
	size_t n = c->old.n < c->new.n ? c->old.n : c->new.n;

	while (begin < n && line_is_same(c, begin, begin))
		begin++;
	while (end < n - begin &&
	       line_is_same(c, c->old.n - end - 1, c->new.n - end - 1))
		end++;
	return (struct middle){ begin, c->old.n - begin - end,
				c->new.n - begin - end };
}

/* Of the two ways to the diagonal @k with one difference more, is it the one
 * down, by a new line? */
static bool is_down(const int32_t *v, int32_t k, int32_t d)
{
	return k == -d || (k != d && v[k - 1] < v[k + 1]);
}

/*
 * The furthest old line on each diagonal after @d differences is in row @d of
 * @rows, which is 2 * @d + 1 wide. Returns the number of differences, or -1.
 */
static int32_t middle_search(const struct comparison *c, struct middle m,
			     int32_t **rows)
{
	int32_t v[2 * DIFFERENCES_MAX + 3] = { 0 },
					*at = v + DIFFERENCES_MAX + 1;
	int32_t d, k, x, y;

	for (d = 0; d <= DIFFERENCES_MAX; d++) {
		rows[d] = malloc((size_t)(2 * d + 1) * sizeof(**rows));
		if (!rows[d])
			return -1;
		for (k = -d; k <= d; k += 2) {
			x = !d			? 0
			    : is_down(at, k, d) ? at[k + 1]
						: at[k - 1] + 1;
			y = x - k;
			while (x < (int32_t)m.n_old && y < (int32_t)m.n_new &&
			       line_is_same(c, m.begin + (size_t)x,
					    m.begin + (size_t)y)) {
				x++;
				y++;
			}
			at[k] = x;
			if (x >= (int32_t)m.n_old && y >= (int32_t)m.n_new)
				return d;
		}
		memcpy(rows[d], at - d, (size_t)(2 * d + 1) * sizeof(**rows));
	}
	return -1;
}

/* Back from the end, by the rows: each difference as a change of one line. */
static void middle_walk_back(struct comparison *c, struct middle m,
			     int32_t **rows, int32_t d)
{
	int32_t x = (int32_t)m.n_old, y = (int32_t)m.n_new, k, before;
	struct change *steps = calloc((size_t)d + 1, sizeof(*steps));
	const int32_t *row;
	size_t n = 0;

	if (!steps) {
		c->failed = true;
		return;
	}
	for (; d > 0; d--) {
		row = rows[d - 1] + (d - 1);
		k = x - y;
		if (is_down(row, k, d)) {
			before = row[k + 1];
			y = before - (k + 1);
			steps[n++] =
				(struct change){ m.begin + (size_t)before, 0,
						 m.begin + (size_t)y, 1 };
		} else {
			before = row[k - 1];
			y = before - (k - 1);
			steps[n++] =
				(struct change){ m.begin + (size_t)before, 1,
						 m.begin + (size_t)y, 0 };
		}
		x = before;
	}
	while (n--)
		change_add(c, steps[n]);
	free(steps);
}

static void lines_compare(struct comparison *c)
{
	struct middle m = middle_find(c);
	int32_t **rows = calloc(DIFFERENCES_MAX + 1, sizeof(*rows));
	int32_t d = rows ? middle_search(c, m, rows) : -1;
	size_t i;

	c->changes.at = calloc(2 * DIFFERENCES_MAX + 1, sizeof(*c->changes.at));
	c->failed = !c->changes.at;
	if (!c->failed && d >= 0)
		middle_walk_back(c, m, rows, d);
	else if (!c->failed && (m.n_old || m.n_new))
		change_add(c, (struct change){ m.begin, m.n_old, m.begin,
					       m.n_new });
	for (i = 0; rows && i <= DIFFERENCES_MAX; i++)
		free(rows[i]);
	free(rows);
}

static void comparison_init(struct comparison *c, const struct patch_texts *p)
{
	*c = (struct comparison){ 0 };
	if (lines_split(&c->old, p->old, p->n_old) &&
	    lines_split(&c->new, p->new, p->n_new))
		lines_compare(c);
	else
		c->failed = true;
}

static void comparison_fini(struct comparison *c)
{
	free(c->old.at);
	free(c->new.at);
	free(c->changes.at);
}

/* --- The unified form --- */

static void line_write(const struct line *line, char sign,
		       const struct patch_look *look, struct text *t)
{
	const char *colour = sign == '+' ? "\033[32m" : "\033[31m";
	bool has_colour = look->has_colour && sign != ' ';
	size_t n = line->n, i;

	while (n && (line->bytes[n - 1] == '\n' || line->bytes[n - 1] == '\r'))
		n--;
	text_puts(t, has_colour ? colour : "");
	text_append(t, &sign, 1);
	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)line->bytes[i];

		if (look->is_terminal && ((c < 0x20 && c != '\t') || c == 0x7f))
			text_printf(t, "\\x%02x", c);
		else
			text_append(t, &line->bytes[i], 1);
	}
	text_puts(t, has_colour ? "\033[0m" : "");
	/* Programs that apply it compare what ends the line as well. */
	if (look->is_terminal)
		text_puts(t, "\n");
	else
		text_append(t, line->bytes + n, line->n - n);
	if (!line->n || line->bytes[line->n - 1] != '\n')
		text_puts(t, look->is_terminal
				     ? "\\ No newline at end of file\n"
				     : "\n\\ No newline at end of file\n");
}

static void lines_write(const struct lines *l, size_t from, size_t n, char sign,
			const struct patch_look *look, struct text *t)
{
	for (; n; n--)
		line_write(&l->at[from++], sign, look, t);
}

/* "-3,4": a range counts from 1, but an empty one names the line before it. */
static void range_write(char sign, size_t from, size_t n, struct text *t)
{
	text_printf(t, "%c%zu", sign, n ? from + 1 : from);
	if (n != 1)
		text_printf(t, ",%zu", n);
}

/* Changes @first to @end, which are near each other. */
static void hunk_write(const struct comparison *c, size_t first, size_t end,
		       const struct patch_look *look, struct text *t)
{
	const struct change *a = &c->changes.at[first];
	const struct change *b = &c->changes.at[end - 1];
	size_t before = a->old < LINES_AROUND ? a->old : LINES_AROUND;
	size_t behind = c->old.n - (b->old + b->n_old), at, i;

	if (behind > LINES_AROUND)
		behind = LINES_AROUND;
	text_puts(t, look->has_colour ? "\033[36m@@ " : "@@ ");
	range_write('-', a->old - before,
		    b->old + b->n_old + behind - (a->old - before), t);
	text_puts(t, " ");
	range_write('+', a->new - before,
		    b->new + b->n_new + behind - (a->new - before), t);
	text_puts(t, look->has_colour ? " @@\033[0m\n" : " @@\n");
	at = a->old - before;
	for (i = first; i < end; i++) {
		const struct change *change = &c->changes.at[i];

		lines_write(&c->old, at, change->old - at, ' ', look, t);
		lines_write(&c->old, change->old, change->n_old, '-', look, t);
		lines_write(&c->new, change->new, change->n_new, '+', look, t);
		at = change->old + change->n_old;
	}
	lines_write(&c->old, at, behind, ' ', look, t);
}

static bool is_near(const struct change *a, const struct change *b)
{
	return b->old - (a->old + a->n_old) <= 2 * LINES_AROUND;
}

void patch_render(const struct patch_texts *p, const struct patch_look *look,
		  struct text *t)
{
	struct comparison c;
	size_t first, end;

	comparison_init(&c, p);
	t->failed |= c.failed;
	if (!c.failed && c.changes.n)
		text_printf(t, "--- %s\n+++ %s\n", p->file, p->file);
	for (first = 0; !c.failed && first < c.changes.n; first = end) {
		end = first + 1;
		while (end < c.changes.n &&
		       is_near(&c.changes.at[end - 1], &c.changes.at[end]))
			end++;
		hunk_write(&c, first, end, look, t);
	}
	comparison_fini(&c);
}

/* --- Edits --- */

struct bytes_change {
	size_t at, end;		/* of the old text */
	size_t new_at, new_end; /* of the new one */
};

static size_t lines_offset(const struct lines *l, size_t line, const char *text,
			   size_t n)
{
	return line < l->n ? (size_t)(l->at[line].bytes - text) : n;
}

static bool is_inside_character(const char *s, size_t at, size_t n)
{
	return at < n && ((unsigned char)s[at] & 0xc0) == 0x80;
}

/* Leave out what both begin and end with. */
static void bytes_change_trim(const struct patch_texts *p,
			      struct bytes_change *b)
{
	while (b->at < b->end && b->new_at < b->new_end &&
	       p->old[b->at] == p->new[b->new_at]) {
		b->at++;
		b->new_at++;
	}
	while (is_inside_character(p->old, b->at, p->n_old) ||
	       is_inside_character(p->new, b->new_at, p->n_new)) {
		b->at--;
		b->new_at--;
	}
	while (b->at < b->end && b->new_at < b->new_end &&
	       p->old[b->end - 1] == p->new[b->new_end - 1]) {
		b->end--;
		b->new_end--;
	}
	while (is_inside_character(p->old, b->end, p->n_old) ||
	       is_inside_character(p->new, b->new_end, p->n_new)) {
		b->end++;
		b->new_end++;
	}
}

/* As the reader of manifests counts. */
static void place_write(const char *s, size_t at, struct text *t)
{
	size_t line = 1, column = 1, i;

	if (at >= 3 && !memcmp(s, "\xef\xbb\xbf", 3))
		i = 3;
	else
		i = 0;
	for (; i < at; i++) {
		if (s[i] == '\n' || (s[i] == '\r' && s[i + 1] != '\n')) {
			line++;
			column = 1;
		} else if (((unsigned char)s[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	text_printf(t, ",\"line\":%zu,\"column\":%zu", line, column);
}

static void edit_write(const struct patch_texts *p,
		       const struct bytes_change *b, struct text *t)
{
	if (t->n && t->bytes[t->n - 1] != '[')
		text_puts(t, ",");
	text_puts(t, "{\"file\":");
	text_json(t, p->file);
	place_write(p->old, b->at, t);
	text_puts(t, ",\"remove\":");
	text_json_bytes(t, p->old + b->at, b->end - b->at);
	text_puts(t, ",\"insert\":");
	text_json_bytes(t, p->new + b->new_at, b->new_end - b->new_at);
	text_puts(t, "}");
}

/* Lines of both texts as one edit. */
static void lines_edit_write(const struct patch_texts *p,
			     const struct comparison *c,
			     const struct change *change, struct text *t)
{
	struct bytes_change b = {
		lines_offset(&c->old, change->old, p->old, p->n_old),
		lines_offset(&c->old, change->old + change->n_old, p->old,
			     p->n_old),
		lines_offset(&c->new, change->new, p->new, p->n_new),
		lines_offset(&c->new, change->new + change->n_new, p->new,
			     p->n_new),
	};

	bytes_change_trim(p, &b);
	if (b.at != b.end || b.new_at != b.new_end)
		edit_write(p, &b, t);
}

/* Where lines were only added to or between, each is an edit of its own. */
static void change_edit_write(const struct patch_texts *p,
			      const struct comparison *c,
			      const struct change *change, struct text *t)
{
	struct change rest = *change;

	for (; rest.n_old && change->n_new >= change->n_old; rest.n_old--) {
		struct change one = { rest.old++, 1, rest.new ++, 1 };

		lines_edit_write(p, c, &one, t);
		rest.n_new--;
	}
	if (rest.n_old || rest.n_new)
		lines_edit_write(p, c, &rest, t);
}

void patch_render_json(const struct patch_texts *p, struct text *t)
{
	struct comparison c;
	size_t i;

	comparison_init(&c, p);
	t->failed |= c.failed;
	for (i = 0; !c.failed && i < c.changes.n; i++)
		change_edit_write(p, &c, &c.changes.at[i], t);
	comparison_fini(&c);
}
