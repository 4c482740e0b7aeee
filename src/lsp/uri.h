/* URIs of files, as editors name documents. */
#pragma once

#include "base/text.h"

enum {
	URI_NO_FILE = 1, /* it names no file of this machine */
};

/* The path of a file: URI, percent-escapes decoded. 0 and the caller owns *ret;
 * URI_NO_FILE; or -ENOMEM. */
int uri_path(const char *uri, char **ret);

/* Append the file: URI of an absolute path. */
void uri_write(const char *path, struct text *t);
