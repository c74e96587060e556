/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The descriptors that gramme was started with.
 */
#include "collector/launch/streams.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

void streams_guard(struct streams *streams)
{
	struct dirent *entry;
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);

	DIR *dir = opendir("/proc/self/fd");
	streams->n = 0;
	while (dir && streams->n < STREAMS_MAX && (entry = readdir(dir))) {
		int number = atoi(entry->d_name);
		/* What a preloaded library opened for itself is closed on exec, as the folder is.
		 */
		if (number > STDERR_FILENO && fcntl(number, F_GETFD) == 0)
			streams->inherited[streams->n++] = number;
	}
	if (dir)
		closedir(dir);
}

void streams_let_go(const struct streams *streams)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd >= 0) {
		dup2(fd, STDIN_FILENO);
		dup2(fd, STDOUT_FILENO);
		close(fd);
	}
	for (unsigned i = 0; i < streams->n; i++)
		close(streams->inherited[i]);
}
