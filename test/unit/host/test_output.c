/* What a program prints, line by line. */
#include "host_test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "host/output.h"
#include "sys/fd.h"

struct rig {
	struct loop *loop;
	struct journal *journal;
	struct output *output;
	int fd;
	size_t n, n_bytes;
	struct text lines; /* with a "|" behind each */
};

static bool collect(void *userdata, const struct journal_entry *e)
{
	struct rig *rig = userdata;

	assert_int_equal(e->kind, JOURNAL_LOG);
	assert_string_equal(e->moniker, "/a");
	rig->n++;
	rig->n_bytes += strlen(e->text);
	text_printf(&rig->lines, "%s|", e->text);
	return true;
}

static const char *lines(struct rig *rig)
{
	rig->n = rig->n_bytes = 0;
	text_clear(&rig->lines);
	journal_each(rig->journal, NULL, 0, collect, rig);
	return text_string(&rig->lines);
}

static void rig_init(struct rig *rig)
{
	*rig = (struct rig){ .fd = -1 };
	assert_int_equal(loop_new(&rig->loop), 0);
	assert_int_equal(journal_new(&rig->journal), 0);
	assert_int_equal(output_new(rig->loop, rig->journal, "/a", &rig->output,
				    &rig->fd),
			 0);
}

static void rig_fini(struct rig *rig)
{
	output_free(rig->output);
	fd_close(rig->fd);
	journal_free(rig->journal);
	loop_free(rig->loop);
	text_fini(&rig->lines);
}

static void print(struct rig *rig, const void *bytes, size_t n)
{
	assert_int_equal(write(rig->fd, bytes, n), n);
	while (loop_turn(rig->loop, 0) > 0)
		;
}

static void test_lines(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig);
	print(&rig, "one\ntwo\nthr", 11);
	assert_string_equal(lines(&rig), "one|two|");
	print(&rig, "ee\n\n", 4);
	assert_string_equal(lines(&rig), "one|two|three||");
	rig_fini(&rig);
}

static void test_without_newline_at_the_end(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig);
	print(&rig, "last words", 10);
	assert_string_equal(lines(&rig), "");
	rig.fd = fd_close(rig.fd);
	while (loop_turn(rig.loop, 0) > 0)
		;
	output_free(TAKE(rig.output));
	assert_string_equal(lines(&rig), "last words|");
	rig_fini(&rig);
}

/* What is still in the pipe when the program is gone. */
static void test_rest_is_read_at_the_end(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig);
	assert_int_equal(write(rig.fd, "a\nb", 3), 3);
	output_free(TAKE(rig.output));
	assert_string_equal(lines(&rig), "a|b|");
	rig_fini(&rig);
}

static void test_long_lines_are_cut(void **state)
{
	static char bytes[3 * JOURNAL_LINE_MAX];
	struct rig rig;

	(void)state;
	rig_init(&rig);
	memset(bytes, 'x', sizeof(bytes));
	bytes[2 * JOURNAL_LINE_MAX + 5] = '\n';
	print(&rig, bytes, 2 * JOURNAL_LINE_MAX + 6);
	lines(&rig);
	assert_int_equal(rig.n, 3);
	assert_int_equal(rig.n_bytes, 2 * JOURNAL_LINE_MAX + 5);
	/* One that has exactly the length is one line. */
	bytes[JOURNAL_LINE_MAX - 1] = '\n';
	print(&rig, bytes, JOURNAL_LINE_MAX);
	lines(&rig);
	assert_int_equal(rig.n, 4);
	rig_fini(&rig);
}

static void test_zeroes_and_controls(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig);
	print(&rig, "a\0b\n\0\n\033[H\xff\n", 12);
	assert_string_equal(lines(&rig), "a\\x00b|\\x00|\\x1b[H\xef\xbf\xbd|");
	rig_fini(&rig);
}

/* Endless output holds up nobody: a turn takes a bounded part of it. */
static void test_flood_is_bounded_per_turn(void **state)
{
	static char bytes[65536];
	struct rig rig;
	size_t before;

	(void)state;
	rig_init(&rig);
	memset(bytes, 'y', sizeof(bytes));
	memset(bytes + 1, '\n', 1);
	assert_int_equal(fcntl(rig.fd, F_SETPIPE_SZ, 65536), 65536);
	assert_int_equal(write(rig.fd, bytes, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(loop_turn(rig.loop, 0), 1);
	lines(&rig);
	before = rig.n_bytes;
	/* The last part of a turn may be a line's length too much. */
	assert_in_range(before, 1, 16 * 1024 + JOURNAL_LINE_MAX);
	assert_int_equal(loop_turn(rig.loop, 0), 1);
	lines(&rig);
	assert_in_range(rig.n_bytes, before + 1,
			2 * (16 * 1024 + JOURNAL_LINE_MAX));
	while (loop_turn(rig.loop, 0) > 0)
		;
	/* Somebody who writes on while it is freed does not hold it up. */
	assert_int_equal(write(rig.fd, bytes, sizeof(bytes)), sizeof(bytes));
	output_free(TAKE(rig.output));
	rig_fini(&rig);
}

static int make(void *arg)
{
	struct journal *j = arg;
	struct loop *loop;
	struct output *o;
	unsigned n_fds = count_fds();
	int fd, r = loop_new(&loop);

	if (r)
		return r;
	r = output_new(loop, j, "/a", &o, &fd);
	if (!r) {
		output_free(o);
		fd_close(fd);
	}
	loop_free(loop);
	assert_int_equal(count_fds(), n_fds);
	return r;
}

static void test_faults(void **state)
{
	struct journal *j;

	(void)state;
	assert_int_equal(journal_new(&j), 0);
	assert_true(fault_sweep(make, j) > 1);
	journal_free(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_test(test_lines),
		host_test(test_without_newline_at_the_end),
		host_test(test_rest_is_read_at_the_end),
		host_test(test_long_lines_are_cut),
		host_test(test_zeroes_and_controls),
		host_test(test_flood_is_bounded_per_turn),
		host_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
