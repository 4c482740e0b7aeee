#include "process/guard.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/utsname.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

enum guard_kind {
	GUARD_UNKNOWN,
	GUARD_MARKER,
	GUARD_MPROTECT,
};

static _Atomic int guard_kind;

/*
 * Some emulators take any advice and do nothing, so see whether the page is out
 * of reach for the kernel now. By a call that writes: Valgrind itself reads
 * what others read, and is no better protected.
 */
static enum guard_kind probe_guard(void)
{
	enum guard_kind kind = GUARD_MPROTECT;
	void *p;

	p = mmap(NULL, guard_size(), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return GUARD_UNKNOWN;
	if (!madvise(p, guard_size(), MADV_GUARD_INSTALL) &&
	    uname((struct utsname *)p) < 0 && errno == EFAULT)
		kind = GUARD_MARKER;
	munmap(p, guard_size());
	return kind;
}

int guard_install(char *at)
{
	int kind = atomic_load_explicit(&guard_kind, memory_order_relaxed);

	if (kind == GUARD_UNKNOWN) {
		kind = (int)probe_guard();
		atomic_store_explicit(&guard_kind, kind, memory_order_relaxed);
	}
	if (kind == GUARD_MARKER) {
		while (madvise(at, guard_size(), MADV_GUARD_INSTALL) < 0)
			if (errno != EINTR && errno != EAGAIN)
				return -ENOMEM;
		return 0;
	}
	return mprotect(at, guard_size(), PROT_NONE) < 0 ? -ENOMEM : 0;
}

void guard_force_mprotect(bool force)
{
	atomic_store(&guard_kind, force ? GUARD_MPROTECT : GUARD_UNKNOWN);
}
