/*
 * Makes a core slow: takes it away from everybody else for most of each millisecond, at a priority above that of what plays. What is left runs
 * as on a core of that share of its speed, with its own priorities among itself; a quota would stop all of it together, for as long as a tick of
 * the scheduler. Arguments: the core, and how many of a thousand parts are left. Ends with its parent.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>

static const long TURN_NS = 1000000;
static const int PRIORITY = 90;

static long now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000L + now.tv_nsec;
}

static void sleep_until(long ns) {
  struct timespec then = {ns / 1000000000L, ns % 1000000000L};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, NULL) != 0) continue;
}

int main(int count, char **words) {
  if (count != 3) return 2;
  const long left_ns = TURN_NS * atol(words[2]) / 1000;
  cpu_set_t core;
  CPU_ZERO(&core);
  CPU_SET(atoi(words[1]), &core);
  const struct sched_param priority = {PRIORITY};
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (sched_setaffinity(0, sizeof core, &core) != 0 || sched_setscheduler(0, SCHED_FIFO, &priority) != 0 ||
      mlockall(MCL_CURRENT | MCL_FUTURE) != 0) {
    perror("slow-core");
    return 1;
  }
  puts("slow");
  fflush(stdout);
  for (;;) {
    const long given = now_ns();
    sleep_until(given + left_ns);
    const long taken = now_ns();
    /* Whoever comes late takes as much more: the share is kept. */
    const long back = taken + (long)((double)(taken - given) * (double)(TURN_NS - left_ns) / (double)left_ns);
    while (now_ns() < back) continue;
  }
}
