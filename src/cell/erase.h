/* Erasing directories that components wrote. */
#pragma once

/*
 * Erase @name in the directory @at_fd with all that is in it. Links are
 * removed, never followed; nothing outside is touched, however deep, wide or
 * locked what lies inside is. 0, also when there is no such thing, or -errno:
 * something was left, of which -EBUSY says that somebody goes on writing into
 * it.
 */
int erase_beneath(int at_fd, const char *name);
