/*
 * Accounts: whatever a peer can make us hold is charged to that peer.
 *
 * A charge is taken before the thing is held, and given back when it is not
 * held any more. Who exceeds its own bound is refused; nobody else notices.
 */
#pragma once

#include <stdint.h>

#include "manifest/manifest.h"

enum charge_kind {
	CHARGE_OPENS,	    /* opens that its provider has not read yet */
	CHARGE_CONNECTIONS, /* live connections that it opened */
	CHARGE_CHANNELS,    /* channels to the manager that it holds */
	CHARGE_CHILDREN,    /* dynamic children that it created */
	CHARGE_DIRECTORIES, /* channels to exposed directories of children */
	CHARGE_GRANTS,	    /* grants, copies and registrations that it made */
	CHARGE_WATCHES,	    /* names that it waits for */
	N_CHARGE_KINDS,
};

struct account {
	uint32_t held[N_CHARGE_KINDS];
	uint32_t limits[N_CHARGE_KINDS];
	/* Refusals since the account was made, for the operator to see. */
	uint32_t n_refused[N_CHARGE_KINDS];
};

enum {
	ACCOUNT_EXCEEDED = 1,
};

/* The defaults: 128 opens, 4096 connections, 64 channels, 1024 children, 1024
 * directories, 4096 grants, 1024 watches. */
void account_init(struct account *a);

/* The defaults again, for what is held already as well. */
void account_unlimit(struct account *a);

/* What a manifest says instead; what it leaves out stays. */
void account_limit(struct account *a, const struct limits *limits);

/* 0, or ACCOUNT_EXCEEDED and nothing was charged. */
int account_charge(struct account *a, enum charge_kind kind);
void account_release(struct account *a, enum charge_kind kind);

/* "opens", "connections", "channels", "children", "directories", "grants",
 * "watches": stable, for scripts. */
const char *charge_kind_name(enum charge_kind kind);
