"""The report as a whole: all that was found is in it, and what is missing is said."""

from dataclasses import replace

from cluster.bench.efficiency import fits, rows
from cluster.bench.figures import Figure
from cluster.bench.machine import machine
from cluster.report.chapters import Findings, report
from cluster.report.costs import Bar
from cluster.trace.explain import WORDS
from tests.bench.test_efficiency import results
from tests.report.test_page import well_formed

STORY = """\
  0.0 ms  P0 is created, idle: a P is a right to run goroutines, with a queue of those that are runnable (procresize)
 93.6 ms  M0 is started: operating system process 7; {reason} (newm, mstart)
Hello, <World>
 97.3 ms  G1 ends: main.main has returned (runtime.main)""".format(reason=WORDS["MStart"].because).splitlines()
FOUND = Findings(machine(7), "today", STORY, "<svg></svg>", "2 Ms ran.", said=("too <busy>",))


def test_all_that_was_found_is_on_the_page() -> None:
    made = results()
    bars = [Bar("in one M", "a yield", "Python", Figure("ns", (200.0, 210.0)))]
    html = report(replace(FOUND, bars=bars, rows=rows(made), fits=fits(made)))
    assert well_formed(html)
    for part in ("<svg></svg>", "2 Ms ran.", "a yield", "seed 7", "Where the time went, on 2 Ps", "serial part 5.0 %"):
        assert part in html, part
    assert "too &lt;busy&gt;" in html and "From 1 and 2 Ps one number is known" in html


def test_reasons_of_the_story_are_set_apart_and_so_is_what_was_printed() -> None:
    html = report(FOUND)
    assert '<td>P0 is created, idle<br><span class="why">a P is a right to run goroutines' in html
    assert "operating system process 7<br>" in html and "<td>G1 ends: main.main has returned</td>" in html
    assert "<pre>Hello, &lt;World&gt;</pre>" in html
    assert '<td class="go">newm, mstart</td>' in html


def test_chapters_without_figures_say_how_to_get_them() -> None:
    html = report(FOUND)
    assert well_formed(html)
    assert "cluster switch --quick" in html and "cluster scale --quick" in html


def test_on_one_core_there_is_nothing_to_compare() -> None:
    made = results(procs=(1,), cores=1, weak=False)
    html = report(replace(FOUND, rows=rows(made), fits=fits(made)))
    assert "there is nothing to compare it with" in html and "Where the time went" not in html
