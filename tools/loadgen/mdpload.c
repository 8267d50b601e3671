/* mdpload - load generator for MDP/0.1 (RFC 7) brokers and for plain forwarders.
 *
 * One process: a client thread with one or more DEALER sockets keeping `window` requests
 * outstanding, and a worker thread serving `workers` DEALER sockets with an echo service.
 * Everything runs on one libzmq context with one I/O thread, so that on a small machine the
 * broker under test gets as much processor as possible.
 *
 *   -e endpoint   broker endpoint (clients; workers too unless -k)   tcp://127.0.0.1:5555
 *   -k endpoint   worker endpoint, for forwarders with two sockets
 *   -m mode       mdp  : MDP/0.1 frames
 *                 raw  : workers echo every frame unchanged (behind ROUTER/DEALER forwarders)
 *                 router: as raw, and each worker first sends one empty frame, so that a
 *                         ROUTER-ROUTER forwarder learns its routing id
 *   -f frames     raw mode: frames per request the client sends (default 4, as MDP)
 *   -w workers    worker sockets (0 = none, an outside worker serves)
 *   -W window     outstanding requests
 *   -s size       body bytes (>= 8)
 *   -n count      measured requests (0: only serve as workers, for -R seconds)
 *   -R rounds     repeat the measured part
 *   -p pid        process whose processor time is reported per request
 *   -S service    service name (default echo)
 * Output, one line per round:
 *   req/s  p50us  p99us  p999us  broker_cpu_us_per_req  own_cpu_us_per_req
 */
#include <zmq.h>
#include <dirent.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *ep = "tcp://127.0.0.1:5555", *wep = NULL, *service = "echo";
static int raw = 0, hello = 0, nframes = 4, nworkers = 1, window = 1, pid = 0, rounds = 1;
static size_t size = 100;
static long count = 100000;
static void *ctx;
static volatile int stop_workers = 0;

static int64_t now_ns (void)
{
    struct timespec t;
    clock_gettime (CLOCK_MONOTONIC, &t);
    return (int64_t) t.tv_sec * 1000000000 + t.tv_nsec;
}

/* processor time of all threads of a process, ns */
static int64_t cpu_ns (int p)
{
    if (p <= 0)
        return 0;
    char path [300];
    snprintf (path, sizeof path, "/proc/%d/task", p);
    DIR *d = opendir (path);
    if (!d)
        return 0;
    int64_t sum = 0;
    struct dirent *e;
    while ((e = readdir (d))) {
        if (e->d_name [0] == '.')
            continue;
        snprintf (path, sizeof path, "/proc/%d/task/%s/schedstat", p, e->d_name);
        FILE *f = fopen (path, "r");
        long long v = 0;
        if (f) {
            if (fscanf (f, "%lld", &v) == 1)
                sum += v;
            fclose (f);
        }
    }
    closedir (d);
    return sum;
}

static void *dealer (const char *e)
{
    void *s = zmq_socket (ctx, ZMQ_DEALER);
    int zero = 0;
    zmq_setsockopt (s, ZMQ_LINGER, &zero, sizeof zero);
    zmq_setsockopt (s, ZMQ_SNDHWM, &zero, sizeof zero);
    zmq_setsockopt (s, ZMQ_RCVHWM, &zero, sizeof zero);
    if (zmq_connect (s, e)) {
        perror (e);
        exit (1);
    }
    return s;
}

static void ready (void *s)
{
    zmq_send (s, "", 0, ZMQ_SNDMORE);
    zmq_send (s, "MDPW01", 6, ZMQ_SNDMORE);
    zmq_send (s, "\1", 1, ZMQ_SNDMORE);
    zmq_send (s, service, strlen (service), 0);
}

