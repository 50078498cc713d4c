/* What a hop costs without an interpreter: the rungs of parties.py once more, with the same names, arguments and answers.
 *
 * Built at run time where there is a compiler, by floor.py. One rung to a process: floor RUNG CORE CORE [PARTIES KIB].
 * Each line of standard input is a count; the answer is "COUNT NANOSECONDS SWITCHES", or "! WHY" when it cannot.
 * Switches are voluntary and involuntary ones of all threads of all parties, from /proc.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <dirent.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PARTIES_MAX = 1024 };

typedef struct {
  int core, parties, kib;      /* of the second party; of a ring */
  int out, back, there, home;  /* descriptors: the first party's, and the other's */
  int *word;                   /* shared by the parties: whose turn it is */
  int pipes[PARTIES_MAX][2];
  volatile int *array;
} Rung;

static Rung rung;
static pid_t pids[PARTIES_MAX];
static int pid_count;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

static void cannot(const char *what) {
  printf("! %s: %s\n", what, strerror(errno));
  fflush(stdout);
  exit(1);
}

static void pin(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (core < 0) return;
  CPU_SET(core, &set);
  if (sched_setaffinity(0, sizeof set, &set)) cannot("no permission to pin a thread to a core");
}

static void pass(int fd, const void *token, size_t size) {
  if (write(fd, token, size) != (ssize_t)size) exit(0);
}

static void take(int fd, void *token, size_t size) {
  if (read(fd, token, size) != (ssize_t)size) exit(0); /* the first party is gone */
}

/* -- what the parties do ------------------------------------------------------------------------------ */

static size_t token_size = sizeof(int);

static void *echo(void *unused) {
  uint64_t token;
  for (;;) take(rung.there, &token, token_size), pass(rung.home, &token, token_size);
  return unused;
}

static void descriptors(long count) {
  uint64_t token = 1;
  for (long i = 0; i < count / 2; i++) pass(rung.out, &token, token_size), take(rung.back, &token, token_size);
}

static void own_descriptor(long count) {
  uint64_t token = 1;
  for (long i = 0; i < count; i++) pass(rung.out, &token, token_size), take(rung.back, &token, token_size);
}

static void futex_wait(int *word, int unless) { syscall(SYS_futex, word, FUTEX_WAIT, unless, NULL, NULL, 0); }

static void futex_turn(int mine, int theirs) {
  int now;
  while ((now = __atomic_load_n(rung.word, __ATOMIC_ACQUIRE)) != mine) futex_wait(rung.word, now);
  __atomic_store_n(rung.word, theirs, __ATOMIC_RELEASE);
  syscall(SYS_futex, rung.word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void *futex_echo(void *unused) {
  for (;;) futex_turn(1, 0);
  return unused;
}

static void futex(long count) {
  int now;
  for (long i = 0; i < count / 2; i++) futex_turn(0, 1);
  while ((now = __atomic_load_n(rung.word, __ATOMIC_ACQUIRE)) != 0) futex_wait(rung.word, now);
}

static void futex_alone(long count) { /* a hop's two calls: the one wakes nobody, the other sees that it need not wait */
  for (long i = 0; i < count; i++) futex_turn(0, 0), futex_wait(rung.word, 1);
}

static void condition_turn(int mine, int theirs) {
  pthread_mutex_lock(&mutex);
  while (*rung.word != mine) pthread_cond_wait(&condition, &mutex);
  *rung.word = theirs;
  pthread_mutex_unlock(&mutex); /* before the signal: who is woken must not wait once more */
  pthread_cond_signal(&condition);
}

static void *condition_echo(void *unused) {
  for (;;) condition_turn(1, 0);
  return unused;
}

static void conditions(long count) {
  for (long i = 0; i < count / 2; i++) condition_turn(0, 1);
  pthread_mutex_lock(&mutex);
  while (*rung.word) pthread_cond_wait(&condition, &mutex);
  pthread_mutex_unlock(&mutex);
}

static void condition_alone(long count) {
  for (long i = 0; i < count; i++) condition_turn(0, 0);
}

static void yields(long count) {
  for (long i = 0; i < count; i++) sched_yield();
}

static void *yield_echo(void *unused) {
  long count;
  for (;;) take(rung.there, &count, sizeof count), yields(count), pass(rung.home, &count, sizeof count);
  return unused;
}

static void both_yield(long count) {
  long half = count / 2;
  pass(rung.out, &half, sizeof half), yields(half), take(rung.back, &half, sizeof half);
}

static void empty(long count) {
  for (long i = 0; i < count; i++) __asm__ volatile("");
}

__attribute__((noinline)) static long same(long token) {
  __asm__ volatile("" : "+r"(token));
  return token;
}

static void call(long count) {
  for (long i = 0; i < count; i++) same(i);
}

static void touch(void) {
  int sum = 0;
  for (long i = 0; i < rung.kib * 1024L / (long)sizeof(int); i++) sum += rung.array[i];
  __asm__ volatile("" : : "r"(sum));
}

static void ring(long count) {
  int token = 1, last = rung.parties - 1;
  for (long i = 0; i < count / rung.parties; i++)
    pass(rung.pipes[0][1], &token, sizeof token), take(rung.pipes[last][0], &token, sizeof token), touch();
}

static void ring_alone(long count) {
  int token = 1;
  for (long i = 0; i < count / rung.parties; i++)
    for (int p = 0; p < rung.parties; p++)
      pass(rung.pipes[p][1], &token, sizeof token), take(rung.pipes[p][0], &token, sizeof token), touch();
}

/* -- who they are ------------------------------------------------------------------------------------- */

static void array(void) {
  size_t size = rung.kib ? rung.kib * 1024L : 1;
  rung.array = malloc(size);
  if (!rung.array) cannot("no memory for the array");
  memset((void *)rung.array, 1, size);
}

static void with_process(int core, void *(*serve)(void *)) {
  pid_t pid = fork();
  if (pid < 0) cannot("no other process can be made");
  if (pid) {
    pids[pid_count++] = pid;
    return;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  pin(core);
  serve(NULL);
  _exit(0);
}

static void *pinned(void *serve) {
  pin(rung.core);
  return ((void *(*)(void *))serve)(NULL);
}

static void with_thread(void *(*serve)(void *)) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, pinned, (void *)serve)) cannot("no other thread can be made");
}

