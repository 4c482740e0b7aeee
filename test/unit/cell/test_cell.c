/* Whole cells: what a component finds in one, and what the manager hears. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/own.h"
#include "rig.h"
#include "sys/landlock.h"

static struct rig rig;

static int start(void **state)
{
	(void)state;
	rig_start(&rig, 0, 0);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	rig_stop(&rig);
	return 0;
}

static void expect_failure(struct plan *p, enum cell_stage stage, int error,
			   enum cell_reason reason)
{
	struct rig_result result;

	rig_run(&rig, p, &result);
	assert_true(result.is_failed);
	assert_false(result.is_started);
	if (result.failure.stage != stage || result.failure.error != error ||
	    result.failure.reason != reason)
		fail_msg("stage %d, error %d, reason %d: %s",
			 result.failure.stage, result.failure.error,
			 result.failure.reason, rig_sentence(&result.failure));
	rig_result_fini(&result);
	plan_fini(p);
}

static void cell_is_nobody_special(void **state)
{
	struct plan p;

	(void)state;
	rig_plan_shell(&p, "id -u; id -g; id -un; hostname; echo $$; pwd;"
			   "grep -E '^(Cap|NoNew|Seccomp:)' /proc/self/status |"
			   "tr -d '\\t '");
	rig_expect(&rig, &p,
		   "1000\n1000\ncomponent\ntest-cell\n2\n/\n"
		   "CapInh:0000000000000000\n"
		   "CapPrm:0000000000000000\n"
		   "CapEff:0000000000000000\n"
		   "CapBnd:0000000000000000\n"
		   "CapAmb:0000000000000000\n"
		   "NoNewPrivs:1\nSeccomp:2\n");
}

static void cell_reports_how_it_ended(void **state)
{
	struct rig_result result;
	struct plan p;

	(void)state;
	rig_plan_shell(&p, "exit 42");
	rig_run(&rig, &p, &result);
	assert_int_equal(result.code, 42);
	assert_int_equal(result.signal, 0);
	assert_int_equal(result.status, 42);
	rig_result_fini(&result);
	plan_fini(&p);
	rig_plan_shell(&p, "kill -SEGV $$");
	rig_run(&rig, &p, &result);
	assert_int_equal(result.signal, SIGSEGV);
	assert_int_equal(result.status, 128 + SIGSEGV);
	rig_result_fini(&result);
	plan_fini(&p);
}

static void cell_passes_strings(void **state)
{
	struct plan p;

	(void)state;
	rig_plan_shell(&p, "echo \"$0|$1|$2\"; echo $A; echo $LISTEN_PID; "
			   "env | sort | cut -d= -f1 | tr '\\n' ' '");
	assert_int_equal(plan_add_arg(&p, "zero"), 0);
	assert_int_equal(plan_add_arg(&p, "one two"), 0);
	assert_int_equal(plan_add_arg(&p, ""), 0);
	assert_int_equal(plan_add_environ(&p, "A=b=c"), 0);
	assert_int_equal(plan_add_environ(&p, "LISTEN_PID="), 0);
	rig_expect(&rig, &p, "zero|one two|\nb=c\n2\nA LISTEN_PID PATH PWD ");
}

static void cell_passes_descriptors(void **state)
{
	struct rig_result result;
	int ends[2][2], fds[2];
	char buffer[16];
	struct cell c;
	struct plan p;

	(void)state;
	assert_int_equal(pipe2(ends[0], O_CLOEXEC), 0);
	assert_int_equal(pipe2(ends[1], O_CLOEXEC), 0);
	fds[0] = ends[0][1];
	fds[1] = ends[1][1];
	rig_plan_shell(&p, "echo three >&3; echo four >&4; cat; "
			   "ls /proc/self/fd | tr '\\n' ' '");
	rig_take(&rig, &c);
	rig_follow(&c, &p, fds, 2, &result);
	/* Nothing but these, and the directory that ls itself has opened. */
	assert_string_equal(text_string(&result.out), "0 1 2 3 4 5 ");
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(read(ends[0][0], buffer, 16), 6);
	assert_memory_equal(buffer, "three\n", 6);
	/* Nobody has kept the other end. */
	assert_int_equal(read(ends[0][0], buffer, 16), 0);
	assert_int_equal(read(ends[1][0], buffer, 16), 5);
	close(ends[0][0]);
	close(ends[1][0]);
	rig_result_fini(&result);
	plan_fini(&p);
}

