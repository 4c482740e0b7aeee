/* The root's program: starts the three services, and ends. What stays of it is
 * the configuration in its manifest. */
#include <reeve.h>
#include <reeve/grant.h>
#include <stdio.h>
#include <string.h>

enum { TIMEOUT_MS = 10000 };

int main(void)
{
	static const char *const names[] = { "B", "C", "D" };
	struct reeve_channel *realm;
	struct reeve_child child = { 0 };
	struct reeve *r;
	size_t i;
	int e;

	if (reeve_join(&r) < 0) {
		fputs("init: start me with reeve run\n", stderr);
		return 1;
	}
	if (reeve_open(r, "/svc/reeve.Realm", &realm) != 0)
		return 1;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		child.name = names[i];
		e = reeve_start_child(realm, &child, TIMEOUT_MS);
		if (e) {
			printf("%s does not start: %s\n", child.name,
			       e > 0 ? reeve_realm_why(realm) : strerror(-e));
			return 1;
		}
	}
	reeve_channel_close(realm);
	reeve_leave(r);
	return 0;
}
