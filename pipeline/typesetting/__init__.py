"""Typesetting: templates, Markdown, typography and the language of the interface."""

from pipeline.catalogue import get_templates_folder as get_templates_folder
from pipeline.typesetting.character_coverage import find_missing_glyphs as find_missing_glyphs
from pipeline.typesetting.character_coverage import name_character as name_character
from pipeline.typesetting.cross_references import resolve_link_target as resolve_link_target
from pipeline.typesetting.cross_references import resolve_references as resolve_references
from pipeline.typesetting.markdown import find_images as find_images
from pipeline.typesetting.markdown import find_links as find_links
from pipeline.typesetting.markdown import find_markdown_excess as find_markdown_excess
from pipeline.typesetting.markdown import find_markdown_file_excess as find_markdown_file_excess
from pipeline.typesetting.markdown import render_commonmark as render_commonmark
from pipeline.typesetting.markdown import render_markdown as render_markdown
from pipeline.typesetting.markdown import split_caption as split_caption
from pipeline.typesetting.templates import Theme as Theme
from pipeline.typesetting.templates import read_asset as read_asset
from pipeline.typesetting.templates import render_template as render_template
from pipeline.typesetting.translations import format_date as format_date
from pipeline.typesetting.translations import format_date_time as format_date_time
from pipeline.typesetting.translations import format_time_range as format_time_range
from pipeline.typesetting.translations import load_translator as load_translator
from pipeline.typesetting.translations import translate_sentence as translate_sentence
from pipeline.typesetting.typography import apply_typography as apply_typography
from pipeline.typesetting.typos import Typo as Typo
from pipeline.typesetting.typos import find_typos as find_typos
