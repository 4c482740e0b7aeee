/*
 * Runs the hostile component in cells and judges its report: every attempt must
 * be blocked, for the stated reason, in a whole cell; and in cells that lack
 * one or several layers, every attempt that another layer is said to stop must
 * be blocked too.
 *
 * Arguments: the hostile program, and "--user" to do all this as an ordinary
 * user.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "rig.h"
#include "sys/fd.h"
#include "sys/landlock.h"
#include "sys/packet.h"
#include "sys/path.h"
#include "walls.h"

static const char *program;
static char *program_bytes;
static size_t program_size;

/* What there is to find on the host. */
struct prey {
	char secret[256], socket[256], abstract[64];
	int socket_fd, abstract_fd, inet_fd, port;
};

/* A listening socket at a path, or an abstract one. */
static int prey_listen(const char *name, bool is_abstract)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t n = strlen(name), skip_zero = is_abstract;

	assert_true(n + 2 < sizeof(a.sun_path));
	memcpy(a.sun_path + skip_zero, name, n);
	assert_int_equal(
		bind(fd, (struct sockaddr *)&a,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				 skip_zero + n)),
		0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static void prey_init(struct prey *p, const struct rig *r)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof(a);

	rig_write(r, "secret", "secret\n", 0644);
	snprintf(p->secret, sizeof(p->secret), "%s", rig_path(r, "secret"));
	snprintf(p->socket, sizeof(p->socket), "%s", rig_path(r, "socket"));
	snprintf(p->abstract, sizeof(p->abstract), "reeve-escape-%d",
		 (int)getpid());
	p->socket_fd = prey_listen(p->socket, false);
	chmod(p->socket, 0777);
	p->abstract_fd = prey_listen(p->abstract, true);
	p->inet_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(p->inet_fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(p->inet_fd, 8), 0);
	getsockname(p->inet_fd, (struct sockaddr *)&a, &n);
	p->port = ntohs(a.sin_port);
}

static void prey_fini(struct prey *p)
{
	fd_close(p->socket_fd);
	fd_close(p->abstract_fd);
	fd_close(p->inet_fd);
}

static void copy_program(const struct rig *r, const char *name, unsigned mode)
{
	int fd = open(rig_path(r, name), O_CREAT | O_WRONLY | O_CLOEXEC, 0755);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, program_bytes, program_size), program_size);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

/* A rig with the package, a read-only directory and storage. */
static void escape_start(struct rig *r, struct prey *prey, uint32_t layers)
{
	rig_start(r, layers, 0);
	rig_mkdir(r, "pkg", 0755);
	copy_program(r, "pkg/escape", 0755);
	copy_program(r, "pkg/suid", 06755);
	rig_write(r, "pkg/data", "package\n", 0644);
	rig_mkdir(r, "ro", 0777);
	rig_write(r, "ro/file", "read only\n", 0666);
	rig_mkdir(r, "data", 0700);
	prey_init(prey, r);
}

static void escape_stop(struct rig *r, struct prey *prey)
{
	prey_fini(prey);
	rig_stop(r);
}

static void escape_plan(struct plan *p, const struct rig *r,
			const struct prey *prey, const char *mode)
{
	const struct plan_mount mounts[] = {
		{ "/pkg", rig_path(r, "pkg"), NULL,
		  PLAN_CONNECT | PLAN_READ_BYTES | PLAN_EXECUTE |
			  PLAN_ENUMERATE | PLAN_TRAVERSE | PLAN_GET_ATTRIBUTES,
		  PLAN_PACKAGE, false },
		{ "/ro", rig_path(r, "ro"), NULL,
		  PLAN_CONNECT | PLAN_READ_BYTES | PLAN_ENUMERATE |
			  PLAN_TRAVERSE | PLAN_GET_ATTRIBUTES,
		  PLAN_DIRECTORY, false },
		{ "/data", rig_path(r, "data"), NULL,
		  PLAN_RIGHTS_ALL & ~(PLAN_EXECUTE | PLAN_ADMIN), PLAN_STORAGE,
		  false },
	};
	char number[2][16];
	const char *args[] = { "escape",     mode,	   number[0],
			       prey->secret, prey->socket, prey->abstract,
			       number[1] };
	size_t i;

	snprintf(number[0], 16, "%d", (int)getpid());
	snprintf(number[1], 16, "%d", prey->port);
	plan_init(p);
	assert_int_equal(plan_set_moniker(p, "/escape"), 0);
	assert_int_equal(plan_set_binary(p, "/pkg/escape"), 0);
	for (i = 0; i < 7; i++)
		assert_int_equal(plan_add_arg(p, args[i]), 0);
	for (i = 0; i < 3; i++)
		assert_int_equal(plan_add_mount(p, &mounts[i]), 0);
	assert_int_equal(plan_add_service(p, "/svc/service"), 0);
}

/* Is @word one of the comma-separated @list? */
static bool lists(const char *list, const char *word, size_t n)
{
	const char *end;

	for (;; list = end + 1) {
		end = strchrnul(list, ',');
		if ((size_t)(end - list) == n && !memcmp(list, word, n))
			return true;
		if (!*end)
			return false;
	}
}