static void cell_rights_are_the_kernels(void **state)
{
	struct plan p;

	(void)state;
	rig_mkdir(&rig, "rights", 0777);
	rig_write(&rig, "rights/file", "text\n", 0666);
	rig_write(&rig, "rights/run", "#!/bin/sh\necho ran\n", 0777);
	rig_plan_shell(&p, "(echo x > /a/file) 2>/dev/null || echo ro;"
			   "/a/run 2>/dev/null || echo noexec;"
			   "/b/run;"
			   "(echo y > /b/file) 2>/dev/null || echo ro;"
			   "ls /c 2>/dev/null || echo unlisted; cat /c/file");
	rig_plan_mount(&p, "/a", rig_path(&rig, "rights"), NULL, RIGHTS_R,
		       PLAN_DIRECTORY);
	rig_plan_mount(&p, "/b", rig_path(&rig, "rights"), NULL, RIGHTS_RX,
		       PLAN_DIRECTORY);
	rig_mkdir(&rig, "blind", 0777);
	rig_write(&rig, "blind/file", "seen\n", 0666);
	rig_plan_mount(&p, "/c", rig_path(&rig, "blind"), NULL,
		       PLAN_CONNECT | PLAN_READ_BYTES | PLAN_TRAVERSE,
		       PLAN_DIRECTORY);
	if (landlock_abi())
		rig_expect(&rig, &p, "ro\nnoexec\nran\nro\nunlisted\nseen\n");
	else
		plan_fini(&p);
}

/* Writing to files without making any is a right that only Landlock knows. */
static void cell_write_without_modify(void **state)
{
	struct plan p;

	(void)state;
	if (!landlock_abi())
		skip();
	rig_mkdir(&rig, "half", 0777);
	rig_write(&rig, "half/file", "old\n", 0666);
	rig_plan_shell(&p, "echo new > /d/file; cat /d/file;"
			   "(echo x > /d/other) 2>/dev/null || echo no;"
			   "rm /d/file 2>/dev/null || echo no");
	rig_plan_mount(&p, "/d", rig_path(&rig, "half"), NULL,
		       RIGHTS_R | PLAN_WRITE_BYTES, PLAN_DIRECTORY);
	rig_expect(&rig, &p, "new\nno\nno\n");
}

static void cell_subpath_follows_nothing(void **state)
{
	struct plan p;

	(void)state;
	rig_mkdir(&rig, "tree", 0755);
	rig_mkdir(&rig, "tree/sub", 0755);
	rig_write(&rig, "tree/sub/file", "inner\n", 0644);
	assert_int_equal(symlink("/etc", rig_path(&rig, "tree/link")), 0);
	rig_plan_shell(&p, "cat /d/file");
	rig_plan_mount(&p, "/d", rig_path(&rig, "tree"), "sub", RIGHTS_R,
		       PLAN_DIRECTORY);
	rig_expect(&rig, &p, "inner\n");
	rig_plan_shell(&p, "cat /d/file");
	rig_plan_mount(&p, "/d", rig_path(&rig, "tree"), "link", RIGHTS_R,
		       PLAN_DIRECTORY);
	expect_failure(&p, CELL_STAGE_SOURCE, ELOOP, CELL_REASON_NONE);
	rig_plan_shell(&p, "true");
	rig_plan_mount(&p, "/d", rig_path(&rig, "tree"), "none", RIGHTS_R,
		       PLAN_DIRECTORY);
	expect_failure(&p, CELL_STAGE_SOURCE, ENOENT, CELL_REASON_NONE);
}

