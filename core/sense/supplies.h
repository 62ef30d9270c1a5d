/* Power supplies as the kernel describes them in sysfs. Batteries of devices, such as a mouse, do
 * not count.
 *
 * The caller owns the values and the descriptor.
 *
 * Any thread. Looking reads a few small files of the kernel.
 *
 * What cannot be read is unknown, and trouble says why. A machine without power supplies is no
 * trouble: it has no battery. */
#ifndef MS_SENSE_SUPPLIES_H
#define MS_SENSE_SUPPLIES_H

#include "sense/power.h"
#include "sense/watch.h"

/* sysfs is where that is mounted. */
void ms_supplies_look(const char *sysfs, ms_power *power);
/* A descriptor that is readable when a device has changed; −1 = none. */
int ms_supplies_news(void);
/* SOME when a power supply has. */
ms_news ms_supplies_drain(int fd);

#endif
