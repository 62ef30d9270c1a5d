/* Named points at which a process can be made to die or to stand still: a build with
 * MOONSHIFT_POINTS sends itself SIGKILL at the n-th passing of the point that the environment
 * names, as in MOONSHIFT_KILL_AT=commit:3, and SIGSTOP at that of MOONSHIFT_STOP_AT; before it
 * does, it says so on stderr. In every other build a point is nothing.
 *
 * Nothing is owned.
 *
 * Any thread may pass a point.
 *
 * Passing does not fail: it returns, if need be once the process is continued, or the process is
 * gone. */
#ifndef MS_BASE_POINT_H
#define MS_BASE_POINT_H

void ms_point(const char *name);

#ifdef MOONSHIFT_POINTS
#define MS_POINT(name) ms_point(name)
#else
#define MS_POINT(name) ((void)0)
#endif

#endif
