/* Counters with limits. A release without a charge is our own bug. */
#include "route/account.h"

#include <assert.h>
#include <string.h>

void account_unlimit(struct account *a)
{
	static const uint32_t limits[N_CHARGE_KINDS] = {
		[CHARGE_OPENS] = 128,	     [CHARGE_CONNECTIONS] = 4096,
		[CHARGE_CHANNELS] = 64,	     [CHARGE_CHILDREN] = 1024,
		[CHARGE_DIRECTORIES] = 1024, [CHARGE_GRANTS] = 4096,
		[CHARGE_WATCHES] = 1024,
	};

	memcpy(a->limits, limits, sizeof(limits));
}

void account_init(struct account *a)
{
	*a = (struct account){ 0 };
	account_unlimit(a);
}

void account_limit(struct account *a, const struct limits *limits)
{
	const uint32_t stated[N_CHARGE_KINDS] = {
		[CHARGE_OPENS] = limits->opens,
		[CHARGE_CONNECTIONS] = limits->connections,
		[CHARGE_CHANNELS] = limits->channels,
		[CHARGE_CHILDREN] = limits->children,
	};
	int kind;

	for (kind = 0; kind < N_CHARGE_KINDS; kind++)
		if (stated[kind])
			a->limits[kind] = stated[kind];
}

int account_charge(struct account *a, enum charge_kind kind)
{
	if (a->held[kind] >= a->limits[kind]) {
		a->n_refused[kind]++;
		return ACCOUNT_EXCEEDED;
	}
	a->held[kind]++;
	return 0;
}

void account_release(struct account *a, enum charge_kind kind)
{
	assert(a->held[kind]);
	a->held[kind]--;
}

const char *charge_kind_name(enum charge_kind kind)
{
	static const char *const names[N_CHARGE_KINDS] = {
		"opens",       "connections", "channels", "children",
		"directories", "grants",      "watches",
	};

	return names[kind];
}
