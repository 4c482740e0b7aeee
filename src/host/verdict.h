/* How one capability that a component uses or exposes stands, as JSON: what
 * reeve doctor MONIKER shows, of a running tree and of manifests alike. */
#pragma once

#include "route/route.h"

/*
 * {"declaration": "use", "capability": "X", "type": "protocol", "availability":
 * "required", "verdict": "routed", "route": {...}}: the verdict is "routed",
 * "void" or "failed", the route as route_render_json() writes it. @verdict:
 * ROUTE_ENDED or ROUTE_BROKEN.
 */
void verdict_render_json(const struct decl *d, const struct route *route,
			 int verdict, struct text *t);

/* Does it matter if this one is broken? */
bool verdict_is_required(const struct decl *d);
