/* Stands between a program and the C library (LD_PRELOAD) for the files of one folder: writes down every change to
 * them and every sync, in the order in which they happened, and makes them fail when it is told to.
 *
 * PANTAU_SHIM_FOLDER  the folder; `-shm` and `.lock` files in it are left alone: they mean nothing after a crash
 * PANTAU_SHIM_TRACE   where to write what happened: records of kind, path, offset, length, bytes
 * PANTAU_SHIM_FAULTS  a file of bytes that may change at any time: the error number that writes give, that syncs
 *                     give, that opening any file gives, whether syncs are swallowed; and what hangs while its byte
 *                     is set: writes, syncs, receiving on any connection that the program made, and copying the word
 * PANTAU_SHIM_WORD    that word: a copy of it and no more hangs, wherever in the program it is made
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_FILES 4096
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static char *paths[MOST_FILES];
static const char *folder;
static int trace = -1;
static const volatile unsigned char *faults;
enum { WRITE_ERROR, SYNC_ERROR, OPEN_ERROR, SWALLOW_SYNC, HANG_WRITES, HANG_SYNCS, HANG_RECEIVING, HANG_COPIES, FAULTS };
static const unsigned char no_faults[FAULTS];
static const char *word;
static size_t word_length;
static volatile char is_connection[MOST_FILES];

__attribute__((constructor)) static void begin(void) {
    folder = getenv("PANTAU_SHIM_FOLDER");
    faults = no_faults;
    word = getenv("PANTAU_SHIM_WORD");
    word_length = word ? strlen(word) : 0;
    const char *path = getenv("PANTAU_SHIM_TRACE");
    if (path)
        trace = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    path = getenv("PANTAU_SHIM_FAULTS");
    if (path) {
        int fd = REAL(open)(path, O_RDONLY | O_CLOEXEC);
        void *page = mmap(NULL, sizeof no_faults, PROT_READ, MAP_SHARED, fd, 0);
        if (fd < 0 || page == MAP_FAILED)
            abort();
        faults = page;
    }
}

static int ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static int is_watched(const char *path) {
    return folder && strncmp(path, folder, strlen(folder)) == 0 && !ends_with(path, "-shm") && !ends_with(path, ".lock");
}

static const char *watched(int fd) {
    return fd >= 0 && fd < MOST_FILES ? paths[fd] : NULL;
}

static void put(const void *bytes, size_t length) {
    if (REAL(write)(trace, bytes, length) != (ssize_t)length)
        abort();
}

/* To be called while `order` is held. */
static void note(char kind, const char *path, uint64_t offset, const void *bytes, uint32_t length) {
    if (trace < 0)
        return;
    uint32_t path_length = strlen(path);
    put(&kind, 1);
    put(&path_length, sizeof path_length);
    put(path, path_length);
    put(&offset, sizeof offset);
    put(&length, sizeof length);
    put(bytes, length);
}

static int fails(int which) {
    int error = faults[which];
    if (error)
        errno = error;
    return error;
}

static void hang_while(int which) {
    while (faults[which])
        poll(NULL, 0, 5);
}

static int opened(int fd, const char *path, int is_new) {
    if (fd >= 0 && fd < MOST_FILES && is_watched(path)) {
        free(paths[fd]);
        paths[fd] = strdup(path);
        if (is_new)
            note('C', path, 0, "", 0);
    }
    return fd;
}

static int open_with(int (*real)(const char *, int, ...), const char *path, int flags, mode_t mode) {
    if (fails(OPEN_ERROR))
        return -1;
    pthread_mutex_lock(&order);
    int is_new = (flags & O_CREAT) && access(path, F_OK) != 0;
    int fd = opened(real(path, flags, mode), path, is_new);
    pthread_mutex_unlock(&order);
    return fd;
}

#define DEFINE_OPEN(name)                                                                                              \
    int name(const char *path, int flags, ...) {                                                                       \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t mode = (flags & O_CREAT) ? va_arg(rest, mode_t) : 0;                                                    \
        va_end(rest);                                                                                                  \
        return open_with(REAL(name), path, flags, mode);                                                               \
    }
DEFINE_OPEN(open)
DEFINE_OPEN(open64)

int close(int fd) {
    pthread_mutex_lock(&order);
    if (watched(fd)) {
        free(paths[fd]);
        paths[fd] = NULL;
    }
    if (fd >= 0 && fd < MOST_FILES)
        is_connection[fd] = 0;
    int result = REAL(close)(fd);
    pthread_mutex_unlock(&order);
    return result;
}

