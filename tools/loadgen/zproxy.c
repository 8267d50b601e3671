/* zproxy - libzmq's own ROUTER-DEALER forwarder (zmq_proxy): the physical limit for any forwarder.
 * Binds two free ports of the loopback and prints their endpoints on one line. */
#include <zmq.h>
#include <stdio.h>

static void *bound (void *context, int type, char *endpoint, size_t size)
{
    void *socket = zmq_socket (context, type);
    int unlimited = 0;
    zmq_setsockopt (socket, ZMQ_SNDHWM, &unlimited, sizeof unlimited);
    zmq_setsockopt (socket, ZMQ_RCVHWM, &unlimited, sizeof unlimited);
    if (zmq_bind (socket, "tcp://127.0.0.1:*") || zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, endpoint, &size)) {
        perror ("bind");
        return NULL;
    }
    return socket;
}

int main (void)
{
    char front [100], back [100];
    void *context = zmq_ctx_new ();
    void *f = bound (context, ZMQ_ROUTER, front, sizeof front);
    void *b = bound (context, ZMQ_DEALER, back, sizeof back);
    if (!f || !b)
        return 1;
    printf ("%s %s\n", front, back);
    fflush (stdout);
    return zmq_proxy (f, b, NULL);
}
