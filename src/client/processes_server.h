/* What the tools ask a program about its light processes. */
#pragma once

struct reeve;

/*
 * Serve reeve/Processes in the outgoing directory. Who opens it while the
 * runtime runs gets a process of its own, which answers him however busy the
 * others are; without the runtime there is nothing to be found. 0, or as
 * directory_add().
 */
int processes_serve(struct reeve *r);
