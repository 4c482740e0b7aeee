/* Names and paths, character by character and segment by segment. */
#include "manifest/names.h"

#include <string.h>

enum {
	SEED_NAME_MAX = 100,
	SEED_PATH_MAX = 1024,
	NAME_MAX_BYTES = 255,
	PATH_MAX_BYTES = 4095,
	SEGMENT_MAX_BYTES = 255,
};

static bool is_lower_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_dots(const char *s, size_t n)
{
	return (n == 1 && s[0] == '.') ||
	       (n == 2 && s[0] == '.' && s[1] == '.');
}

static const char *name_check_seed(const char *s, bool allow_upper)
{
	const char *c;

	if (strlen(s) > SEED_NAME_MAX)
		return "is longer than 100 characters";
	for (c = s; *c; c++) {
		if (is_lower_or_digit(*c) || strchr("_-.", *c))
			continue;
		if (!is_upper(*c))
			return allow_upper
				       ? "has a character other than letters, "
					 "digits, \"_\", \"-\" and \".\""
				       : "has a character other than "
					 "lower-case "
					 "letters, digits, \"_\", \"-\" and "
					 "\".\"";
		if (!allow_upper)
			return "has an upper-case letter";
	}
	return NULL;
}

static const char *name_check_modern(const char *s)
{
	const char *c;

	if (strlen(s) > NAME_MAX_BYTES)
		return "is longer than 255 bytes";
	if (*s == '-' || *s == '.')
		return "begins with \"-\" or \".\"";
	for (c = s; *c; c++)
		if (!is_lower_or_digit(*c) && !is_upper(*c) &&
		    !strchr("_-.", *c))
			return "has a character other than letters, digits, "
			       "\"_\", \"-\" and \".\"";
	return NULL;
}

const char *name_check(const char *s, enum manifest_dialect dialect,
		       bool allow_upper)
{
	if (!*s)
		return "is empty";
	if (is_dots(s, strlen(s)))
		return "is no name: it would be a directory's own name";
	return dialect == DIALECT_SEED ? name_check_seed(s, allow_upper)
				       : name_check_modern(s);
}

static const char *segments_check(const char *s, size_t segment_max)
{
	size_t n;

	for (;; s += n + 1) {
		n = strcspn(s, "/");
		if (!n)
			return s[n] ? "has an empty segment"
				    : "ends with a \"/\"";
		if (n > segment_max)
			return "has a segment longer than 255 bytes";
		if (is_dots(s, n))
			return "has a \".\" or \"..\" segment";
		if (!s[n])
			return NULL;
	}
}

static const char *check(const char *s, const char *relative,
			 enum manifest_dialect dialect)
{
	size_t n = strlen(s);

	if (dialect == DIALECT_SEED) {
		if (n > SEED_PATH_MAX)
			return "is longer than 1024 characters";
		return segments_check(relative, SEED_PATH_MAX);
	}
	if (n > PATH_MAX_BYTES)
		return "is longer than 4095 bytes";
	return segments_check(relative, SEGMENT_MAX_BYTES);
}

const char *path_check(const char *s, enum manifest_dialect dialect)
{
	if (!*s)
		return "is empty";
	if (*s != '/')
		return "does not begin with \"/\"";
	if (!s[1])
		return "is the root itself";
	return check(s, s + 1, dialect);
}

const char *path_check_relative(const char *s, enum manifest_dialect dialect)
{
	if (!*s)
		return "is empty";
	if (*s == '/')
		return "begins with \"/\", but has to be relative";
	return check(s, s, dialect);
}

bool path_is_reserved(const char *path)
{
	static const char reserved[] = "reeve";
	size_t n = sizeof(reserved) - 1;

	path += *path == '/';
	return !strncmp(path, reserved, n) && (!path[n] || path[n] == '/');
}
