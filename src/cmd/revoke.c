/*
 * reeve revoke: take authority back, and wait until that is true.
 *
 * The manager answers when every connection is proven to be dead. Whoever does
 * not wait for that takes nothing back from the revocation: it goes on.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/amount.h"
#include "cmd/cmd.h"
#include "cmd/remote.h"

struct revoke {
	const struct cmd_options *options;
	const char *arguments[4];
	size_t n;
	bool is_shown; /* the line that says how long it takes */
	size_t n_edges;
};

/* ---- waiting ---- */

/* For the handler: whether the manager has read the request. */
static volatile sig_atomic_t has_begun;

static void on_begun(void *userdata)
{
	(void)userdata;
	has_begun = true;
}

static void on_interrupt(int signal)
{
	static const char goes_on[] =
		"\nreeve: the revocation goes on in the manager; see reeve log "
		"--audit\n";
	static const char unknown[] =
		"\nreeve: the manager may not have heard of it; see reeve log "
		"--audit\n";

	if (has_begun)
		(void)!write(STDERR_FILENO, goes_on, sizeof(goes_on) - 1);
	else
		(void)!write(STDERR_FILENO, unknown, sizeof(unknown) - 1);
	/* The handler was for once. */
	raise(signal);
}

static void interrupt_catch(void)
{
	struct sigaction action = { .sa_handler = on_interrupt,
				    .sa_flags = SA_RESETHAND | SA_NODEFER };

	sigaction(SIGINT, &action, NULL);
}

/* On a terminal a line that counts; elsewhere one line, once. */
static bool on_wait(void *userdata, unsigned seconds)
{
	struct revoke *r = userdata;
	bool counts = isatty(STDERR_FILENO);

	if (r->options->quiet || (r->is_shown && !counts))
		return true;
	fprintf(stderr,
		"%snot true yet: every copy of what is connected is being "
		"looked for, %u s%s",
		counts ? "\r" : "", seconds, counts ? "" : "\n");
	r->is_shown = true;
	return true;
}

