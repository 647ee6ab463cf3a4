/* ipc-pingpong: the least a call between two processes can cost, in C.
 *
 * For: the figure that ipc-bench is compared with: frames of the same sizes over the same kind of socket, a length to read, a
 *      number to match, nothing else. Blocking reads and writes, one read and one write a batch.
 * Refuses: an answer that is not the next one.
 * Called by: run.
 *
 *     ipc-pingpong serve SOCKET                        answers until the peer closes, then ends
 *     ipc-pingpong call SOCKET OUTSTANDING SECONDS     prints one line of JSON
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* The frames of a wallet.hold: 20 bytes of header, 53 and 10 bytes of payload. */
enum { request_bytes = 73, answer_bytes = 30, most_outstanding = 256, buffer_bytes = 64 * 1024 };

static void fail(const char *what) {
    fprintf(stderr, "ipc-pingpong: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct sockaddr_un address_of(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) fail("path");
    strcpy(address.sun_path, path);
    return address;
}

static void write_all(int fd, const uint8_t *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(fd, bytes, count);
        if (written <= 0) fail("write");
        bytes += written;
        count -= (size_t)written;
    }
}

static void put_header(uint8_t *frame, size_t bytes, uint8_t kind, uint64_t call) {
    uint32_t length = (uint32_t)bytes - 4;
    memcpy(frame, &length, 4);
    frame[4] = kind;
    memcpy(frame + 8, &call, 8);
}

/* Answers every whole request in `in`; returns the bytes used. */
static size_t answer_all(int fd, const uint8_t *in, size_t have) {
    static uint8_t out[buffer_bytes];
    size_t used = 0, filled = 0;
    while (have - used >= 4) {
        uint32_t length;
        memcpy(&length, in + used, 4);
        if (length != request_bytes - 4) fail("length");
        if (have - used < length + 4) break;
        uint64_t call;
        memcpy(&call, in + used + 8, 8);
        if (filled + answer_bytes > sizeof out) {
            write_all(fd, out, filled);
            filled = 0;
        }
        put_header(out + filled, answer_bytes, 3, call);
        filled += answer_bytes;
        used += request_bytes;
    }
    if (filled > 0) write_all(fd, out, filled);
    return used;
}

static void serve(const char *path) {
    struct sockaddr_un address = address_of(path);
    unlink(path);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1) != 0) fail("listen");
    int fd = accept(listener, NULL, NULL);
    if (fd < 0) fail("accept");
    static uint8_t in[buffer_bytes];
    size_t have = 0;
    for (;;) {
        ssize_t more = read(fd, in + have, sizeof in - have);
        if (more <= 0) return;
        have += (size_t)more;
        size_t used = answer_all(fd, in, have);
        memmove(in, in + used, have - used);
        have -= used;
    }
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int connect_to(const char *path) {
    struct sockaddr_un address = address_of(path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
    return fd;
}

/* Reads at least one answer; returns how many came. `next` is the call that must be answered next. */
static size_t take_answers(int fd, uint64_t *next) {
    static uint8_t in[buffer_bytes];
    static size_t have = 0;
    size_t count = 0;
    do {
        ssize_t more = read(fd, in + have, sizeof in - have);
        if (more <= 0) fail("read");
        have += (size_t)more;
        size_t used = 0;
        for (; have - used >= answer_bytes; used += answer_bytes, count++) {
            uint64_t call;
            memcpy(&call, in + used + 8, 8);
            if (call != (*next)++) fail("answer out of order");
        }
        memmove(in, in + used, have - used);
        have -= used;
    } while (count == 0);
    return count;
}

static void call(const char *path, size_t outstanding, double seconds) {
    static uint8_t out[most_outstanding * request_bytes];
    int fd = connect_to(path);
    uint64_t sent = 1, next = 1;
    size_t due = outstanding;
    double start = now(), end = start + seconds;
    do {
        for (size_t index = 0; index < due; index++) put_header(out + index * request_bytes, request_bytes, 2, sent++);
        write_all(fd, out, due * request_bytes);
        due = take_answers(fd, &next);
    } while (now() < end);
    double took = now() - start;
    printf("{\"calls\": %llu, \"seconds\": %.6f}\n", (unsigned long long)(next - 1), took);
}

int main(int count, char **words) {
    if (count == 3 && strcmp(words[1], "serve") == 0) {
        serve(words[2]);
        return 0;
    }
    size_t outstanding = count == 5 ? (size_t)strtoul(words[3], NULL, 10) : 0;
    if (count == 5 && strcmp(words[1], "call") == 0 && outstanding >= 1 && outstanding <= most_outstanding) {
        call(words[2], outstanding, strtod(words[4], NULL));
        return 0;
    }
    fprintf(stderr, "usage: ipc-pingpong serve SOCKET | call SOCKET OUTSTANDING SECONDS\n");
    return 64;
}
