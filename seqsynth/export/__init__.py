"""Give shards to other projects: in the folders, archives and tables their loaders read.

>>> from seqsynth.export import ExportConfig, export
>>> export(["shards"], Path("for_errnet"), ExportConfig(to="errnet"))  # doctest: +SKIP

docs/export.md describes each layout, with the loader's rules it follows and where they are written.
"""

from seqsynth.export.config import ExportConfig
from seqsynth.export.exporting import ExportMaking, ExportPlan, export, plan_export

__all__ = ["ExportConfig", "ExportMaking", "ExportPlan", "export", "plan_export"]
