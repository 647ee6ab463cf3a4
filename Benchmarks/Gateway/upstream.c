// The benchmark's upstream: as little work a request as an HTTP/1.1 server can do, so that what is measured is the proxy.
//
//     upstream PORT [EVENT_INTERVAL_MS]
//
// POST /v1/messages and /v1/chat/completions answer about 1 kB of JSON, or, where the body says "stream":true, 64 events,
// one every EVENT_INTERVAL_MS (20), each in a chunk and a write of its own. Keep-alive, one thread, loopback only.
// Refuses: requests without content-length (411), heads and bodies above 64 KiB together.

#include "sockets.h"

enum { LARGEST_REQUEST = 65536, EVENTS = 64, DIALECTS = 2, LONGEST_INTERVAL = 1000 };

struct text { char *bytes; size_t count; };

struct connection {
    char *in;                 // the request so far
    size_t have;
    char *out;                // what the socket did not take yet
    size_t out_count, out_size;
    int fd, dialect, next_event;  // next_event 0 = no stream running
    struct connection *before, *after;  // in its slot of the wheel
};

static struct connection *table[MOST_DESCRIPTORS];
static struct text answer[DIALECTS], event[DIALECTS][EVENTS];
static struct connection *wheel[LONGEST_INTERVAL];  // streams by the millisecond, modulo the interval, of their next event
static int epoll, timer, interval = 20, streams;
static uint64_t ticks;


// What is answered

static const char *const lorem =
    "A weir is a low dam that lets water through and measures it. What flows over its crest depends on the height of the "
    "water alone, so one number read at the right place tells the whole flow, day and night, for a hundred years. ";

static void make_answers(void) {
    char body[2048];
    const char *head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n%s: req_bench\r\n\r\n%s";
    const char *bodies[DIALECTS] = {
        "{\"id\":\"msg_bench\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"bench\",\"content\":[{\"type\":\"text\","
        "\"text\":\"%s%s%s\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":{\"input_tokens\":120,"
        "\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"output_tokens\":150,\"service_tier\":\"standard\"}}",
        "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"bench\",\"choices\":"
        "[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"%s%s%s\",\"refusal\":null},\"logprobs\":null,"
        "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":120,\"completion_tokens\":150,\"total_tokens\":270,"
        "\"prompt_tokens_details\":{\"cached_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":0}}}",
    };
    for (int dialect = 0; dialect < DIALECTS; dialect++) {
        int count = snprintf(body, sizeof body, bodies[dialect], lorem, lorem, lorem);
        const char *id = dialect ? "x-request-id" : "request-id";
        answer[dialect].count = (size_t)asprintf(&answer[dialect].bytes, head, (size_t)count, id, body);
    }
}

static const char *anthropic_event(int index) {
    switch (index) {
    case 0:
        return "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_bench\",\"type\":\"message\","
               "\"role\":\"assistant\",\"model\":\"bench\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,"
               "\"usage\":{\"input_tokens\":120,\"output_tokens\":1}}}\n\n";
    case 1:
        return "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
               "{\"type\":\"text\",\"text\":\"\"}}\n\n";
    case 2: return "event: ping\ndata: {\"type\":\"ping\"}\n\n";
    case EVENTS - 3: return "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n";
    case EVENTS - 2:
        return "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\","
               "\"stop_sequence\":null},\"usage\":{\"output_tokens\":58}}\n\n";
    case EVENTS - 1: return "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    default:
        return "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
               "\"text_delta\",\"text\":\" measures the water\"}}\n\n";
    }
}

#define CHUNK "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"bench\"," \
              "\"system_fingerprint\":\"fp_bench\",\"choices\":["

static const char *openai_event(int index) {
    switch (index) {
    case 0:
        return CHUNK "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,"
                     "\"finish_reason\":null}],\"usage\":null}\n\n";
    case EVENTS - 3:
        return CHUNK "{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":null}\n\n";
    case EVENTS - 2:
        return CHUNK "],\"usage\":{\"prompt_tokens\":120,\"completion_tokens\":60,\"total_tokens\":180}}\n\n";
    case EVENTS - 1: return "data: [DONE]\n\n";
    default:
        return CHUNK "{\"index\":0,\"delta\":{\"content\":\" measures the water\"},\"logprobs\":null,"
                     "\"finish_reason\":null}],\"usage\":null}\n\n";
    }
}

// Each event with its chunk framing; the first one brings the head, the last one the end of the body.
static void make_events(void) {
    const char *head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
                       "transfer-encoding: chunked\r\n\r\n";
    for (int dialect = 0; dialect < DIALECTS; dialect++)
        for (int index = 0; index < EVENTS; index++) {
            const char *data = dialect ? openai_event(index) : anthropic_event(index);
            struct text *text = &event[dialect][index];
            text->count = (size_t)asprintf(&text->bytes, "%s%zx\r\n%s\r\n%s", index ? "" : head, strlen(data), data,
                                           index == EVENTS - 1 ? "0\r\n\r\n" : "");
        }
}

// Connections

static void leave_wheel(struct connection *c) {
    if (!c->next_event) return;
    if (c->before) c->before->after = c->after;
    for (int slot = 0; slot < interval; slot++)
        if (wheel[slot] == c) wheel[slot] = c->after;
    if (c->after) c->after->before = c->before;
    c->before = c->after = NULL;
    c->next_event = 0;
    streams--;
}

static void end(struct connection *c) {
    leave_wheel(c);
    close(c->fd);
    table[c->fd] = NULL;
    free(c->in);
    free(c->out);
    free(c);
}

