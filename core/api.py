"""Public names of Winnow; `core` and `winnow` import them on first use."""

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
from core.base.memmap import release_mapped
from core.base.presets import PRESETS, RECIPES, Preset, recipe
from core.base.types import (
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
from core.curation.filters import SHOWN, QueueFilter, Range
from core.curation.rules import RULES, Parameter, parameters
from core.data.image_io import encode_jpeg, encode_png, sprite
from core.experiments.control_runs import CONTROL_KINDS
from core.experiments.curriculum import Curriculum
from core.experiments.runs import RunRequest
from core.export.export import RUN_EXPORTS
from core.export.writers import EXPORTS
from core.jobs.job_folder import JobStatus
from core.jobs.launch import Launch
from core.project import Project
from core.quality.audits import Audit, EarlierAudit
from core.quality.data_checks import LabelIssues
from core.quality.evaluation import CalibrationReport, KnownScores, RunComparison, Selection
from core.quality.ood import OOD_SCORES, OodReport
from core.quality.queue_estimates import QueueEstimate
from core.quality.reviewer_checks import ReviewerCheck
from core.review.attention_checks import CHECK_INTERVALS
from core.review.cards import Border, Card, Page, PageQuery
from core.review.decisions import DecisionService, Outcome
from core.review.histogram import SCORES
from core.review.queues import BORDER, QUEUES
from core.review.random_queues import ETA
from core.risk.audit_certificate import TARGETS, Certificate
from core.risk.error_estimates import CoverageErrorCurve, proportion
from core.risk.review_value import ReviewValue, StopAdvice
from core.risk.risk_control import ConformalThreshold, HighProbabilityThreshold, class_thresholds
from core.risk.sampling_estimates import MeanEstimate
from core.scoring.scores import RANKINGS
from core.simulation.results import SIMULATION_FILES
from core.simulation.simulations import DEFAULT_CUTS, DEFAULT_QUEUES, Simulation, Simulations
from core.simulation.strategies import CUTS, QUANTITIES, REVIEW_QUEUES, Contestant, Curve, Point, curve, labels_of
from core.workspace import recent_projects
from core.workspace.creation import SOURCES
from core.workspace.pool_index import PoolScores
from core.workspace.run import CONTROL_NAMES, LAST_EVALUATIONS, Run, last_median
from core.workspace.summary import DataSummary

__all__ = [
    "BORDER",
    "CHECK_INTERVALS",
    "CONTROL_KINDS",
    "CONTROL_NAMES",
    "CUTS",
    "DEFAULT_CUTS",
    "DEFAULT_QUEUES",
    "ETA",
    "EXPORTS",
    "LAST_EVALUATIONS",
    "LIVE_STATES",
    "METHODS",
    "MODELS",
    "OOD_SCORES",
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
    "Audit",
    "Border",
    "CalibrationReport",
    "Card",
    "Certificate",
    "Command",
    "Config",
    "ConfigError",
    "ConformalThreshold",
    "Contestant",
    "CoverageErrorCurve",
    "CuratedSet",
    "Curriculum",
    "Curve",
    "DataError",
    "DataSummary",
    "Decision",
    "DecisionError",
    "DecisionService",
    "EarlierAudit",
    "Estimate",
    "HighProbabilityThreshold",
    "ImageSet",
    "InputError",
    "JobStatus",
    "KnownScores",
    "LabelIssues",
    "LabelState",
    "Launch",
    "MeanEstimate",
    "OodReport",
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
    "Run",
    "RunComparison",
    "RunError",
    "RunRecord",
    "RunRequest",
    "RunStatus",
    "Selection",
    "ServerError",
    "SimulateConfig",
    "Simulation",
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
    "recent_projects",
    "recipe",
    "release_mapped",
    "sprite",
]
