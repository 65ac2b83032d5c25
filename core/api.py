"""Public names of Winnow; `core` and `winnow` import them on first use."""

from core import constants
from core.base.config import Config, SplitConfig, TrainConfig
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
from core.base.presets import Preset
from core.base.types import (
    Command,
    CuratedSet,
    Decision,
    Estimate,
    LabelSource,
    RunStatus,
    Verdict,
)
from core.curation.filters import QueueFilter, ScoreRange
from core.curation.rules import RuleParameter, rule_parameters
from core.data import image_io
from core.experiments.curriculum import Curriculum
from core.experiments.runs import RunRequest
from core.jobs.job_folder import JobStatus
from core.jobs.launch import Launch
from core.project import Project
from core.project.data_summary import DataSummary
from core.quality.audit_answers import Audit, EarlierAudit
from core.quality.data_checks import LabelIssues
from core.quality.evaluation import CalibrationReport, KnownScores, Selection
from core.quality.model_comparison import RunComparison
from core.quality.ood import OodReport, OutOfDistribution
from core.quality.queue_estimates import QueueEstimate
from core.quality.reviewer_checks import ReviewerCheck
from core.review.cards import PageQuery
from core.review.decisions import Outcome
from core.risk.audit_certificate import Certificate
from core.risk.error_estimates import CoverageErrorCurve
from core.risk.review_value import ReviewValue, StopAdvice
from core.risk.risk_control import ConformalThreshold, HighProbabilityThreshold, class_thresholds
from core.risk.sampling_estimates import MeanEstimate
from core.simulation.curves import SimulationCurve
from core.simulation.simulate_config import SimulateConfig
from core.simulation.simulations import Simulation, Simulations
from core.workspace import recent_projects
from core.workspace.pool_index import PoolScores
from core.workspace.run import Run

__all__ = [
    "Audit",
    "CalibrationReport",
    "Certificate",
    "Command",
    "Config",
    "ConfigError",
    "ConformalThreshold",
    "CoverageErrorCurve",
    "CuratedSet",
    "Curriculum",
    "DataError",
    "DataSummary",
    "Decision",
    "DecisionError",
    "EarlierAudit",
    "Estimate",
    "HighProbabilityThreshold",
    "InputError",
    "JobStatus",
    "KnownScores",
    "LabelIssues",
    "LabelSource",
    "Launch",
    "MeanEstimate",
    "OodReport",
    "OutOfDistribution",
    "Outcome",
    "PageQuery",
    "PoolScores",
    "Preset",
    "Project",
    "QueueEstimate",
    "QueueFilter",
    "ReviewValue",
    "ReviewerCheck",
    "RuleParameter",
    "Run",
    "RunComparison",
    "RunError",
    "RunRequest",
    "RunStatus",
    "ScoreRange",
    "Selection",
    "ServerError",
    "SimulateConfig",
    "Simulation",
    "SimulationCurve",
    "Simulations",
    "SplitConfig",
    "StopAdvice",
    "TrainConfig",
    "TrainingError",
    "Verdict",
    "WinnowError",
    "class_thresholds",
    "constants",
    "image_io",
    "recent_projects",
    "release_mapped",
    "rule_parameters",
]
