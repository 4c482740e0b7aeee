/*
 * sd-bus as a peer, over a private bus.
 *
 *	peer serve ADDRESS CPU			a service that echoes
 *	peer call ADDRESS CPU N			calls on one connection
 *	peer open ADDRESS CPU N			a new connection, activation by
 *						name, one call, and its end
 *	peer broker SOCKET			a dbus-broker for that path
 *
 * "broker" is the launcher's part: dbus-broker is told over a socket, in D-Bus,
 * which socket to listen on and what is allowed (everything).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "samples.h"

#define NAME	  "org.example.Bench"
#define OBJECT	  "/org/example/Bench"
#define INTERFACE "org.example.Bench"

/* 64 bytes. */
#define PAYLOAD                                                                \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"

enum { WARM_UP = 200 };

static int check(int r, const char *what)
{
	if (r >= 0)
		return r;
	printf("{\"error\":\"%s: %s\"}\n", what, strerror(-r));
	fflush(stdout);
	_exit(1);
}

static sd_bus *bus_connect(const char *address)
{
	sd_bus *bus = NULL;

	check(sd_bus_new(&bus), "sd_bus_new");
	check(sd_bus_set_address(bus, address), "sd_bus_set_address");
	check(sd_bus_set_bus_client(bus, true), "sd_bus_set_bus_client");
	check(sd_bus_start(bus), "sd_bus_start");
	return bus;
}

static int on_echo(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *text;
	int r = sd_bus_message_read(m, "s", &text);

	(void)userdata;
	(void)error;
	return r < 0 ? r : sd_bus_reply_method_return(m, "s", text);
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Echo", "s", "s", on_echo, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static void serve(const char *address)
{
	sd_bus *bus = bus_connect(address);
	int r;

	check(sd_bus_add_object_vtable(bus, NULL, OBJECT, INTERFACE, vtable,
				       NULL),
	      "sd_bus_add_object_vtable");
	check(sd_bus_request_name(bus, NAME, 0), "sd_bus_request_name");
	printf("{\"case\":\"ready\"}\n");
	fflush(stdout);
	for (;;) {
		r = check(sd_bus_process(bus, NULL), "sd_bus_process");
		if (!r)
			check(sd_bus_wait(bus, UINT64_MAX), "sd_bus_wait");
	}
}

static void call(sd_bus *bus)
{
	sd_bus_message *reply = NULL;
	const char *text;

	check(sd_bus_call_method(bus, NAME, OBJECT, INTERFACE, "Echo", NULL,
				 &reply, "s", PAYLOAD),
	      "call");
	check(sd_bus_message_read(reply, "s", &text), "reply");
	sd_bus_message_unref(reply);
}

static void open_once(const char *address)
{
	sd_bus *bus = bus_connect(address);

	call(bus);
	sd_bus_flush_close_unref(bus);
}

static void measure(const char *name, const char *address, size_t n)
{
	uint64_t *ns = calloc(n + 1, sizeof(*ns)), start;
	bool is_open = !strcmp(name, "open");
	sd_bus *bus = is_open ? NULL : bus_connect(address);
	size_t i;

	if (!ns)
		return;
	for (i = 0; i < n + WARM_UP; i++) {
		start = now_ns();
		if (is_open)
			open_once(address);
		else
			call(bus);
		if (i >= WARM_UP)
			ns[i - WARM_UP] = now_ns() - start;
	}
	sd_bus_flush_close_unref(bus);
	samples_print(name, ns, n);
	free(ns);
}

/* ---- dbus-broker ---- */

#define RULES  "bta(btbs)a(btssssuutt)a(btssssuutt)"
#define POLICY "a(u(" RULES "))a(buu(" RULES "))a(ss)bs"

static int append_policy(sd_bus_message *m)
{
	const uint64_t one = 1, most = UINT64_MAX;
	int r;

	r = sd_bus_message_open_container(m, 'v', "(" POLICY ")");
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'r', POLICY);
	/* For any user: connect, own, send and receive whatever it likes. */
	if (r >= 0)
		r = sd_bus_message_append(m, "a(u(" RULES "))", 1, (uint32_t)-1,
					  1, one, 1, 1, one, 1, "", 1, 1, one,
					  "", "", "", "", 0u, 0u, (uint64_t)0,
					  most, 1, 1, one, "", "", "", "", 0u,
					  0u, (uint64_t)0, most);
	if (r >= 0)
		r = sd_bus_message_append(m, "a(buu(" RULES "))", 0);
	if (r >= 0)
		r = sd_bus_message_append(m, "a(ss)bs", 0, 0, "session");
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int listen_on(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (fd < 0 || strlen(path) >= sizeof(a.sun_path))
		return -EINVAL;
	strcpy(a.sun_path, path);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(fd, 64) < 0)
		return -errno;
	return fd;
}

static void broker_exec(int controller_fd)
{
	char number[16];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fcntl(controller_fd, F_SETFD, 0);
	snprintf(number, sizeof(number), "%d", controller_fd);
	execlp("dbus-broker", "dbus-broker", "--controller", number,
	       "--machine-id", "0123456789abcdef0123456789abcdef", NULL);
	_exit(127);
}

static void broker(const char *path)
{
	int fds[2], listener = check(listen_on(path), "listen");
	sd_bus_message *m = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *bus = NULL;
	pid_t pid;
	int r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		       fds))
		check(-errno, "socketpair");
	pid = fork();
	if (!pid)
		broker_exec(fds[1]);
	close(fds[1]);
	check(sd_bus_new(&bus), "sd_bus_new");
	check(sd_bus_set_fd(bus, fds[0], fds[0]), "sd_bus_set_fd");
	check(sd_bus_start(bus), "sd_bus_start");
	check(sd_bus_message_new_method_call(
		      bus, &m, NULL, "/org/bus1/DBus/Broker",
		      "org.bus1.DBus.Broker", "AddListener"),
	      "AddListener");
	check(sd_bus_message_append(m, "oh", "/org/bus1/DBus/Listener/0",
				    listener),
	      "AddListener");
	check(append_policy(m), "policy");
	r = sd_bus_call(bus, m, 0, &error, NULL);
	check(r, error.message ? error.message : "dbus-broker");
	printf("{\"case\":\"ready\"}\n");
	fflush(stdout);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "broker")) {
		broker(argv[2]);
		return 0;
	}
	if (argc < 4) {
		fputs("usage: peer serve|call|open ADDRESS CPU [N]\n"
		      "       peer broker SOCKET\n",
		      stderr);
		return 2;
	}
	pin(atoi(argv[3]));
	if (argc == 4)
		serve(argv[2]);
	else
		measure(argv[1], argv[2], strtoul(argv[4], NULL, 10));
	return 0;
}