static void keep_for_later(struct connection *c, const char *bytes, size_t count) {
    if (c->out_count + count > c->out_size) {
        c->out_size = (c->out_count + count) * 2;
        c->out = realloc(c->out, c->out_size);
    }
    memcpy(c->out + c->out_count, bytes, count);
    c->out_count += count;
    watch(epoll, c->fd, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
}

static void send_text(struct connection *c, struct text text) {
    ssize_t sent = 0;
    if (!c->out_count) sent = send(c->fd, text.bytes, text.count, MSG_NOSIGNAL);
    if (sent < 0) sent = 0;  // EAGAIN: later; a broken connection shows when it is read
    if ((size_t)sent < text.count) keep_for_later(c, text.bytes + sent, text.count - (size_t)sent);
}

static void send_rest(struct connection *c) {
    ssize_t sent = send(c->fd, c->out, c->out_count, MSG_NOSIGNAL);
    if (sent <= 0) return;
    memmove(c->out, c->out + sent, c->out_count - (size_t)sent);
    c->out_count -= (size_t)sent;
    if (!c->out_count) watch(epoll, c->fd, EPOLLIN, EPOLL_CTL_MOD);
}

// The timer ticks only while streams run, so that it costs plain requests nothing.
static void set_timer(int on) {
    struct itimerspec every = {.it_interval.tv_nsec = on ? 1000000 : 0, .it_value.tv_nsec = on ? 1000000 : 0};
    timerfd_settime(timer, 0, &every, NULL);
}

// Streams are dealt over the slots, so that those started together do not send in step.
static void start_stream(struct connection *c) {
    static uint64_t dealt;
    send_text(c, event[c->dialect][0]);
    c->next_event = 1;
    if (!streams++) set_timer(1);
    struct connection **slot = &wheel[dealt++ % (uint64_t)interval];
    c->before = NULL;
    c->after = *slot;
    if (*slot) (*slot)->before = c;
    *slot = c;
}

static void tick(void) {
    uint64_t passed;
    if (read(timer, &passed, sizeof passed) != sizeof passed) return;
    for (; passed; passed--) {
        struct connection *c = wheel[++ticks % (uint64_t)interval], *after;
        for (; c; c = after) {
            after = c->after;
            send_text(c, event[c->dialect][c->next_event++]);
            if (c->next_event == EVENTS) leave_wheel(c);
        }
    }
    if (!streams) set_timer(0);
}

// Requests

// The length of the body by its header, or -1 without one.
static long body_length(const char *head, size_t count) {
    static const char name[] = "content-length:";
    const char *line = head, *last = head + count;
    while ((line = memchr(line, '\n', (size_t)(last - line))) && ++line + sizeof name < last)
        if (!strncasecmp(line, name, sizeof name - 1)) return strtol(line + sizeof name - 1, NULL, 10);
    return -1;
}

static void refuse(struct connection *c) {
    static char text[] = "HTTP/1.1 411 Length Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    send_text(c, (struct text){text, sizeof text - 1});
    shutdown(c->fd, SHUT_WR);
}

// Answers the first request in the buffer; 0 when it is not complete yet.
static int answer_one(struct connection *c) {
    char *end_of_head = memmem(c->in, c->have, "\r\n\r\n", 4);
    if (!end_of_head) return 0;
    size_t head = (size_t)(end_of_head + 4 - c->in);
    long length = body_length(c->in, head);
    if (length < 0) { refuse(c); c->have = 0; return 0; }
    if (c->have < head + (size_t)length) return 0;
    c->dialect = memmem(c->in, head, " /v1/messages", 13) ? 0 : 1;
    if (memmem(c->in + head, (size_t)length, "\"stream\":true", 13)) start_stream(c);
    else send_text(c, answer[c->dialect]);
    c->have -= head + (size_t)length;
    memmove(c->in, c->in + head + (size_t)length, c->have);
    return 1;
}

static void receive(struct connection *c) {
    ssize_t got = recv(c->fd, c->in + c->have, LARGEST_REQUEST - c->have, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) { end(c); return; }
    c->have += (size_t)got;
    while (!c->next_event && c->have && answer_one(c)) {}
    if (c->have == LARGEST_REQUEST) end(c);
}

static void accept_all(int listener) {
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (fd >= MOST_DESCRIPTORS) { close(fd); continue; }
        struct connection *c = calloc(1, sizeof *c);
        c->in = malloc(LARGEST_REQUEST);
        c->fd = fd;
        no_delay(fd);
        table[fd] = c;
        watch(epoll, fd, EPOLLIN, EPOLL_CTL_ADD);
    }
}

int main(int count, char **words) {
    if (count < 2) { fprintf(stderr, "usage: upstream PORT [EVENT_INTERVAL_MS]\n"); return 2; }
    if (count > 2) interval = atoi(words[2]);
    if (interval < 1 || interval > LONGEST_INTERVAL) { fprintf(stderr, "an interval of 1 to 1000 ms\n"); return 2; }
    make_answers();
    make_events();
    epoll = epoll_create1(0);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    int listener = listen_on(atoi(words[1]));
    watch(epoll, listener, EPOLLIN, EPOLL_CTL_ADD);
    watch(epoll, timer, EPOLLIN, EPOLL_CTL_ADD);
    printf("listening\n");
    fflush(stdout);
    for (;;) {
        struct epoll_event ready[256];
        int found = epoll_wait(epoll, ready, 256, -1);
        for (int i = 0; i < found; i++) {
            int fd = ready[i].data.fd;
            if (fd == listener) { accept_all(listener); continue; }
            if (fd == timer) { tick(); continue; }
            if (table[fd] && ready[i].events & EPOLLOUT && table[fd]->out_count) send_rest(table[fd]);
            if (table[fd] && ready[i].events & ~(uint32_t)EPOLLOUT) receive(table[fd]);
        }
    }
}
