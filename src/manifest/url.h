/*
 * Component URLs: taken apart, never followed.
 *
 *   fuchsia-pkg://HOST/NAME[/VARIANT][#RESOURCE]   a package and a file in it
 *   file:///DIRECTORY[#RESOURCE]                   a package directory
 *   NAME[#RESOURCE] (no ":" in it)                 a package beside this one
 *   #RESOURCE                                      a file of the same package
 *
 * Percent-escapes are decoded first and then everything is checked in its
 * decoded form, so "%2e%2e" is ".." and is refused like it. Nothing that comes
 * out of here can leave the directory that it is appended to.
 */
#pragma once

#include <stddef.h>

#include "base/arena.h"

enum { URL_MAX = 4096 };

enum url_kind {
	URL_PACKAGE, /* fuchsia-pkg: @host, @package, maybe @variant */
	URL_FILE,    /* file: @directory */
	URL_SIBLING, /* NAME#RESOURCE: @package */
	URL_LOCAL,   /* #RESOURCE */
	URL_OTHER,   /* well-formed, of a scheme we do not know: only @scheme */
};

struct url {
	enum url_kind kind;
	const char *scheme; /* NULL for the relative forms */
	const char *host;
	const char *package;   /* one path segment */
	const char *variant;   /* one path segment; NULL if none */
	const char *directory; /* absolute, no "." or ".." segments */
	const char *resource;  /* relative path, checked likewise; or NULL */
};

enum {
	URL_INVALID = 1, /* *ret_why says what is wrong with it */
};

/*
 * Take @s apart. The parts are copied into @a and can be used when 0 is
 * returned. On URL_INVALID *ret_why is a phrase that goes on behind the URL
 * ("has an empty package name"), static. -ENOMEM is the only fault.
 */
int url_parse(const char *s, struct arena *a, struct url *ret,
	      const char **ret_why);

/* NULL, or a static phrase that goes on behind the scheme. */
const char *url_check_scheme(const char *s);
