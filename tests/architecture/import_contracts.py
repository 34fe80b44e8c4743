"""Import contracts of our own. They find the features themselves, so a new one can't be forgotten.

Every package below the root is a feature, except those that the contract names as shared.
"""

from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.contracts.layers import LayersContract
from importlinter.domain.imports import Module


class FeatureLayersContract(LayersContract):
    """A layers contract for the inside of every feature: give `containers` as a wildcard."""

    type_name = "feature_layers"

    shared = fields.ListField(subfield=fields.ModuleField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Check the layers with the shared packages left out; nothing in them imports a feature."""
        for package in _names(self.shared):
            for module in (*graph.find_descendants(package), package):
                graph.remove_module(module)
        return super().check(graph, verbose)


class FeatureEntranceContract(Contract):
    """Each feature is imported from outside by its `entrances` only, and by what `ignore_imports` lets through.

    An import to be ignored is written as `importer -> imported`. One that matches nothing breaks the contract.
    """

    type_name = "feature_entrance"

    root = fields.ModuleField()
    shared = fields.ListField(subfield=fields.ModuleField())
    entrances = fields.ListField(subfield=fields.StringField())
    ignore_imports = fields.ListField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002 - import-linter's signature
        """Find the imports that go past the entrances."""
        root = cast("Module", self.root).name
        entrances = cast("list[str]", self.entrances)
        ignored = set(cast("list[str] | None", self.ignore_imports) or [])
        past = {
            f"{importer} -> {module}"
            for feature in graph.find_children(root) - set(_names(self.shared))
            for module in _hidden(graph, feature, entrances)
            for importer in graph.find_modules_that_directly_import(module)
            if importer != feature and not importer.startswith(f"{feature}.")
        }
        return ContractCheck(kept=past == ignored, metadata={"past": past - ignored, "unmatched": ignored - past})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name each import that goes past an entrance."""
        for found in sorted(check.metadata["past"]):
            output.print_error(f"- {found}", bold=False)
        for ignored in sorted(check.metadata["unmatched"]):
            output.print_error(f"- {ignored} is ignored, but there is no such import", bold=False)


def _hidden(graph: ImportGraph, feature: str, entrances: list[str]) -> set[str]:
    """Return the modules of a feature that are no entrance and lie below none."""
    open_modules = {f"{feature}.{entrance}" for entrance in entrances}
    inside = {feature, *graph.find_descendants(feature)}
    return {one for one in inside if ".".join(one.split(".")[: feature.count(".") + 2]) not in open_modules}


def _names(modules: object) -> list[str]:
    return [module.name for module in cast("list[Module]", modules)]