/* A line on the standard error is what the program says it has done; it is noted among the rest. */
ssize_t write(int fd, const void *bytes, size_t length) {
    const char *path = watched(fd);
    if (!path && fd != STDERR_FILENO)
        return REAL(write)(fd, bytes, length);
    if (path)
        hang_while(HANG_WRITES);
    if (path && fails(WRITE_ERROR))
        return -1;
    pthread_mutex_lock(&order);
    uint64_t offset = path ? lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t written = REAL(write)(fd, bytes, length);
    if (written > 0)
        note(path ? 'W' : 'A', path ? path : "", offset, bytes, written);
    pthread_mutex_unlock(&order);
    return written;
}

#define DEFINE_PWRITE(name, offset_type)                                                                               \
    ssize_t name(int fd, const void *bytes, size_t length, offset_type offset) {                                       \
        const char *path = watched(fd);                                                                                \
        if (!path)                                                                                                     \
            return REAL(name)(fd, bytes, length, offset);                                                              \
        hang_while(HANG_WRITES);                                                                                       \
        if (fails(WRITE_ERROR))                                                                                        \
            return -1;                                                                                                 \
        pthread_mutex_lock(&order);                                                                                    \
        ssize_t written = REAL(name)(fd, bytes, length, offset);                                                       \
        if (written > 0)                                                                                               \
            note('W', path, offset, bytes, written);                                                                   \
        pthread_mutex_unlock(&order);                                                                                  \
        return written;                                                                                                \
    }
DEFINE_PWRITE(pwrite, off_t)
DEFINE_PWRITE(pwrite64, off64_t)

#define DEFINE_TRUNCATE(name, offset_type)                                                                             \
    int name(int fd, offset_type size) {                                                                               \
        const char *path = watched(fd);                                                                                \
        if (path && fails(WRITE_ERROR))                                                                                \
            return -1;                                                                                                 \
        pthread_mutex_lock(&order);                                                                                    \
        int result = REAL(name)(fd, size);                                                                             \
        if (path && result == 0)                                                                                       \
            note('T', path, size, "", 0);                                                                              \
        pthread_mutex_unlock(&order);                                                                                  \
        return result;                                                                                                 \
    }
DEFINE_TRUNCATE(ftruncate, off_t)
DEFINE_TRUNCATE(ftruncate64, off64_t)

#define DEFINE_SYNC(name)                                                                                              \
    int name(int fd) {                                                                                                 \
        const char *path = watched(fd);                                                                                \
        if (path)                                                                                                      \
            hang_while(HANG_SYNCS);                                                                                    \
        if (path && fails(SYNC_ERROR))                                                                                 \
            return -1;                                                                                                 \
        if (path && faults[SWALLOW_SYNC])                                                                              \
            return 0;                                                                                                  \
        pthread_mutex_lock(&order);                                                                                    \
        int result = REAL(name)(fd);                                                                                   \
        if (path && result == 0)                                                                                       \
            note('S', path, 0, "", 0);                                                                                 \
        pthread_mutex_unlock(&order);                                                                                  \
        return result;                                                                                                 \
    }
DEFINE_SYNC(fsync)
DEFINE_SYNC(fdatasync)

int unlink(const char *path) {
    pthread_mutex_lock(&order);
    int result = REAL(unlink)(path);
    if (result == 0 && is_watched(path))
        note('U', path, 0, "", 0);
    pthread_mutex_unlock(&order);
    return result;
}

int rename(const char *from, const char *to) {
    pthread_mutex_lock(&order);
    int result = REAL(rename)(from, to);
    if (result == 0 && is_watched(from))
        note('R', from, 0, to, strlen(to));
    pthread_mutex_unlock(&order);
    return result;
}

int connect(int fd, const struct sockaddr *address, socklen_t length) {
    if (fd >= 0 && fd < MOST_FILES)
        is_connection[fd] = address->sa_family == AF_INET;
    return REAL(connect)(fd, address, length);
}

ssize_t recv(int fd, void *bytes, size_t length, int flags) {
    if (fd >= 0 && fd < MOST_FILES && is_connection[fd])
        hang_while(HANG_RECEIVING);
    return REAL(recv)(fd, bytes, length, flags);
}

/* Called before `begin` as well, and by everything: no lookup here. */
void *memcpy(void *to, const void *from, size_t length) {
    if (word_length && length == word_length && memcmp(from, word, length) == 0)
        hang_while(HANG_COPIES);
    return memmove(to, from, length);
}
