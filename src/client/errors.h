/* What channels and servers answer, as the errno that the public API returns.
 */
#pragma once

#include <stdint.h>

/* Of an enum channel_verdict or a fault of the channel floor. */
int error_of_channel(int r);

/* Of a status; 0 for REEVE_OK. */
int error_of_status(int32_t status);
