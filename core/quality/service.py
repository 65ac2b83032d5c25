"""Quality service: everything that is measured about the labels and the models of a project."""

from core.quality.audits import Audits
from core.quality.data_checks import DataChecks
from core.quality.evaluation import Evaluation
from core.quality.ood import OodChecks
from core.quality.queue_estimates import QueueEstimates
from core.quality.reviewer_checks import ReviewerChecks
from core.quality.target_error import TargetErrorThresholds


class Quality(TargetErrorThresholds, Audits, QueueEstimates, ReviewerChecks, DataChecks, OodChecks, Evaluation):
    """Target errors, audits, estimates, checks and evaluation; each topic is a class in its own module."""