/* Is each of the reasons that were reported one of the expected ones? */
static bool is_reason(const char *expected, const char *reported)
{
	const char *end;

	for (;; reported = end + 1) {
		end = strchrnul(reported, ',');
		if (!lists(expected, reported, (size_t)(end - reported)))
			return false;
		if (!*end)
			return true;
	}
}

/* The rest of the report's line about this attempt; NULL if there is none. */
static const char *find_line(const char *report, const char *name, char *line,
			     size_t size)
{
	size_t n = strlen(name), length;
	const char *at;

	for (at = report; at && *at;
	     at = strchr(at, '\n'), at = at ? at + 1 : NULL) {
		if (strncmp(at, name, n) || at[n] != ' ')
			continue;
		length = strcspn(at + n + 1, "\n");
		if (length >= size)
			length = size - 1;
		memcpy(line, at + n + 1, length);
		line[length] = 0;
		return line;
	}
	return NULL;
}

/* Which of an attempt's walls stand in this cell? */
static uint32_t walls_standing(const struct wall *w, uint32_t layers)
{
	uint32_t standing = w->walls & (layers | WALL_ALWAYS);
	int abi = landlock_abi();

	/* Not there at all, or too old for this. */
	if (abi == 0 || abi < (int)w->landlock_abi)
		standing &= ~(uint32_t)CELL_LAYER_LANDLOCK;
	return standing;
}

/* True if the attempt went as it should. */
static bool judge(const struct wall *w, const char *report, uint32_t layers,
		  bool is_whole)
{
	char line[300];

	if (!find_line(report, w->name, line, sizeof(line))) {
		print_error("%s: no report\n", w->name);
		return false;
	}
	if (!walls_standing(w, layers))
		return true;
	if (strncmp(line, "blocked ", 8)) {
		print_error("%s: %s (layers %x)\n", w->name, line, layers);
		return false;
	}
	if (is_whole && !is_reason(w->reason, line + 8)) {
		print_error("%s: %s, but should be blocked by %s\n", w->name,
			    line, w->reason);
		return false;
	}
	return true;
}

/*
 * Run all attempts in a cell of these layers. Never as root without both own
 * ids and read-only mounts: the attempts would succeed, on this very machine.
 */
static void run(uint32_t layers, bool is_strict)
{
	struct rig_result result;
	struct prey prey;
	struct plan p;
	struct rig r;
	bool is_good = true;
	size_t i;

	assert_true(layers & (CELL_LAYER_UIDS | CELL_LAYER_READONLY));
	escape_start(&r, &prey, layers);
	escape_plan(&p, &r, &prey, "all");
	p.strict = is_strict;
	rig_run(&r, &p, &result);
	if (result.is_failed)
		fail_msg("%s", rig_sentence(&result.failure));
	assert_true(result.is_exited);
	for (i = 0; i < n_walls; i++)
		is_good &= judge(&walls[i], text_string(&result.out), layers,
				 layers == CELL_LAYERS_ALL && !is_strict);
	/* Not by cmocka's own printing, which has a limit. */
	if (!is_good || getenv("ESCAPE_SHOW"))
		fprintf(stderr, "layers %x:\n%s", layers,
			text_string(&result.out));
	plan_fini(&p);
	rig_result_fini(&result);
	escape_stop(&r, &prey);
	assert_true(is_good);
}

static void run_with(uint32_t layers)
{
	run(layers, false);
}

static void escape_whole_cell(void **state)
{
	(void)state;
	run(CELL_LAYERS_ALL, false);
}

/* With even less in it, some reasons are others. */
static void escape_strict_cell(void **state)
{
	(void)state;
	run(CELL_LAYERS_ALL, true);
}

static void escape_without_seccomp(void **state)
{
	(void)state;
	run_with(CELL_LAYERS_ALL & ~CELL_LAYER_SECCOMP);
}

static void escape_without_landlock(void **state)
{
	(void)state;
	run_with(CELL_LAYERS_ALL & ~CELL_LAYER_LANDLOCK);
}

static void escape_without_caps(void **state)
{
	(void)state;
	run_with(CELL_LAYERS_ALL & ~CELL_LAYER_CAPS);
}

static void escape_without_net(void **state)
{
	(void)state;
	run_with(CELL_LAYERS_ALL & ~CELL_LAYER_NET);
}

static void escape_without_readonly(void **state)
{
	(void)state;
	run_with(CELL_LAYERS_ALL & ~CELL_LAYER_READONLY);
}

static void escape_without_uids(void **state)
{
	(void)state;
	run_with(CELL_LAYERS_ALL & ~CELL_LAYER_UIDS);
}

static void escape_with_seccomp_only(void **state)
{
	(void)state;
	run_with(CELL_LAYER_SECCOMP | CELL_LAYER_PROC | CELL_LAYER_UIDS);
}

