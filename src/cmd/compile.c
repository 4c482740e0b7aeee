/*
 * reeve compile: a manifest written out whole, its shards merged into it.
 *
 * The new file takes its place in one step, so that whoever reads it at the
 * same time sees the old one or the new one, and an error leaves the old one
 * alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/offline.h"
#include "sys/fd.h"

/* NAME.cm for NAME.cml; NULL for another name, or without memory. */
static char *output_name(const char *file)
{
	size_t n = strlen(file);

	if (n < 5 || strcmp(file + n - 4, ".cml") != 0)
		return NULL;
	return strndup(file, n - 1);
}

static bool is_same_file(const char *a, const char *b)
{
	struct stat left, right;

	return stat(a, &left) == 0 && stat(b, &right) == 0 &&
	       left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

static int bytes_write(int fd, const struct text *t)
{
	const char *at = text_string(t);
	size_t n = t->n;
	ssize_t k;

	for (; n; at += k, n -= (size_t)k) {
		k = write(fd, at, n);
		if (k < 0)
			return -errno;
	}
	return 0;
}

/* Replace what is at @path, or begin it. */
static int file_replace(const char *path, const struct text *t)
{
	_cleanup_text_ struct text beside = TEXT_INIT;
	_cleanup_fd_ int fd = -1;
	struct stat st;
	int r;

	/* A device or a pipe is written to; nothing could take its place. */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		return fd < 0 ? -errno : bytes_write(fd, t);
	}
	text_printf(&beside, "%s.%d~", path, getpid());
	if (text_is_failed(&beside))
		return -ENOMEM;
	fd = open(text_string(&beside),
		  O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0666);
	if (fd < 0)
		return -errno;
	r = bytes_write(fd, t);
	if (!r && rename(text_string(&beside), path) < 0)
		r = -errno;
	if (r)
		(void)unlink(text_string(&beside));
	return r;
}

/* One manifest on its way. */
struct compilation {
	const char *file, *output; /* output: "-" for standard output */
	struct package package;
	struct report report;
	struct text compiled, why;
};

static void compilation_fini(struct compilation *c)
{
	package_fini(&c->package);
	report_fini(&c->report);
	text_fini(&c->compiled);
	text_fini(&c->why);
}

/* Read it and write it. 0, 1 with errors in the report or a sentence in @why,
 * or a fault. */
static int compilation_run(struct compilation *c,
			   const struct cmd_options *options)
{
	const struct package_paths paths = {
		.includes = options->includes,
		.n_includes = options->n_includes,
	};
	int r;

	r = package_find_root(c->file, &c->package, &c->why);
	if (!r)
		r = package_compile(&c->package, &paths, &c->report,
				    &c->compiled, &c->why);
	if (r)
		return r;
	if (!strcmp(c->output, "-"))
		return bytes_write(STDOUT_FILENO, &c->compiled);
	r = file_replace(c->output, &c->compiled);
	if (r < 0)
		text_printf(&c->why, "%s: %s", c->output, strerror(-r));
	return r < 0 ? 1 : 0;
}

static void strings_render(const struct package *p, struct text *t)
{
	size_t i;

	text_puts(t, "[");
	for (i = 0; i < p->n_shards; i++) {
		text_puts(t, i ? "," : "");
		text_json(t, p->shards[i].file);
	}
	text_puts(t, "]");
}

static void print_json(const struct compilation *c, bool is_done)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	text_puts(&t, "{\"file\":");
	text_json(&t, c->file);
	text_puts(&t, ",\"output\":");
	if (is_done)
		text_json(&t, c->output);
	else
		text_puts(&t, "null");
	text_puts(&t, ",\"shards\":");
	strings_render(&c->package, &t);
	text_puts(&t, ",\"diagnostics\":");
	report_render_json(&c->report, &t);
	text_puts(&t, ",\"error\":");
	if (is_done || c->report.n_errors)
		text_puts(&t, "null");
	else
		text_json(&t, text_string(&c->why));
	text_puts(&t, "}\n");
	cmd_print(&t);
}

static int print_text(struct compilation *c, bool is_done, bool is_quiet)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	report_render(&c->report, &t);
	if (!is_quiet)
		cmd_print_error(&t);
	if (is_done)
		return EXIT_DONE;
	if (is_quiet)
		return EXIT_NOT;
	if (c->report.n_errors)
		return cmd_fail("%s was not compiled: it has %zu error%s",
				c->file, c->report.n_errors,
				c->report.n_errors == 1 ? "" : "s");
	return cmd_fail("%s was not compiled: %s", c->file,
			text_string(&c->why));
}

static int compile_one(const char *file, const char *output,
		       const struct cmd_options *options)
{
	_cleanup_(compilation_fini) struct compilation c = { .file = file,
							     .output = output };
	int r;

	report_init(&c.report);
	r = compilation_run(&c, options);
	if (r < 0 && !c.why.n)
		text_puts(&c.why, strerror(-r));
	report_sort(&c.report);
	if (!options->json)
		return print_text(&c, !r, options->quiet);
	print_json(&c, !r);
	return r ? EXIT_NOT : EXIT_DONE;
}

static int compile_beside(const char *verb, const char *file,
			  const struct cmd_options *options)
{
	_cleanup_free_ char *output = output_name(file);

	if (!output)
		return cmd_usage(verb,
				 "%s does not end in .cml; say where to "
				 "write it with --output",
				 file);
	return compile_one(file, output, options);
}

int cmd_compile(int argc, char **argv)
{
	struct cmd_options options;
	int i, one, r;

	r = cmd_options(&argc, argv, "IQjq", &options);
	if (r >= 0)
		return r;
	if (argc < 2)
		return cmd_usage(argv[0], "name a manifest to compile");
	if (options.output && argc > 2)
		return cmd_usage(argv[0], "--output is for one manifest");
	if (options.output && options.json && !strcmp(options.output, "-"))
		return cmd_usage(argv[0], "--json and the manifest cannot both "
					  "go to standard output");
	if (options.output && is_same_file(options.output, argv[1]))
		return cmd_usage(argv[0], "%s would be written over itself",
				 argv[1]);
	if (options.output)
		return compile_one(argv[1], options.output, &options);
	for (i = 1, r = EXIT_DONE; i < argc; i++) {
		one = compile_beside(argv[0], argv[i], &options);
		r = one > r ? one : r;
	}
	return r;
}
