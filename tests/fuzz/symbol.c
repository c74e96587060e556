/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbols of a file that anybody may have made. The first eight bytes of the input are the address
 * that is asked for, the rest is the file.
 */
#include <sys/mman.h>

#include "collector/symbol/symbol.h"
#include "tests/fuzz/fuzz.h"

static void ask(struct symbol_file *file, enum symbol_table table, uint64_t value)
{
	char name[SYMBOL_NAME_MAX];

	if (symbol_find(file, table, value, name))
		return;
	MUST(name[0] && fuzz_is_harmless(name) && !strchr(name, ' '));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	char id[SYMBOL_ID_MAX + 1];
	uint64_t value;

	if (size < sizeof(value))
		return 0;
	memcpy(&value, data, sizeof(value));
	if (fd < 0)
		fd = memfd_create("object", MFD_CLOEXEC);
	MUST(fd >= 0 && ftruncate(fd, 0) == 0);
	MUST(pwrite(fd, data + sizeof(value), size - sizeof(value), 0) ==
	     (ssize_t)(size - sizeof(value)));
	struct symbol_file *file = symbol_open(fd);
	if (!file)
		return 0;
	symbol_id(file, id);
	MUST(strlen(id) % 2 == 0 && strspn(id, "0123456789abcdef") == strlen(id));
	ask(file, SYMBOL_ALL, value);
	ask(file, SYMBOL_EXPORTS, value);
	symbol_close(file);
	return 0;
}