static void escape_with_landlock_only(void **state)
{
	(void)state;
	run_with(CELL_LAYER_LANDLOCK | CELL_LAYER_PROC | CELL_LAYER_UIDS);
}

static void escape_with_namespaces_only(void **state)
{
	(void)state;
	run_with(CELL_LAYER_UIDS | CELL_LAYER_NET | CELL_LAYER_CAPS |
		 CELL_LAYER_READONLY | CELL_LAYER_PROC);
}

static void escape_walls_are_attempts(void **state)
{
	size_t i, j;

	(void)state;
	assert_true(n_walls >= 25);
	for (i = 0; i < n_walls; i++)
		for (j = 0; j < i; j++)
			assert_string_not_equal(walls[i].name, walls[j].name);
}

/* A root directory handed from one cell to another opens nothing there. */
static void escape_smuggled_root(void **state)
{
	struct rig_result out, in;
	struct cell_files files = { -1, -1, -1, NULL, 1 };
	struct cell from, to;
	struct prey prey;
	struct plan p;
	struct rig r;
	char line[300];
	int pair[2];

	(void)state;
	/* What stands before it: Landlock, and as root the other's user id. */
	if (!landlock_abi() && geteuid())
		skip();
	escape_start(&r, &prey, CELL_LAYERS_ALL);
	assert_int_equal(packet_pair(pair), 0);
	rig_take(&r, &from);
	rig_take(&r, &to);
	escape_plan(&p, &r, &prey, "smuggle-out");
	files.fds = &pair[0];
	assert_int_equal(cell_send_plan(&from, &p, &files, &out.failure), 0);
	fd_close(pair[0]);
	plan_fini(&p);
	escape_plan(&p, &r, &prey, "smuggle-in");
	/* The receiver has storage of its own. */
	p.n_mounts = 2;
	rig_follow(&to, &p, &pair[1], 1, &in);
	fd_close(pair[1]);
	assert_non_null(find_line(text_string(&in.out), "smuggled_root", line,
				  sizeof(line)));
	if (strncmp(line, "blocked ", 8))
		fail_msg("%s", line);
	cell_kill(&from);
	cell_fini(&from);
	plan_fini(&p);
	rig_result_fini(&in);
	escape_stop(&r, &prey);
}

/*
 * A component exchanges a directory of its storage with a link to the host,
 * over and over, while the host opens that directory: it must get the directory
 * or nothing.
 */
static void escape_link_race(void **state)
{
	struct cell_files files = { -1, -1, -1, NULL, 0 };
	unsigned i, n_opened = 0, n_refused = 0;
	struct cell_failure why;
	struct prey prey;
	struct stat st;
	struct cell c;
	struct plan p;
	struct rig r;
	int dir_fd, fd, v;

	(void)state;
	escape_start(&r, &prey, CELL_LAYERS_ALL);
	rig_take(&r, &c);
	escape_plan(&p, &r, &prey, "flip");
	assert_int_equal(cell_send_plan(&c, &p, &files, &why), 0);
	dir_fd = open(rig_path(&r, "data"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir_fd >= 0);
	for (i = 0; i < 100000 && (n_opened < 50 || n_refused < 50); i++) {
		v = path_open_beneath(dir_fd, "sub", O_PATH | O_DIRECTORY, &fd);
		/* Not yet there, a link, or (it was looked at twice) both. */
		if (v == -ENOENT)
			usleep(100);
		n_refused += v == -ELOOP;
		if (v == -ELOOP || v == -ENOENT || v == -ENOTDIR)
			continue;
		assert_int_equal(v, 0);
		n_opened++;
		assert_int_equal(fstat(fd, &st), 0);
		assert_true(S_ISDIR(st.st_mode));
		fd_close(fd);
	}
	assert_true(n_opened > 0);
	assert_true(n_refused > 0);
	fd_close(dir_fd);
	cell_kill(&c);
	cell_fini(&c);
	plan_fini(&p);
	escape_stop(&r, &prey);
}

static void read_program(void)
{
	int fd = open(program, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		exit(2);
	program_size = (size_t)st.st_size;
	program_bytes = malloc(program_size);
	if (read(fd, program_bytes, program_size) != (ssize_t)program_size)
		exit(2);
	close(fd);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escape_walls_are_attempts),
		cmocka_unit_test(escape_whole_cell),
		cmocka_unit_test(escape_strict_cell),
		cmocka_unit_test(escape_without_seccomp),
		cmocka_unit_test(escape_without_landlock),
		cmocka_unit_test(escape_without_caps),
		cmocka_unit_test(escape_without_net),
		cmocka_unit_test(escape_without_readonly),
		cmocka_unit_test(escape_without_uids),
		cmocka_unit_test(escape_with_seccomp_only),
		cmocka_unit_test(escape_with_landlock_only),
		cmocka_unit_test(escape_with_namespaces_only),
		cmocka_unit_test(escape_smuggled_root),
		cmocka_unit_test(escape_link_race),
	};

	if (argc < 2)
		return 2;
	program = argv[1];
	/* As root still: the program may lie where an ordinary user cannot. */
	read_program();
	rig_init(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
