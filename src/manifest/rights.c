/*
 * Directory rights: words to bits and back. The aliases come first, widest
 * first, so that rendering takes as few words as it can.
 */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "manifest/load.h"

static const struct right {
	const char *word;
	uint32_t bits;
} rights[] = {
	{ "rw*", RIGHTS_R | RIGHTS_W },
	{ "rx*", RIGHTS_R | RIGHTS_X },
	{ "r*", RIGHTS_R },
	{ "w*", RIGHTS_W },
	{ "x*", RIGHTS_X },
	{ "connect", RIGHT_CONNECT },
	{ "enumerate", RIGHT_ENUMERATE },
	{ "traverse", RIGHT_TRAVERSE },
	{ "read_bytes", RIGHT_READ_BYTES },
	{ "write_bytes", RIGHT_WRITE_BYTES },
	{ "execute", RIGHT_EXECUTE },
	{ "get_attributes", RIGHT_GET_ATTRIBUTES },
	{ "update_attributes", RIGHT_UPDATE_ATTRIBUTES },
	{ "modify_directory", RIGHT_MODIFY_DIRECTORY },
	{ "admin", RIGHT_ADMIN },
};

static uint32_t word_bits(const struct load *l, const char *s)
{
	size_t i;

	for (i = 0; i < N_ELEMENTS(rights); i++)
		if (strcmp(s, rights[i].word) == 0 &&
		    (rights[i].bits != RIGHT_ADMIN || load_is_seed(l)))
			return rights[i].bits;
	return 0;
}

static void unknown_report(struct load *l, const struct json5_value *v)
{
	const char *words[N_ELEMENTS(rights)], *near;
	size_t i;

	for (i = 0; i < N_ELEMENTS(rights); i++)
		words[i] = rights[i].word;
	near = text_nearest(v->string.bytes, words, N_ELEMENTS(rights));
	load_error(l, RULE_UNKNOWN_RIGHT, v->place,
		   "\"%.80s\" is no right of a directory%s%s%s",
		   v->string.bytes, near ? "; did you mean \"" : "",
		   near ? near : "", near ? "\"?" : "");
}

uint32_t rights_word(const char *word, const char **ret_near)
{
	const char *words[N_ELEMENTS(rights)];
	size_t n = strlen(word), n_words = 0, k, i;
	const char *s;

	for (i = 0; i < N_ELEMENTS(rights); i++) {
		if (rights[i].bits == RIGHT_ADMIN)
			continue;
		s = words[n_words++] = rights[i].word;
		k = strlen(s);
		if (!strncmp(word, s, n) &&
		    (n == k || (n + 1 == k && s[n] == '*')))
			return rights[i].bits;
	}
	*ret_near = text_nearest(word, words, n_words);
	return 0;
}

uint32_t rights_read(struct load *l, const struct json5_value *list)
{
	uint32_t all = 0, bits;

	if (!list->list.n)
		load_error(l, RULE_EMPTY_LIST, list->place,
			   "the list for \"rights\" is empty; it needs at "
			   "least one right");
	json5_for_each(v, list)
	{
		const char *s = load_string(l, v, "rights");

		if (!s)
			continue;
		bits = word_bits(l, s);
		if (!bits)
			unknown_report(l, v);
		else if (all & bits)
			load_error(l, RULE_DUPLICATE_RIGHT, v->place,
				   "\"%s\" holds rights that another word of "
				   "this list already holds",
				   s);
		all |= bits;
	}
	return all;
}

void rights_render(uint32_t bits, struct text *t)
{
	uint32_t left = bits;
	size_t i, n = 0;

	for (i = 0; i < N_ELEMENTS(rights); i++) {
		/* Words that overlap could not be read again. */
		if (rights[i].bits & ~left)
			continue;
		text_printf(t, "%s%s", n++ ? ", " : "", rights[i].word);
		left &= ~rights[i].bits;
	}
	if (!n)
		text_puts(t, "none");
}
