"""Pure functions from predictions to scores: confidence, entropy, calibration, neighbors, OOD."""
