"""Strict readers, one file per format; units are stated or refused, never guessed."""

from hpcmlff.data.readers.recognise import FORMATS, recognise
from hpcmlff.data.readers.source import Source, read_frames

__all__ = ["FORMATS", "Source", "read_frames", "recognise"]
