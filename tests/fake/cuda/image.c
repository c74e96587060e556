/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kernels an image holds: PTX (text), a cubin (ELF with a section .text.NAME for each), or a
 * bundle of both (fatbin). Parts may be compressed; where all are, any name may be asked for.
 */
#include "tests/fake/cuda/sim.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WRAPPER_MAGIC 0x466243b1u
#define BUNDLE_MAGIC  0xba55ed50u

/* What the compiler's registration hands over. */
struct wrapper {
	uint32_t magic;
	uint32_t version;
	const void *bundle;
	const void *file;
};

struct bundle {
	uint32_t magic;
	uint16_t version;
	uint16_t header_bytes;
	uint64_t bytes; /* behind the header */
};

struct part {
	uint16_t kind; /* 1: PTX, 2: cubin */
	uint16_t version;
	uint32_t header_bytes;
	uint64_t bytes;	       /* behind the header, as stored */
	uint32_t packed_bytes; /* 0: stored as it is */
	uint32_t reserved[11];
};

static char *add(char *names, const char *name, size_t length)
{
	size_t before = names ? strlen(names) : 0;
	char *more = realloc(names, before + length + 2);

	if (!more)
		abort();
	memcpy(more + before, name, length);
	more[before + length] = '\n';
	more[before + length + 1] = '\0';
	return more;
}

static char *names_of_ptx(char *names, const char *text, size_t bytes)
{
	const char *end = text + strnlen(text, bytes);

	for (const char *p = text; (p = memmem(p, (size_t)(end - p), ".entry", 6));) {
		p += 6;
		p += strspn(p, " \t\r\n");
		names = add(names, p, strcspn(p, " \t\r\n("));
	}
	return names ? names : add(NULL, "", 0);
}

static char *names_of_cubin(char *names, const char *image)
{
	const Elf64_Ehdr *header = (const void *)image;
	const Elf64_Shdr *section = (const void *)(image + header->e_shoff);
	const char *strings = image + section[header->e_shstrndx].sh_offset;

	for (unsigned i = 0; i < header->e_shnum; i++) {
		const char *name = strings + section[i].sh_name;

		if (!strncmp(name, ".text.", 6))
			names = add(names, name + 6, strlen(name + 6));
	}
	return names ? names : add(NULL, "", 0);
}

static char *names_of_bundle(const struct bundle *bundle)
{
	const char *p = (const char *)bundle + bundle->header_bytes;
	const char *end = p + bundle->bytes;
	char *names = NULL;

	while (p + sizeof(struct part) <= end) {
		const struct part *part = (const void *)p;
		const char *body = p + part->header_bytes;

		if (part->kind == 1 && !part->packed_bytes)
			names = names_of_ptx(names, body, part->bytes);
		else if (part->kind == 2 && !part->packed_bytes)
			names = names_of_cubin(names, body);
		p = body + part->bytes;
	}
	return names;
}

char *sim_image_names(const void *image)
{
	uint32_t magic;

	memcpy(&magic, image, sizeof(magic));
	if (magic == WRAPPER_MAGIC)
		return sim_image_names(((const struct wrapper *)image)->bundle);
	if (magic == BUNDLE_MAGIC)
		return names_of_bundle(image);
	if (!memcmp(image, ELFMAG, SELFMAG))
		return names_of_cubin(NULL, image);
	return names_of_ptx(NULL, image, SIZE_MAX);
}
