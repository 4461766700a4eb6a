"""A content-addressed cache, folders that are replaced as a whole, and atomic writes. Independent of what the files contain.

On disk, below one folder::

    objects/ab/cdef…        bytes by their sha256, mode 0444
    records/ab/cdef….json   a task: key, outputs and result; written last, so that it commits them
    trees/<name>.json       the files of public/ or press/ as the last build left them
    builds/<digest>.json    the records and objects that one finished build needs
    memo.json               digests of inputs, valid as long as their stat is the same
"""

from pipeline.cache.atomic_files import write_atomic
from pipeline.cache.blobs import Blob, CacheRecord, compute_key
from pipeline.cache.cache import Cache
from pipeline.cache.output_trees import OutputTree, TreeChanges, TreeFile

__all__ = ["Blob", "Cache", "CacheRecord", "OutputTree", "TreeChanges", "TreeFile", "compute_key", "write_atomic"]
