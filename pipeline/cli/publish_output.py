"""What `publish`, `forget` and `backup` print alike."""

import threading
from collections.abc import Callable, Collection

from pipeline.builder.task_runner import Progress
from pipeline.cli.language import translate
from pipeline.cli.progress import TerminalReporter
from pipeline.publish.gates import GateFinding
from pipeline.publish.removal import TargetRemoval


def print_finding(finding: GateFinding, reporter: TerminalReporter) -> None:
    """Print the finding of a gate: what it compares, and the reason for accepting it or what to do."""
    label = "accepted" if finding.accepted else finding.severity
    reporter.print_line(f"{finding.where}: {label}: {translate(finding.message)} [{finding.code}]")
    if finding.old or finding.new:
        reporter.print_line(f"  old: {translate(finding.old)}")
        reporter.print_line(f"  new: {translate(finding.new)}")
    if finding.accepted:
        reporter.print_line(f"  reason: {finding.accepted}")
    elif finding.hint:
        reporter.print_line(f"  hint: {translate(finding.hint)}")


def print_removal(one: TargetRemoval, reporter: TerminalReporter) -> None:
    """Print what was removed at a target, and what is still there and why."""
    counted = translate("{target}: files removed: {count}").format(target=one.target, count=len(one.removed))
    reporter.print_line(counted)
    for path in one.left:
        line = translate("still there: {target}/{path} (Weerslag did not upload it, or a page refers to it)")
        reporter.print_line(line.format(target=one.target, path=path))
    if one.problem:
        line = translate("still there: {target} ({problem}); repeat the command when it works again")
        reporter.print_line(line.format(target=one.target, problem=translate(one.problem)))


def create_byte_reporter(reporter: TerminalReporter, sizes: Collection[int], verb: str) -> Callable[[int], None]:
    """Create a function, for any thread, that adds the size of a finished file to the progress bar (in megabytes).

    Args:
        reporter: Has the bar.
        sizes: Of all files, in bytes.
        verb: What is done with them.
    """
    lock, done = threading.Lock(), list[int]()

    def report(size_bytes: int) -> None:
        with lock:
            done.append(size_bytes)
            reporter.callbacks.progress(
                Progress(
                    verb=verb,
                    done=len(done),
                    of=len(sizes),
                    done_weight_s=sum(done) / 1e6,
                    of_weight_s=sum(sizes) / 1e6,
                )
            )

    return report
