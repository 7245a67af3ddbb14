/* SPDX-License-Identifier: BSD-2-Clause */
/* libsel4 includes this name; the platform adds no constants for user level. */
#ifndef __LIBSEL4_SEL4_PLAT_API_CONSTANTS_H_
#define __LIBSEL4_SEL4_PLAT_API_CONSTANTS_H_
#ifdef HAVE_AUTOCONF
#include <autoconf.h>
#endif
#endif
