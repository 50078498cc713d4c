"""Go's goroutine scheduler as a multi-process runtime for Python.

Everything public is here: `from cluster import go, Chan, run`. The packages below, downwards; each
imports only those under it:

cli, bench, trace, dashboard   clients of a running cluster
joblib                         a backend for joblib: `import cluster.joblib` registers it
aio                            Cluster and run for asyncio
api                            Cluster and run
pool                           submit, map and the executor: tasks, and the thread that ships them
launch                         starts, finds and stops processes
wire                           the protocol
net                            TCP and Unix streams for goroutines
kernel                         goroutines of one M: switches, queues, channels
model                          ids, states, errors, limits
"""

from cluster import aio
from cluster.api.cluster import Cluster, run
from cluster.kernel.chan import Chan
from cluster.kernel.claims import Selected
from cluster.kernel.cond import Cond
from cluster.kernel.context import (
    Context,
    background,
    todo,
    with_cancel,
    with_deadline,
    with_timeout,
    with_value,
)
from cluster.kernel.errgroup import ErrGroup
from cluster.kernel.goexit import goexit
from cluster.kernel.mutex import Mutex
from cluster.kernel.netpoll import readable, writable
from cluster.kernel.nilchan import nil
from cluster.kernel.once import Once
from cluster.kernel.promise import Promise, submit
from cluster.kernel.runtime import (
    exit,
    gomaxprocs,
    lock_os_thread,
    num_goroutine,
    panic,
    stack,
    syscall,
    unlock_os_thread,
)
from cluster.kernel.rwmutex import RWMutex
from cluster.kernel.sched import go, goid, gosched, sleep
from cluster.kernel.select import default, select
from cluster.kernel.semaphore import Semaphore
from cluster.kernel.stack import call, set_max_stack
from cluster.kernel.tickers import Ticker, Timer, after, after_func
from cluster.kernel.waitgroup import WaitGroup
from cluster.launch.cpus import num_cpu
from cluster.model.errors import (
    Canceled,
    CannotShipError,
    ClusterError,
    DeadlineExceeded,
    Goexit,
    LostError,
    NetError,
    NoClusterError,
    NotInGoroutineError,
    Panic,
    ProgramError,
)

__all__ = [
    "Canceled",
    "CannotShipError",
    "Chan",
    "Cluster",
    "ClusterError",
    "Cond",
    "Context",
    "DeadlineExceeded",
    "ErrGroup",
    "Goexit",
    "LostError",
    "Mutex",
    "NetError",
    "NoClusterError",
    "NotInGoroutineError",
    "Once",
    "Panic",
    "ProgramError",
    "Promise",
    "RWMutex",
    "Selected",
    "Semaphore",
    "Ticker",
    "Timer",
    "WaitGroup",
    "after",
    "after_func",
    "aio",
    "background",
    "call",
    "default",
    "exit",
    "go",
    "goexit",
    "goid",
    "gomaxprocs",
    "gosched",
    "nil",
    "lock_os_thread",
    "num_cpu",
    "num_goroutine",
    "panic",
    "readable",
    "run",
    "select",
    "set_max_stack",
    "sleep",
    "stack",
    "submit",
    "syscall",
    "todo",
    "unlock_os_thread",
    "with_cancel",
    "with_deadline",
    "with_timeout",
    "with_value",
    "writable",
]