static void cell_optional_mounts_may_lack(void **state)
{
	struct plan_mount m = { "/d",	  "/no/such/place", NULL,
				RIGHTS_R, PLAN_DIRECTORY,   true };
	struct plan p;

	(void)state;
	rig_plan_shell(&p, "ls -d /d 2>/dev/null || echo none");
	assert_int_equal(plan_add_mount(&p, &m), 0);
	rig_expect(&rig, &p, "none\n");
	m.optional = false;
	rig_plan_shell(&p, "true");
	assert_int_equal(plan_add_mount(&p, &m), 0);
	expect_failure(&p, CELL_STAGE_SOURCE, ENOENT, CELL_REASON_NONE);
}

/* What a mount brings along does not decide where the next one goes. */
static void cell_mounts_follow_no_links(void **state)
{
	struct plan p;

	(void)state;
	rig_mkdir(&rig, "evil", 0777);
	assert_int_equal(symlink("/etc", rig_path(&rig, "evil/sub")), 0);
	rig_mkdir(&rig, "inner", 0755);
	rig_plan_shell(&p, "true");
	rig_plan_mount(&p, "/e", rig_path(&rig, "evil"), NULL, RIGHTS_RW,
		       PLAN_DIRECTORY);
	rig_plan_mount(&p, "/e/sub", rig_path(&rig, "inner"), NULL, RIGHTS_R,
		       PLAN_DIRECTORY);
	expect_failure(&p, CELL_STAGE_ATTACH, ENOTDIR, CELL_REASON_NONE);
	rig_mkdir(&rig, "nest", 0755);
	rig_mkdir(&rig, "nest/in", 0755);
	rig_write(&rig, "inner/file", "nested\n", 0644);
	rig_plan_shell(&p, "cat /n/in/file");
	rig_plan_mount(&p, "/n/in", rig_path(&rig, "inner"), NULL, RIGHTS_R,
		       PLAN_DIRECTORY);
	rig_plan_mount(&p, "/n", rig_path(&rig, "nest"), NULL, RIGHTS_R,
		       PLAN_DIRECTORY);
	rig_expect(&rig, &p, "nested\n");
}

static void cell_tmp_is_limited(void **state)
{
	struct plan p;

	(void)state;
	rig_plan_shell(&p, "head -c 200000 /dev/zero > /tmp/a 2>/dev/null ||"
			   "echo full; echo x > /dev/shm/b && echo shm");
	p.tmp_bytes = 65536;
	rig_expect(&rig, &p, "full\nshm\n");
}

static void cell_limits_are_set(void **state)
{
	struct rlimit limit;
	struct plan p;

	(void)state;
	rig_plan_shell(&p, "ulimit -n; ulimit -Hn; ulimit -c");
	assert_int_equal(plan_add_limit(&p, RLIMIT_NOFILE, 64, 128), 0);
	rig_expect(&rig, &p, "64\n128\n0\n");
	getrlimit(RLIMIT_NOFILE, &limit);
	rig_plan_shell(&p, "true");
	assert_int_equal(
		plan_add_limit(&p, RLIMIT_NOFILE, 64, limit.rlim_max + 1), 0);
	expect_failure(&p, CELL_STAGE_LIMIT, EPERM, CELL_REASON_NONE);
}

