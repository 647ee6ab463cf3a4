// The benchmark's clients: one thread that keeps N connections busy and measures what comes back.
//
//     load closed|open|stream PORT PATH HEADERS_FILE BODY_FILE CONNECTIONS RATE WARMUP_SECONDS SECONDS
//
// closed  every connection sends its next request as soon as it has its answer: throughput.
// open    requests become due at RATE a second whatever the answers do: latency. One that finds no free connection counts
//         its waiting too; one that finds a free connection is timed from its sending, so the timer's own lateness is no part.
// stream  as closed, for event streams: counts events (blank lines) as well. RATE is ignored by closed and stream.
//
// Prints "measuring" when the warm-up is over, then one line of JSON. Refuses nothing: an answer that is not a 200, and a
// connection that ends early, are counted as errors, and a run with errors is no result.

#include "sockets.h"

// Latencies are kept by the microsecond up to this many; slower ones count as this.
enum { SLOWEST_US = 4000000, READ_SIZE = 65536, LARGEST_HEAD = 16384 };

enum part { HEAD, SIZED, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, LAST_LINE };

struct connection {
    int fd, busy, opened;
    uint64_t started;
    enum part part;
    size_t left;                // bytes of the body or chunk still to come
    size_t head_count, line;    // bytes of the head; characters of the current line of chunk framing
    char head[LARGEST_HEAD];
    char previous;              // the byte before, to see a blank line across reads
};

static struct connection *table[MOST_DESCRIPTORS], *idle[MOST_DESCRIPTORS];
static int idle_count, epoll, port, measuring;
static enum { CLOSED, OPEN, STREAM } mode;
static char *request;
static size_t request_count;
static uint32_t *histogram;
static uint64_t requests, errors, events, bytes, opened, due_sent, due_reached, first_due, slowest, measured_from;
static double rate;

static void start(struct connection *c, uint64_t since);

// Connections

static void open_connection(struct connection *c) {
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || fd >= MOST_DESCRIPTORS) fail("socket");
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
    fcntl(fd, F_SETFL, O_NONBLOCK);
    no_delay(fd);
    c->fd = fd;
    table[fd] = c;
    opened++;
    watch(epoll, fd, EPOLLIN, EPOLL_CTL_ADD);
}

static void reopen(struct connection *c) {
    table[c->fd] = NULL;
    close(c->fd);
    open_connection(c);
}

// What happens when an answer is complete, or a connection failed

static uint64_t due_time(uint64_t index) { return first_due + (uint64_t)((double)index * 1e9 / rate); }

static void next_request(struct connection *c) {
    c->busy = 0;
    if (mode != OPEN) start(c, now_ns());
    else if (due_sent < due_reached) start(c, due_time(due_sent++));
    else idle[idle_count++] = c;
}

static void record(struct connection *c) {
    if (!measuring || (mode == OPEN && c->started < measured_from)) return;
    uint64_t us = (now_ns() - c->started) / 1000;
    requests++;
    if (us > slowest) slowest = us;
    histogram[us < SLOWEST_US ? us : SLOWEST_US - 1]++;
}

static void finished(struct connection *c) {
    if (strncmp(c->head, "HTTP/1.1 200", 12)) errors++;
    record(c);
    int closing = !!strcasestr(c->head, "\r\nconnection: close");
    if (closing) reopen(c);
    next_request(c);
}

static void failed(struct connection *c) {
    if (c->busy) errors++;
    int was_busy = c->busy;
    reopen(c);
    if (was_busy) next_request(c);
}

static void start(struct connection *c, uint64_t since) {
    c->busy = 1;
    c->part = HEAD;
    c->head_count = 0;
    c->started = since;
    if (send(c->fd, request, request_count, MSG_NOSIGNAL) != (ssize_t)request_count) failed(c);
}

// Reading answers

static void end_of_head(struct connection *c) {
    c->head[c->head_count] = 0;
    c->line = c->left = 0;
    c->previous = 0;
    const char *length = strcasestr(c->head, "\r\ncontent-length:");
    if (strcasestr(c->head, "\r\ntransfer-encoding: chunked")) c->part = CHUNK_SIZE;
    else if (length) { c->part = SIZED; c->left = strtoul(length + 17, NULL, 10); }
    else { fprintf(stderr, "an answer of unknown length:\n%s", c->head); exit(1); }
}

static size_t read_head(struct connection *c, const char *data, size_t count) {
    size_t used = 0;
    while (used < count && c->part == HEAD) {
        if (c->head_count == LARGEST_HEAD - 1) { fprintf(stderr, "a head above 16 KiB\n"); exit(1); }
        c->head[c->head_count++] = data[used++];
        if (c->head_count >= 4 && !memcmp(c->head + c->head_count - 4, "\r\n\r\n", 4)) end_of_head(c);
    }
    return used;
}

static void count_events(struct connection *c, const char *data, size_t count) {
    for (const char *at = data, *last = data + count; (at = memchr(at, '\n', (size_t)(last - at))); at++) {
        char before = at == data ? c->previous : at[-1];
        if (before == '\n') events++;
    }
    c->previous = data[count - 1];
}

static size_t read_body(struct connection *c, const char *data, size_t count) {
    size_t used = count < c->left ? count : c->left;
    if (used && mode == STREAM && measuring) count_events(c, data, used);
    c->left -= used;
    return used;
}

