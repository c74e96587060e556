/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the plugin named in its first argument RTLD_LOCAL and lets it compute. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	int (*plugin_main)(unsigned);
	void *plugin;

	if (argc != 3) {
		fprintf(stderr, "usage: cl_host PLUGIN LAUNCHES\n");
		return 2;
	}
	plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
	if (!plugin) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	plugin_main = (int (*)(unsigned))dlsym(plugin, "plugin_main");
	return plugin_main ? plugin_main((unsigned)strtoul(argv[2], NULL, 10)) : 1;
}
