#!/usr/bin/env python3
"""Writes unicode_letters.c: run it when a newer Unicode is wanted."""
import unicodedata

LETTERS = {"Lu", "Ll", "Lt", "Lm", "Lo", "Nl"}
MARKS = {"Mn", "Mc", "Nd", "Pc"}


def ranges(categories):
    found = []
    for c in range(0x80, 0x110000):
        if unicodedata.category(chr(c)) not in categories:
            continue
        if found and found[-1][1] == c - 1:
            found[-1][1] = c
        else:
            found.append([c, c])
    return found


def table(name, categories):
    cells = ["{ %#x, %#x }" % tuple(r) for r in ranges(categories)]
    lines, line = [], ""
    for cell in cells:
        if line and len(line) + len(cell) > 68:
            lines.append("\t" + line.rstrip())
            line = ""
        line += cell + ", "
    lines.append("\t" + line.rstrip())
    return "static const struct range %s[] = {\n%s\n};\n" % (
        name, "\n".join(lines))


with open("unicode_letters.c", "w") as out:
    out.write("""/*
 * Letters and marks beyond ASCII, from the Unicode Character Database %s.
 * Written by unicode_letters.py; change that, not this.
 */
#include "manifest/unicode_letters.h"

#include <stddef.h>

#include "base/own.h"

struct range {
	uint32_t first, last;
};

/* clang-format off */
/* Categories Lu, Ll, Lt, Lm, Lo, Nl. */
%s
/* Categories Mn, Mc, Nd, Pc. */
%s/* clang-format on */

static bool is_in(uint32_t c, const struct range *ranges, size_t n)
{
	size_t low = 0, high = n, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (c > ranges[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && c >= ranges[low].first;
}

bool unicode_is_letter(uint32_t c)
{
	return is_in(c, letters, N_ELEMENTS(letters));
}

bool unicode_is_mark(uint32_t c)
{
	return is_in(c, marks, N_ELEMENTS(marks));
}
""" % (unicodedata.unidata_version, table("letters", LETTERS),
       table("marks", MARKS)))
