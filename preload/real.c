/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers that were found, in a table that only grows; and dlclose, after which they are void:
 * other code may be mapped where a caller was.
 */
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "preload/cuda_real.h"
#include "preload/real.h"
#include "preload/resolve.h"

#define SITES 1024u

const struct real_site *_Atomic real_hot[CPU_CALLS];
_Atomic uint32_t real_generation = 1;

static struct real_site sites[SITES];
static atomic_bool site_ready[SITES];
static atomic_uint sites_taken;

static const char names[] =
#define ROW(name) #name "\0"
#include "preload/cpu.def"
	;

const char *real_name(enum cpu_call call)
{
	const char *name = names;

	for (unsigned i = 0; i < call; i++)
		name += strlen(name) + 1;
	return name;
}

static const struct real_site *find_site(enum cpu_call call, uintptr_t caller, uint32_t generation)
{
	unsigned n = atomic_load(&sites_taken);

	for (unsigned i = 0; i < n && i < SITES; i++)
		if (atomic_load(&site_ready[i]) && sites[i].call == call &&
		    sites[i].generation == generation && caller - sites[i].start < sites[i].bytes)
			return &sites[i];
	return NULL;
}

/* Where the table is full, the next call asks again. */
static void remember(const struct real_site *site)
{
	unsigned slot = atomic_load(&sites_taken);

	do {
		if (slot >= SITES)
			return;
	} while (!atomic_compare_exchange_weak(&sites_taken, &slot, slot + 1));
	sites[slot] = *site;
	atomic_store(&site_ready[slot], true);
	atomic_store(&real_hot[site->call], &sites[slot]);
}

void *real_find(enum cpu_call call, uintptr_t caller)
{
	const int saved = errno;
	struct real_site found = {.call = call, .generation = atomic_load(&real_generation)};
	const struct real_site *site = find_site(call, caller, found.generation);

	if (site) {
		atomic_store(&real_hot[call], site);
		return site->real;
	}
	found.real = resolve_symbol(caller, real_name(call), &found.start, &found.bytes);
	/* What is not there may yet be loaded. */
	if (found.real)
		remember(&found);
	errno = saved;
	return found.real;
}

static int read_unloads(struct dl_phdr_info *info, size_t size, void *arg)
{
	unsigned long long *unloads = arg;

	if (size > offsetof(struct dl_phdr_info, dlpi_subs))
		*unloads = info->dlpi_subs;
	return 1;
}

static unsigned long long count_unloads(void)
{
	unsigned long long unloads = 0;

	dl_iterate_phdr(read_unloads, &unloads);
	return unloads;
}

int dlclose(void *handle);

__attribute__((visibility("default"))) int dlclose(void *handle)
{
	int (*real)(void *) = (int (*)(void *))resolve_next("dlclose");
	unsigned long long before = count_unloads();
	const int saved = errno;
	int error;

	loader_hold();
	cuda_real_hold();
	errno = saved;
	error = real ? real(handle) : -1;
	if (count_unloads() != before) {
		resolve_forget();
		atomic_fetch_add(&real_generation, 1);
	}
	return error;
}
