"""Statics travel once: those used more than once in a message go into its table of templates, `p`."""

from collections import Counter

from pyview.template.tree.nodes import Diff, Fresh


def share_statics(diff: Diff, fresh: Fresh) -> Diff:
    """Replace statics used more than once by their number in `diff["p"]`. The diff is changed and returned."""
    if len(fresh) < 2:
        return diff
    uses = Counter(segment for segment, _ in fresh)
    if len(uses) == len(fresh):
        return diff
    numbers = {segment: number for number, segment in enumerate(each for each, n in uses.items() if n > 1)}
    for segment, node in fresh:
        number = numbers.get(segment)
        if number is not None:
            node["s"] = number
    diff["p"] = {str(number): segment.statics for segment, number in numbers.items()}
    return diff
