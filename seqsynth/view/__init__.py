"""Look at shard sets, runs and results in a browser: ``seqsynth view``."""

from typing import TYPE_CHECKING

from seqsynth.lazy import lazy_names

if TYPE_CHECKING:
    from seqsynth.view.collection import Collection, open_collection
    from seqsynth.view.server import serve
    from seqsynth.view.site import plan_site, write_site

__all__ = ["Collection", "open_collection", "plan_site", "serve", "write_site"]

# Only a server needs the extra.
__getattr__ = lazy_names(
    __name__,
    {
        "Collection": "seqsynth.view.collection",
        "open_collection": "seqsynth.view.collection",
        "serve": "seqsynth.view.server",
        "plan_site": "seqsynth.view.site",
        "write_site": "seqsynth.view.site",
    },
)
