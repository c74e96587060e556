/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reader of the dynamic section of objects that the dynamic loader has mapped: GNU hash,
 * symbol versions, names. It trusts the tables as the loader itself does.
 */
#include <elf.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "preload/elf.h"
#include "preload/sys.h"

#define RESOLVER_IS_TOLD (1UL << 62) /* there is a second argument */
#define VERSION_HIDDEN	 0x8000u     /* of DT_VERSYM: not the default version */
#define PAGE_BYTES	 4096u /* the smallest there is: where pages are larger, a name stays */

struct tables {
	const ElfW(Sym) * symbol;
	const char *string;
	const char *soname; /* or NULL */
	const ElfW(Half) * version;
	const uint32_t *gnu_hash;
	const uint32_t *sysv_hash;
};

/* The loader relocates these pointers in place on most machines; on the others it does not. */
static const void *at(const struct link_map *map, ElfW(Addr) pointer)
{
	return (const void *)(pointer < map->l_addr ? pointer + map->l_addr : pointer);
}

static void tables_read(const struct link_map *map, struct tables *t)
{
	const ElfW(Dyn) *soname = NULL;

	*t = (struct tables){0};
	for (const ElfW(Dyn) *d = map->l_ld; d && d->d_tag != DT_NULL; d++) {
		switch (d->d_tag) {
		case DT_SYMTAB:
			t->symbol = at(map, d->d_un.d_ptr);
			break;
		case DT_STRTAB:
			t->string = at(map, d->d_un.d_ptr);
			break;
		case DT_SONAME:
			soname = d;
			break;
		case DT_VERSYM:
			t->version = at(map, d->d_un.d_ptr);
			break;
		case DT_GNU_HASH:
			t->gnu_hash = at(map, d->d_un.d_ptr);
			break;
		case DT_HASH:
			t->sysv_hash = at(map, d->d_un.d_ptr);
			break;
		default:
			break;
		}
	}
	if (soname && t->string)
		t->soname = t->string + soname->d_un.d_val;
}

static bool matches(const struct tables *t, uint32_t i, const char *name)
{
	const ElfW(Sym) *s = &t->symbol[i];
	unsigned type = ELF64_ST_TYPE(s->st_info);

	if (s->st_shndx == SHN_UNDEF || (type != STT_FUNC && type != STT_GNU_IFUNC))
		return false;
	if (t->version && (t->version[i] & VERSION_HIDDEN))
		return false;
	return !strcmp(t->string + s->st_name, name);
}

/*
 * Layout of DT_GNU_HASH: buckets, offset, bloom words, shift, bloom, bucket, chain. The bloom says
 * of nearly every name that is not there that it is not; the loader has asked it before us, so its
 * pages are in memory, where those of the buckets may not be.
 */
static uint32_t find_gnu(const struct tables *t, const char *name)
{
	const unsigned bits = 8 * sizeof(ElfW(Addr));
	const uint32_t buckets = t->gnu_hash[0], offset = t->gnu_hash[1];
	const uint32_t bloom_words = t->gnu_hash[2], shift = t->gnu_hash[3];
	const ElfW(Addr) *bloom = (const ElfW(Addr) *)(t->gnu_hash + 4);
	const uint32_t *bucket = (const uint32_t *)(bloom + bloom_words);
	const uint32_t *chain = bucket + buckets;
	uint32_t hash = 5381;

	for (const char *c = name; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	if (!buckets || !bloom_words)
		return 0;
	const ElfW(Addr) word = bloom[hash / bits & (bloom_words - 1)];
	if (!(word >> hash % bits & word >> (hash >> shift) % bits & 1))
		return 0;
	if (bucket[hash % buckets] < offset)
		return 0;
	for (uint32_t i = bucket[hash % buckets];; i++) {
		uint32_t other = chain[i - offset];

		if ((other | 1u) == (hash | 1u) && matches(t, i, name))
			return i;
		if (other & 1u)
			return 0;
	}
}

/* DT_HASH tells the number of symbols; without a GNU hash all of them are looked at. */
static uint32_t find_sysv(const struct tables *t, const char *name)
{
	for (uint32_t i = 1; i < t->sysv_hash[1]; i++)
		if (matches(t, i, name))
			return i;
	return 0;
}

/* An indirect function chooses by what the processor can do; on aarch64 it is told. */
static void *ask_resolver(ElfW(Addr) resolver)
{
#if defined(__aarch64__)
	const struct {
		unsigned long size, hwcap, hwcap2;
	} told = {sizeof(told), getauxval(AT_HWCAP), getauxval(AT_HWCAP2)};

	return ((void *(*)(unsigned long, const void *))resolver)(told.hwcap | RESOLVER_IS_TOLD,
								  &told);
#else
	return ((void *(*)(void))resolver)();
#endif
}

/* The number of the symbol, or 0. */
static uint32_t find(const struct tables *t, const char *name)
{
	if (!t->symbol || !t->string)
		return 0;
	if (t->gnu_hash)
		return find_gnu(t, name);
	return t->sysv_hash ? find_sysv(t, name) : 0;
}

void *elf_symbol(const struct link_map *map, const char *name)
{
	struct tables t;
	uint32_t i;

	tables_read(map, &t);
	i = find(&t, name);
	if (!i)
		return NULL;
	ElfW(Addr) address = map->l_addr + t.symbol[i].st_value;
	if (ELF64_ST_TYPE(t.symbol[i].st_info) == STT_GNU_IFUNC)
		return ask_resolver(address);
	return (void *)address;
}

void elf_hide(const struct link_map *map, const char *name)
{
	struct tables t;
	uint32_t i;

	tables_read(map, &t);
	i = find(&t, name);
	if (!i)
		return;
	/* The loader's look-up passes over symbols without a value. */
	ElfW(Sym) *symbol = (ElfW(Sym) *)(uintptr_t)&t.symbol[i];
	const uintptr_t from = (uintptr_t)symbol & ~(uintptr_t)(PAGE_BYTES - 1);
	const uintptr_t bytes = (uintptr_t)(symbol + 1) - from;
	if (sys(mprotect, from, bytes, PROT_READ | PROT_WRITE))
		return;
	symbol->st_value = 0;
	sys(mprotect, from, bytes, PROT_READ);
}

const char *elf_soname(const struct link_map *map)
{
	struct tables t;

	tables_read(map, &t);
	return t.soname;
}

const char *elf_needed(const struct link_map *map, unsigned i)
{
	struct tables t;

	tables_read(map, &t);
	for (const ElfW(Dyn) *d = map->l_ld; t.string && d && d->d_tag != DT_NULL; d++)
		if (d->d_tag == DT_NEEDED && i-- == 0)
			return t.string + d->d_un.d_val;
	return NULL;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool elf_has_soname(const struct link_map *map, const char *soname)
{
	const char *its = elf_soname(map);

	return its && !strcmp(its, soname);
}

bool elf_is_called(const struct link_map *map, const char *needed)
{
	const char *name = last_part(needed);

	return elf_has_soname(map, name) || (map->l_name && !strcmp(last_part(map->l_name), name));
}
