/* SPDX-License-Identifier: Apache-2.0 */
/* Opens each plugin named in its arguments RTLD_LOCAL, lets it compute, and closes it. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static int host(const char *path, unsigned launches)
{
	void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	int (*plugin_main)(unsigned);
	int failed;

	if (!plugin) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	plugin_main = (int (*)(unsigned))dlsym(plugin, "plugin_main");
	failed = plugin_main ? plugin_main(launches) : 1;
	return dlclose(plugin) || failed;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: cl_host PLUGIN... LAUNCHES\n");
		return 2;
	}
	for (int i = 1; i < argc - 1; i++)
		failed |= host(argv[i], (unsigned)strtoul(argv[argc - 1], NULL, 10));
	return failed;
}