static void wait_end(const struct revoke *r)
{
	if (r->is_shown && isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

/* ---- what was done ---- */

static void put_counted(struct text *t, double n, const char *noun)
{
	text_printf(t, "%.0f %s%s", n, noun, n == 1 ? "" : "s");
}

static void put_connections(struct text *t, const struct json5_value *report)
{
	double n = json_count(report, "connections");
	double unproven = json_count(report, "unproven");
	double ms = json_count(report, "us") / 1000;

	if (unproven > 0) {
		text_puts(t, "Revoked, but of ");
		put_counted(t, n, "connection");
		text_printf(t, " %.0f may live on; looked for ", unproven);
		amount_put_time(t, ms);
		text_puts(t, ".\n");
	} else if (n > 0) {
		text_puts(t, "Revoked: ");
		put_counted(t, n, "connection");
		text_puts(t, " cut in ");
		amount_put_time(t, ms);
		text_puts(t, "; nothing passes any more.\n");
	} else {
		text_puts(t, "Revoked in ");
		amount_put_time(t, ms);
		text_puts(t, "; nothing was connected.\n");
	}
}

static void put_cells(struct text *t, const struct json5_value *report)
{
	double frozen = json_count(report, "frozen_us");
	double killed = json_count(report, "killed");

	if (frozen > 0) {
		text_puts(t, "Components stood still for ");
		amount_put_time(t, frozen / 1000);
		text_puts(t, ", while they were searched.\n");
	}
	if (killed > 0) {
		put_counted(t, killed, "component");
		text_puts(t, killed == 1 ? " was" : " were");
		text_puts(t, " killed: what they held could not be found.\n");
	}
	if (json_count(report, "undrained") > 0) {
		put_counted(t, json_count(report, "undrained"), "connection");
		text_puts(t, " could not be emptied: messages that were sent "
			     "before may still be read.\n");
	}
}

static void put_files(struct text *t, const struct json5_value *v,
		      const struct json5_value *report)
{
	double mounts = json_count(report, "mounts");
	double restarted = json_count(report, "restarted");
	const char *files = json_text(v, "open_files"), *end;

	if (mounts > 0) {
		put_counted(t, mounts, "mount");
		text_printf(t, " %s taken off running components.\n",
			    mounts == 1 ? "was" : "were");
	}
	if (json_count(report, "open_files") > 0) {
		put_counted(t, json_count(report, "open_files"), "file");
		text_puts(t, restarted > 0 ? " of it had been open:\n"
					   : " of it stays open until the "
					     "holder closes it or ends; "
					     "--restart ends it:\n");
	}
	for (; *files; files = *end ? end + 1 : end) {
		files += strspn(files, " ");
		end = strchrnul(files, '\n');
		text_puts(t, "    ");
		text_safe(t, files, (size_t)(end - files));
		text_puts(t, "\n");
	}
	if (restarted > 0) {
		put_counted(t, restarted, "component");
		text_puts(t, restarted == 1 ? " was" : " were");
		text_puts(t, " started anew, without it.\n");
	}
}

static bool on_report(void *userdata, const char *json,
		      const struct json5_value *v)
{
	struct revoke *r = userdata;
	const struct json5_value *report = json5_get(v, "report");
	_cleanup_text_ struct text t = TEXT_INIT;

	wait_end(r);
	r->is_shown = false;
	if (r->options->json) {
		text_printf(&t, "%s\n", json);
	} else if (!r->options->quiet) {
		put_connections(&t, report);
		put_cells(&t, report);
		put_files(&t, v, report);
	}
	cmd_print(&t);
	return true;
}

/* ---- what two gave each other ---- */

static bool on_edges(void *userdata, const char *json,
		     const struct json5_value *v)
{
	struct revoke *r = userdata;
	_cleanup_text_ struct text t = TEXT_INIT;

	if (r->options->json)
		text_printf(&t, "%s\n", json);
	json5_for_each(edge, json5_get(v, "edges"))
	{
		r->n_edges++;
		if (r->options->json)
			continue;
		text_printf(&t, "%-10s ", json_text(edge, "kind"));
		text_safe(&t, json_text(edge, "text"),
			  strlen(json_text(edge, "text")));
		text_puts(&t, "\n");
	}
	if (!r->options->json && json_count(v, "more") > 0)
		text_printf(&t, "... and %.0f more\n", json_count(v, "more"));
	if (r->options->quiet)
		text_clear(&t);
	cmd_print(&t);
	/* What was not looked at. */
	json5_for_each(note, json5_get(v, "notes"))
	{
		if (json5_string(note) && !r->options->quiet)
			fprintf(stderr, "reeve: %s\n", json5_string(note));
	}
	return true;
}

static int revoke_audit(struct revoke *r, int argc, char **argv)
{
	const char *const arguments[] = { argc == 3 ? argv[1] : NULL,
					  argc == 3 ? argv[2] : NULL };
	int status;

	if (argc != 3)
		return cmd_usage(argv[0], "--audit needs two components");
	status = remote_ask(r->options, "audit", arguments, 2, on_edges, r);
	if (!status && !r->n_edges && !r->options->json && !r->options->quiet)
		puts("nothing");
	return status;
}

/* ---- what is meant ---- */

static void revoke_what(struct revoke *r, const char *kind, const char *first,
			const char *second)
{
	r->arguments[r->n++] = kind;
	r->arguments[r->n++] = first;
	if (second)
		r->arguments[r->n++] = second;
	/* The last one is always there, so that no name is taken for it. */
	r->arguments[r->n++] = r->options->restart ? "restart" : "";
}

/* -1, or an exit status. */
static int revoke_read(struct revoke *r, int argc, char **argv)
{
	const struct cmd_options *o = r->options;
	const char *grant = o->grant;

	if (!grant && argc == 2 && *argv[1] == '#' && argv[1][1] &&
	    !argv[1][1 + strspn(argv[1] + 1, "0123456789")]) {
		grant = argv[1] + 1;
		argc = 1;
	}
	if (!!o->all + !!grant + !!o->connection > 1)
		return cmd_usage(argv[0], "it is one of --all, --grant and "
					  "--connection");
	if (grant && argc == 1)
		revoke_what(r, "grant", grant, NULL);
	else if (o->connection && argc == 1)
		revoke_what(r, "connection", o->connection, NULL);
	else if (o->all && argc == 2)
		revoke_what(r, "realm", argv[1], NULL);
	else if (!o->all && !grant && !o->connection && argc == 3)
		revoke_what(r, "capability", argv[1], argv[2]);
	else
		return cmd_usage(argv[0],
				 "name a component and a capability, "
				 "a component and --all, a --grant or a "
				 "--connection");
	return -1;
}

int cmd_revoke(int argc, char **argv)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	struct cmd_options options;
	struct revoke revoke = { .options = &options };
	struct remote_request request = { .verb = argv[0] };
	int r = cmd_options(&argc, argv, "mjqaurgc", &options);

	if (r >= 0)
		return r;
	if (options.audit)
		return revoke_audit(&revoke, argc, argv);
	r = revoke_read(&revoke, argc, argv);
	if (r >= 0)
		return r;
	request.arguments = revoke.arguments;
	request.n_arguments = revoke.n;
	request.on_data = on_report;
	request.on_begun = on_begun;
	request.on_wait = on_wait;
	request.userdata = &revoke;
	interrupt_catch();
	r = remote_request(&options, &request, &error);
	wait_end(&revoke);
	if (error.n)
		cmd_fail("%s", text_string(&error));
	return r;
}
