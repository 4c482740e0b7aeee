/*
 * Annotations: telling sanitizers and Valgrind which stack is in use.
 *
 * They follow stacks by themselves only as long as a thread keeps its own. All
 * of this is nothing in a build without them; the requests for Valgrind are a
 * few instructions without effect outside of it, and there only if its header
 * was found.
 *
 *	annotate_switch_begin(&from->annotation, &to->annotation, ends);
 *	context_switch(&from->context, &to->context);
 *	annotate_switch_end(&from->annotation);
 *
 * and annotate_switch_end() of its own annotation as the first thing that the
 * entry function of a new context does.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ANNOTATE_ADDRESS
#endif
#if __has_feature(thread_sanitizer)
#define ANNOTATE_THREAD
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(ANNOTATE_ADDRESS)
#define ANNOTATE_ADDRESS
#endif
#if defined(__SANITIZE_THREAD__) && !defined(ANNOTATE_THREAD)
#define ANNOTATE_THREAD
#endif

#if defined(ANNOTATE_ADDRESS)
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(ANNOTATE_THREAD)
#include <sanitizer/tsan_interface.h>
#endif
#if !defined(ANNOTATE_ADDRESS) && !defined(ANNOTATE_THREAD) &&                 \
	defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#define ANNOTATE_VALGRIND
#include <valgrind/valgrind.h>
#endif
#endif

/* Memory that is kept for the next who asks for it hides the use of freed one.
 */
#if defined(ANNOTATE_ADDRESS)
#define ANNOTATE_CACHES_HIDE_ERRORS true
#else
#define ANNOTATE_CACHES_HIDE_ERRORS false
#endif

/* The thread sanitizer counts entries and exits of functions, each on the stack
 * where it happens: a function that switches must not be one of them. */
#define ANNOTATE_INLINE static inline __attribute__((always_inline))

/* Of one context: a process with a stack, or a thread's own. All zero is its
 * initial value. It takes no room in a build without annotations. */
struct annotation {
#if defined(ANNOTATE_ADDRESS)
	void *fake_stack;
	const void *lowest;
	size_t n;
#endif
#if defined(ANNOTATE_THREAD)
	void *fiber;
#endif
#if defined(ANNOTATE_VALGRIND)
	unsigned stack_id;
#endif
};

/* The stack that this thread was born with: before its first switch. */
ANNOTATE_INLINE void annotate_thread_stack(struct annotation *a)
{
	(void)a;
#if defined(ANNOTATE_ADDRESS)
	pthread_attr_t attributes;
	void *lowest;

	a->fake_stack = NULL;
	if (!pthread_getattr_np(pthread_self(), &attributes)) {
		pthread_attr_getstack(&attributes, &lowest, &a->n);
		pthread_attr_destroy(&attributes);
		a->lowest = lowest;
	}
#endif
#if defined(ANNOTATE_THREAD)
	a->fiber = __tsan_get_current_fiber();
#endif
}

/* A context is about to be made on that stack. */
ANNOTATE_INLINE void annotate_stack_made(struct annotation *a, void *lowest,
					 size_t n)
{
	(void)a;
	(void)lowest;
	(void)n;
#if defined(ANNOTATE_ADDRESS)
	a->fake_stack = NULL;
	a->lowest = lowest;
	a->n = n;
#endif
#if defined(ANNOTATE_THREAD)
	a->fiber = __tsan_create_fiber(0);
#endif
#if defined(ANNOTATE_VALGRIND)
	a->stack_id =
		(unsigned)VALGRIND_STACK_REGISTER(lowest, (char *)lowest + n);
#endif
}

/* Nobody will ever switch to it again; called on another stack, before it is
 * given back. */
ANNOTATE_INLINE void annotate_stack_freed(struct annotation *a)
{
	(void)a;
#if defined(ANNOTATE_ADDRESS)
	/* Frames that never returned have left their red zones. */
	__asan_unpoison_memory_region(a->lowest, a->n);
#endif
#if defined(ANNOTATE_THREAD)
	__tsan_destroy_fiber(a->fiber);
	a->fiber = NULL;
#endif
#if defined(ANNOTATE_VALGRIND)
	VALGRIND_STACK_DEREGISTER(a->stack_id);
#endif
}

/* Right before a switch. @from_ends: nobody comes back. */
ANNOTATE_INLINE void annotate_switch_begin(struct annotation *from,
					   const struct annotation *to,
					   bool from_ends)
{
	(void)from;
	(void)to;
	(void)from_ends;
#if defined(ANNOTATE_ADDRESS)
	__sanitizer_start_switch_fiber(from_ends ? NULL : &from->fake_stack,
				       to->lowest, to->n);
#endif
#if defined(ANNOTATE_THREAD)
	/* It orders what comes before the switch before what comes after it:
	 * whoever runs next publishes the one that was left. */
	__tsan_switch_to_fiber(to->fiber, 0);
#endif
}

/* Right after a switch, by the one that it came to. */
ANNOTATE_INLINE void annotate_switch_end(struct annotation *self)
{
	(void)self;
#if defined(ANNOTATE_ADDRESS)
	__sanitizer_finish_switch_fiber(self->fake_stack, NULL, NULL);
	self->fake_stack = NULL;
#endif
}

/*
 * The handler of an overflow went from @from, to which nobody comes back, to
 * the upper end of the stack of @to, whose frames are given up.
 */
ANNOTATE_INLINE void annotate_landing(struct annotation *from,
				      struct annotation *to)
{
#if defined(ANNOTATE_ADDRESS)
	__asan_unpoison_memory_region(to->lowest, to->n);
#endif
	annotate_switch_begin(from, to, true);
	annotate_switch_end(to);
}
