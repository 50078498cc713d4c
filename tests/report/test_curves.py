"""The small drawings, from rows that are known."""

import re

from cluster.bench.efficiency import Lost, rows
from cluster.report.curves import account, panel
from tests.bench.test_efficiency import results


def test_a_panel_has_both_curves_the_ideal_and_what_they_end_at() -> None:
    html = panel([row for row in rows(results()) if not row.weak], "<says>")
    assert html.count("<circle") == 4 and 'class="ideal"' in html
    assert ">1.90</text>" in html and ">2.00</text>" in html
    assert "&lt;says&gt;" in html and "95 % of the ideal" in html


def test_labels_at_the_end_of_two_curves_are_never_over_each_other() -> None:
    html = panel([row for row in rows(results()) if not row.weak], "")
    ours, bare = (float(y) for y in re.findall(r'y="([\d.]+)" class="(?:ours|bare)"', html))
    assert abs(ours - bare) >= 14 and ours > bare  # the slower one stands lower


def test_one_p_alone_is_a_point_in_the_middle() -> None:
    html = panel(rows(results(procs=(1,), weak=False)), "")
    assert html.count("<circle") == 2


def test_an_account_adds_up_to_all_the_time_and_a_gain_takes_none() -> None:
    html = account(Lost(0.1, -0.2, 0.3))
    shares = dict(re.findall(r'class="(\w+)" style="width:([\d.]+)%"', html))
    assert shares == {"work": "60.0", "dearer": "10.0", "kept": "0.0", "asleep": "30.0"}
