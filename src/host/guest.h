/*
 * The operator's guests in components' cells; see cell/guest.h.
 *
 * The manager has them made and remembers that they are there: how many a
 * component has, and for the journal. What they read and write never comes near
 * it.
 */
#pragma once

#include "host/control_conn.h"

/*
 * exec MONIKER start|"": a line for one program to be run in its cell comes as
 * the channel of the answer, behind {"moniker", "state", "strict"}. 3 when the
 * component does not run; then "state" says what it does, and with "start" it
 * was asked to start.
 */
void verb_exec(struct control_conn *c, const char *const *argv, unsigned n);

/* The manager ends: so do they. */
void guests_dismiss(void);