// One byte of chunk framing. 1 when the whole answer is complete.
static int read_framing(struct connection *c, char byte) {
    if (c->part == CHUNK_SIZE && byte != '\n') {
        int digit = byte >= '0' && byte <= '9' ? byte - '0' : (byte | 32) >= 'a' && (byte | 32) <= 'f' ? (byte | 32) - 'a' + 10 : -1;
        if (digit >= 0) c->left = c->left * 16 + (size_t)digit;
    } else if (c->part == CHUNK_SIZE) {
        c->part = c->left ? CHUNK_DATA : LAST_LINE;
        c->line = 0;
    } else if (c->part == CHUNK_END && byte == '\n') {
        c->part = CHUNK_SIZE;
    } else if (c->part == LAST_LINE && byte == '\n') {
        if (!c->line) return 1;
        c->line = 0;
    } else if (c->part == LAST_LINE && byte != '\r') {
        c->line++;
    }
    return 0;
}

static void received(struct connection *c, const char *data, size_t count) {
    if (measuring) bytes += count;
    while (count) {
        size_t used = 1;
        int complete = 0;
        if (c->part == HEAD) used = read_head(c, data, count);
        else if (c->part == SIZED || c->part == CHUNK_DATA) used = read_body(c, data, count);
        else complete = read_framing(c, *data);
        if (c->part == CHUNK_DATA && !c->left) c->part = CHUNK_END;
        if (c->part == SIZED && !c->left) complete = 1;
        data += used;
        count -= used;
        if (complete) { finished(c); return; }
    }
}

static void readable(struct connection *c) {
    static char buffer[READ_SIZE];
    ssize_t got = recv(c->fd, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) { failed(c); return; }
    if (c->busy) received(c, buffer, (size_t)got);
}

// The open loop's clock

static void send_due(void) {
    uint64_t now = now_ns();
    while (due_time(due_reached) <= now) due_reached++;
    while (due_sent < due_reached && idle_count) {
        due_sent++;
        start(idle[--idle_count], now_ns());
    }
}

static void arm(int timer) {
    uint64_t at = due_time(due_reached);
    struct itimerspec once = {.it_value = {.tv_sec = (time_t)(at / 1000000000u), .tv_nsec = (long)(at % 1000000000u)}};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &once, NULL);
}

// Output

static uint64_t percentile(double part) {
    uint64_t wanted = (uint64_t)((double)requests * part), seen = 0;
    for (uint64_t us = 0; us < SLOWEST_US; us++)
        if ((seen += histogram[us]) > wanted) return us;
    return SLOWEST_US;
}

static void print_result(double seconds) {
    printf("{\"seconds\":%.3f,\"requests\":%lu,\"errors\":%lu,\"per_second\":%.1f,\"p50_us\":%lu,\"p90_us\":%lu,"
           "\"p99_us\":%lu,\"max_us\":%lu,\"events\":%lu,\"bytes\":%lu,\"connections_opened\":%lu}\n",
           seconds, requests, errors, (double)requests / seconds, percentile(0.5), percentile(0.9), percentile(0.99),
           slowest, events, bytes, opened);
}

static char *file_text(const char *path, size_t *count) {
    FILE *file = fopen(path, "rb");
    if (!file) fail(path);
    char *text = malloc(1 << 20);
    *count = fread(text, 1, 1 << 20, file);
    fclose(file);
    return text;
}

static void make_request(const char *path, const char *headers_file, const char *body_file) {
    size_t headers_count, body_count;
    char *headers = file_text(headers_file, &headers_count), *body = file_text(body_file, &body_count);
    request_count = (size_t)asprintf(&request,
        "POST %s HTTP/1.1\r\nhost: 127.0.0.1:%d\r\ncontent-type: application/json\r\n%.*scontent-length: %zu\r\n\r\n%.*s",
        path, port, (int)headers_count, headers, body_count, (int)body_count, body);
}

static void run(int timer, uint64_t until) {
    struct epoll_event ready[512];
    for (uint64_t now = now_ns(); now < until; now = now_ns()) {
        int wait = (int)((until - now) / 1000000) + 1;
        int found = epoll_wait(epoll, ready, 512, wait);
        for (int i = 0; i < found; i++) {
            int fd = ready[i].data.fd;
            if (fd == timer) { send_due(); arm(timer); }
            else if (table[fd]) readable(table[fd]);
        }
    }
}

int main(int count, char **words) {
    if (count != 10) {
        fprintf(stderr, "usage: load closed|open|stream PORT PATH HEADERS_FILE BODY_FILE CONNECTIONS RATE WARMUP SECONDS\n");
        return 2;
    }
    mode = words[1][0] == 'o' ? OPEN : words[1][0] == 's' ? STREAM : CLOSED;
    port = atoi(words[2]);
    make_request(words[3], words[4], words[5]);
    int connections = atoi(words[6]);
    rate = atof(words[7]);
    double warmup = atof(words[8]), seconds = atof(words[9]);
    histogram = calloc(SLOWEST_US, sizeof *histogram);
    epoll = epoll_create1(0);
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    watch(epoll, timer, EPOLLIN, EPOLL_CTL_ADD);
    first_due = now_ns();
    for (int i = 0; i < connections; i++) {
        struct connection *c = calloc(1, sizeof *c);
        open_connection(c);
        next_request(c);
    }
    if (mode == OPEN) arm(timer);
    run(timer, now_ns() + (uint64_t)(warmup * 1e9));
    printf("measuring\n");
    fflush(stdout);
    measured_from = now_ns();
    measuring = 1;
    run(timer, measured_from + (uint64_t)(seconds * 1e9));
    print_result((double)(now_ns() - measured_from) / 1e9);
    return errors ? 1 : 0;
}