/* one message from worker socket s; 0 when nothing was there */
static int work_one (void *s)
{
    zmq_msg_t m [16];
    int n = 0, more = 1;
    while (more) {
        if (n == 16)
            exit (3);
        zmq_msg_init (&m [n]);
        if (zmq_msg_recv (&m [n], s, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close (&m [n]);
            return 0;
        }
        more = zmq_msg_more (&m [n]);
        n++;
    }
    if (raw) {
        for (int i = 0; i < n; i++)
            zmq_msg_send (&m [i], s, i < n - 1? ZMQ_SNDMORE: 0);
        return 1;
    }
    /* empty, MDPW01, command, [client, empty, body...] */
    char cmd = n >= 3 && zmq_msg_size (&m [2]) == 1? *(char *) zmq_msg_data (&m [2]): 0;
    if (cmd == 2 && n >= 6) {
        *(char *) zmq_msg_data (&m [2]) = 3;
        for (int i = 0; i < n; i++)
            zmq_msg_send (&m [i], s, i < n - 1? ZMQ_SNDMORE: 0);
    }
    else {
        if (cmd == 5)
            ready (s);
        for (int i = 0; i < n; i++)
            zmq_msg_close (&m [i]);
    }
    return 1;
}

static void *worker_thread (void *a)
{
    void **s = calloc (nworkers, sizeof *s);
    zmq_pollitem_t *it = calloc (nworkers, sizeof *it);
    for (int i = 0; i < nworkers; i++) {
        s [i] = dealer (wep? wep: ep);
        if (!raw)
            ready (s [i]);
        if (hello)
            zmq_send (s [i], "", 0, 0);
        it [i].socket = s [i];
        it [i].events = ZMQ_POLLIN;
    }
    int64_t beat = now_ns () + 1000000000;
    while (!stop_workers) {
        zmq_poll (it, nworkers, 200);
        for (int i = 0; i < nworkers; i++)
            if (it [i].revents & ZMQ_POLLIN)
                while (work_one (s [i]));
        if (!raw && now_ns () > beat) {
            for (int i = 0; i < nworkers; i++) {
                zmq_send (s [i], "", 0, ZMQ_SNDMORE);
                zmq_send (s [i], "MDPW01", 6, ZMQ_SNDMORE);
                zmq_send (s [i], "\4", 1, 0);
            }
            beat = now_ns () + 1000000000;
        }
    }
    for (int i = 0; i < nworkers; i++) {
        if (!raw) {
            zmq_send (s [i], "", 0, ZMQ_SNDMORE);
            zmq_send (s [i], "MDPW01", 6, ZMQ_SNDMORE);
            zmq_send (s [i], "\5", 1, 0);
        }
        int l = 100;
        zmq_setsockopt (s [i], ZMQ_LINGER, &l, sizeof l);
        zmq_close (s [i]);
    }
    return a;
}

static void send_request (void *s, char *body)
{
    int64_t t = now_ns ();
    memcpy (body, &t, 8);
    if (raw && nframes < 4) {
        for (int i = 1; i < nframes; i++)
            zmq_send (s, "", 0, ZMQ_SNDMORE);
        zmq_send (s, body, size, 0);
        return;
    }
    zmq_send (s, "", 0, ZMQ_SNDMORE);
    zmq_send (s, "MDPC01", 6, ZMQ_SNDMORE);
    zmq_send (s, service, strlen (service), ZMQ_SNDMORE);
    zmq_send (s, body, size, 0);
}

/* wait for one reply; returns its round trip time in ns, -1 on timeout */
static int64_t recv_reply (void *s)
{
    int more = 1;
    int64_t t = 0;
    while (more) {
        zmq_msg_t m;
        zmq_msg_init (&m);
        if (zmq_msg_recv (&m, s, 0) < 0)
            return -1;
        more = zmq_msg_more (&m);
        if (!more) {
            if (zmq_msg_size (&m) != size) {
                fprintf (stderr, "bad reply size %zu\n", zmq_msg_size (&m));
                exit (2);
            }
            memcpy (&t, zmq_msg_data (&m), 8);
        }
        zmq_msg_close (&m);
    }
    return now_ns () - t;
}

static int cmp (const void *a, const void *b)
{
    int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;
    return x < y? -1: x > y;
}

static int run (void *s, char *body, long n, int64_t *lat)
{
    long sent = 0, got = 0;
    while (got < n) {
        while (sent < n && sent - got < window) {
            send_request (s, body);
            sent++;
        }
        int64_t l = recv_reply (s);
        if (l < 0) {
            fprintf (stderr, "timeout: sent %ld got %ld\n", sent, got);
            return -1;
        }
        if (lat)
            lat [got] = l;
        got++;
    }
    return 0;
}

int main (int argc, char **argv)
{
    int c;
    while ((c = getopt (argc, argv, "e:k:m:f:w:W:s:n:R:p:S:")) != -1)
        switch (c) {
        case 'e': ep = optarg; break;
        case 'k': wep = optarg; break;
        case 'm': hello = !strcmp (optarg, "router"); raw = hello || !strcmp (optarg, "raw"); break;
        case 'f': nframes = atoi (optarg); break;
        case 'w': nworkers = atoi (optarg); break;
        case 'W': window = atoi (optarg); break;
        case 's': size = atoi (optarg); break;
        case 'n': count = atol (optarg); break;
        case 'R': rounds = atoi (optarg); break;
        case 'p': pid = atoi (optarg); break;
        case 'S': service = optarg; break;
        default: return 1;
        }
    if (size < 8)
        size = 8;
    ctx = zmq_ctx_new ();
    pthread_t th;
    if (nworkers)
        pthread_create (&th, NULL, worker_thread, NULL);
    if (count == 0) {
        sleep (rounds);
        return 0;
    }
    void *s = dealer (ep);
    int tmo = 10000;
    zmq_setsockopt (s, ZMQ_RCVTIMEO, &tmo, sizeof tmo);
    usleep (300000);            /* let the workers register */
    char *body = calloc (1, size);
    int64_t *lat = malloc (sizeof (int64_t) * count);
    long warm = count / 10 < 200? 200: count / 10;
    if (run (s, body, warm, NULL))
        return 1;
    for (int r = 0; r < rounds; r++) {
        int64_t b0 = cpu_ns (pid), o0 = cpu_ns (getpid ()), t0 = now_ns ();
        if (run (s, body, count, lat))
            return 1;
        int64_t t1 = now_ns (), b1 = cpu_ns (pid), o1 = cpu_ns (getpid ());
        qsort (lat, count, sizeof *lat, cmp);
        printf ("%.0f %.1f %.1f %.1f %.2f %.2f\n", count / ((t1 - t0) / 1e9), lat [count / 2] / 1e3,
                lat [count * 99 / 100] / 1e3, lat [count * 999 / 1000] / 1e3,
                (b1 - b0) / 1e3 / count, (o1 - o0) / 1e3 / count);
        fflush (stdout);
    }
    stop_workers = 1;
    if (nworkers)
        pthread_join (th, NULL);
    zmq_close (s);
    zmq_ctx_term (ctx);
    return 0;
}
