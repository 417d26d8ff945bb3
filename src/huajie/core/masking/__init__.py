"""
What in a text tells who somebody is, and the text without it.

`mask` takes out what has the shape of a phone, an identity number, a bank card and so on, and whatever it is told to
look for (the name and phone that came with the matter, names that a clerk confirmed); each leaves a mark in its place.
`probable_names` proposes names to a person and never takes anything out. Values in, values out.
"""

from huajie.core.masking.marks import MARK, Masked, Span, is_of_a_person, known_of, mask, pieces
from huajie.core.masking.names import Proposal, probable_names
from huajie.core.masking.shapes import KINDS, Shape, shapes

__all__ = [
    "KINDS",
    "MARK",
    "Masked",
    "Proposal",
    "Shape",
    "Span",
    "is_of_a_person",
    "known_of",
    "mask",
    "pieces",
    "probable_names",
    "shapes",
]
