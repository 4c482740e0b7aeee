/*
 * reeve call: one raw message to a service, over a channel that is opened as a
 * component would open it, and what comes back.
 *
 * Nothing is known of the protocol: the bytes are the person's, and what comes
 * is shown as it came. Only an epitaph is understood, which every protocol has.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "base/utf8.h"
#include "channel/channel.h"
#include "cmd/cmd.h"
#include "cmd/remote.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "sys/loop.h"
#include "wire/codec.h"
#include "wire/status.h"

enum { CALL_COLUMNS = 16, CALL_SECONDS_MAX = 86400 };

struct call {
	const struct cmd_options *options;
	_Alignas(8) uint8_t bytes[MESSAGE_BYTES_MAX];
	size_t n;
	uint64_t timeout_ns;
	char *moniker, *capability, *source;
	int fd;
};

/* ---- what is sent ---- */

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0'
					 : tolower((unsigned char)c) - 'a' + 10;
}

/* Pairs of digits, with blanks, colons or "0x" between them if one likes. */
static const char *read_hex(struct call *c, const char *s)
{
	while (*s) {
		if (isspace((unsigned char)*s) || *s == ':' || *s == ',') {
			s++;
		} else if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
			s += 2;
		} else if (!isxdigit((unsigned char)s[0]) ||
			   !isxdigit((unsigned char)s[1])) {
			return "--hex takes pairs of the digits 0-9 and a-f";
		} else if (c->n == sizeof(c->bytes)) {
			return "a message has at most 65536 bytes";
		} else {
			c->bytes[c->n++] = (uint8_t)(hex_digit(s[0]) << 4 |
						     hex_digit(s[1]));
			s += 2;
		}
	}
	return NULL;
}

static const char *read_text(struct call *c, const char *s)
{
	c->n = strlen(s);
	if (c->n > sizeof(c->bytes))
		return "a message has at most 65536 bytes";
	memcpy(c->bytes, s, c->n);
	return NULL;
}

static const char *read_input(struct call *c)
{
	ssize_t n = 1;
	char more;

	while (n > 0 && c->n < sizeof(c->bytes)) {
		n = read(STDIN_FILENO, c->bytes + c->n,
			 sizeof(c->bytes) - c->n);
		if (n < 0)
			return strerror(errno);
		c->n += (size_t)n;
	}
	if (n > 0 && read(STDIN_FILENO, &more, 1) > 0)
		return "a message has at most 65536 bytes";
	return NULL;
}

static const char *read_data(struct call *c, const char *data)
{
	const struct cmd_options *o = c->options;
	const char *why;

	if (!!o->hex + !!o->text + !!data > 1)
		return "it is one of --hex, --text and DATA";
	why = o->hex	? read_hex(c, o->hex)
	      : o->text ? read_text(c, o->text)
	      : data	? read_text(c, data)
			: read_input(c);
	if (!why && !c->n)
		why = "an empty message cannot be sent";
	return why;
}

static const char *read_timeout(struct call *c)
{
	const char *s = c->options->timeout;
	double seconds = 5;
	char *end;

	if (s) {
		seconds = strtod(s, &end);
		if (end == s || (*end && strcmp(end, "s")) || !(seconds > 0) ||
		    seconds > CALL_SECONDS_MAX)
			return "--timeout takes seconds, as 2 or 0.5";
	}
	c->timeout_ns = (uint64_t)(seconds * (double)NS_PER_SECOND);
	return NULL;
}

/* ---- opening ---- */

static bool on_opened(void *userdata, const char *json,
		      const struct json5_value *v)
{
	struct call *c = userdata;

	(void)json;
	c->moniker = strdup(json_text(v, "moniker"));
	c->capability = strdup(json_text(v, "capability"));
	c->source = strdup(json_text(v, "source"));
	return c->moniker && c->capability && c->source;
}

