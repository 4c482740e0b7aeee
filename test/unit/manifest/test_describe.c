/*
 * Every key of every kind of object is described; and the words that are
 * proposed for a key are those that its reader takes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/own.h"
#include "manifest/describe.h"

static const struct shape *const shapes[] = {
	&shape_manifest,
	&shape_use,
	&shape_offer,
	&shape_expose,
	&shape_capability,
	&shape_storage,
	&shape_child,
	&shape_collection,
	&shape_limits,
	&shape_limits_memory,
	&shape_limits_cpu,
	&shape_limits_tasks,
	&shape_restart,
	&shape_target,
	&shape_program,
	&shape_lifecycle,
	&shape_runner,
	&shape_resolver,
	&shape_environment,
	&shape_environment_runner,
	&shape_environment_resolver,
	&shape_environment_debug,
	&shape_instance,
	&shape_config_field,
	&shape_config_element,
	&shape_policy,
	&shape_policy_never,
	&shape_policy_must_use,
	&shape_policy_must_offer,
};

static void test_every_key_is_described(void **state)
{
	const struct description *d;
	struct shape_key key;
	size_t i, k, n = 0;

	(void)state;
	for (i = 0; i < N_ELEMENTS(shapes); i++) {
		for (k = 0; shape_key_at(shapes[i], k, &key); k++, n++) {
			d = describe_key(shapes[i], key.name);
			if (!d)
				fail_msg("shape %zu: \"%s\"", i, key.name);
			assert_true(strlen(d->text) > 8);
			assert_true(d->text[strlen(d->text) - 1] == '.' ||
				    strstr(d->text, ": "));
		}
	}
	assert_true(n > 150);
	assert_null(describe_key(&shape_use, "frm"));
}

/* A manifest that is right but for the word, which stands at %s. */
static const struct word_case {
	const struct shape *shape;
	const char *key;
	enum manifest_dialect dialect;
	const char *manifest;
} cases[] = {
	{ &shape_use, "availability", DIALECT_MODERN,
	  "{use: [{protocol: 'a', availability: '%s'}]}" },
	{ &shape_offer, "availability", DIALECT_MODERN,
	  "{children: [{name: 'c', url: '#meta/c.cm'}], offer: [{protocol: "
	  "'a', from: 'parent', to: '#c', availability: '%s'}]}" },
	{ &shape_offer, "source_availability", DIALECT_MODERN,
	  "{children: [{name: 'c', url: '#meta/c.cm'}], offer: [{protocol: "
	  "'a', from: 'parent', to: '#c', source_availability: '%s'}]}" },
	{ &shape_use, "dependency", DIALECT_MODERN,
	  "{children: [{name: 'c', url: '#meta/c.cm'}], use: [{protocol: "
	  "'a', from: '#c', dependency: '%s'}]}" },
	{ &shape_use, "dependency", DIALECT_SEED,
	  "{use: [{service: '/svc/a', from: 'realm', dependency: '%s'}]}" },
	{ &shape_use, "if_provider_ends", DIALECT_MODERN,
	  "{use: [{protocol: 'a', if_provider_ends: '%s'}]}" },
	{ &shape_use, "on_revoke", DIALECT_MODERN,
	  "{use: [{storage: 'a', path: '/a', on_revoke: '%s'}]}" },
	{ &shape_use, "transfer", DIALECT_MODERN,
	  "{use: [{protocol: 'a', transfer: '%s'}]}" },
	{ &shape_capability, "storage_id", DIALECT_MODERN,
	  "{capabilities: [{storage: 'a', from: 'parent', backing_dir: 'b', "
	  "storage_id: '%s'}]}" },
	{ &shape_capability, "delivery", DIALECT_MODERN,
	  "{program: {runner: 'elf', binary: 'b'}, capabilities: "
	  "[{protocol: 'a', delivery: '%s'}]}" },
	{ &shape_child, "startup", DIALECT_MODERN,
	  "{children: [{name: 'c', url: '#meta/c.cm', startup: '%s'}]}" },
	{ &shape_child, "on_terminate", DIALECT_MODERN,
	  "{children: [{name: 'c', url: '#meta/c.cm', on_terminate: '%s'}]}" },
	{ &shape_child, "restart", DIALECT_MODERN,
	  "{children: [{name: 'c', url: '#meta/c.cm', restart: '%s'}]}" },
	{ &shape_restart, "policy", DIALECT_MODERN,
	  "{children: [{name: 'c', url: '#meta/c.cm', restart: {policy: "
	  "'%s'}}]}" },
	{ &shape_collection, "durability", DIALECT_MODERN,
	  "{collections: [{name: 'c', durability: '%s'}]}" },
	{ &shape_collection, "durability", DIALECT_SEED,
	  "{use: [{service: '/svc/a'}], collections: [{name: 'c', "
	  "durability: '%s'}]}" },
	{ &shape_collection, "allowed_offers", DIALECT_MODERN,
	  "{collections: [{name: 'c', durability: 'transient', "
	  "allowed_offers: '%s'}]}" },
	{ &shape_lifecycle, "stop_event", DIALECT_MODERN,
	  "{program: {runner: 'elf', binary: 'b', lifecycle: {stop_event: "
	  "'%s'}}}" },
	{ &shape_program, "forward_stdout_to", DIALECT_MODERN,
	  "{program: {runner: 'elf', binary: 'b', forward_stdout_to: "
	  "'%s'}}" },
	{ &shape_program, "forward_stderr_to", DIALECT_MODERN,
	  "{program: {runner: 'elf', binary: 'b', forward_stderr_to: "
	  "'%s'}}" },
	{ &shape_environment, "extends", DIALECT_MODERN,
	  "{environments: [{name: 'e', extends: '%s', __stop_timeout_ms: "
	  "5}]}" },
	{ &shape_config_field, "mutability", DIALECT_MODERN,
	  "{config: {a: {type: 'bool', mutability: ['%s']}}}" },
};

