/*
 * The host of a plugin that nobody trusts: makes it, with limits and with what
 * it may have; lets it work; takes the directory back early; and lends it once
 * more, for a second.
 */
#include <errno.h>
#include <reeve.h>
#include <reeve/grant.h>
#include <reeve/realm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { TIMEOUT_MS = 10000, SECOND_MS = 1000, HOUR_MS = 3600 * 1000 };

static struct reeve_channel *realm;
static const struct reeve_child plugin = { "plugins", "sorter" };

static void must(const char *what, int e)
{
	if (!e)
		return;
	printf("%s: %s\n", what,
	       e < 0			 ? strerror(-e)
	       : *reeve_realm_why(realm) ? reeve_realm_why(realm)
					 : reeve_realm_error_name(e));
	exit(1);
}

/* The directory: a part of the host's own storage, for so long. */
static struct reeve_grant_spec directory_for(uint64_t ms, const char *path)
{
	return (struct reeve_grant_spec){
		.type = REEVE_CAPABILITY_DIRECTORY,
		.from = "self",
		.name = "work",
		.path = path,
		.subdir = "sorter",
		.rights = REEVE_RIGHT_READABLE | REEVE_RIGHT_WRITABLE,
		.expires_ms = ms,
	};
}

/* The plugin does not run for a moment without its limits, nor with anything
 * but what stands here. */
static void make_plugin(void)
{
	struct reeve_grant_spec offers[] = {
		directory_for(HOUR_MS, "/work"),
		{
			.type = REEVE_CAPABILITY_SERVICE,
			.from = "#dictionary",
			.name = "example.Dictionary",
			.uses = 2, /* it may be opened twice */
		},
	};
	struct reeve_child_options options = {
		.url = "fuchsia-pkg://example.org/plugin#meta/plugin.cm",
		.offers = offers,
		.n_offers = sizeof(offers) / sizeof(offers[0]),
		.limits = { .memory_max = 64 << 20, .tasks_max = 8 },
	};

	must("create",
	     reeve_create_child_with(realm, &plugin, &options, TIMEOUT_MS));
	puts("made a plugin: a directory for an hour, a dictionary for two "
	     "opens, 8 tasks");
}

/* What the plugin exposes: opening it starts the plugin. */
static struct reeve_channel *open_plugin(struct reeve_channel *children)
{
	struct reeve_channel *exposed, *service;

	must("exposed",
	     reeve_realm_open_exposed(children, &plugin, TIMEOUT_MS, &exposed));
	must("open", reeve_open_at(exposed, "svc/example.Plugin", &service));
	reeve_channel_close(exposed);
	return service;
}

static void ask(struct reeve_channel *service, const char *method)
{
	struct reeve_message request = {
		.ordinal = reeve_ordinal(method),
	}, *reply;

	must(method, reeve_call(service, &request, TIMEOUT_MS, &reply));
	printf("the plugin: %.*s\n", (int)reply->n_bytes,
	       (const char *)reply->bytes);
	reeve_message_free(reply);
}

static void take_back(void)
{
	struct reeve_revoke_report report;

	must("revoke",
	     reeve_revoke_name(realm, &plugin, "work", 0, TIMEOUT_MS, &report));
	/* The log has their names. Only the end of the plugin closes them; with
	 * REEVE_REVOKE_RESTART it would have been started anew for it. */
	printf("took the directory back: %u file still open\n",
	       report.n_open_files);
}

/* Lend the directory again, to the plugin as it runs, and let that run out. */
static void lend(struct reeve_channel *service)
{
	/* What comes while it runs is found below /grants. */
	struct reeve_grant_spec spec = directory_for(SECOND_MS, NULL);
	uint64_t id;

	must("grant", reeve_grant(realm, &plugin, &spec, TIMEOUT_MS, &id));
	puts("lent it again, for a second");
	ask(service, "example/Plugin.Stay");
}

int main(void)
{
	struct reeve_channel *children, *service;
	struct reeve *r;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (reeve_join(&r) < 0) {
		fputs("host: start me with reeve run\n", stderr);
		return 1;
	}
	must("open", reeve_open(r, "/svc/reeve.Realm", &realm));
	must("open", reeve_open(r, "/svc/fuchsia.sys2.Realm", &children));
	/* What is lent has to be there. */
	if (mkdir("/data/work", 0755) < 0 && errno != EEXIST)
		must("/data/work", -errno);
	if (mkdir("/data/work/sorter", 0755) < 0 && errno != EEXIST)
		must("/data/work/sorter", -errno);
	make_plugin();
	service = open_plugin(children);
	ask(service, "example/Plugin.Work");
	take_back();
	ask(service, "example/Plugin.GoOn");
	lend(service);
	/* Its end is the end of the file that it kept open, too. */
	must("destroy",
	     reeve_realm_destroy_child(children, &plugin, TIMEOUT_MS));
	puts("the plugin is gone, and with it what it kept");
	reeve_channel_close(service);
	reeve_leave(r);
	return 0;
}
