/*
 * The plugin, which nobody trusts: does its work with what it is given, and
 * then tries to get more. What it finds goes back to the host as a sentence.
 */
#include <errno.h>
#include <fcntl.h>
#include <reeve.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TIMEOUT_MS = 10000, TASKS_WANTED = 100 };

static struct reeve *r;
static int file = -1; /* of the host's directory, never closed */

static const char *outcome(int failed)
{
	return failed ? strerror(errno) : "done";
}

static int write_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644), failed;

	if (fd < 0)
		return -1;
	failed = write(fd, "result\n", 7) != 7;
	if (file < 0)
		file = fd;
	else
		close(fd);
	return failed ? -1 : 0;
}

/* Ask the host's dictionary once. */
static const char *ask(void)
{
	struct reeve_message request = {
		.ordinal = reeve_ordinal("example/Dictionary.Ask"),
	}, *reply;
	struct reeve_channel *dictionary;
	const char *answer;
	int e;

	e = reeve_open(r, "/svc/example.Dictionary", &dictionary);
	if (e)
		return strerror(-e);
	e = reeve_call(dictionary, &request, TIMEOUT_MS, &reply);
	answer = e ? reeve_status_name(reeve_channel_status(dictionary))
		   : "answered";
	if (!e)
		reeve_message_free(reply);
	reeve_channel_close(dictionary);
	return answer;
}

/* As many tasks as there may be; they are ended again. */
static int count_tasks(void)
{
	pid_t tasks[TASKS_WANTED];
	int n = 0, i;

	while (n < TASKS_WANTED) {
		tasks[n] = fork();
		if (tasks[n] < 0)
			break;
		if (!tasks[n]) {
			pause();
			_exit(0);
		}
		n++;
	}
	for (i = 0; i < n; i++)
		kill(tasks[i], SIGKILL);
	for (i = 0; i < n; i++)
		waitpid(tasks[i], NULL, 0);
	return n;
}

static int do_work(char *said, size_t n)
{
	const char *result = outcome(write_file("/work/result"));
	const char *outside = outcome(write_file("/work/../result"));
	const char *first = ask(), *second = ask(), *third = ask();

	return snprintf(said, n,
			"wrote a result: %s; beside it: %s; asked: %s, %s, %s; "
			"had %d tasks more",
			result, outside, first, second, third, count_tasks());
}

/* The directory was taken back. */
static int do_go_on(char *said, size_t n)
{
	const char *fresh = outcome(write_file("/work/more"));
	const char *kept = outcome(file < 0 || write(file, "more\n", 5) != 5);

	return snprintf(said, n, "a new file: %s; the one it kept open: %s",
			fresh, kept);
}

/* The directory was lent again: for as long as it goes. */
static int do_stay(char *said, size_t n)
{
	int n_written = 0;

	while (write_file("/grants/work/more") == 0) {
		n_written++;
		usleep(20 * 1000);
	}
	return snprintf(said, n, "wrote %d times in /grants/work, then: %s",
			n_written, strerror(errno));
}

static const struct {
	const char *name;
	int (*answer)(char *said, size_t n);
} methods[] = {
	{ "example/Plugin.Work", do_work },
	{ "example/Plugin.GoOn", do_go_on },
	{ "example/Plugin.Stay", do_stay },
};

static void on_message(struct reeve *self, struct reeve_channel *host,
		       struct reeve_message *m, void *userdata)
{
	char said[512];
	size_t i;

	(void)self;
	(void)userdata;
	for (i = 0; m && i < sizeof(methods) / sizeof(methods[0]); i++)
		if (m->ordinal == reeve_ordinal(methods[i].name))
			reeve_reply(
				host, m, said,
				(size_t)methods[i].answer(said, sizeof(said)));
}

static void on_open(struct reeve *self, struct reeve_channel *host,
		    void *userdata)
{
	reeve_watch(self, host, on_message, userdata);
}

int main(void)
{
	if (reeve_join(&r) < 0) {
		fputs("plugin: start me with reeve run\n", stderr);
		return 1;
	}
	reeve_serve(r, "/svc/example.Plugin", on_open, NULL);
	return reeve_run(r);
}
