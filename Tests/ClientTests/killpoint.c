/* killpoint: a library that kills the process it is loaded into at its n-th change of a file.
 *
 * For: test_backup.py and test_vault.py, by LD_PRELOAD. Steps are the calls that change what is on a disk: files and folders made, written,
 * synced, named, given away and removed. KILL_AT says which one is the last, and it does not happen; without it nothing is
 * killed, and the number of steps goes into the file that KILL_COUNT names. Pages that SQLite writes are steps where
 * KILL_PAGES is set.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_int steps;

static void step(void) {
    const char *last = getenv("KILL_AT");
    int number = atomic_fetch_add(&steps, 1) + 1;
    if (last && number == atoi(last)) kill(getpid(), SIGKILL);
}

__attribute__((destructor)) static void tell(void) {
    const char *path = getenv("KILL_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file) return;
    fprintf(file, "%d\n", atomic_load(&steps));
    fclose(file);
}

static int is_file(int descriptor) {
    struct stat facts;
    return fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    if (flags & O_CREAT) step();
    return NEXT(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    if (flags & O_CREAT) step();
    return NEXT(open64)(path, flags, mode);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    if (is_file(descriptor)) step();
    return NEXT(write)(descriptor, bytes, count);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
    if (getenv("KILL_PAGES")) step();
    return NEXT(pwrite64)(descriptor, bytes, count, offset);
}

int mkdir(const char *path, mode_t mode) { step(); return NEXT(mkdir)(path, mode); }
int rename(const char *from, const char *to) { step(); return NEXT(rename)(from, to); }
int unlink(const char *path) { step(); return NEXT(unlink)(path); }
int rmdir(const char *path) { step(); return NEXT(rmdir)(path); }
int fsync(int descriptor) { step(); return NEXT(fsync)(descriptor); }
int fdatasync(int descriptor) { step(); return NEXT(fdatasync)(descriptor); }
int chmod(const char *path, mode_t mode) { step(); return NEXT(chmod)(path, mode); }
int lchown(const char *path, uid_t user, gid_t group) { step(); return NEXT(lchown)(path, user, group); }
