/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints by every road of C's stdio and by descriptors: `hears WAY`. Each line that is to be heard
 * says "NAME: epoch N"; the others say nothing. Nothing is flushed but by the way itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

/* What _FORTIFY_SOURCE makes of the printf family; no header declares them without it. */
int __printf_chk(int flag, const char *format, ...);
int __fprintf_chk(FILE *stream, int flag, const char *format, ...);
int __vprintf_chk(int flag, const char *format, va_list list);
int __vfprintf_chk(FILE *stream, int flag, const char *format, va_list list);
int __dprintf_chk(int fd, int flag, const char *format, ...);
int __vdprintf_chk(int fd, int flag, const char *format, va_list list);

static void expect(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	exit(1);
}

static void by_list(int which, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	switch (which) {
	case 0:
		expect(vprintf(format, list) == 17, "vprintf's result");
		break;
	case 1:
		vfprintf(stdout, format, list);
		break;
	case 2:
		vdprintf(1, format, list);
		break;
	case 3:
		__vprintf_chk(1, format, list);
		break;
	case 4:
		__vfprintf_chk(stdout, 1, format, list);
		break;
	case 5:
		__vdprintf_chk(1, 1, format, list);
		break;
	}
	va_end(list);
}

static void formats(void)
{
	errno = ENOENT;
	expect(printf("printf: epoch %d, %.1f%%\n", 1, 12.5) == 23, "printf's result");
	expect(errno == ENOENT, "errno");
	errno = EACCES;
	printf("%%m: epoch %d: %m\n", 2);
	fprintf(stdout, "%s: %s %*d|%-4d|%.*f|%c\n", "fprintf", "epoch", 3, 3, 4, 2, 0.125, 'x');
	__printf_chk(1, "__printf_chk: epoch %ld\n", 4L);
	__fprintf_chk(stdout, 1, "__fprintf_chk: epoch %zu\n", (size_t)5);
	by_list(0, "vprintf: epoch %d\n", 6);
	by_list(1, "vfprintf: epoch %lld\n", 7LL);
	by_list(3, "__vprintf_chk: epoch %hhd\n", 8);
	by_list(4, "__vfprintf_chk: epoch %Lg\n", 9.5L);
	printf("%2$s: epoch %1$d\n", 10, "positional");
	printf("%s", "a whole line: epoch 11\n");
	printf("file%d, 0x%x, libfoo.so.%d and %p say nothing\n", 1, 2u, 3, (void *)stdout);
	printf("%s says nothing\n", "this");
	printf("%d\n", 12);
	int n = 0;
	printf("once only: %nepoch %d\n", &n, 13);
	expect(n == 11, "%n");
}

static void descriptors(void)
{
	const struct iovec part[] = {{"writev: ", 8}, {"epoch 2\n", 8}, {"and nothing\n", 12}};

	expect(write(1, "write: epoch 1\n", 15) == 15, "write's result");
	expect(writev(1, part, 3) == 28, "writev's result");
	dprintf(1, "dprintf: epoch %d\n", 3);
	__dprintf_chk(1, 1, "__dprintf_chk: epoch %d\n", 4);
	by_list(2, "vdprintf: epoch %d\n", 5);
	by_list(5, "__vdprintf_chk: epoch %d\n", 6);
	int copy = dup(1);
	expect(copy > 2 && dup2(copy, 100) == 100, "dup");
	(void)!write(copy, "dup: epoch 7\n", 13);
	(void)!write(100, "dup2: epoch 8\n", 14);
	copy = fcntl(1, F_DUPFD_CLOEXEC, 200);
	(void)!write(copy, "fcntl: epoch 9\n", 15);
	close(copy);
	(void)!write(2, "stderr: epoch 10\n", 17);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	(void)!write(null, "to nobody: epoch 0\n", 19);
	expect(write(-1, "to nothing: epoch 0\n", 20) == -1 && errno == EBADF, "write's errno");
}

