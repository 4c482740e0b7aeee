/* Acts of a parent: the Realm protocol. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <reeve/realm.h>

#include "actor.h"

static struct reeve_child child_of(char *const *o)
{
	return (struct reeve_child){ strcmp(o[0], "-") ? o[0] : NULL, o[1] };
}

void act_realm(struct actor *a, char *const *o)
{
	int e = reeve_open(a->r, o[0], &a->realm);

	if (e)
		say("realm", e);
}

void act_create(struct actor *a, char *const *o)
{
	struct reeve_child child = child_of(o);
	int e = reeve_realm_create_child(a->realm, &child, o[2], TIMEOUT_MS);

	e ? say("create", e) : (void)printf("created %s\n", o[1]);
}

void act_destroy(struct actor *a, char *const *o)
{
	struct reeve_child child = child_of(o);
	int e = reeve_realm_destroy_child(a->realm, &child, TIMEOUT_MS);

	e ? say("destroy", e) : (void)printf("destroyed %s\n", o[1]);
}

static void bind_child(struct actor *a, char *const *o, bool starts)
{
	struct reeve_child child = child_of(o);
	int e;

	reeve_channel_close(a->exposed);
	a->exposed = NULL;
	e = (starts ? reeve_realm_bind_child : reeve_realm_open_exposed)(
		a->realm, &child, TIMEOUT_MS, &a->exposed);
	e ? say("bind", e) : (void)printf("bound %s\n", o[1]);
}

void act_bind(struct actor *a, char *const *o)
{
	bind_child(a, o, true);
}

void act_exposed(struct actor *a, char *const *o)
{
	bind_child(a, o, false);
}

/* in PATH: open below what was bound last */
void act_in(struct actor *a, char *const *o)
{
	struct reeve_channel *c;
	int e = reeve_open_at(a->exposed, o[0], &c);

	set_channel(a, e, c);
}

/* hold-in N PATH: as hold, below what was bound last */
void act_hold_in(struct actor *a, char *const *o)
{
	long n = strtol(o[0], NULL, 10), i;
	int e = 0;

	for (i = 0; i < n && a->n_held < CHANNELS_MAX; i++) {
		e = reeve_open_at(a->exposed, o[1], &a->held[a->n_held]);
		if (e)
			break;
		a->n_held++;
	}
	if (e)
		say("hold-in", e);
	printf("held %zu\n", a->n_held);
}

void act_list_in(struct actor *a, char *const *o)
{
	struct reeve_channel *c = a->exposed, *sub = NULL;
	size_t n = 0;
	int e = 0;

	if (strcmp(o[0], ".")) {
		e = reeve_open_at(a->exposed, o[0], &sub);
		c = sub;
	}
	if (!e)
		e = reeve_list_at(c, TIMEOUT_MS, print_entry, &n);
	if (e)
		say("list-in", e);
	reeve_channel_close(sub);
	printf("listed %zu\n", n);
}

static int print_child(void *userdata, const struct reeve_child *child)
{
	size_t *n = userdata;

	++*n;
	printf("child %s\n", child->name);
	return 0;
}

void act_children(struct actor *a, char *const *o)
{
	size_t n = 0;
	int e = reeve_realm_list_children(a->realm, o[0], TIMEOUT_MS,
					  print_child, &n);

	if (e)
		say("children", e);
	printf("%zu children\n", n);
}
