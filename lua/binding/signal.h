/* SIGINT and SIGTERM while a manager serves: they ask it to stop instead of ending the process.
 *
 * The handlers that were there before are put back when no manager serves any more.
 *
 * Any thread that serves. The handler runs on whichever thread the system chooses.
 *
 * Beginning fails with LIMIT when too many managers of the process serve at once. */
#ifndef MS_BINDING_SIGNAL_H
#define MS_BINDING_SIGNAL_H

#include "moonshift.h"

ms_status ms_signals_begin(ms_manager *manager, ms_err *err);
/* Whether a signal came since it began. */
bool ms_signals_caught(const ms_manager *manager);
/* What never began may end. */
void ms_signals_end(const ms_manager *manager);

#endif
