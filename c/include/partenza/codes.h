/* SPDX-License-Identifier: BSD-2-Clause
 * Written by `partenza docs` from the protocol's types: change them, not this.
 */
#ifndef PARTENZA_CODES_H
#define PARTENZA_CODES_H

/* Version of the supervisor interface, told in hello. */
#define PZ_ABI 2
/* Layout of the startup page. */
#define PZ_STARTUP_LAYOUT_VERSION 2
/* Label of `partenza/info`, which every service answers. */
#define PZ_LABEL_INFO 64

/* Operations of the supervisor channel, by label. */
enum pz_op {
    PZ_OP_HELLO = 64,
    PZ_OP_READY = 65,
    PZ_OP_NEXT = 66,
    PZ_OP_HEALTH = 67,
    PZ_OP_READY_TO_STOP = 68,
    PZ_OP_STOPPED = 69,
    PZ_OP_EMIT = 70,
    PZ_OP_CHILD_FAULT = 71,
    PZ_OP_LIST = 80,
    PZ_OP_STATUS = 81,
    PZ_OP_LOG = 82,
    PZ_OP_GRANTS = 83,
    PZ_OP_BOOT_REPORT = 84,
    PZ_OP_VERSION = 85,
    PZ_OP_UPTIME = 86,
    PZ_OP_LOOKUP = 87,
    PZ_OP_SUBSCRIBE = 88,
    PZ_OP_AUDIT = 89,
    PZ_OP_START = 96,
    PZ_OP_STOP = 97,
    PZ_OP_RESTART = 98,
    PZ_OP_ENABLE = 99,
    PZ_OP_DISABLE = 100,
    PZ_OP_SHUTDOWN = 101,
    PZ_OP_REBOOT = 102,
    PZ_OP_SPAWN = 103,
    PZ_OP_SWITCH = 104,
    PZ_OP_GRANT = 105,
    PZ_OP_REVOKE = 106,
    PZ_OP_DELIVER = 107,
    PZ_OP_REGISTERS = 108,
    PZ_OP_CRASH = 127,
};

/* What the Supervisor wants. */
enum pz_directive_kind {
    PZ_DIRECTIVE_NOTHING = 0,
    PZ_DIRECTIVE_PROBE = 1,
    PZ_DIRECTIVE_PREPARE_STOP = 2,
    PZ_DIRECTIVE_STOP = 3,
    PZ_DIRECTIVE_CRASH = 4,
    PZ_DIRECTIVE_CHANGED = 5,
};
#define PZ_DIRECTIVE_COUNT 6

/* How important a line is. */
enum pz_level {
    PZ_LEVEL_ERROR = 0,
    PZ_LEVEL_WARN = 1,
    PZ_LEVEL_INFO = 2,
    PZ_LEVEL_DEBUG = 3,
};
#define PZ_LEVEL_COUNT 4

/* States of a service. */
enum pz_state {
    PZ_STATE_PENDING = 0,
    PZ_STATE_STARTING = 1,
    PZ_STATE_RUNNING = 2,
    PZ_STATE_DEGRADED = 3,
    PZ_STATE_UNHEALTHY = 4,
    PZ_STATE_CRASHED = 5,
    PZ_STATE_RESTARTING = 6,
    PZ_STATE_STOPPING = 7,
    PZ_STATE_STOPPED = 8,
    PZ_STATE_FAILED = 9,
    PZ_STATE_DISABLED = 10,
};
#define PZ_STATE_COUNT 11

/* States of the system; PZ_BOOT_BOOTING_LAYER is followed by a layer. */
enum pz_boot_state {
    PZ_BOOT_KERNEL_HANDOFF = 0,
    PZ_BOOT_INITIALIZING = 1,
    PZ_BOOT_BOOTING_LAYER = 2,
    PZ_BOOT_BOOT_COMPLETE = 3,
    PZ_BOOT_SUPERVISOR_MODE = 4,
    PZ_BOOT_SHUTTING_DOWN = 5,
    PZ_BOOT_EMERGENCY_STOP = 6,
    PZ_BOOT_BOOT_FAILED = 7,
    PZ_BOOT_PANIC = 8,
};
#define PZ_BOOT_COUNT 9

