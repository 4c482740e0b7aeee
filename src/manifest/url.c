/*
 * A URL is cut at "#" first (the resource), then at "://" (the scheme), and
 * what lies between is split by the rules of its scheme. Every part passes
 * through part_decode(), the only place where escapes become bytes, and is
 * checked afterwards; so no check can be dodged by an escape.
 */
#include "manifest/url.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"
#include "manifest/names.h"

enum {
	SCHEME_MAX = 100,
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/*
 * Copy @n bytes with their escapes decoded. A slash is never made by an escape:
 * it would be a separator that the author did not write.
 */
static int part_decode(const char *s, size_t n, struct arena *a,
		       const char **ret, const char **ret_why)
{
	char *part = arena_copy(a, s, n);
	size_t i, k = 0;

	if (!part)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		int c = (unsigned char)s[i];

		if (c == '?') {
			*ret_why =
				"has a query (\"?\"), which is not supported";
			return URL_INVALID;
		}
		if (c == '%') {
			if (n - i < 3 || hex_digit(s[i + 1]) < 0 ||
			    hex_digit(s[i + 2]) < 0) {
				*ret_why = "has a \"%\" that two hexadecimal "
					   "digits do not follow";
				return URL_INVALID;
			}
			c = hex_digit(s[i + 1]) << 4 | hex_digit(s[i + 2]);
			i += 2;
			if (c == '/') {
				*ret_why = "hides a \"/\" behind an escape";
				return URL_INVALID;
			}
		}
		if (c < 0x20 || c == 0x7f) {
			*ret_why = "has a control character";
			return URL_INVALID;
		}
		part[k++] = (char)c;
	}
	part[k] = 0;
	if (!utf8_is_valid(part, k)) {
		*ret_why = "has escapes that are not UTF-8";
		return URL_INVALID;
	}
	*ret = part;
	return 0;
}

static int segments_check(const char *path, const char **ret_why)
{
	const char *why = path_check_relative(path, DIALECT_MODERN);

	if (!why)
		return 0;
	*ret_why = why;
	return URL_INVALID;
}

/* One path segment: a package's or a variant's name. */
static int segment_read(const char *s, size_t n, struct arena *a,
			const char **ret, const char **ret_why)
{
	const char *part;
	int r;

	if (!n) {
		*ret_why = "has an empty package name";
		return URL_INVALID;
	}
	r = part_decode(s, n, a, &part, ret_why);
	if (r)
		return r;
	r = segments_check(part, ret_why);
	if (r)
		return r;
	*ret = part;
	return 0;
}

static int resource_read(const char *s, struct arena *a, struct url *u,
			 const char **ret_why)
{
	const char *part;
	int r;

	if (!*s) {
		*ret_why = "has nothing behind its \"#\"";
		return URL_INVALID;
	}
	if (*s == '/') {
		*ret_why =
			"has a \"/\" right behind its \"#\"; the resource is "
			"relative to the package";
		return URL_INVALID;
	}
	r = part_decode(s, strlen(s), a, &part, ret_why);
	if (r)
		return r;
	r = segments_check(part, ret_why);
	if (r)
		return r;
	u->resource = part;
	return 0;
}

static bool is_host_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

/* HOST/NAME[/VARIANT] */
static int package_read(const char *s, size_t n, struct arena *a, struct url *u,
			const char **ret_why)
{
	size_t n_host = 0, n_name;
	int r;

	while (n_host < n && is_host_character(s[n_host]))
		n_host++;
	if (!n_host) {
		*ret_why =
			"has no host; write fuchsia-pkg://HOST/NAME#RESOURCE";
		return URL_INVALID;
	}
	if (n_host < n && s[n_host] != '/') {
		*ret_why = "has a host with a character that hosts cannot have";
		return URL_INVALID;
	}
	if (n - n_host < 2) {
		*ret_why = "names no package; write "
			   "fuchsia-pkg://HOST/NAME#RESOURCE";
		return URL_INVALID;
	}
	u->host = arena_copy(a, s, n_host);
	if (!u->host)
		return -ENOMEM;
	s += n_host + 1;
	n -= n_host + 1;

	for (n_name = 0; n_name < n && s[n_name] != '/'; n_name++)
		;
	r = segment_read(s, n_name, a, &u->package, ret_why);
	if (r || n_name == n)
		return r;
	s += n_name + 1;
	n -= n_name + 1;
	if (memchr(s, '/', n)) {
		*ret_why = "has more than a name and a variant behind its host";
		return URL_INVALID;
	}
	return segment_read(s, n, a, &u->variant, ret_why);
}

