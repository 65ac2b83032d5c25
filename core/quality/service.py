"""Quality service: target errors, audits, estimates, data checks and evaluation."""

from core.quality.audits import Audits
from core.quality.calibration.part_errors import PartErrorEstimates
from core.quality.data_checks import DataChecks
from core.quality.evaluation import Evaluation
from core.quality.ood import OodChecks
from core.quality.queue_estimates import QueueEstimates
from core.quality.reviewer_checks import ReviewerChecks


class Quality(PartErrorEstimates, Audits, QueueEstimates, ReviewerChecks, DataChecks, OodChecks, Evaluation):
    """Quality of a project's labels and models; each base class is one topic."""
