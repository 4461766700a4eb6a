"""Changes a stream of blocks within spans of samples, and passes on everything else as it is."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from pipeline.media.samples import Block


def edit_spans(
    blocks: Iterable[Block],
    spans: Sequence[tuple[int, int]],
    edit: Callable[[Block, int, int, int], None],
    *,
    first: int = 0,
) -> Iterator[Block]:
    """Edit the samples of each span.

    Args:
        blocks: Shape (samples, channels) each.
        spans: First sample and end of each; they may overlap.
        edit: Called for the part of a span in a block: the samples, shape (samples, channels), to
            change in place; the first and the end of them, counted from the start of the span; and
            the length of the span.
        first: Number of the first sample of ``blocks``.

    Yields:
        Blocks of the same shapes; those without a span are the same objects.
    """
    at = first
    for block in blocks:
        result = block
        for start, stop in spans:
            low, high = max(at, start), min(at + len(block), stop)
            if low < high:
                result = block.copy() if result is block else result
                edit(result[low - at : high - at], low - start, high - start, stop - start)
        at += len(block)
        yield result
