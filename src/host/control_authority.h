/* The requests of the tools that show and change authority; see
 * control_verbs.h for how they are called. */
#pragma once

#include "host/control_conn.h"

/* grants [MONIKER]: the derivation tree, a slot a line. */
void verb_grants(struct control_conn *c, const char *const *argv, unsigned n);
/* grant MONIKER CAPABILITY [KEY=VALUE lines]. */
void verb_grant(struct control_conn *c, const char *const *argv, unsigned n);
/* restore MONIKER: all that manifests give it. */
void verb_restore(struct control_conn *c, const char *const *argv, unsigned n);
/*
 * revoke capability MONIKER NAME [restart] | revoke realm MONIKER [restart] |
 * revoke grant ID [restart] | revoke connection ID
 */
void verb_revoke(struct control_conn *c, const char *const *argv, unsigned n);
/* why MONIKER CAPABILITY: the route as it is now. */
void verb_why(struct control_conn *c, const char *const *argv, unsigned n);
/* create PARENT COLLECTION NAME URL, destroy MONIKER. */
void verb_create(struct control_conn *c, const char *const *argv, unsigned n);
void verb_destroy(struct control_conn *c, const char *const *argv, unsigned n);
/* limit MONIKER KEY=VALUE lines. */
void verb_limit(struct control_conn *c, const char *const *argv, unsigned n);
