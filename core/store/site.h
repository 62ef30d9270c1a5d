/* The site of a database: its file, and those that stand beside it under its name.
 *
 * Nothing is owned; descriptors stay the caller's.
 *
 * Any thread may call. Making a file closes a descriptor of it, which drops the locks that this
 * process has on it through others, so one thread at a time prepares a site.
 *
 * Whoever may write to the folder decides what stands there: a link or a second name would lead our
 * writes into another file, and by another name a database has another log and other locks. What is
 * no regular file with a single name is refused, with its path, before anything is written. */
#ifndef MS_STORE_SITE_H
#define MS_STORE_SITE_H

#include "base/status.h"

/* Makes the database's file, empty, if there is none. Whatever stands there and beside is one that
 * may be opened then. */
ms_status ms_site_prepare(const char *database, ms_err *err);
/* Whether what was opened by that path may be written to. */
ms_status ms_site_check(int file, const char *path, ms_err *err);
/* The mode of all files, whatever the process's umask. */
#define MS_SITE_MODE 0600
/* Explains an error of the system. */
ms_status ms_site_fail(const char *path, int error, ms_err *err);

#endif
