/*
 * A picture is laid out without knowing the viewer's fonts. Lines are set in a
 * font of fixed pitch, of which all common ones are at most 0.61 em wide; names
 * in a proportional one, by classes of letters, from the wide side.
 */
#include "draw/graph_text.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"
#define ELLIPSIS    "\xe2\x80\xa6"

/* The next character of @s, at least one byte long; U+FFFD for what is none or
 * what no picture can hold. */
static size_t character_next(const char *s, size_t n, uint32_t *ret)
{
	size_t length = utf8_decode(s, n, ret);

	if (!length) {
		*ret = 0xfffd;
		return 1;
	}
	if (*ret < 0x20 || (*ret >= 0x7f && *ret < 0xa0) || *ret == 0xfffe ||
	    *ret == 0xffff)
		*ret = 0xfffd;
	return length;
}

static void put_escaped(struct text *t, const char *s,
			const char *(*escape)(uint32_t c))
{
	size_t n = strlen(s), length;
	const char *entity;
	uint32_t c;

	for (; n; s += length, n -= length) {
		length = character_next(s, n, &c);
		entity = escape(c);
		if (entity)
			text_puts(t, entity);
		else if (c == 0xfffd)
			text_puts(t, REPLACEMENT);
		else
			text_append(t, s, length);
	}
}

static const char *xml_entity(uint32_t c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void graph_put_xml(struct text *t, const char *s)
{
	put_escaped(t, s, xml_entity);
}

/* Graphviz reads entities in plain strings too. */
static const char *dot_entity(uint32_t c)
{
	switch (c) {
	case '\\':
		return "\\\\";
	case '"':
		return "\\\"";
	default:
		return xml_entity(c);
	}
}

void graph_put_dot(struct text *t, const char *s)
{
	put_escaped(t, s, dot_entity);
}

/* Mermaid's own entities; a backtick would begin Markdown, which also takes
 * asterisks and underscores, and "1." at the beginning a list. */
static const char *mermaid_entity(uint32_t c)
{
	switch (c) {
	case '"':
		return "#quot;";
	case '#':
		return "#35;";
	case '&':
		return "#amp;";
	case '<':
		return "#lt;";
	case '>':
		return "#gt;";
	case '`':
		return "#96;";
	case '*':
		return "#42;";
	case '\\':
		return "#92;";
	case '%':
		return "#37;";
	case '{':
		return "#123;";
	case '}':
		return "#125;";
	case ';':
		return "#59;";
	default:
		return NULL;
	}
}

void graph_put_mermaid(struct text *t, const char *s)
{
	put_escaped(t, s, mermaid_entity);
}

static size_t characters_count(const char *s)
{
	size_t n = strlen(s), length, count = 0;
	uint32_t c;

	for (; n; s += length, n -= length, count++)
		length = character_next(s, n, &c);
	return count;
}

void graph_put_short(struct text *t, const char *s)
{
	size_t count = characters_count(s), n = strlen(s), length, i;
	size_t before = GRAPH_CHARACTERS_MAX / 2 - 1;
	uint32_t c;

	if (count <= GRAPH_CHARACTERS_MAX) {
		text_puts(t, s);
		return;
	}
	for (i = 0; n; s += length, n -= length, i++) {
		length = character_next(s, n, &c);
		if (i == before)
			text_puts(t, ELLIPSIS);
		if (i < before || i >= count - GRAPH_CHARACTERS_MAX / 2)
			text_append(t, s, length);
	}
}

/* In hundredths of an em. East Asian characters fill one. */
static int line_pitch(uint32_t c)
{
	return c < 0x1100 || c == 0xfffd || (c >= 0x2000 && c < 0x2e80) ? 61
									: 110;
}

static int name_pitch(uint32_t c)
{
	if (c >= 0x1100)
		return 110;
	if (c < 0x80 && c && strchr("iljtfrI.,:;!|'()[]-", (char)c))
		return 48;
	if (c < 0x80 && c && strchr("mwMW@%", (char)c))
		return 105;
	return c >= 'A' && c <= 'Z' ? 80 : 71;
}

static int width(const char *s, int (*pitch)(uint32_t c), int size)
{
	size_t n = strlen(s), length;
	int sum = 0;
	uint32_t c;

	for (; n; s += length, n -= length) {
		length = character_next(s, n, &c);
		sum += pitch(c);
	}
	return sum * size / 100 + 1;
}

int graph_line_width(const char *s)
{
	return width(s, line_pitch, GRAPH_LINE_SIZE);
}

int graph_name_width(const char *s)
{
	return width(s, name_pitch, GRAPH_NAME_SIZE);
}