static int call_open(struct call *c, const char *moniker, const char *service)
{
	const char *const arguments[] = { moniker, service,
					  c->options->exposed ? "exposed"
							      : "" };
	const struct remote_request q = {
		.verb = "call",
		.arguments = arguments,
		.n_arguments = 3,
		.on_data = on_opened,
		.userdata = c,
		.ret_channel = &c->fd,
	};
	_cleanup_text_ struct text error = TEXT_INIT;
	int r = remote_request(c->options, &q, &error);

	if (!r && (!c->source || c->fd < 0)) {
		text_puts(&error, "the manager gave no channel");
		r = EXIT_NOT;
	}
	if (r && error.n)
		cmd_fail("%s", text_string(&error));
	return r;
}

/* ---- what came ---- */

static bool is_text(const uint8_t *bytes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (bytes[i] < 0x20 && !strchr("\t\n\r", bytes[i]))
			return false;
	return n && utf8_is_valid((const char *)bytes, n);
}

static void put_dump(struct text *t, const uint8_t *bytes, size_t n)
{
	size_t at, i;

	for (at = 0; at < n; at += CALL_COLUMNS) {
		text_printf(t, "%04zx", at);
		for (i = at; i < at + CALL_COLUMNS; i++)
			if (i < n)
				text_printf(t, "%s%02x", i % 8 ? " " : "  ",
					    bytes[i]);
			else
				text_puts(t, i % 8 ? "   " : "    ");
		text_puts(t, "  ");
		for (i = at; i < at + CALL_COLUMNS && i < n; i++)
			text_printf(t, "%c",
				    bytes[i] >= 0x20 && bytes[i] < 0x7f
					    ? bytes[i]
					    : '.');
		text_puts(t, "\n");
	}
}

static void put_json(struct text *t, const struct message *m)
{
	uint32_t i;

	text_printf(t, "{\"verdict\":\"answered\",\"bytes\":%u,\"hex\":\"",
		    m->n_bytes);
	for (i = 0; i < m->n_bytes; i++)
		text_printf(t, "%02x", m->bytes[i]);
	text_puts(t, "\",\"text\":");
	if (is_text(m->bytes, m->n_bytes)) {
		_cleanup_free_ char *s =
			strndup((const char *)m->bytes, m->n_bytes);

		text_json(t, s ? s : "");
	} else {
		text_puts(t, "null");
	}
	text_printf(t, ",\"handles\":%u,\"epitaph\":null}\n", m->n_handles);
}

static int say_answer(const struct call *c, const struct message *m)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	if (c->options->json) {
		put_json(&t, m);
	} else if (is_text(m->bytes, m->n_bytes)) {
		text_append(&t, (const char *)m->bytes, m->n_bytes);
		if (m->bytes[m->n_bytes - 1] != '\n')
			text_puts(&t, "\n");
	} else {
		put_dump(&t, m->bytes, m->n_bytes);
	}
	cmd_print(&t);
	if (m->n_handles && !c->options->json)
		fprintf(stderr,
			"reeve: with it came %u handle%s, which %s "
			"closed\n",
			m->n_handles, m->n_handles == 1 ? "" : "s",
			m->n_handles == 1 ? "was" : "were");
	return EXIT_DONE;
}

/* No answer: @verdict for scripts, and the sentence for people. */
static int say_none(const struct call *c, const char *verdict,
		    const struct wire_epitaph *epitaph, const char *why)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	if (!c->options->json)
		return cmd_fail("%s: %s", c->capability, why);
	text_printf(&t,
		    "{\"verdict\":\"%s\",\"bytes\":0,\"hex\":\"\",\"text\":"
		    "null,\"handles\":0,\"epitaph\":",
		    verdict);
	if (epitaph)
		text_printf(&t, "{\"status\":%d,\"name\":\"%s\",\"by\":\"%s\"}",
			    epitaph->status, status_name(epitaph->status),
			    epitaph->by_manager ? "manager" : "provider");
	else
		text_puts(&t, "null");
	text_puts(&t, "}\n");
	cmd_print(&t);
	return EXIT_NOT;
}