/* /DIRECTORY */
static int file_read(const char *s, size_t n, struct arena *a, struct url *u,
		     const char **ret_why)
{
	const char *directory;
	int r;

	if (!n || *s != '/') {
		*ret_why = "names a host; write file:///DIRECTORY#RESOURCE";
		return URL_INVALID;
	}
	while (n > 1 && s[n - 1] == '/')
		n--;
	r = part_decode(s, n, a, &directory, ret_why);
	if (r)
		return r;
	if (n > 1) {
		r = segments_check(directory + 1, ret_why);
		if (r)
			return r;
	}
	u->directory = directory;
	return 0;
}

/* How many bytes of @s a scheme may be made of. */
static size_t scheme_span(const char *s, size_t n)
{
	size_t i;

	if (!n || s[0] < 'a' || s[0] > 'z')
		return 0;
	for (i = 1; i < n; i++)
		if (!((s[i] >= 'a' && s[i] <= 'z') ||
		      (s[i] >= '0' && s[i] <= '9') || s[i] == '+' ||
		      s[i] == '-' || s[i] == '.'))
			break;
	return i;
}

const char *url_check_scheme(const char *s)
{
	size_t n = strlen(s);

	if (!n)
		return "is empty";
	if (n > SCHEME_MAX)
		return "is longer than 100 characters";
	if (!scheme_span(s, n))
		return "does not begin with a lower-case letter";
	if (scheme_span(s, n) < n)
		return "has a character other than lower-case letters, "
		       "digits, \"+\", \"-\" and \".\"";
	return NULL;
}

/* The length of a well-formed scheme in front of "://"; 0 if there is none. */
static size_t scheme_length(const char *s, size_t n)
{
	size_t i = scheme_span(s, n);

	if (i < 2 || i > SCHEME_MAX || n - i < 3 ||
	    memcmp(s + i, "://", 3) != 0)
		return 0;
	return i;
}

static int absolute_read(const char *s, size_t n, size_t n_scheme,
			 struct arena *a, struct url *u, const char **ret_why)
{
	u->scheme = arena_copy(a, s, n_scheme);
	if (!u->scheme)
		return -ENOMEM;
	s += n_scheme + 3;
	n -= n_scheme + 3;
	if (!n) {
		*ret_why = "has nothing behind its \"://\"";
		return URL_INVALID;
	}
	if (strcmp(u->scheme, "fuchsia-pkg") == 0) {
		u->kind = URL_PACKAGE;
		return package_read(s, n, a, u, ret_why);
	}
	if (strcmp(u->scheme, "file") == 0) {
		u->kind = URL_FILE;
		return file_read(s, n, a, u, ret_why);
	}
	u->kind = URL_OTHER;
	return 0;
}

int url_parse(const char *s, struct arena *a, struct url *ret,
	      const char **ret_why)
{
	size_t n = strcspn(s, "#"), n_scheme;
	struct url u = { 0 };
	int r;

	if (!*s) {
		*ret_why = "is empty";
		return URL_INVALID;
	}
	if (n + strlen(s + n) > URL_MAX) {
		*ret_why = "is longer than 4096 bytes";
		return URL_INVALID;
	}

	n_scheme = scheme_length(s, n);
	if (n_scheme) {
		r = absolute_read(s, n, n_scheme, a, &u, ret_why);
	} else if (!n) {
		u.kind = URL_LOCAL;
		r = 0;
	} else if (memchr(s, ':', n) || memchr(s, '/', n)) {
		*ret_why = "begins neither with a scheme (\"fuchsia-pkg://\", "
			   "\"file://\") nor with a package's name nor with "
			   "\"#\"";
		return URL_INVALID;
	} else {
		u.kind = URL_SIBLING;
		r = segment_read(s, n, a, &u.package, ret_why);
	}
	if (r)
		return r;

	/* A foreign scheme's fragment is its own affair. */
	if (s[n] && u.kind != URL_OTHER) {
		r = resource_read(s + n + 1, a, &u, ret_why);
		if (r)
			return r;
	}
	*ret = u;
	return 0;
}
