/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slots are claimed by one atomic exchange of their key.
 */
#include <time.h>

#include "preload/device.h"
#include "preload/sys.h"

#define DEVICE_REST (WIRE_DEVICES - 1)
#define AWAIT_TURNS 1000

/*
 * Another thread is about to describe the device: what it says must be known first. It asks the
 * driver, which takes microseconds; but it may be this very thread, interrupted by a handler of the
 * program's that computes, and then it never comes. False after a tenth of a second.
 */
static bool await(const struct wire_device *slot)
{
	for (int i = 0; i < AWAIT_TURNS; i++) {
		if (__atomic_load_n(&slot->ready, __ATOMIC_ACQUIRE))
			return true;
		sys(nanosleep, &(struct timespec){.tv_nsec = 10000}, NULL);
	}
	return false;
}

static uint8_t rest(struct life *life)
{
	__atomic_store_n(&life->arena->device[DEVICE_REST].ready, 1, __ATOMIC_RELEASE);
	__atomic_store_n(&life->arena->arena.devices_used, WIRE_DEVICES, __ATOMIC_RELEASE);
	return DEVICE_REST;
}

uint8_t device_known(const struct life *life, uintptr_t key)
{
	for (uint8_t i = WIRE_DEVICE_HOST + 1; i < DEVICE_REST; i++)
		if (atomic_load(&life->device[i]) == key)
			return i;
	return 0;
}

uint8_t device_find(struct life *life, uintptr_t key, device_describe describe, const void *what)
{
	struct wire_device *slot = life->arena->device;

	for (uint8_t i = WIRE_DEVICE_HOST + 1; i < DEVICE_REST; i++) {
		uintptr_t none = 0;

		if (!atomic_compare_exchange_strong(&life->device[i], &none, key)) {
			if (none != key)
				continue;
			return await(&slot[i]) ? i : rest(life);
		}
		describe(&slot[i], what);
		__atomic_store_n(&slot[i].ready, 1, __ATOMIC_RELEASE);
		__atomic_fetch_add(&life->arena->arena.devices_used, 1, __ATOMIC_RELEASE);
		return i;
	}
	return rest(life);
}
