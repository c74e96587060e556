/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ledger files of any content: chain, private file and journal, byte by byte.
 */
#include "tests/fuzz/ledger_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ledger_files files = ledger_files_of(data, size);

	if (!files.part[LEDGER_CHAIN].name[0])
		return -1;
	ledger_lay_out(&files);
	ledger_read_laid_out();
	return 0;
}
