"""Quality of labels and models: target error, audits, data checks, evaluation."""