static void cell_says_why_exec_failed(void **state)
{
	Elf64_Ehdr elf = { .e_ident = ELFMAG,
			   .e_type = ET_EXEC,
			   .e_machine = EM_S390,
			   .e_version = EV_CURRENT };
	static const struct {
		const char *name;
		int error;
		enum cell_reason reason;
	} cases[] = {
		{ "/pkg/none", ENOENT, CELL_REASON_NONE },
		{ "/pkg/plain", EACCES, CELL_REASON_NOT_EXECUTABLE },
		{ "/pkg/text", ENOEXEC, CELL_REASON_NOT_A_PROGRAM },
		{ "/pkg/script", ENOENT, CELL_REASON_NO_INTERPRETER },
		{ "/pkg/foreign", ENOEXEC, CELL_REASON_OTHER_MACHINE },
		{ "/pkg/sub", EACCES, CELL_REASON_NONE },
		{ "/noexec/run", EACCES, CELL_REASON_NOEXEC },
	};
	struct plan p;
	size_t i;
	int fd;

	(void)state;
	elf.e_ident[EI_CLASS] = ELFCLASS64;
	elf.e_ident[EI_DATA] = ELFDATA2LSB;
	rig_mkdir(&rig, "bad", 0755);
	rig_mkdir(&rig, "bad/sub", 0755);
	rig_write(&rig, "bad/plain", "#!/bin/sh\n", 0644);
	rig_write(&rig, "bad/text", "just text\n", 0755);
	rig_write(&rig, "bad/script", "#!/no/such/interpreter -x\n", 0755);
	rig_write(&rig, "bad/run", "#!/bin/sh\n", 0755);
	rig_write(&rig, "bad/foreign", "", 0755);
	fd = open(rig_path(&rig, "bad/foreign"), O_WRONLY | O_CLOEXEC);
	assert_int_equal(write(fd, &elf, sizeof(elf)), sizeof(elf));
	close(fd);
	for (i = 0; i < N_ELEMENTS(cases); i++) {
		rig_plan_shell(&p, "true");
		rig_plan_mount(&p, "/pkg", rig_path(&rig, "bad"), NULL,
			       RIGHTS_RX, PLAN_PACKAGE);
		rig_plan_mount(&p, "/noexec", rig_path(&rig, "bad"), NULL,
			       RIGHTS_R, PLAN_DIRECTORY);
		assert_int_equal(plan_set_binary(&p, cases[i].name), 0);
		expect_failure(&p, CELL_STAGE_EXEC, cases[i].error,
			       cases[i].reason);
	}
	rig_plan_shell(&p, "true");
	assert_int_equal(plan_set_cwd(&p, "/nowhere"), 0);
	expect_failure(&p, CELL_STAGE_CWD, ENOENT, CELL_REASON_NONE);
}

/* A strict cell has nothing of the host: not even the loader. */
static void cell_strict_has_no_loader(void **state)
{
	char command[300];
	struct plan p;

	(void)state;
	rig_mkdir(&rig, "dynamic", 0755);
	snprintf(command, sizeof(command), "cp /bin/true %s",
		 rig_path(&rig, "dynamic/true"));
	assert_int_equal(system(command), 0);
	rig_plan_shell(&p, "true");
	rig_plan_mount(&p, "/pkg", rig_path(&rig, "dynamic"), NULL, RIGHTS_RX,
		       PLAN_PACKAGE);
	assert_int_equal(plan_set_binary(&p, "/pkg/true"), 0);
	p.strict = true;
	expect_failure(&p, CELL_STAGE_EXEC, ENOENT, CELL_REASON_NO_LOADER);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cell_is_nobody_special),
		cmocka_unit_test(cell_reports_how_it_ended),
		cmocka_unit_test(cell_passes_strings),
		cmocka_unit_test(cell_passes_descriptors),
		cmocka_unit_test(cell_rights_are_the_kernels),
		cmocka_unit_test(cell_write_without_modify),
		cmocka_unit_test(cell_subpath_follows_nothing),
		cmocka_unit_test(cell_optional_mounts_may_lack),
		cmocka_unit_test(cell_mounts_follow_no_links),
		cmocka_unit_test(cell_tmp_is_limited),
		cmocka_unit_test(cell_limits_are_set),
		cmocka_unit_test(cell_says_why_exec_failed),
		cmocka_unit_test(cell_strict_has_no_loader),
	};

	rig_init(argc, argv);
	return cmocka_run_group_tests(tests, start, stop);
}
