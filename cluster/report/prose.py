"""The sentences of the report, as HTML: for a student who knows Python and has heard of threads."""

from typing import Final

TITLE: Final = "How goroutines run on this machine"
LEAD: Final = """One small program, told step by step; one job, on one core and on all of them; what it costs to
switch
from one thing to another, by every means there is; and how much faster work gets with more cores. All of it was
measured here, just now."""

HELLO: Final = """
<p>Go's scheduler has three kinds of thing, and one rule: <b>an M must hold a P to run a G</b>. Below is all that
happened
when a program that only prints <code>Hello, world</code> was started, in the order in which it happened. In grey: why
it
must be so, and the function of Go's runtime that does the same.</p>
<div class="words">
<div><b>G</b><p>a goroutine: a function that runs beside others. It is cheap: a program may have a hundred
thousand.</p></div>
<div><b>M</b><p>a machine: here a process of the operating system, with a Python interpreter of its own.</p></div>
<div><b>P</b><p>a processor: the right to run goroutines, and a queue of those that are ready. There are as many as
cores.</p></div>
</div>
"""

CORES: Final = """
<p>The picture shows one job, the primes below a number, cut into goroutines. Time goes from left to right. In the
upper
part each row is a <b>core</b>, and its colour says which M was on it: where two rows are coloured at one time, two
cores
were at work at that time. Below, each row is an <b>M</b>, coloured by goroutine. Then the same again with all Ms
bound
to one core: they take turns, and it lasts longer.</p>
"""

COSTS: Final = """
<p>To stop doing one thing and go on with another costs time, and the ways to do it differ by a factor of a thousand
and
more. Goroutines are switched by our own code, within a process; threads and processes by the system's kernel, which
has
to be entered, to choose, and to reload the processor's state.</p>
<p><b>On one core</b> two parties take turns, and the figure is the cost of the switch. <b>On two cores</b> nobody is
switched away: one party wakes up another that sleeps on the other core, and the figure is how long that takes. It is
longer, and is no switch.</p>
"""
COSTS_NOTE: Final = """
<p class="note">Each mark of the scale is ten times the one before. What the same calls cost without a switch has been
taken off. The thin line in each bar is the 95 % interval of the median.</p>
"""
COSTS_MISSING: Final = """
<p class="note">This demo was run without the ladder: <code>cluster switch --quick</code> shows it.</p>
"""

SCALING: Final = """
<p>If a job takes a second on one core, does it take half a second on two? Never quite. Below, the same work runs on
more
and more Ps. The dashed line is the ideal; in orange, as the limit of what this machine can do, is the same work split
over plain processes that never speak with each other.</p>
"""
SCALING_KEY: Final = """
<div class="key"><span><i class="ours"></i>goroutines</span><span><i class="bare"></i>plain processes</span>
<span>- - the ideal</span></div>
"""
SCALING_MISSING: Final = """
<p class="note">This demo was run without it: <code>cluster scale --quick</code> shows it.</p>
"""
OVERSUBSCRIBED: Final = """
<p class="note">* more Ps than cores: the ideal stays the number of cores.</p>
"""
ONE_CORE: Final = """
<p class="note">One number of Ps was measured: there is nothing to compare it with.</p>
"""
GONE: Final = """
<p>The kernel counts for each thread how long it had a core, how long it waited for one, and so how long it slept.
What is
not work is one of three things: the same units took more processor time than on one P; a process was ready and had no
core; or a P had nothing to run: at the start, at the end, or while a message was under way.</p>
"""
LAWS: Final = """
<h3>What two laws say</h3>
<p><b>Amdahl's law</b>: if a part of the work can only be done by one at a time, that part is the limit, however many
cores
there are. With a serial part of 5 % nothing gets more than 20 times as fast. The <b>universal scalability law</b>
adds
that those who work together must also agree, each with each, so that from some number on more of them are slower.</p>
"""

MACHINE: Final = """
<p>A figure has no meaning without the machine that it is from.</p>
"""

HOW: Final = """
<ul class="plain">
<li><b>Beside each other.</b> What is compared was measured in the same rounds, in an order drawn by lot: a slow
second of
the machine falls on all.</li>
<li><b>Medians</b>, with the interval in which the median lies with 95 % confidence, found by drawing from the samples
again and again (the bootstrap). No sample was thrown away in silence.</li>
<li><b>Switches.</b> Each means was used until a sample had lasted long enough for the clock. The same calls by one
party
alone, without a switch, were measured too, and taken off. The kernel counts its switches: where it counted others
than
we did, the sample is invalid.</li>
<li><b>Scaling.</b> How long a unit of work takes was found once, and was then the same for everybody. Timed is from
the
first unit to the last; the start of processes is not in it, on either side.</li>
<li><b>Quick.</b> This demo takes short samples, so its figures are rough. On a machine that does nothing else the
commands
below take their time, and say more.</li>
</ul>
<pre>cluster run --explain app.py          the story of a program of yours
cluster run --trace out.json app.py   its trace, for Perfetto
cluster switch --plot ladder.svg      the ladder
cluster scale --plot scaling.svg      scaling, strong and weak
cluster demo                          this report</pre>
"""
