"""Everything that comes through the front door, in one list; `core` forwards to it on first use."""

from core.base.config import METHODS, MODELS, PROFILES, RAMPS, Config, SimulateConfig, SplitConfig, TrainConfig
from core.base.errors import (
    ConfigError,
    DataError,
    DecisionError,
    InputError,
    RunError,
    ServerError,
    TrainingError,
    WinnowError,
)
from core.base.mapped import release_mapped
from core.base.presets import PRESETS, RECIPES, Preset, recipe
from core.base.records import (
    LIVE_STATES,
    SPLIT_NAMES,
    UNDO,
    UNKNOWN,
    VERDICTS,
    Command,
    CuratedSet,
    Decision,
    Estimate,
    ImageSet,
    LabelState,
    Quarantined,
    RunRecord,
    RunStatus,
    Source,
    Splits,
    Verdict,
)
from core.curate.certificate import TARGETS, Certificate
from core.curate.estimates import MeanEstimate
from core.curate.filters import SHOWN, QueueFilter, Range
from core.curate.quality import CoverageErrorCurve, proportion
from core.curate.risk import ConformalCut, HighProbabilityCut, class_thresholds
from core.curate.scores import RANKINGS
from core.curate.selection import RULES, Parameter, parameters
from core.curate.simulation import CUTS, QUANTITIES, REVIEW_QUEUES, Contestant, Curve, Point, curve, labels_of
from core.curate.value import ReviewValue, StopAdvice
from core.data.pictures import encode_jpeg, encode_png, sprite
from core.index import PoolScores
from core.jobs import Launch
from core.project import shelf
from core.project.arms import ARMS
from core.project.audit import Audit, Moved
from core.project.bins import SCORES
from core.project.checks import EVERY, ReviewerCheck
from core.project.creation import SOURCES
from core.project.desk import Desk, Outcome
from core.project.draws import ETA
from core.project.estimating import QueueEstimate
from core.project.foreign import NoiseReport
from core.project.guarding import OUTLIERS
from core.project.insight import CalibrationReport, KnownScores, RunComparison, Selection
from core.project.outbound import RUN_EXPORTS
from core.project.pages import Border, Card, Page, PageQuery
from core.project.project import Project
from core.project.queues import BORDER, QUEUES
from core.project.risk import LabelIssues
from core.project.rounds import Rounds
from core.project.runs import ARM_WORDS, LAST, Run, last_median
from core.project.simulation import DEFAULT_CUTS, DEFAULT_QUEUES, SIMULATION_FILES, Simulation, Simulations
from core.project.starting import Asked
from core.project.summary import DataSummary
from core.store.export import EXPORTS
from core.store.simulations import SimulationStatus

__all__ = [
    "ARMS",
    "ARM_WORDS",
    "BORDER",
    "CUTS",
    "DEFAULT_CUTS",
    "DEFAULT_QUEUES",
    "ETA",
    "EVERY",
    "EXPORTS",
    "LAST",
    "LIVE_STATES",
    "METHODS",
    "MODELS",
    "OUTLIERS",
    "PRESETS",
    "PROFILES",
    "QUANTITIES",
    "QUEUES",
    "RAMPS",
    "RANKINGS",
    "RECIPES",
    "REVIEW_QUEUES",
    "RULES",
    "RUN_EXPORTS",
    "SCORES",
    "SHOWN",
    "SIMULATION_FILES",
    "SOURCES",
    "SPLIT_NAMES",
    "TARGETS",
    "UNDO",
    "UNKNOWN",
    "VERDICTS",
    "Asked",
    "Audit",
    "Border",
    "CalibrationReport",
    "Card",
    "Certificate",
    "Command",
    "Config",
    "ConfigError",
    "ConformalCut",
    "Contestant",
    "CoverageErrorCurve",
    "CuratedSet",
    "Curve",
    "DataError",
    "DataSummary",
    "Decision",
    "DecisionError",
    "Desk",
    "Estimate",
    "HighProbabilityCut",
    "ImageSet",
    "InputError",
    "KnownScores",
    "LabelIssues",
    "LabelState",
    "Launch",
    "MeanEstimate",
    "Moved",
    "NoiseReport",
    "Outcome",
    "Page",
    "PageQuery",
    "Parameter",
    "Point",
    "PoolScores",
    "Preset",
    "Project",
    "Quarantined",
    "QueueEstimate",
    "QueueFilter",
    "Range",
    "ReviewValue",
    "ReviewerCheck",
    "Rounds",
    "Run",
    "RunComparison",
    "RunError",
    "RunRecord",
    "RunStatus",
    "Selection",
    "ServerError",
    "SimulateConfig",
    "Simulation",
    "SimulationStatus",
    "Simulations",
    "Source",
    "SplitConfig",
    "Splits",
    "StopAdvice",
    "TrainConfig",
    "TrainingError",
    "Verdict",
    "WinnowError",
    "class_thresholds",
    "curve",
    "encode_jpeg",
    "encode_png",
    "labels_of",
    "last_median",
    "parameters",
    "proportion",
    "recipe",
    "release_mapped",
    "shelf",
    "sprite",
]
