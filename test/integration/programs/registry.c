/* Acts of the registry: registering, connecting by name, waiting for names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <reeve/registry.h>

#include "actor.h"

static void say_refused(struct actor *a, const char *what, int e)
{
	const char *why = reeve_registry_why(a->r);

	if (e > 0)
		printf("%s: %s: %s\n", what, reeve_realm_error_name(e), why);
	else
		say(what, e);
}

/* "#a,#b" as a list that NULL ends, in @words. */
static void access_read(char *text, const char **words, size_t n)
{
	char *word;
	size_t i = 0;

	while (i + 1 < n && (word = strsep(&text, ",")))
		if (*word)
			words[i++] = word;
	words[i] = NULL;
}

/*
 * register NAME [access=A,B] [path=P] [replace] [no-transfer] [served]: with an
 * echo, unless it is served already
 */
void act_register(struct actor *a, char *const *o)
{
	struct reeve_registration options = { .access = NULL };
	const char *access[80];
	char text[4096], *rest = text, *word;
	bool is_served = false;
	int e;

	snprintf(text, sizeof(text), "%s", o[1]);
	while ((word = strsep(&rest, " "))) {
		if (!strncmp(word, "access=", 7)) {
			access_read(word + 7, access, 80);
			options.access = access;
		} else if (!strncmp(word, "path=", 5)) {
			options.path = word + 5;
		}
		options.replace |= !strcmp(word, "replace");
		options.no_transfer |= !strcmp(word, "no-transfer");
		is_served |= !strcmp(word, "served");
	}
	e = reeve_register(a->r, o[0], &options, is_served ? NULL : open_echo,
			   a);
	e ? say_refused(a, "register", e)
	  : (void)printf("registered %s\n", o[0]);
}

void act_unregister(struct actor *a, char *const *o)
{
	int e = reeve_unregister(a->r, o[0], TIMEOUT_MS);

	e ? say_refused(a, "unregister", e)
	  : (void)printf("unregistered %s\n", o[0]);
}

void act_connect(struct actor *a, char *const *o)
{
	struct reeve_channel *c = NULL;
	int e = reeve_connect(a->r, o[0], TIMEOUT_MS, &c);

	set_channel(a, 0, c);
	e ? say_refused(a, "connect", e) : (void)printf("connected %s\n", o[0]);
}

static void wait_name(struct actor *a, const char *name, bool is_present)
{
	int e = reeve_wait_name(a->r, name, is_present, TIMEOUT_MS);

	e ? say_refused(a, "wait", e)
	  : (void)printf("%s is %s\n", name, is_present ? "there" : "gone");
}

void act_wait_name(struct actor *a, char *const *o)
{
	wait_name(a, o[0], true);
}

void act_wait_gone(struct actor *a, char *const *o)
{
	wait_name(a, o[0], false);
}

static void on_name(struct reeve *r, const char *name, int presence,
		    void *userdata)
{
	struct actor *a = userdata;

	(void)r;
	if (presence < 0)
		say_refused(a, "watch", presence);
	else
		printf("saw %s %s\n", name, presence ? "come" : "go");
}

/* watch-name NAME: say so when it comes and goes */
void act_watch_name(struct actor *a, char *const *o)
{
	struct reeve_name_watch *watch;
	int e = reeve_watch_name(a->r, o[0], on_name, a, &watch);

	if (e)
		say_refused(a, "watch", e);
}
