/*
 * A root for one program of this machine: `reeve run -- PROGRAM`.
 */
#pragma once

#include "host/package.h"

/*
 * The manifest and the package of a realm that runs @argv. A program below /usr
 * is used where it is; of any other, its directory becomes the package. 0,
 * PACKAGE_INVALID (*ret_why), or -ENOMEM.
 */
int program_make(char *const *argv, struct manifest **ret,
		 struct package *ret_package, struct text *ret_why);
