/*
 * A parent with a pool of workers: it creates three children in a collection,
 * binds to each, lets it work, and destroys it.
 */
#include <reeve.h>
#include <reeve/realm.h>
#include <stdio.h>
#include <string.h>

enum { N_WORKERS = 3, TIMEOUT_MS = 10000 };

static const char worker_url[] =
	"fuchsia-pkg://example.org/worker#meta/worker.cm";

/* What went wrong, in words. */
static int complain(const char *what, int e)
{
	printf("%s: %s\n", what,
	       e > 0 ? reeve_realm_error_name(e) : strerror(-e));
	return 1;
}

static int print_child(void *userdata, const struct reeve_child *child)
{
	(void)userdata;
	printf("  %s:%s\n", child->collection ? child->collection : "",
	       child->name);
	return 0;
}

/* Bind to the child and have it square @x. */
static int put_to_work(struct reeve_channel *realm,
		       const struct reeve_child *child, uint64_t x)
{
	struct reeve_message request = {
		.ordinal = reeve_ordinal("example/Worker.Square"),
		.bytes = &x,
		.n_bytes = sizeof(x),
	}, *reply;
	struct reeve_channel *exposed, *worker;
	uint64_t square;
	int e;

	e = reeve_realm_bind_child(realm, child, TIMEOUT_MS, &exposed);
	if (e)
		return complain("bind", e);
	e = reeve_open_at(exposed, "svc/example.Worker", &worker);
	reeve_channel_close(exposed);
	if (e)
		return complain("open", e);
	e = reeve_call(worker, &request, TIMEOUT_MS, &reply);
	reeve_channel_close(worker);
	if (e)
		return complain("call", e);
	if (reply->n_bytes == sizeof(square)) {
		memcpy(&square, reply->bytes, sizeof(square));
		printf("%s: %lu squared is %lu\n", child->name,
		       (unsigned long)x, (unsigned long)square);
	}
	reeve_message_free(reply);
	return 0;
}

int main(void)
{
	static const char *const names[N_WORKERS] = { "one", "two", "three" };
	struct reeve_child child = { .collection = "pool" };
	struct reeve_channel *realm;
	struct reeve *r;
	int i, e, failed = 0;

	/* Each line when it is due, also into a pipe. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (reeve_join(&r) < 0) {
		fputs("realm: start me with reeve run\n", stderr);
		return 1;
	}
	if (reeve_open(r, "/svc/fuchsia.sys2.Realm", &realm) != 0)
		return 1;
	for (i = 0; i < N_WORKERS; i++) {
		child.name = names[i];
		e = reeve_realm_create_child(realm, &child, worker_url,
					     TIMEOUT_MS);
		if (e)
			return complain("create", e);
	}
	puts("created:");
	e = reeve_realm_list_children(realm, "pool", TIMEOUT_MS, print_child,
				      NULL);
	if (e)
		return complain("list", e);
	for (i = 0; i < N_WORKERS; i++) {
		child.name = names[i];
		failed |= put_to_work(realm, &child, (uint64_t)i + 2);
		e = reeve_realm_destroy_child(realm, &child, TIMEOUT_MS);
		failed |= e ? complain("destroy", e) : 0;
	}
	puts(failed ? "failed" : "done");
	reeve_channel_close(realm);
	reeve_leave(r);
	return failed;
}