/* What a capability is to. */
enum pz_cap_kind {
    PZ_CAP_ENDPOINT = 0,
    PZ_CAP_NOTIFICATION = 1,
    PZ_CAP_SUPERVISOR = 2,
    PZ_CAP_FAULT_HANDLER = 3,
    PZ_CAP_IRQ_HANDLER = 4,
    PZ_CAP_IO_PORTS = 5,
    PZ_CAP_MEMORY = 6,
    PZ_CAP_DEVICE = 7,
    PZ_CAP_THREAD = 8,
};
#define PZ_CAP_COUNT 9

/* Errors: labels of answers, PZ-E0401 is 401 (docs/errors.md). */
enum pz_error {
    PZ_OK = 0,
    PZ_ERROR_BOOT_NO_MEMORY = 101, /* the kernel handed over no usable RAM */
    PZ_ERROR_BOOT_IMPOSSIBLE_REGION = 102, /* a memory region of the kernel's boot information is impossible */
    PZ_ERROR_BOOT_NO_ARCHIVE = 103, /* the image carries no archive */
    PZ_ERROR_BOOT_ARCHIVE_TRUNCATED = 104, /* the archive is shorter than its header says */
    PZ_ERROR_BOOT_ARCHIVE_CORRUPT = 105, /* the archive's checksum does not match */
    PZ_ERROR_BOOT_ARCHIVE_VERSION = 106, /* the archive was written by another version of partenza */
    PZ_ERROR_BOOT_PLAN_MALFORMED = 107, /* the plan cannot be read although its checksum matches */
    PZ_ERROR_BOOT_PLAN_VERSION = 108, /* the plan is of another version */
    PZ_ERROR_BOOT_WRONG_KERNEL = 109, /* the plan was made for another kernel */
    PZ_ERROR_BOOT_NOT_ENOUGH_MEMORY = 110, /* the machine has less free memory than the plan needs */
    PZ_ERROR_BOOT_NOT_ENOUGH_SLOTS = 111, /* the kernel's root CNode has fewer free slots than the plan needs */
    PZ_ERROR_BOOT_NO_TIMER = 112, /* neither HPET nor PIT could be set up */
    PZ_ERROR_BOOT_NO_HPET = 116, /* the HPET of the plan is not there; the PIT wakes Init instead */
    PZ_ERROR_BOOT_BAD_PARAMETER = 113, /* a boot parameter is unknown or malformed */
    PZ_ERROR_BOOT_NO_RANDOMNESS = 114, /* the machine offers nothing random: the secrets of services can be guessed */
    PZ_ERROR_BOOT_NO_CLOCK = 115, /* the kernel does not tell the rate of the time stamp counter, and no HPET is there to measure it */
    PZ_ERROR_BOOT_STARTUP_TIMEOUT = 120, /* the service did not report ready in time */
    PZ_ERROR_BOOT_SERVICE_CRASHED = 121, /* the service crashed before it was ready */
    PZ_ERROR_BOOT_DEPENDENCY_NOT_RUNNING = 122, /* a service that it requires is not running */
    PZ_ERROR_BOOT_NAME_MISMATCH = 123, /* the service reported ready under another service's name */
    PZ_ERROR_BOOT_VERSION_MISMATCH = 124, /* the service reported another version than its manifest */
    PZ_ERROR_BOOT_INTERFACE_MISMATCH = 125, /* the service provides other interfaces than its manifest says */
    PZ_ERROR_BOOT_FLOODED = 126, /* the service sent more messages than allowed before it was ready */
    PZ_ERROR_BOOT_ABI_MISMATCH = 127, /* the service speaks another version of the supervisor interface */
    PZ_ERROR_BOOT_KERNEL_REFUSED = 128, /* the kernel refused an operation while the service was made */
    PZ_ERROR_BOOT_HELD = 129, /* the service is held by the boot parameter `hold` */
    PZ_ERROR_BOOT_LAYER_BUDGET = 130, /* the layer took longer than its budget */
    PZ_ERROR_BOOT_SERVICE_EXITED = 131, /* the service ended before it was ready */
    PZ_ERROR_BOOT_ENDPOINT_MISMATCH = 132, /* the service reported another channel than the one it serves on */
    PZ_ERROR_GRANT_NO_SUCH_DEVICE = 201, /* the machine has no device memory at the address that the plan grants */
    PZ_ERROR_GRANT_IRQ_REFUSED = 202, /* the kernel refused the interrupt */
    PZ_ERROR_GRANT_MINT_REFUSED = 203, /* the kernel refused to mint a capability */
    PZ_ERROR_GRANT_MAP_REFUSED = 204, /* the kernel refused to map a region */
    PZ_ERROR_PLAN_OUT_OF_RANGE = 301, /* the plan refers to something that it does not contain */
    PZ_ERROR_PLAN_TOO_MANY_SERVICES = 302, /* the plan holds more services than the root task has room for */
    PZ_ERROR_SUPERVISOR_DENIED = 401, /* the caller was not granted this operation */
    PZ_ERROR_SUPERVISOR_UNKNOWN_OPERATION = 402, /* no such operation */
    PZ_ERROR_SUPERVISOR_MALFORMED = 403, /* the message is malformed */
    PZ_ERROR_SUPERVISOR_NO_SUCH_SERVICE = 404, /* no service of that name */
    PZ_ERROR_SUPERVISOR_NOT_RUNNING = 405, /* the service is not running */
    PZ_ERROR_SUPERVISOR_OUT_OF_STATE = 406, /* the message does not fit the state that the service is in */
    PZ_ERROR_SUPERVISOR_WRONG_SECRET = 407, /* the secret is not this incarnation's */
    PZ_ERROR_SUPERVISOR_NOT_SUPPORTED = 408, /* this release does not have that operation yet */
    PZ_ERROR_SUPERVISOR_NO_CHANNEL = 409, /* the service has no supervisor channel */
    PZ_ERROR_SUPERVISOR_DEPENDENCY_LOST = 411, /* a service that it requires is down */
    PZ_ERROR_SUPERVISOR_OVERLOAD = 412, /* the service sends more messages than it may */
    PZ_ERROR_SUPERVISOR_CRASHED = 413, /* the service crashed */
    PZ_ERROR_SUPERVISOR_SERVER_DOWN = 414, /* the server that was called is down */
    PZ_ERROR_SUPERVISOR_HUNG = 415, /* the service did not answer in time and was taken down */
    PZ_ERROR_SUPERVISOR_NOT_WELL = 416, /* the service said that it is not well */
    PZ_ERROR_SUPERVISOR_RESTARTS_WITH = 417, /* a service that it restarts with is restarted */
    PZ_ERROR_SUPERVISOR_REQUESTED = 418, /* somebody who may asked for it */
    PZ_ERROR_SUPERVISOR_RETRIES_EXHAUSTED = 419, /* the service was restarted as often as it may be */
    PZ_ERROR_SUPERVISOR_BOOTING = 420, /* the boot is not over */
    PZ_ERROR_SUPERVISOR_CRITICAL_SERVICE = 421, /* the system cannot do without that service */
    PZ_ERROR_SUPERVISOR_SIDECAR = 422, /* the service is another's sidecar and shares its fate */
    PZ_ERROR_SUPERVISOR_DISABLED_SERVICE = 423, /* the service is disabled */
    PZ_ERROR_SUPERVISOR_STORM_GUARD = 424, /* the whole system restarts too often */
    PZ_ERROR_SUPERVISOR_NOT_IN_RECOVERY_SET = 425, /* the service is no part of a recovery boot */
    PZ_ERROR_SUPERVISOR_ENDED = 426, /* the service ended by itself */
    PZ_ERROR_SUPERVISOR_TOO_MANY_SUBSCRIBERS = 427, /* as many services as can be told of events are told already */
    PZ_ERROR_SUPERVISOR_NOT_SPAWNABLE = 428, /* the service cannot be spawned */
    PZ_ERROR_SUPERVISOR_RUNS_ALREADY = 429, /* the service runs already */
    PZ_ERROR_SUPERVISOR_STOPPING = 430, /* the caller is to stop, so it is not made to wait */
    PZ_ERROR_SUPERVISOR_TOO_MANY_SPAWNED = 431, /* as many spawned services run as can, which is 16 */
    PZ_ERROR_SUPERVISOR_SHUTTING_DOWN = 410, /* the system is going down */
    PZ_ERROR_DELIVERY_NOT_DELIVERED = 801, /* the service has no program yet */
    PZ_ERROR_DELIVERY_NOT_AWAITED = 802, /* the service's program came with the image */
    PZ_ERROR_DELIVERY_COMPLETE = 803, /* the service has its program */
    PZ_ERROR_DELIVERY_BUSY = 804, /* another delivery is under way */
    PZ_ERROR_DELIVERY_WRONG_LENGTH = 805, /* the program is not as long as planned */
    PZ_ERROR_DELIVERY_OUT_OF_TURN = 806, /* the piece does not follow the last one */
    PZ_ERROR_DELIVERY_WRONG_HASH = 807, /* the program is not the planned one */
    PZ_ERROR_DELIVERY_ABANDONED = 808, /* who delivered the program is gone */
    PZ_ERROR_LOOKUP_NOT_FOUND = 501, /* nothing provides that interface */
    PZ_ERROR_LOOKUP_NOT_RUNNING = 502, /* what provides that interface is not running */
    PZ_ERROR_LOOKUP_NO_ENDPOINT = 503, /* what provides that interface has no endpoint */
    PZ_ERROR_LOOKUP_DENIED = 504, /* the caller may not have that interface */
    PZ_ERROR_LOOKUP_CIRCULAR = 505, /* what provides that interface starts only after the caller is ready */
    PZ_ERROR_SHUTDOWN_PREPARE_TIMEOUT = 601, /* the service did not get ready to stop in time */
    PZ_ERROR_SHUTDOWN_STOP_TIMEOUT = 602, /* the service did not stop in time and was stopped by force */
    PZ_ERROR_SHUTDOWN_NO_POWER_OFF = 603, /* the platform has no way to power off */
    PZ_ERROR_INIT_PANICKED = 901, /* Init met a state that its code holds impossible */
    PZ_ERROR_INIT_FAULTED = 902, /* Init itself faulted */
    PZ_ERROR_SERVICE_DENIED = 701, /* the channel does not carry the right that the call needs */
    PZ_ERROR_SERVICE_UNKNOWN_OPERATION = 702, /* the service has no such operation */
    PZ_ERROR_SERVICE_MALFORMED = 703, /* the call is malformed */
    PZ_ERROR_SERVICE_NO_SUCH_CHANNEL = 704, /* the service has no channel of that name */
    PZ_ERROR_SERVICE_DEVICE_ABSENT = 705, /* there is no device behind the service */
    PZ_ERROR_SERVICE_DEVICE_FAILED = 706, /* the device reported an error */
    PZ_ERROR_SERVICE_OUT_OF_RANGE = 707, /* the call refers to something that does not exist */
    PZ_ERROR_SERVICE_FULL = 708, /* the service has no room for more */
    PZ_ERROR_SERVICE_FORBIDDEN_BY_POLICY = 709, /* policy forbids it */
    PZ_ERROR_SERVICE_NOT_SUPPORTED = 710, /* this release of the service does not do that yet */
    PZ_ERROR_SERVICE_BROKEN_CHAIN = 711, /* the event log's hashes do not form a chain */
    PZ_ERROR_SERVICE_NO_STARTUP_PAGE = 712, /* the service was started without a startup page */
    PZ_ERROR_SERVICE_WRONG_SUPERVISOR = 713, /* what answered the handshake is no Supervisor of this release */
    PZ_ERROR_SERVICE_BAD_ARGUMENT = 714, /* an argument of the service is malformed */
    PZ_ERROR_SERVICE_RIGHTS_IGNORED = 715, /* a server did what the caller's channel carries no right to */
};

#endif
