/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin in the manner of a wheel: it is opened RTLD_LOCAL by a program that knows nothing of
 * OpenCL, and links a copy of the loader that lies beside it under another name. With
 * CL_PLUGIN_LEAVE set it returns while its commands are under way.
 */
#include "tests/prog/launch.h"

#include <stdlib.h>

__attribute__((visibility("default"))) int plugin_main(unsigned launches);

int plugin_main(unsigned launches)
{
	const struct launch_options options = {.launches = launches,
					       .threads = 1,
					       .items = 256,
					       .rounds = 16,
					       .finish = !getenv("CL_PLUGIN_LEAVE"),
					       .batch = 64};
	struct launch_result result;

	if (launch(&options, &result))
		return 1;
	launch_print(&options, &result);
	return 0;
}
