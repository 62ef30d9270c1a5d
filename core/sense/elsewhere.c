/* Systems other than Linux: the network and the power are told by the application alone. */
#include "sense/network.h"
#include "sense/supplies.h"

static const ms_reading untold = {.source = "none"};

void ms_network_look(ms_reading *reading) {
  *reading = untold;
}

int ms_network_news(void) {
  return -1;
}

ms_news ms_network_drain(int fd) {
  (void)fd;
  return MS_NEWS_END;
}

void ms_supplies_look(const char *sysfs, ms_power *power) {
  (void)sysfs;
  *power = (ms_power){.percent = -1};
}

int ms_supplies_news(void) {
  return -1;
}

ms_news ms_supplies_drain(int fd) {
  (void)fd;
  return MS_NEWS_END;
}