static void pipes_there_and_back(void) {
  int there[2], back[2];
  if (pipe(there) || pipe(back)) cannot("no pipe can be made");
  rung.there = there[0], rung.out = there[1], rung.back = back[0], rung.home = back[1];
}

static void eventfds_there_and_back(void) {
  token_size = sizeof(uint64_t); /* an eventfd's int */
  rung.there = rung.out = eventfd(0, 0);
  rung.back = rung.home = eventfd(0, 0);
  if (rung.out < 0 || rung.back < 0) cannot("no eventfd can be made");
}

static int ring_place;

static void *ring_echo(void *unused) {
  int token;
  array();
  for (;;) {
    take(rung.pipes[ring_place - 1][0], &token, sizeof token);
    touch();
    pass(rung.pipes[ring_place][1], &token, sizeof token);
  }
  return unused;
}

static void make_ring(int first, int alone) {
  struct sched_param none = {0};
  sched_setscheduler(0, SCHED_BATCH, &none); /* see parties.py */
  for (int p = 0; p < rung.parties; p++)
    if (pipe(rung.pipes[p])) cannot("no pipe can be made");
  for (ring_place = 1; ring_place < rung.parties && !alone; ring_place++)
    with_process(ring_place % 2 ? rung.core : first, ring_echo);
  array();
}

static void (*opened(const char *name, int first))(long) {
#define NAMED(text) if (!strcmp(name, text))
  NAMED("empty") return empty;
  NAMED("call") return call;
  NAMED("pipe_process") return pipes_there_and_back(), with_process(rung.core, echo), descriptors;
  NAMED("pipe_thread") return pipes_there_and_back(), with_thread(echo), descriptors;
  NAMED("pipe_self") return pipes_there_and_back(), rung.back = rung.there, own_descriptor;
  NAMED("eventfd_process") return eventfds_there_and_back(), with_process(rung.core, echo), descriptors;
  NAMED("eventfd_thread") return eventfds_there_and_back(), with_thread(echo), descriptors;
  NAMED("eventfd_self") return eventfds_there_and_back(), rung.back = rung.out, own_descriptor;
  NAMED("futex_process") return with_process(rung.core, futex_echo), futex;
  NAMED("futex_thread") return with_thread(futex_echo), futex;
  NAMED("futex_self") return futex_alone;
  NAMED("condition_thread") return with_thread(condition_echo), conditions;
  NAMED("condition_self") return condition_alone;
  NAMED("yield_process") return pipes_there_and_back(), with_process(rung.core, yield_echo), both_yield;
  NAMED("yield_self") return yields;
  NAMED("ring") return make_ring(first, 0), ring;
  NAMED("ring_self") return make_ring(first, 1), ring_alone;
  printf("! there is no rung %s\n", name);
  exit(1);
}

/* -- how it is told ----------------------------------------------------------------------------------- */

static long switches_of(pid_t pid) {
  char path[64], line[256];
  long switches = 0, some;
  snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
  DIR *tasks = opendir(path);
  if (!tasks) cannot("the switches are not told");
  for (struct dirent *task; (task = readdir(tasks));) {
    char status[sizeof path + sizeof task->d_name + 8];
    if (task->d_name[0] == '.') continue;
    snprintf(status, sizeof status, "%s/%s/status", path, task->d_name);
    FILE *file = fopen(status, "r");
    while (file && fgets(line, sizeof line, file))
      if (sscanf(line, "voluntary_ctxt_switches: %ld", &some) == 1 ||
          sscanf(line, "nonvoluntary_ctxt_switches: %ld", &some) == 1)
        switches += some;
    if (file) fclose(file);
  }
  closedir(tasks);
  return switches;
}

static long all_switches(void) {
  long switches = switches_of(getpid());
  for (int i = 0; i < pid_count; i++) switches += switches_of(pids[i]);
  return switches;
}

static long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000L + time.tv_nsec;
}

int main(int arguments, char **argument) {
  char line[64];
  if (arguments < 4) return 2;
  int first = atoi(argument[2]);
  rung.core = atoi(argument[3]);
  rung.parties = arguments > 4 ? atoi(argument[4]) : 2;
  rung.kib = arguments > 5 ? atoi(argument[5]) : 0;
  if (rung.parties < 2 || rung.parties > PARTIES_MAX) return 2;
  rung.word = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (rung.word == MAP_FAILED) cannot("no shared memory");
  pin(first);
  void (*loop)(long) = opened(argument[1], first);
  loop(rung.parties); /* all parties are there */
  while (fgets(line, sizeof line, stdin)) {
    long count = (atol(line) + rung.parties - 1) / rung.parties * rung.parties;
    long switches = all_switches(), began = now();
    loop(count);
    long ns = now() - began;
    printf("%ld %ld %ld\n", count, ns, all_switches() - switches);
    fflush(stdout);
  }
  return 0;
}
