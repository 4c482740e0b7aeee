/* Status codes as words, and from the numbers of the C library. */
#pragma once

#include <stdint.h>

#include "reeve/status.h"

/* "NOT_FOUND" for REEVE_ERR_NOT_FOUND, "OK" for REEVE_OK; "UNKNOWN" for a
 * number that is not one of ours. Static. */
const char *status_name(int32_t status);

/* The status that says what the fault @error (-errno, or errno) says; anything
 * without a counterpart is REEVE_ERR_INTERNAL. 0 is REEVE_OK. */
int32_t status_from_errno(int error);
