/* Requests as a component sends them, and a tree for them to be about. */
#include "realm_rig.h"

#include <string.h>

#include "channel/channel.h"
#include "host/realm_server.h"

void realm_scene(struct scene *s)
{
	scene_write(s, "packages/root/meta/root.cml",
		    "{ program: { runner: 'elf', binary: 'bin/x' },"
		    "  children: [ { name: 'fixed', url: '#meta/w.cm' } ],"
		    "  collections: ["
		    "    { name: 'pool', durability: 'transient' },"
		    "    { name: 'once', durability: 'single_run' } ],"
		    "  use: [ { protocol: 'fuchsia.component.Realm',"
		    "    from: 'framework' } ] }");
	/* A worker can have workers below it. */
	scene_write(s, "packages/root/meta/w.cml",
		    "{ program: { runner: 'elf', binary: 'bin/w' },"
		    "  children: [ { name: 'inner', url: '#meta/leaf.cm' } ],"
		    "  collections: [ { name: 'pool',"
		    "    durability: 'transient' } ],"
		    "  capabilities: [ { protocol: 'a.b.C' } ],"
		    "  expose: [ { protocol: 'a.b.C', from: 'self' } ] }");
	scene_write(s, "packages/root/meta/leaf.cml",
		    "{ program: { runner: 'elf', binary: 'bin/l' },"
		    "  collections: [ { name: 'pool',"
		    "    durability: 'transient' } ] }");
	scene_write(s, "packages/root/meta/eager.cml",
		    "{ program: { runner: 'elf', binary: 'bin/x' },"
		    "  children: [ { name: 'x', url: '#meta/leaf.cm',"
		    "    startup: 'eager' } ] }");
	scene_run(s);
}

int realm_connect(struct scene *s, const char *moniker)
{
	struct instance *i = scene_instance(s, moniker);
	int fds[2];

	assert_int_equal(channel_pair(fds), 0);
	assert_int_equal(realm_server_serve(i, i, NULL, fds[1]), 0);
	return fds[0];
}

void realm_ask(int fd, struct realm_request *q, int take_handle)
{
	static _Alignas(8) uint8_t bytes[MESSAGE_BYTES_MAX];
	struct message m = MESSAGE_OVER(bytes);

	q->txid = 5;
	q->handle = WIRE_NO_HANDLE;
	if (take_handle >= 0)
		q->handle = message_put_handle(&m, take_handle);
	assert_int_equal(realm_request_write(&m, q), 0);
	assert_int_equal(channel_send(fd, &m, CHANNEL_NOW), 0);
}

const struct realm_reply *realm_answer(int fd)
{
	static _Alignas(8) uint8_t bytes[MESSAGE_BYTES_MAX];
	static struct realm_reply reply;
	struct message m = MESSAGE_OVER(bytes);

	assert_int_equal(channel_read(fd, &m, CHANNEL_NOW), 0);
	assert_int_equal(realm_reply_read(&m, &reply), 0);
	assert_int_equal(reply.txid, 5);
	return &reply;
}

uint32_t realm_call(struct scene *s, int fd, struct realm_request *q,
		    int take_handle)
{
	realm_ask(fd, q, take_handle);
	bare_turn(s->m);
	return realm_answer(fd)->error;
}

uint32_t realm_create(struct scene *s, int fd, const char *collection,
		      const char *name, const char *url)
{
	struct realm_request q = {
		.method = REALM_CREATE_CHILD,
		.is_modern = true,
		.collection = wire_string_of(collection),
		.decl = { .has = REALM_CHILD_NAME | REALM_CHILD_URL |
				 REALM_CHILD_STARTUP,
			  .name = wire_string_of(name),
			  .url = wire_string_of(url) },
	};

	return realm_call(s, fd, &q, -1);
}

struct realm_request realm_destruction(const char *collection, const char *name)
{
	struct realm_request q = { .method = REALM_DESTROY_CHILD,
				   .is_modern = true,
				   .child.name = wire_string_of(name) };

	if (collection)
		q.child.collection = wire_string_of(collection);
	return q;
}

uint32_t realm_destroy(struct scene *s, int fd, const char *collection,
		       const char *name)
{
	struct realm_request q = realm_destruction(collection, name);

	return realm_call(s, fd, &q, -1);
}

uint32_t realm_open_exposed(struct scene *s, int fd, const char *collection,
			    const char *name, int take_handle)
{
	struct realm_request q = { .method = REALM_OPEN_EXPOSED_DIR,
				   .is_modern = true,
				   .child.name = wire_string_of(name) };

	if (collection)
		q.child.collection = wire_string_of(collection);
	return realm_call(s, fd, &q, take_handle);
}

struct instance *realm_pretend_to_run(struct scene *s, const char *moniker)
{
	struct instance *i = scene_instance(s, moniker);

	i->state = LIFE_RUNNING;
	return i;
}
