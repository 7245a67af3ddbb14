/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Partenza's protocol for C: every message between a service and its Supervisor, and the startup page (SPEC S-10).
 *
 * Header-only, C11, no C library. Nothing here needs seL4, so it can be tried on any host; <partenza/service.h> puts it
 * to use in a protection domain. docs/protocol.md has every byte, docs/vectors.txt an example of each message.
 */
#ifndef PARTENZA_H
#define PARTENZA_H

#include <partenza/codes.h>
#include <partenza/control.h>
#include <partenza/requests.h>
#include <partenza/startup.h>
#include <partenza/wire.h>

#endif