/* The last that went wrong with the provider. */
static bool on_told(void *userdata, const char *json,
		    const struct json5_value *v)
{
	const char *event = json_text(v, "event"), *text = json_text(v, "text");
	struct text *reason = userdata;

	(void)json;
	if (strcmp(event, "failed") && strcmp(event, "refused"))
		return true;
	text_clear(reason);
	text_safe(reason, text, strlen(text));
	return true;
}

/* Why the manager did it, if it is the provider that it could not start. */
static void put_reason(const struct call *c, struct text *t)
{
	const char *const arguments[] = { c->source, "16" };
	_cleanup_text_ struct text reason = TEXT_INIT, error = TEXT_INIT;
	const struct remote_request q = { .verb = "log",
					  .arguments = arguments,
					  .n_arguments = 2,
					  .on_data = on_told,
					  .userdata = &reason };

	if (*c->source == '/' && !remote_request(c->options, &q, &error) &&
	    reason.n)
		text_printf(t, ": %s %s", c->source, text_string(&reason));
	else
		text_printf(t, "; see reeve log %s and reeve why %s %s",
			    c->moniker, c->moniker, c->capability);
}

static int say_epitaph(const struct call *c, const struct wire_epitaph *e)
{
	_cleanup_text_ struct text why = TEXT_INIT;

	if (e->by_manager)
		text_puts(&why, "closed by the manager");
	else
		text_printf(&why, "closed by the provider, %s,", c->source);
	text_printf(&why, " with the epitaph %s (%d)", status_name(e->status),
		    e->status);
	if (e->by_manager && !c->options->json)
		put_reason(c, &why);
	return say_none(c, "epitaph", e, text_string(&why));
}

static int say_closed(const struct call *c)
{
	_cleanup_text_ struct text why = TEXT_INIT;

	text_printf(&why, "closed by the provider, %s, without a word",
		    c->source);
	return say_none(c, "closed", NULL, text_string(&why));
}

static int say_late(const struct call *c)
{
	_cleanup_text_ struct text why = TEXT_INIT;

	text_printf(&why,
		    "%s did not answer within %g s; the channel was "
		    "opened",
		    c->source, (double)c->timeout_ns / (double)NS_PER_SECOND);
	return say_none(c, "timeout", NULL, text_string(&why));
}

/* ---- the call ---- */

static int call_exchange(struct call *c)
{
	static _Alignas(8) uint8_t room[MESSAGE_BYTES_MAX];
	_cleanup_message_ struct message m = MESSAGE_OVER(room);
	uint64_t end = loop_now() + c->timeout_ns;
	struct wire_epitaph epitaph;
	int r;

	r = channel_write(c->fd, c->bytes, c->n, NULL, 0, end);
	/* What was said before the end may still be there to be read. */
	if (!r || r == CHANNEL_CLOSED)
		r = channel_read(c->fd, &m, end);
	if (r == CHANNEL_TIMED_OUT || r == CHANNEL_WOULD_BLOCK)
		return say_late(c);
	if (r == CHANNEL_CLOSED)
		return say_closed(c);
	if (r)
		return cmd_fail("%s: %s", c->capability,
				strerror(r < 0 ? -r : EPROTO));
	if (wire_epitaph_read(&m, &epitaph) == 0)
		return say_epitaph(c, &epitaph);
	return say_answer(c, &m);
}

int cmd_call(int argc, char **argv)
{
	static struct call c = { .fd = -1 };
	struct cmd_options options;
	const char *why;
	int r = cmd_options(&argc, argv, "mjEHLw", &options);

	if (r >= 0)
		return r;
	if (argc < 3 || argc > 4)
		return cmd_usage(argv[0], "name a component and a service");
	c.options = &options;
	why = read_timeout(&c);
	if (!why)
		why = read_data(&c, argv[3]);
	if (why)
		return cmd_usage(argv[0], "%s", why);
	r = call_open(&c, argv[1], argv[2]);
	if (!r)
		r = call_exchange(&c);
	fd_close(c.fd);
	free(c.moniker);
	free(c.capability);
	free(c.source);
	return r;
}
