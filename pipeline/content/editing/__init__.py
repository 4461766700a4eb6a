"""Change files that people write: only what was asked for, with comments, order and layout kept."""

from pipeline.content.editing.lists import append_item as append_item
from pipeline.content.editing.time_ranges import add_time_range as add_time_range
from pipeline.content.editing.time_ranges import remove_time_range as remove_time_range
from pipeline.content.editing.transcripts import EditConflictError as EditConflictError
from pipeline.content.editing.transcripts import replace_cues as replace_cues
