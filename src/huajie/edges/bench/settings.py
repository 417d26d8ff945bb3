"""The settings of production, with the floors mounted beside its addresses; only `huajie bench` names this module."""

from huajie.config.settings import *  # noqa: F403
from huajie.config.settings import TEMPLATES

ROOT_URLCONF = "huajie.edges.bench.urls"
TEMPLATES[0]["DIRS"] = [__file__.rpartition("/")[0] + "/templates"]