/* What is wrong with the case's manifest if @word stands in it; NULL: nothing.
 * The caller frees it. */
static char *word_try(const struct word_case *c, const char *word)
{
	struct manifest *m = NULL;
	struct text t = TEXT_INIT;
	struct report report;
	char *wrong;
	int r;

	text_puts(&t, "");
	/* The one %s of each case. */
	text_append(&t, c->manifest,
		    (size_t)(strstr(c->manifest, "%s") - c->manifest));
	text_puts(&t, word);
	text_puts(&t, strstr(c->manifest, "%s") + 2);
	report_init(&report);
	r = manifest_load("x.cml", text_string(&t), t.n, &m, &report);
	assert_true(r >= 0);
	wrong = r ? strdup(report.first->text) : NULL;
	manifest_free(m);
	report_fini(&report);
	text_fini(&t);
	return wrong;
}

static bool words_hold(const char *words, const char *word)
{
	size_t n = strlen(word);
	const char *at = words;

	while ((at = strstr(at, word))) {
		if ((at == words || at[-1] == ' ') && (!at[n] || at[n] == ' '))
			return true;
		at += n;
	}
	return false;
}

/* Each word in quotes in "\"KEY\" is \"A\", \"B\" or \"C\", not \"zzz\"". */
static size_t case_check(const struct word_case *c, const char *words)
{
	char *wrong = word_try(c, "zzz"), *at, *end, *refused;
	size_t n = 0;

	assert_non_null(wrong);
	at = strstr(wrong, "\" is ");
	if (!at || !strstr(wrong, ", not \"zzz\""))
		fail_msg("%s: %s", c->key, wrong);
	*strstr(at, ", not \"zzz\"") = 0;
	for (at++; (at = strchr(at, '"')); at = end + 1) {
		end = strchr(++at, '"');
		*end = 0;
		refused = word_try(c, at);
		if (words_hold(words, at) != !refused)
			fail_msg("%s: %s: %s", c->key, at,
				 refused ? refused : "accepted");
		n += !refused;
		free(refused);
	}
	free(wrong);
	return n;
}

static size_t words_count(const char *words)
{
	size_t n = 1;

	for (; *words; words++)
		n += *words == ' ';
	return n;
}

static void test_words_are_those_of_the_readers(void **state)
{
	const struct description *d;
	const char *words;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(cases); i++) {
		d = describe_key(cases[i].shape, cases[i].key);
		words = d ? describe_words(d, cases[i].dialect) : NULL;
		if (!words)
			fail_msg("no words for %s", cases[i].key);
		assert_int_equal(case_check(&cases[i], words),
				 words_count(words));
	}
}

static void test_rights_are_rights(void **state)
{
	static const struct word_case modern = {
		.manifest = "{use: [{directory: 'a', path: '/a', rights: "
			    "['%s']}]}",
	};
	static const struct word_case seed = {
		.manifest = "{use: [{directory: '/a', rights: ['%s']}]}",
	};
	const struct description *d = describe_key(&shape_use, "rights");
	char words[512], *word, *rest;
	size_t n = 0;

	(void)state;
	snprintf(words, sizeof(words), "%s", describe_words(d, DIALECT_MODERN));
	for (word = strtok_r(words, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest), n++)
		assert_null(word_try(&modern, word));
	snprintf(words, sizeof(words), "%s", describe_words(d, DIALECT_SEED));
	for (word = strtok_r(words, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest), n++)
		assert_null(word_try(&seed, word));
	assert_int_equal(n, 29);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_key_is_described),
		cmocka_unit_test(test_words_are_those_of_the_readers),
		cmocka_unit_test(test_rights_are_rights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
