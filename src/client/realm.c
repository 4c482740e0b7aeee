/* The Realm protocol, for the public API. */
#include <errno.h>
#include <string.h>

#include "channel/channel.h"
#include "client/api.h"
#include "client/errors.h"
#include "reeve/realm.h"
#include "sys/fd.h"
#include "wire/realm.h"

enum {
	REQUEST_MAX = 2 * REALM_NAME_MAX + REALM_URL_MAX + 512,
};

const char *reeve_realm_error_name(int error)
{
	return realm_error_name((uint32_t)error);
}

static int drop_event(struct message *m, void *arg)
{
	(void)m;
	(void)arg;
	return 0;
}

/*
 * One request and its reply, whose strings point into @m, as long as the
 * longest message. @m has the handle that the request carries.
 */
static int realm_call(int fd, int timeout_ms, struct realm_request *request,
		      struct message *m, struct realm_reply *ret)
{
	struct channel_call call = CHANNEL_CALL_INIT;
	int r;

	/* Any but 0; the call chooses its own. */
	request->txid = 1;
	call.deadline = deadline_of(timeout_ms);
	call.on_event = drop_event;
	r = realm_request_write(m, request);
	if (r == 0)
		r = channel_call(fd, m, m, &call);
	if (r)
		return error_of_channel(r);
	if (realm_reply_read(m, ret) || ret->method != request->method)
		return -EPROTO;
	return (int)ret->error;
}

/* A request whose reply is only whether it was done. */
static int realm_ask(struct reeve_channel *realm, int timeout_ms,
		     struct realm_request *request, int take_handle)
{
	_Alignas(8) uint8_t buffer[REQUEST_MAX];
	struct message m = MESSAGE_OVER(buffer);
	struct realm_reply reply;
	int r;

	memset(&reply, 0, sizeof(reply));
	request->handle = message_put_handle(&m, take_handle);
	r = realm_call(realm->fd, timeout_ms, request, &m, &reply);
	message_close_handles(&m);
	return r;
}

static struct realm_child_ref child_ref(const struct reeve_child *child)
{
	return (struct realm_child_ref){
		.name = wire_string_of(child->name),
		.collection = wire_string_of(child->collection),
	};
}

int reeve_realm_create_child(struct reeve_channel *realm,
			     const struct reeve_child *child, const char *url,
			     int timeout_ms)
{
	struct realm_request request = {
		.method = REALM_CREATE_CHILD,
		.collection = wire_string_of(child->collection),
		.decl = { .has = REALM_CHILD_NAME | REALM_CHILD_URL |
				 REALM_CHILD_STARTUP,
			  .name = wire_string_of(child->name),
			  .url = wire_string_of(url),
			  .startup = REALM_STARTUP_LAZY },
	};

	if (!child->collection)
		return -EINVAL;
	return realm_ask(realm, timeout_ms, &request, -1);
}

/* BindChild and OpenExposedDir differ only in what the manager does. */
static int realm_open(struct reeve_channel *realm,
		      struct realm_request *request, int timeout_ms,
		      struct reeve_channel **ret)
{
	struct reeve_channel *c;
	int r, fds[2];

	r = channel_pair(fds);
	if (r)
		return error_of_channel(r);
	r = channel_object_new(fds[0], &c);
	if (r < 0) {
		fd_close(fds[1]);
		return r;
	}
	r = realm_ask(realm, timeout_ms, request, fds[1]);
	if (r) {
		reeve_channel_close(c);
		return r;
	}
	*ret = c;
	return 0;
}

int reeve_realm_bind_child(struct reeve_channel *realm,
			   const struct reeve_child *child, int timeout_ms,
			   struct reeve_channel **ret)
{
	struct realm_request request = { .method = REALM_BIND_CHILD,
					 .child = child_ref(child) };

	return realm_open(realm, &request, timeout_ms, ret);
}

int reeve_realm_open_exposed(struct reeve_channel *realm,
			     const struct reeve_child *child, int timeout_ms,
			     struct reeve_channel **ret)
{
	struct realm_request request = { .method = REALM_OPEN_EXPOSED_DIR,
					 .is_modern = true,
					 .child = child_ref(child) };

	return realm_open(realm, &request, timeout_ms, ret);
}

int reeve_realm_destroy_child(struct reeve_channel *realm,
			      const struct reeve_child *child, int timeout_ms)
{
	struct realm_request request = { .method = REALM_DESTROY_CHILD,
					 .child = child_ref(child) };

	return realm_ask(realm, timeout_ms, &request, -1);
}

static int tell_child(const struct realm_child_ref *ref, reeve_child_fn fn,
		      void *userdata)
{
	char name[REALM_NAME_MAX + 1], collection[REALM_NAME_MAX + 1];
	const struct reeve_child child = {
		.collection = ref->collection.bytes ? collection : NULL,
		.name = name,
	};

	if (!wire_string_copy(ref->name, name, sizeof(name)) ||
	    (ref->collection.bytes &&
	     !wire_string_copy(ref->collection, collection,
			       sizeof(collection))))
		return -EPROTO;
	return fn(userdata, &child);
}

/* One batch from the iterator. 0 and *ret_n children, which were told. */
static int list_next(int iterator, int timeout_ms, reeve_child_fn fn,
		     void *userdata, uint32_t *ret_n)
{
	struct realm_request request = { .method = REALM_NEXT,
					 .handle = WIRE_NO_HANDLE };
	/* Too much for the stack of a process. */
	_cleanup_free_ uint8_t *buffer = malloc(MESSAGE_BYTES_MAX);
	struct message m = { .bytes = buffer, .capacity = MESSAGE_BYTES_MAX };
	struct realm_reply reply;
	uint32_t i;
	int r;

	*ret_n = 0;
	if (!buffer)
		return -ENOMEM;
	memset(&reply, 0, sizeof(reply));
	r = realm_call(iterator, timeout_ms, &request, &m, &reply);
	for (i = 0; r == 0 && i < reply.n_children; i++)
		r = tell_child(&reply.children[i], fn, userdata);
	message_close_handles(&m);
	*ret_n = reply.n_children;
	return r;
}

int reeve_realm_list_children(struct reeve_channel *realm,
			      const char *collection, int timeout_ms,
			      reeve_child_fn fn, void *userdata)
{
	struct realm_request request = { .method = REALM_LIST_CHILDREN,
					 .collection =
						 wire_string_of(collection) };
	uint32_t n = 0;
	int r, fds[2];

	r = channel_pair(fds);
	if (r)
		return error_of_channel(r);
	r = realm_ask(realm, timeout_ms, &request, fds[1]);
	while (r == 0) {
		r = list_next(fds[0], timeout_ms, fn, userdata, &n);
		if (!n)
			break;
	}
	fd_close(fds[0]);
	return r;
}
