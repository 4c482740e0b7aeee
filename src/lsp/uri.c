/* Only what a path needs of RFC 3986. */
#include "lsp/uri.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* One character of @s into *ret, decoded; how many bytes it took, or 0. */
static size_t uri_decode(const char *s, char *ret)
{
	int high, low;

	if (*s != '%') {
		*ret = *s;
		return 1;
	}
	high = hex_value(s[1]);
	low = high < 0 ? -1 : hex_value(s[2]);
	/* No path has a zero in it. */
	if (low < 0 || !(high | low))
		return 0;
	*ret = (char)(high << 4 | low);
	return 3;
}

int uri_path(const char *uri, char **ret)
{
	char *path, *end;
	size_t n;

	if (strncasecmp(uri, "file:", 5))
		return URI_NO_FILE;
	uri += 5;
	if (!strncmp(uri, "//", 2)) {
		uri += 2;
		if (!strncasecmp(uri, "localhost/", 10))
			uri += 9;
	}
	if (*uri != '/')
		return URI_NO_FILE;
	path = end = malloc(strlen(uri) + 1);
	if (!path)
		return -ENOMEM;
	for (; *uri && *uri != '?' && *uri != '#'; uri += n) {
		n = uri_decode(uri, end++);
		if (!n) {
			free(path);
			return URI_NO_FILE;
		}
	}
	*end = 0;
	*ret = path;
	return 0;
}

void uri_write(const char *path, struct text *t)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~/";

	text_puts(t, "file://");
	for (; *path; path++) {
		if (strchr(plain, *path))
			text_append(t, path, 1);
		else
			text_printf(t, "%%%02X", (unsigned char)*path);
	}
}
