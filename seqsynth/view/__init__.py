"""Look at shard sets, runs and results in a browser: ``seqsynth view``."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seqsynth.view.collection import Collection as Collection
    from seqsynth.view.collection import open_collection as open_collection
    from seqsynth.view.server import serve as serve
    from seqsynth.view.site import plan_site as plan_site
    from seqsynth.view.site import write_site as write_site

_HOMES = {
    "Collection": "seqsynth.view.collection",
    "open_collection": "seqsynth.view.collection",
    "serve": "seqsynth.view.server",
    "plan_site": "seqsynth.view.site",
    "write_site": "seqsynth.view.site",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
