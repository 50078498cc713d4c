"""Every bound and every period of the runtime, and where its number is from.

Numbers marked "Go's" are those of Go 1.19's runtime/proc.go and runtime2.go.
"""

from sys import maxsize
from typing import Final

from cluster.model.clock import MICROSECOND, MILLISECOND, SECOND

# Scheduling.
RUNQ_SIZE: Final = 256  # Go's; the ring of one P, beside runnext
GLOBRUNQ_TICKS: Final = 61  # Go's; without it, two Gs that ready each other starve globrunq
GLOBRUNQ_BATCH_MAX: Final = RUNQ_SIZE // 2  # Go's; at most half a ring from globrunq at a time
SLICE_NS: Final = 10 * MILLISECOND  # Go's forcePreemptNS
GOID_BATCH: Final = 16  # Go's; ids are taken in batches, so they grow only within one M
STARVATION_NS: Final = 1 * MILLISECOND  # Go's starvationThresholdNs: a mutex starves when a waiter loses after this
SLEEP_MAX_S: Final = (1 << 63) // SECOND  # Go's: 292 years, the longest Duration; a longer sleep is as long
PROCS_MAX: Final = 1024  # Go has no limit since 1.10; ours bounds the P table a message may ask for
STACK_MIN: Final = 2048  # bytes at birth; Go's _FixedStack
STACK_MAX: Final = 1_000_000_000 if maxsize > 1 << 32 else 250_000_000  # Go's, for one goroutine
MS_MAX: Final = 10_000  # Go's maxmcount

# Driving one M.
IO_PERIOD_NS: Final = 100 * MICROSECOND  # between two looks at the sockets while goroutines run and messages come
IO_PERIOD_MAX_NS: Final = 400 * MICROSECOND  # the same when none has come for a while
BUDGET_MAX: Final = 1024  # dispatches between two looks at the clock; at 0.2 us each, half the longest period
SPIN_NS: Final = 1 * MILLISECOND  # an M in conversation with another waits for its answer before it looks for work
SEARCH_NS: Final = 2 * MILLISECOND  # an M that looks for work keeps its P this long before it gives it up
MOVE_SLICE_NS: Final = 200 * MICROSECOND  # started goroutines move from an M whose slices are longer than this on
# average: each of their operations on a channel that stays behind costs about as much
MOVES_MAX: Final = RUNQ_SIZE // 2  # started goroutines that leave at once, at 10 to 20 us each; as a thief of Go takes
SYSCALL_THREADS_MAX: Final = 512  # blocking calls of one M at once; Go's limit of 10,000 threads is for all Ms
SYSMON_PERIOD_NS: Final = 10 * MILLISECOND  # how often the helper thread looks at the main thread
HEARTBEAT_NS: Final = 500 * MILLISECOND

# Channels across Ms: see cluster/kernel/lending.py.
LEND_CAP_MIN: Final = 8  # a smaller buffer gains less than the lending of its ends costs
LEND_MAX: Final = 1024  # values, or places, that are lent at once
LEND_BYTES_MAX: Final = 1 << 20  # of values that are lent at once, unless one alone has more
BORROW_OPS: Final = 16  # operations in a row, within BORROW_NS, after which an M asks for an end of a channel
BORROW_NS: Final = BORROW_OPS * MILLISECOND  # slower ones gain nothing that could be seen
SHY_MAX: Final = 256  # requests to borrow that are refused at most, after others have wanted what was lent

# Streams of goroutines: see cluster/net.
NET_BYTES_MAX: Final = 1 << 20  # in one system call: it keeps its M, and a read makes room for all it may get
LISTEN_BACKLOG: Final = 4096  # calls not yet accepted; the system's own limit, Linux's default, is no higher
TCP_KEEPALIVE_S: Final = 15  # Go's, of silence before a peer is asked whether it is there

