/* reeve check: manifests, and whole trees of them, before anything runs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/offline.h"

/* A diagnostic names its file in front already. */
static const char *without_file(const char *why, const char *file)
{
	size_t n = strlen(file);

	return strncmp(why, file, n) || strncmp(why + n, ": ", 2) ? why
								  : why + n + 2;
}

/* Only the file itself. */
static int check_file(const char *file, struct report *report)
{
	struct package p = { 0 };
	struct manifest *m = NULL;
	_cleanup_text_ struct text why = TEXT_INIT;
	size_t before = report->n_errors;
	int r;

	r = package_find_root(file, &p, &why);
	if (!r)
		r = package_load(&p, &m, report, &why);
	if (r && report->n_errors == before)
		report_add(report, SEVERITY_ERROR, file, (struct place){ 0, 0 },
			   "unreadable", "%s",
			   r < 0 ? strerror(-r)
				 : without_file(text_string(&why), file));
	manifest_free(m);
	package_fini(&p);
	return r < 0 ? r : 0;
}

static int check_one(const char *file, const struct cmd_options *options,
		     struct report *report)
{
	struct offline o;
	int r;

	if (options->manifest_only)
		return check_file(file, report);
	/* A root that cannot be read needs no tree to be told. */
	if (check_file(file, report) < 0 || report->n_errors)
		return 0;
	if (!offline_init(&o, file, options))
		return -ENOMEM;
	report_fini(report);
	r = check_tree(&o.tree, resolver_check, &o.resolver, report);
	offline_fini(&o);
	return r;
}

int cmd_check(int argc, char **argv)
{
	struct cmd_options options;
	struct report report;
	_cleanup_text_ struct text t = TEXT_INIT;
	size_t n_errors = 0, n_warnings = 0;
	bool first = true;
	int r, i;

	r = cmd_options(&argc, argv, "pjqo", &options);
	if (r >= 0)
		return r;
	if (argc < 2)
		return cmd_usage(argv[0], "name a manifest to check");
	report_init(&report);
	for (i = 1; i < argc; i++) {
		r = check_one(argv[i], &options, &report);
		if (r < 0) {
			report_fini(&report);
			return cmd_fail("%s: %s", argv[i], strerror(-r));
		}
		report_sort(&report);
		n_errors += report.n_errors;
		n_warnings += report.n_warnings;
		if (options.json) {
			/* One array, however many files. */
			_cleanup_text_ struct text one = TEXT_INIT;

			report_render_json(&report, &one);
			text_puts(&t, first ? "[" : one.n > 2 && t.n > 1 ? "," : "");
			text_append(&t, one.bytes + 1, one.n - 2);
			first = false;
		} else if (!options.quiet) {
			report_render(&report, &t);
			cmd_print_error(&t);
		}
		report_fini(&report);
	}
	if (options.json) {
		text_puts(&t, "]\n");
		cmd_print(&t);
	} else if (!options.quiet && (n_errors || n_warnings)) {
		fprintf(stderr, "%zu error%s, %zu warning%s\n", n_errors,
			n_errors == 1 ? "" : "s", n_warnings,
			n_warnings == 1 ? "" : "s");
	} else if (!options.quiet) {
		printf("%d file%s checked, nothing wrong\n", argc - 1,
		       argc == 2 ? "" : "s");
	}
	return n_errors ? EXIT_NOT : EXIT_DONE;
}
