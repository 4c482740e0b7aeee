/* reeve check: manifests, and whole trees of them, before anything runs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
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
static int check_file(const char *file, const struct cmd_options *options,
		      struct report *report)
{
	const struct package_paths paths = {
		.includes = options->includes,
		.n_includes = options->n_includes,
	};
	struct package p = { 0 };
	struct manifest *m = NULL;
	_cleanup_text_ struct text why = TEXT_INIT;
	size_t before = report->n_errors;
	int r;

	r = package_find_root(file, &p, &why);
	if (!r)
		r = package_load(&p, &paths, &m, report, &why);
	if (r && report->n_errors == before)
		report_add(report, SEVERITY_ERROR, file, place_at(0, 0),
			   "unreadable", "%s",
			   r < 0 ? strerror(-r)
				 : without_file(text_string(&why), file));
	manifest_free(m);
	package_fini(&p);
	return r < 0 ? r : 0;
}

/* What --must-use and --must-offer add to the policy of the tree. */
struct demands {
	struct policy_must use[CMD_PACKAGES_MAX], offer[CMD_PACKAGES_MAX];
	struct policy policy;
};

/* "protocol:NAME". False if it is not of that form. */
static bool demand_read(const char *s, struct policy_must *ret)
{
	static const struct {
		const char *word;
		enum capability_type type;
	} keywords[] = {
		{ "protocol", CAPABILITY_SERVICE },
		{ "service", CAPABILITY_SERVICE },
		{ "directory", CAPABILITY_DIRECTORY },
		{ "storage", CAPABILITY_STORAGE },
		{ "dictionary", CAPABILITY_DICTIONARY },
	};
	const char *colon = strchr(s, ':');
	size_t i;

	for (i = 0; colon && colon[1] && i < N_ELEMENTS(keywords); i++) {
		if (strncmp(s, keywords[i].word, (size_t)(colon - s)) ||
		    keywords[i].word[colon - s])
			continue;
		*ret = (struct policy_must){ .type = keywords[i].type,
					     .keyword = keywords[i].word,
					     .name = colon + 1 };
		return true;
	}
	return false;
}

static const char *demands_read(const char *const *words, size_t n,
				struct policy_must *ret)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!demand_read(words[i], &ret[i]))
			return words[i];
	return NULL;
}

/* Returns -1, or the exit status after it has said what is wrong. */
static int demands_make(const char *verb, const struct cmd_options *options,
			struct demands *ret)
{
	const char *wrong =
		demands_read(options->must_use, options->n_must_use, ret->use);

	if (!wrong)
		wrong = demands_read(options->must_offer, options->n_must_offer,
				     ret->offer);
	if (wrong)
		return cmd_usage(verb,
				 "\"%s\" is no capability; write "
				 "protocol:NAME, directory:NAME, storage:NAME "
				 "or dictionary:NAME",
				 wrong);
	if (options->manifest_only &&
	    (options->n_must_use || options->n_must_offer))
		return cmd_usage(verb, "--must-use and --must-offer are asked "
				       "of whole trees, without "
				       "--manifest-only");
	ret->policy = (struct policy){ .must_use = ret->use,
				       .n_must_use = options->n_must_use,
				       .must_offer = ret->offer,
				       .n_must_offer = options->n_must_offer };
	return -1;
}

static int check_one(const char *file, const struct cmd_options *options,
		     const struct policy *more, struct report *report)
{
	struct offline o;
	int r;

	if (options->manifest_only)
		return check_file(file, options, report);
	/* A root that cannot be read needs no tree to be told. */
	if (check_file(file, options, report) < 0 || report->n_errors)
		return 0;
	if (!offline_init(&o, file, options))
		return -ENOMEM;
	report_fini(report);
	r = check_tree(&o.tree, resolver_check, &o.resolver, more, report);
	offline_fini(&o);
	return r;
}

int cmd_check(int argc, char **argv)
{
	struct cmd_options options;
	struct demands demands;
	struct report report;
	_cleanup_text_ struct text t = TEXT_INIT;
	size_t n_errors = 0, n_warnings = 0;
	bool first = true;
	int r, i;

	r = cmd_options(&argc, argv, "pIjqoYZ", &options);
	if (r >= 0)
		return r;
	r = demands_make(argv[0], &options, &demands);
	if (r >= 0)
		return r;
	if (argc < 2)
		return cmd_usage(argv[0], "name a manifest to check");
	report_init(&report);
	for (i = 1; i < argc; i++) {
		r = check_one(argv[i], &options, &demands.policy, &report);
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
			text_puts(&t, first		     ? "["
				      : one.n > 2 && t.n > 1 ? ","
							     : "");
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
