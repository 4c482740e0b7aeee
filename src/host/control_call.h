/* The requests of the tools that look through a component's eyes: opening what
 * it could open, and whether it could open what it declares. */
#pragma once

#include "host/control_conn.h"

/*
 * call MONIKER SERVICE exposed|"": a channel to the service, opened as the
 * component would open its use of that name, or as its parent would what it
 * exposes. Behind {"moniker", "capability", "source"}.
 */
void verb_call(struct control_conn *c, const char *const *argv, unsigned n);

/*
 * doctor MONIKER: a line for each capability it uses or exposes, as
 * verdict_render_json() in verdict.h writes it; 1 if something required
 * is broken.
 */
void verb_doctor(struct control_conn *c, const char *const *argv, unsigned n);
