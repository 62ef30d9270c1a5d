#include "sense/network.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Where to ask the way to: a root name server, whose addresses are as old as they are public. */
static const unsigned char far_v4[4] = {198, 41, 0, 4};
static const unsigned char far_v6[16] = {0x20, 0x01, 0x05, 0x03, 0xba, 0x3e, 0, 0,
                                         0,    0,    0,    0x02, 0,    0x30, 0, 0};

typedef struct request {
  struct nlmsghdr head;
  struct rtmsg route;
  struct rtattr attribute;
  unsigned char address[16];
} request;

/* An answer is some hundred bytes; the union gives it the alignment that its macros expect. */
typedef union answer {
  struct nlmsghdr head;
  char bytes[4096];
} answer;

static bool send_request(int fd, unsigned char family, const void *address, unsigned char size) {
  request it = {
      .head = {.nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST},
      .route = {.rtm_family = family, .rtm_dst_len = (unsigned char)(size * 8)},
      .attribute = {.rta_type = RTA_DST, .rta_len = (unsigned short)RTA_LENGTH(size)},
  };
  it.head.nlmsg_len = (unsigned)(NLMSG_LENGTH(sizeof it.route) + RTA_LENGTH(size));
  memcpy(it.address, address, size);
  return send(fd, &it, it.head.nlmsg_len, 0) == (ssize_t)it.head.nlmsg_len;
}

/* The index of the link that the route takes, 0 if it leads nowhere. */
static int link_of_route(const struct nlmsghdr *head) {
  const struct rtmsg *route = NLMSG_DATA(head);
  unsigned size = (unsigned)RTM_PAYLOAD(head);
  int index = 0;
  if (route->rtm_type != RTN_UNICAST) return 0;
  for (const struct rtattr *it = RTM_RTA(route); RTA_OK(it, size); it = RTA_NEXT(it, size)) {
    if (it->rta_type == RTA_OIF) memcpy(&index, RTA_DATA(it), sizeof index);
  }
  return index;
}

/* 0 and a link's index (0 = there is no way), or the number of an error. The kernel has answered
 * when the sending returns. */
static int ask_route(int fd, unsigned char family, int *link) {
  answer got;
  bool v4 = family == AF_INET;
  const void *address = v4 ? (const void *)far_v4 : far_v6;
  *link = 0;
  if (!send_request(fd, family, address, v4 ? sizeof far_v4 : sizeof far_v6)) return errno;
  ssize_t size = recv(fd, &got, sizeof got, MSG_DONTWAIT);
  if (size < 0) return errno;
  if (!NLMSG_OK(&got.head, (size_t)size)) return EPROTO;
  if (got.head.nlmsg_type == RTM_NEWROUTE) *link = link_of_route(&got.head);
  if (got.head.nlmsg_type != NLMSG_ERROR) return 0;
  int error = -((const struct nlmsgerr *)NLMSG_DATA(&got.head))->error;
  bool refused = error == EPERM || error == EACCES || error == ENOMEM || error == ENOBUFS;
  return refused ? error : 0;
}

/* A route stays when its link has lost its carrier, and leads nowhere then. */
static bool link_runs(int fd, int link) {
  struct ifreq it = {.ifr_ifindex = link};
  if (link <= 0 || ioctl(fd, SIOCGIFNAME, &it) != 0 || ioctl(fd, SIOCGIFFLAGS, &it) != 0) {
    return false;
  }
  return (it.ifr_flags & (IFF_UP | IFF_RUNNING | IFF_LOOPBACK)) == (IFF_UP | IFF_RUNNING);
}

static int look(int fd, bool *way) {
  static const unsigned char families[] = {AF_INET, AF_INET6};
  int error = 0, link;
  *way = false;
  for (size_t i = 0; i < sizeof families && !*way; i++) {
    int failed = ask_route(fd, families[i], &link);
    if (failed) error = failed;
    *way = !failed && link_runs(fd, link);
  }
  return *way ? 0 : error;
}

static int open_socket(unsigned groups) {
  struct sockaddr_nl all = {.nl_family = AF_NETLINK, .nl_groups = groups};
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  if (fd < 0 || bind(fd, (struct sockaddr *)&all, sizeof all) == 0) return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

void ms_network_look(ms_reading *reading) {
  bool way = false;
  int fd = open_socket(0);
  int error = fd < 0 ? errno : look(fd, &way);
  if (fd >= 0) close(fd);
  *reading = (ms_reading){.source = "rtnetlink"};
  reading->value = error ? MS_NETWORK_UNKNOWN : way ? MS_NETWORK_CONNECTED : MS_NETWORK_NONE;
  if (!error) return;
  snprintf(reading->trouble, sizeof reading->trouble, "the kernel does not tell its routes: %s",
           strerror(error));
}

int ms_network_news(void) {
  return open_socket(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
                     RTMGRP_IPV6_ROUTE | RTMGRP_IPV4_RULE);
}

/* What changed does not matter: the look afterwards sees it. Too much of it at once is news. */
ms_news ms_network_drain(int fd) {
  char bytes[8192];
  ms_news news = MS_NEWS_NONE;
  for (;;) {
    ssize_t size = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (size == 0) return MS_NEWS_END;
    if (size > 0 || errno == ENOBUFS)
      news = MS_NEWS_SOME;
    else if (errno != EINTR)
      return errno == EAGAIN ? news : MS_NEWS_END;
  }
}
