/*
 * Doubly linked lists whose links are embedded in their elements.
 *
 * A list head and an unlinked element both point to themselves, so unlinking
 * twice is harmless and "is it on a list" is a question that can be asked.
 */
#pragma once

#include <stdbool.h>

#include "base/own.h"

struct list {
	struct list *next, *previous;
};

#define LIST_INIT(name)                                                        \
	{                                                                      \
		&(name), &(name)                                               \
	}

static inline void list_init(struct list *l)
{
	l->next = l->previous = l;
}

/* True for a list without elements, and for an element on no list. */
static inline bool list_is_empty(const struct list *l)
{
	return l->next == l;
}

/* Put @e, which is on no list, behind the last element of @l. */
static inline void list_link(struct list *l, struct list *e)
{
	e->previous = l->previous;
	e->next = l;
	l->previous->next = e;
	l->previous = e;
}

static inline void list_unlink(struct list *e)
{
	e->previous->next = e->next;
	e->next->previous = e->previous;
	list_init(e);
}

#define list_entry(e, type, member) container_of(e, type, member)

#define list_first(l, type, member)                                            \
	(list_is_empty(l) ? NULL : list_entry((l)->next, type, member))

/* Walk the list. The _safe form allows unlinking the element it stands on. */
#define list_for_each(it, l, member)                                           \
	for (it = list_entry((l)->next, __typeof__(*it), member);              \
	     &it->member != (l);                                               \
	     it = list_entry(it->member.next, __typeof__(*it), member))

#define list_for_each_safe(it, tmp, l, member)                                 \
	for (it = list_entry((l)->next, __typeof__(*it), member),              \
	    tmp = list_entry(it->member.next, __typeof__(*it), member);        \
	     &it->member != (l); it = tmp,                                     \
	    tmp = list_entry(it->member.next, __typeof__(*it), member))