# Large arguments and results of tasks, which go by files on one machine: see cluster/wire/apart.py.
APART_BYTES_MIN: Final = 64 << 10  # shorter ones stay in frames: there a file costs as much as it spares
APART_MEMORY_MAX: Final = 256 << 20  # in /dev/shm, of what one process has written for one pool. What is beyond goes to
# disk, as a longer one does: when memory is needed the kernel writes it out
APART_MEMORY_SHARE: Final = 2  # all together use no more than one half of /dev/shm
APART_PARTS_MAX: Final = 1 << 20  # buffers of one argument or result
APART_MAPPED_MAX: Final = 128  # files at once; in Python 3.11 and 3.12 each keeps a descriptor, and a process has 1024
AHEAD_BYTES_MAX: Final = 256 << 20  # arguments and results of one `map` that nobody has asked for, or one chunk

# Leases. The holder gives up before the grantor takes back: see coordinator/core/ptable.py.
# On one machine, and across machines, where a switch of the network may take seconds.
LEASE_RENEW_NS: Final = 500 * MILLISECOND
LEASE_GIVE_UP_NS: Final = 2 * SECOND
LEASE_EXPIRE_NS: Final = 3 * SECOND
FAR_LEASE_RENEW_NS: Final = 2 * SECOND
FAR_LEASE_GIVE_UP_NS: Final = 10 * SECOND
FAR_LEASE_EXPIRE_NS: Final = 15 * SECOND
IDLE_EXIT_MAX_S: Final = 1_000_000  # of --idle-exit
CLIENT_EXPIRE_NS: Final = 10 * SECOND  # a client may be stopped at its terminal for a moment
DROP_GRACE_NS: Final = LEASE_EXPIRE_NS  # an ending program waits this long for the last lines of its Ms: who is silent
# for longer is lost anyway, and a machine that stands still for a second must not cost them
START_TIMEOUT_NS: Final = 30 * SECOND  # for the processes of an embedded cluster to report

# The wire.
FRAME_BYTES_MAX: Final = 1 << 30  # one frame; a longer one is dropped before it is decoded
TASK_BYTES_MAX: Final = FRAME_BYTES_MAX // 2  # arguments of a task of a pool, or its result: in a frame with others
WITHDRAWN_MAX: Final = 1 << 16  # tasks of a pool that are not wanted any more: as many are remembered
LINK_BYTES_MAX: Final = 32 << 20  # said to one peer and not acknowledged: then its sender waits. 50 ms at 5 Gbit/s
LINK_FRAMES_MAX: Final = 8192  # the same, in frames
PRINTED_MAX: Final = 4 << 20  # bytes that goroutines of one M have printed and nobody has taken: then they wait
PEER_FORGET_NS: Final = 60 * SECOND  # a peer that was silent for so long is forgotten by the shells
BATCH_BYTES: Final = 1 << 20  # messages for one peer are put in one frame up to about this size
MOVE_CALLS_MAX: Final = 10_000  # levels of `call` of a started goroutine; 0.1 s
MOVE_BYTES_MAX: Final = 64 << 20  # a started goroutine; 0.1 s on a link of 5 Gbit/s, and its P can go to it instead
FRAME_MESSAGES_MAX: Final = 1 << 20  # in one frame; a million of the smallest
STRIKES_MAX: Final = 3  # bad frames after which a peer is cut off
STRIKES_PEERS_MAX: Final = 4096  # with bad frames, that are remembered; 1 MB
HANDSHAKE_NS: Final = 10 * SECOND  # libzmq's default is 30; what a stranger sends is kept for no longer
VISITORS_MAX: Final = 1024  # at an M's door, not yet in its roster; each takes 0.7 KB until another takes its place
PEERS_MAX: Final = 1 << 16  # that the coordinator has an end of a link for; twice as many as may be members; 100 MB
CLIENTS_MAX: Final = 10_000  # as many as Ms
NURSERIES_MAX: Final = MS_MAX  # each has an M
PROGRAMS_MAX: Final = 1024  # running at once in one cluster
GLOBRUNQ_MAX: Final = 10_000_000  # records waiting in the coordinator
