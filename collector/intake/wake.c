/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wake-up page. libuv cannot wait on a futex, so one thread does; it sleeps for good while no
 * ring fills up, and a millisecond after every wake-up, so that a stranger who rings the bell all
 * day costs next to nothing.
 */
#include "collector/intake/wake.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096

struct wake {
	uv_async_t async;
	pthread_t thread;
	uint32_t *word; /* 0 while the collector lives */
	char *path;
	void (*woken)(void *arg);
	void *arg;
};

static void *wait_for_shims(void *arg)
{
	struct wake *wake = arg;
	const struct timespec pause = {.tv_nsec = 1000000};

	while (__atomic_load_n(wake->word, __ATOMIC_ACQUIRE) == 0) {
		/* Returns 0 for a wake-up, EAGAIN once the word says that it is over. */
		if (syscall(SYS_futex, wake->word, FUTEX_WAIT, 0, NULL, NULL, 0) == 0)
			uv_async_send(&wake->async);
		/* Whoever ends waits for us, and gramme run's caller for him. */
		if (__atomic_load_n(wake->word, __ATOMIC_ACQUIRE) == 0)
			nanosleep(&pause, NULL);
	}
	return NULL;
}

static void on_async(uv_async_t *async)
{
	struct wake *wake = async->data;

	wake->woken(wake->arg);
}

int wake_make(const char *path, unsigned mode)
{
	unlink(path);
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, PAGE) == 0 && fchmod(fd, (mode_t)mode) == 0)
		return fd;
	int error = -errno;
	close(fd);
	unlink(path);
	return error;
}

/* Signals are the main thread's business. */
static int start_thread(struct wake *wake)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = -pthread_create(&wake->thread, NULL, wait_for_shims, wake);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

int wake_open(uv_loop_t *loop, int fd, const char *path, void (*woken)(void *arg), void *arg,
	      struct wake **result)
{
	struct wake *wake = calloc(1, sizeof(*wake));
	int error;

	if (!wake)
		return -ENOMEM;
	wake->woken = woken;
	wake->arg = arg;
	wake->path = strdup(path);
	wake->word = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	error = !wake->path ? -ENOMEM : wake->word == MAP_FAILED ? -errno : 0;
	if (error)
		goto free_wake;
	error = uv_async_init(loop, &wake->async, on_async);
	if (error)
		goto unmap;
	wake->async.data = wake;
	uv_unref((uv_handle_t *)&wake->async);
	error = start_thread(wake);
	if (error) {
		wake->thread = 0;
		wake_close(wake);
		return error;
	}
	*result = wake;
	return 0;
unmap:
	munmap(wake->word, PAGE);
free_wake:
	free(wake->path);
	free(wake);
	return error;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void wake_close(struct wake *wake)
{
	if (wake->thread) {
		__atomic_store_n(wake->word, 1, __ATOMIC_RELEASE);
		syscall(SYS_futex, wake->word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
		pthread_join(wake->thread, NULL);
	}
	munmap(wake->word, PAGE);
	unlink(wake->path);
	free(wake->path);
	uv_close((uv_handle_t *)&wake->async, on_closed);
}
