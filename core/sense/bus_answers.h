/* What services on the bus answer, and what it means for the values. Private to the bus's files.
 *
 * Plain values; a message is the caller's, and is read once.
 *
 * Only the loop's thread may call.
 *
 * Reading returns a negative number for a message of another shape; the answer is then half read
 * and must be forgotten. Judging does not fail. */
#ifndef MS_SENSE_BUS_ANSWERS_H
#define MS_SENSE_BUS_ANSWERS_H

#include "sense/bus.h"
#include "sense/sdbus.h"

/* Each answer is known once its service has given it; zeroed it is unknown. */
typedef struct ms_bus_answers {
  struct {
    bool known;
    uint32_t metered;
    char kind[32]; /* of the connection that leads to the Internet; empty = there is none */
  } network;
  struct {
    bool known;
    bool roam;
  } modems; /* those that are connected; not known while none is */
  struct {
    bool known;
    bool on_battery;
  } power;
  struct {
    bool known;
    bool present;
    double percent;
  } battery;
  struct {
    bool known;
    bool inhibited; /* a program asks that the machine does not count as idle */
  } login;
  struct {
    bool known;
    bool idle;
    int64_t since_ms;
  } sessions; /* all that report; not known while none does */
} ms_bus_answers;

/* Readers of the answers above. */
typedef int ms_bus_reader(const ms_sdbus *sd, struct sd_bus_message *message,
                          ms_bus_answers *answers);
ms_bus_reader ms_bus_read_network;
ms_bus_reader ms_bus_read_modems;
ms_bus_reader ms_bus_read_power;
ms_bus_reader ms_bus_read_battery;
ms_bus_reader ms_bus_read_login;

/* The properties of one session, added to those of the sessions before. */
ms_bus_reader ms_bus_read_session;

/* All but the trouble, which is kept. */
void ms_bus_answers_judge(const ms_bus_answers *answers, ms_bus_values *values);

#endif
