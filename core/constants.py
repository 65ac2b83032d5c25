"""Names that pages, commands and Python share."""

from core.base.config import METHODS, MODELS, PROFILES, RAMPS, TRAINING_METHODS
from core.base.method_settings import (
    BACKBONE_SETTINGS,
    HEAD_SETTINGS,
    IMPORTED_SETTINGS,
    NETWORK_SETTINGS,
    settings_read,
)
from core.base.presets import PRESETS, RECIPES
from core.base.types import LIVE_STATES, REMARKS, SPLIT_NAMES, UNDO, UNKNOWN, VERDICTS
from core.curation.filters import SHOWN
from core.curation.rules import RULES
from core.data.classes.class_names import without_formula
from core.data.hidden.hidden_edits import REASONS as HIDE_REASONS
from core.data.ingestion.ingest import LARGEST as LARGEST_SIDE
from core.data.ingestion.ingest import SMALLEST as SMALLEST_SIDE
from core.data.ingestion.redecoded_images import ESTIMATE
from core.data.keyed_tables import SUFFIXES as TABLE_SUFFIXES
from core.experiments.control_runs import CONTROL_KINDS
from core.experiments.plans.durations import duration
from core.experiments.plans.goals import GOALS
from core.export.export import RUN_EXPORTS
from core.export.kinds import EXPORTS
from core.export.label_table import FILE_MODES
from core.live.live_model import INTERVALS as LIVE_INTERVALS
from core.predictions.prediction_table import KINDS as PREDICTION_KINDS
from core.quality.ood import OOD_SCORES
from core.review.attention_checks import CHECK_INTERVALS
from core.review.histogram import SCORES
from core.review.queues import BORDER, QUEUES
from core.review.random_queues import ETA
from core.risk.audit_certificate import TARGETS
from core.scoring.scores import RANKINGS
from core.simulation.curves import QUANTITIES
from core.simulation.results import SIMULATION_FILES
from core.simulation.simulations import DEFAULT_ACCEPT_RULES, DEFAULT_QUEUES
from core.simulation.strategies import ACCEPT_RULES, REVIEW_QUEUES
from core.workspace.project_source import SOURCES
from core.workspace.run import CONTROL_NAMES, LAST_EVALUATIONS
from core.workspace.workspace import LABEL_ISSUES

__all__ = [
    "ACCEPT_RULES",
    "BACKBONE_SETTINGS",
    "BORDER",
    "CHECK_INTERVALS",
    "CONTROL_KINDS",
    "CONTROL_NAMES",
    "DEFAULT_ACCEPT_RULES",
    "DEFAULT_QUEUES",
    "ESTIMATE",
    "ETA",
    "EXPORTS",
    "FILE_MODES",
    "GOALS",
    "HEAD_SETTINGS",
    "HIDE_REASONS",
    "IMPORTED_SETTINGS",
    "LABEL_ISSUES",
    "LARGEST_SIDE",
    "LAST_EVALUATIONS",
    "LIVE_INTERVALS",
    "LIVE_STATES",
    "METHODS",
    "MODELS",
    "NETWORK_SETTINGS",
    "OOD_SCORES",
    "PREDICTION_KINDS",
    "PRESETS",
    "PROFILES",
    "QUANTITIES",
    "QUEUES",
    "RAMPS",
    "RANKINGS",
    "RECIPES",
    "REMARKS",
    "REVIEW_QUEUES",
    "RULES",
    "RUN_EXPORTS",
    "SCORES",
    "SHOWN",
    "SIMULATION_FILES",
    "SMALLEST_SIDE",
    "SOURCES",
    "SPLIT_NAMES",
    "TABLE_SUFFIXES",
    "TARGETS",
    "TRAINING_METHODS",
    "UNDO",
    "UNKNOWN",
    "VERDICTS",
    "duration",
    "settings_read",
    "without_formula",
]
