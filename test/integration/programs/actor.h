/*
 * What the files of the actor share: its state, and its acts. See actor.c for
 * what an act is.
 */
#pragma once

#include <reeve.h>

enum {
	TIMEOUT_MS = 20000,
	CHANNELS_MAX = 65536,
	KEPT_MAX = 16,
};

struct actor {
	struct reeve *r;
	struct reeve_channel *channel; /* the one that was opened last */
	struct reeve_channel *realm, *exposed;
	struct reeve_channel *grants; /* to reeve.Realm */
	struct {
		char label[64];
		struct reeve_channel *channel; /* NULL: free */
	} kept[KEPT_MAX];
	struct reeve_channel *held[CHANNELS_MAX];
	size_t n_held;
	unsigned long n_answered;
};

/* Operands, of which the last takes the rest of the line. */
typedef void (*act_fn)(struct actor *a, char *const *operands);

/* Do what a line says. */
void perform(struct actor *a, const char *command);
/* Print an error by its name. */
void say(const char *what, int e);
void sleep_ms(long ms);
/* The next channel to be called; of an open that returned @e. */
void set_channel(struct actor *a, int e, struct reeve_channel *c);
/* A line for an entry of a directory; @userdata counts them. */
int print_entry(void *userdata, const char *name);

/* serve.c */
void act_serve(struct actor *a, char *const *o);
void act_run(struct actor *a, char *const *o);
/* A service that answers with what it is asked. */
void open_echo(struct reeve *r, struct reeve_channel *c, void *userdata);

/* open.c */
void act_open(struct actor *a, char *const *o);
void act_call(struct actor *a, char *const *o);
void act_talk(struct actor *a, char *const *o);
void act_close(struct actor *a, char *const *o);
void act_wait_closed(struct actor *a, char *const *o);
void act_cycle(struct actor *a, char *const *o);
void act_hold(struct actor *a, char *const *o);
void act_call_held(struct actor *a, char *const *o);
void act_drop_held(struct actor *a, char *const *o);
void act_flood(struct actor *a, char *const *o);
void act_list(struct actor *a, char *const *o);
void act_plain(struct actor *a, char *const *o);
void act_open_directory(struct actor *a, char *const *o);

/* children.c */
void act_realm(struct actor *a, char *const *o);
void act_create(struct actor *a, char *const *o);
void act_destroy(struct actor *a, char *const *o);
void act_bind(struct actor *a, char *const *o);
void act_exposed(struct actor *a, char *const *o);
void act_in(struct actor *a, char *const *o);
void act_hold_in(struct actor *a, char *const *o);
void act_list_in(struct actor *a, char *const *o);
void act_children(struct actor *a, char *const *o);

/* obey.c */
void act_obey(struct actor *a, char *const *o);
void act_keep(struct actor *a, char *const *o);
void act_take(struct actor *a, char *const *o);
void act_id(struct actor *a, char *const *o);

/* registry.c */
void act_register(struct actor *a, char *const *o);
void act_unregister(struct actor *a, char *const *o);
void act_connect(struct actor *a, char *const *o);
void act_wait_name(struct actor *a, char *const *o);
void act_wait_gone(struct actor *a, char *const *o);
void act_watch_name(struct actor *a, char *const *o);

/* grants.c */
void act_grant(struct actor *a, char *const *o);
void act_grant_many(struct actor *a, char *const *o);
void act_derive(struct actor *a, char *const *o);
void act_grants(struct actor *a, char *const *o);
void act_count_grants(struct actor *a, char *const *o);
void act_revoke(struct actor *a, char *const *o);
void act_revoke_name(struct actor *a, char *const *o);
void act_revoke_child(struct actor *a, char *const *o);
void act_cut(struct actor *a, char *const *o);
void act_create_with(struct actor *a, char *const *o);
void act_start_child(struct actor *a, char *const *o);
void act_stop_child(struct actor *a, char *const *o);
void act_limit(struct actor *a, char *const *o);
void act_usage(struct actor *a, char *const *o);
