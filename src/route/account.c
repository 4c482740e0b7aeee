/* Counters with limits. A release without a charge is our own bug. */
#include "route/account.h"

#include <assert.h>

void account_init(struct account *a)
{
	*a = (struct account){ .limits = {
				       [CHARGE_OPENS] = 128,
				       [CHARGE_CONNECTIONS] = 4096,
				       [CHARGE_CHANNELS] = 64,
				       [CHARGE_CHILDREN] = 1024,
				       [CHARGE_DIRECTORIES] = 1024,
			       } };
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
		"opens", "connections", "channels", "children", "directories"
	};

	return names[kind];
}