static void streams(void)
{
	char block[] = "fwrite: epoch 4\nsays nothing\nfwrite: epoch 5\n";

	puts("puts: epoch 1");
	puts("puts says nothing");
	fputs("fputs: epoch 2\n", stdout);
	fputs_unlocked("fputs_unlocked: epoch 3\n", stdout);
	expect(fwrite(block, 1, strlen(block), stdout) == strlen(block), "fwrite's result");
	fwrite_unlocked("fwrite_unlocked: epoch 6\n", 25, 1, stdout);
	for (const char *c = "putchar: epoch 7\n"; *c; c++)
		putchar(*c);
	for (const char *c = "putc: epoch 8\n"; *c; c++)
		expect((putc)(*c, stdout) == *c, "putc's result");
	for (const char *c = "fputc: epoch 9\n"; *c; c++)
		fputc(*c, stdout);
	fprintf(stderr, "stderr: epoch %d\n", 10);
	fputws(L"wide", stderr); /* harmless, whatever it finds */
}

static void pieces(void)
{
	printf("pieces: ");
	printf("epoch ");
	fputs("1", stdout);
	putchar(',');
	printf(" loss %.3f", 0.25);
	puts("");
	printf("a piece, ");
	puts("and nothing");
	printf("\rbar: epoch 2");
	printf("\rbar: epoch 3");
	printf("\rbar: epoch 4\n");
	printf("returned: epoch 5\r\n");
	printf("\33[1;32mcoloured: epoch %d\33[0m\n", 6);
	for (int i = 0; i < 60; i++)
		printf("long %d ", i);
	puts("");
	printf("two: epoch 7\ntwo: epoch 8\n");
}

static void from_handler(int signal)
{
	(void)signal;
	(void)!write(1, "handler: epoch 2\n", 17);
}

static void from_exit(void)
{
	printf("at exit: epoch %d\n", 5);
}

static void places(void)
{
	signal(SIGUSR1, from_handler);
	atexit(from_exit);
	setvbuf(stdout, NULL, _IONBF, 0);
	printf("unbuffered: epoch %d\n", 1);
	raise(SIGUSR1);
	if (!fork()) {
		printf("child: epoch %d\n", 3);
		_exit(0);
	}
	wait(NULL);
	flockfile(stdout);
	printf("locked: epoch %d\n", 4);
	funlockfile(stdout);
}

/* A thousand lines at once are heard. */
static void burst(void)
{
	for (int i = 1; i <= 1000; i++)
		printf("few: epoch %d\n", i);
}

/* Of hundreds of thousands those between are heard, whatever the others take. */
static void flood(void)
{
	for (int i = 1; i <= 20; i++) {
		for (int step = 0; step < 20000; step++)
			printf("many: step %d, loss %f\n", step, step * 0.5);
		printf("between: epoch %d\n", i);
	}
}

static void logs(const char *folder)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/log.txt", folder);
	FILE *log = fopen(path, "w");
	fprintf(log, "starting\n");
	fprintf(log, "log: epoch %d\n", 1);
	fprintf(log, "data %d", 0);
	for (int i = 0; i < 100; i++)
		fprintf(log, " %.4f", i * 0.25);
	fprintf(log, "\n");
	fclose(log);
	snprintf(path, sizeof(path), "%s/metrics.csv", folder);
	log = fopen(path, "a");
	fprintf(log, "name,loss\n");
	for (int i = 0; i < 3; i++)
		fprintf(log, "%d,%.2f\n", i, i * 0.5);
	fclose(log);
	snprintf(path, sizeof(path), "%s/weights.bin", folder);
	log = fopen(path, "w");
	for (int i = 0; i < 9; i++) {
		fwrite(&i, sizeof(i), 1, log);
		fprintf(log, "epoch %d\n", i);
	}
	fclose(log);
	/* A log whose number another file gets. */
	int fd = open(path, O_RDONLY);
	expect(write(fd, "epoch 1\n", 8) == -1, "a write to what is read");
	close(fd);
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";

	if (!strcmp(way, "formats"))
		formats();
	else if (!strcmp(way, "descriptors"))
		descriptors();
	else if (!strcmp(way, "streams"))
		streams();
	else if (!strcmp(way, "pieces"))
		pieces();
	else if (!strcmp(way, "places"))
		places();
	else if (!strcmp(way, "burst"))
		burst();
	else if (!strcmp(way, "flood"))
		flood();
	else if (!strcmp(way, "logs") && argc > 2)
		logs(argv[2]);
	else
		return 2;
	return 0;
}
