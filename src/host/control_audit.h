/* What two components gave each other; see cell/audit.h. */
#pragma once

#include "host/control_conn.h"

/*
 * audit MONIKER MONIKER: what there is that a revocation between the two would
 * not take back, and the connections between them. Two components that run; 3
 * when one does not.
 *
 * {"edges": [{"kind": "channel", "text": "...", "a": {"pid": 1, "fd": 2},
 *   "b": ..., "connection": 12, "known": true}], "more": 0, "partial": false,
 *   "in_flight": 0, "notes": ["..."]}
 *
 * "a" is in the first of the two; "fd" is -1 if it is no descriptor.
 * "connection" is the number of a channel that the manager minted, and "known"
 * whether it still knows it. "more" were found than are in the list. "notes"
 * say in sentences what was not looked at.
 */
void verb_audit(struct control_conn *c, const char *const *argv, unsigned n);

/* The connection is closed: nobody waits for its answer. */
void control_audit_forget(const struct control_conn *c);
